// What was tried in this folder: each option with its counts, opened to its children.

function buildLedger(open) {
  const ui = { open };
  ui.list = h("div", { class: "vs-stack" });
  ui.head = h("summary", {});
  ui.node = h("details", { class: "vs-card vs-ledger", "data-testid": "ledger" }, ui.head, h("p", { class: "vs-muted vs-small" }, "Judged against the parent at an equal epoch; word errors over the same clips decide. A child is not counted when its code changed too or it started warm."), ui.list);
  show(ui.node, false);
  return ui;
}

function paintLedger(ui, options) {
  show(ui.node, options.length > 0);
  const children = options.flatMap((option) => option.children);
  const waiting = children.filter((child) => child.word === "WAITING").length;
  const judged = children.length - waiting;
  setText(ui.head, `What was tried here: ${countWords(judged, "child", "children")} judged${waiting ? `, ${waiting} on the way` : ""}`);
  keyed(
    ui.list,
    options,
    (option) => option.option,
    () => h("section", {}, h("h3", {}), h("p", { class: "vs-tabular" }), h("ul", { class: "vs-tried" })),
    (node, option) => {
      const [title, text, list] = node.children;
      setText(title, option.option);
      setText(text, option.text);
      keyed(list, option.children, (child) => child.run, () => tried(ui), paintTried);
    },
  );
}

function tried(ui) {
  const name = h("button", { type: "button", class: "vs-link" });
  name.addEventListener("click", () => ui.open(name.textContent));
  return h("li", {}, h("span", { class: "vs-run-outcome" }), name, h("span", { class: "vs-muted" }), h("span", {}));
}

function paintTried(node, child) {
  const [word, name, parent, line] = node.children;
  setText(word, `${OUTCOME_GLYPHS[child.word] ?? ""} ${child.word.toLowerCase()}`);
  word.dataset.tone = OUTCOME_TONE[child.word] ?? "";
  setText(name, child.run);
  setText(parent, `against ${child.parent}`);
  setText(line, child.line);
}
