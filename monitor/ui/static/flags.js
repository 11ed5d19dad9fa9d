// The flags with their evidence, and what to try.

function buildFlags() {
  const ui = {};
  ui.list = h("div", { class: "vs-flag-list" });
  ui.none = h("p", { class: "vs-muted" });
  ui.unchecked = h("details", { class: "vs-unchecked" }, h("summary", {}), h("ul", {}));
  ui.node = h("section", { class: "vs-card vs-flags", "data-testid": "flags" }, h("h2", {}, "Flags"), ui.list, ui.none, ui.unchecked);
  return ui;
}

function paintFlags(ui, frame) {
  keyed(ui.list, frame.flags, (flag) => flag.rule, createFlag, updateFlag);
  show(ui.none, frame.flags.length === 0);
  setText(ui.none, `Nothing to report at ${frame.progress.text.split(" ·")[0]}.`);
  const missing = frame.verdict.not_checked;
  show(ui.unchecked, true);
  setText(ui.unchecked.firstChild, frame.verdict.coverage + (missing.length ? `; ${missing.length} could not` : ""));
  keyed(ui.unchecked.lastChild, missing, (text) => text, () => h("li"), (node, text) => setText(node, text));
  ui.node.dataset.seq = frame.seq;
}

function createFlag() {
  return h(
    "details",
    { class: "vs-flag" },
    h(
      "summary",
      {},
      h("span", { class: "vs-glyph" }),
      h("div", { class: "vs-flag-head" }, h("div", { class: "vs-flag-title" }), h("div", { class: "vs-flag-since vs-muted" }), h("div", { class: "vs-flag-line" })),
    ),
    h("table", { class: "vs-numbers" }),
    h("p", { class: "vs-remedy" }),
    h("p", { class: "vs-muted vs-cannot" }),
  );
}

function updateFlag(node, flag) {
  const [summary, table, remedy, cannot] = node.children;
  node.dataset.rule = flag.rule;
  node.dataset.severity = flag.severity;
  const [glyph, head] = summary.children;
  const [title, since, lineNode] = head.children;
  setText(glyph, SEVERITY_GLYPH[flag.severity]);
  glyph.className = `vs-glyph vs-ink-${flag.severity}`;
  setText(title, flag.title);
  const when = flag.critical_since ?? flag.since;
  setText(since, `${flag.severity}${when === null ? "" : ` since epoch ${when}`}`);
  setText(lineNode, flag.line);
  const rows = [
    ...Object.entries(flag.now).map(([key, value]) => [key, value, "now"]),
    ...Object.entries(flag.limits).map(([key, value]) => [key, value, "limit"]),
  ];
  keyed(
    table,
    rows,
    ([key, , kind]) => kind + key,
    () => h("tr", {}, h("th", { scope: "row" }), h("td", {}), h("td", { class: "vs-muted" })),
    (row, [key, value, kind]) => [key, value, kind].forEach((text, i) => setText(row.children[i], text)),
  );
  setText(remedy, flag.remedy && `What to do: ${flag.remedy}`);
  setText(cannot, flag.cannot_tell && `It cannot tell: ${flag.cannot_tell}`);
}

function buildTry(emit, role) {
  const ui = { emit, role };
  ui.causes = h("div", { class: "vs-causes" });
  ui.suppressed = h("p", { class: "vs-muted" });
  ui.list = h("div", { class: "vs-options" });
  ui.node = h("section", { class: "vs-card", id: "vs-try", "data-testid": "try" }, h("h2", {}, "What to try, one bundle per restart"), ui.causes, ui.suppressed, ui.list);
  return ui;
}

function paintTry(ui, frame) {
  show(ui.node, frame.prescriptions.length > 0);
  keyed(
    ui.causes,
    frame.causes,
    (cause) => cause.title,
    () => h("div", { class: "vs-cause" }, h("h3", {}), h("ul", {})),
    (node, cause) => {
      setText(node.firstChild, cause.title);
      const points = [...cause.evidence.map((text) => `✓ ${text}`), ...cause.against.map((text) => `✗ ${text}`)];
      keyed(node.lastChild, points, (text) => text.slice(0, 40), () => h("li"), (item, text) => setText(item, text));
    },
  );
  setText(ui.suppressed, frame.verdict.suppressed.join(" "));
  keyed(ui.list, frame.prescriptions, (option) => option.id, (option) => createOption(ui, option), (node, option) => updateOption(ui, node, option, frame));
}

function createOption(ui) {
  const node = h(
    "article",
    { class: "vs-option" },
    h("h3", {}),
    h("p", { class: "vs-diff" }),
    h("dl", {}, h("dt", {}, "Expected"), h("dd", {}), h("dt", {}, "Costs"), h("dd", {}), h("dt", {}, "Disproved if"), h("dd", {})),
    h("p", { class: "vs-muted" }),
    h("div", { class: "vs-row" }),
  );
  const button = h("button", { type: "button", class: "vs-button" }, "Restart with this…");
  button.addEventListener("click", () => ui.emit({ kind: "restart", changes: node.values, expected: node.expected }));
  node.restart = ui.role === "control" ? button : null;
  node.querySelector(".vs-row").append(node.restart ?? "", copyButton(() => node.command ?? ""));
  return node;
}

function updateOption(ui, node, option, frame) {
  const [title, diff, list, note, row] = node.children;
  node.values = option.values;
  node.expected = option.expected;
  node.command = option.command;
  node.dataset.option = option.id;
  setText(title, option.title);
  setText(diff, option.changes.map((change) => `${change.key} ${change.before} → ${change.after}`).join(" · ") || "no option changes");
  const values = list.querySelectorAll("dd");
  [option.expected, option.cost, option.disproved_by].forEach((text, i) => setText(values[i], text));
  setText(note, option.note);
  const restartable = option.changes.length > 0 && frame.actions.restart;
  show(row, restartable || Boolean(option.command));
  if (node.restart) show(node.restart, restartable);
}
