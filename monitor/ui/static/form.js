// The form of a start or a restart, in a dialog: one row a setting, "setting · now · new". A row keeps its height whatever
// note stands beside it, and its place while somebody types: only a search or another option puts the changed ones on top.

const FORM_PAUSE_MS = 500;

// What of the rows is shown, in its order: the changed first, then the usual ones; all of them, or those that are searched.
function formOrder(rows, values, { text = "", all = false } = {}) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (row) => words.every((word) => `${row.key} ${row.help}`.toLowerCase().includes(word));
  const changed = rows.filter((row) => isChanged(row, values));
  const rest = rows.filter((row) => !isChanged(row, values) && (words.length ? fits(row) : all || row.usual));
  const place = (row) => (row.usual ? 0 : 1);
  return [...changed.filter((row) => !words.length || fits(row)), ...rest.sort((a, b) => place(a) - place(b))];
}

function isChanged(row, values) {
  return (values[row.key] ?? row.start).trim() !== row.now;
}

// The note beside a field: what is wrong with it, why it must differ, or what the setting is.
function formNote(row, problems) {
  const problem = problems[row.key];
  return problem ? { text: problem, kind: "problem" } : row.why ? { text: row.why, kind: "why" } : { text: row.help, kind: "help" };
}

function formRow(ui, row) {
  const label = `${row.key} (${ui.basis} ${row.now || "not set"})${row.why ? `: ${row.why}` : ""}`;
  const note = h("span", { class: "vs-form-note", id: `vs-note-${row.key}` });
  const props = { class: "vs-form-field", "aria-label": label, "aria-describedby": note.id, "data-setting": row.key };
  const field = row.options.includes(row.start) ? h("select", props, row.options.map((option) => h("option", { value: option }, option))) : h("input", { ...props, type: "text", autocomplete: "off", spellcheck: "false" });
  field.value = ui.values[row.key] ?? row.start;
  field.addEventListener("input", () => ui.typed(row.key, field.value, FORM_PAUSE_MS));
  field.addEventListener("change", () => ui.typed(row.key, field.value, 0));
  const back = h("button", { type: "button", class: "vs-link vs-form-back", title: `Back to ${row.now || "not set"}`, "aria-label": `${row.key}: back to ${row.now || "not set"}` }, "↺");
  back.addEventListener("click", () => {
    field.value = row.now;
    ui.typed(row.key, row.now, 0);
    field.focus();
  });
  const node = h("div", { class: "vs-form-row" }, h("span", { class: "vs-form-key" }, row.key), h("span", { class: "vs-form-now vs-tabular" }, row.now || "not set"), field, back, note);
  return Object.assign(node, { field, note, back });
}

function paintFormRow(node, row, values, problems) {
  const said = formNote(row, problems);
  setText(node.note, said.text);
  node.note.title = said.text;
  node.note.dataset.kind = said.kind;
  if (said.kind === "problem") node.note.setAttribute("role", "alert");
  else node.note.removeAttribute("role");
  node.field.setAttribute("aria-invalid", String(said.kind === "problem"));
  node.classList.toggle("vs-changed", isChanged(row, values));
  node.back.style.visibility = isChanged(row, values) && row.start === row.now ? "visible" : "hidden";
}

function buildForm(send) {
  const ui = { values: {}, rows: [], problems: {}, basis: "now", all: false, sent: "" };
  ui.typed = (key, value, wait) => {
    ui.values[key] = value;
    clearTimeout(ui.waiting);
    ui.waiting = setTimeout(() => ui.send(), wait);
    paintForm(ui);
  };
  // A value is sent once: a field says the same again when it is left.
  ui.send = () => {
    const text = JSON.stringify([ui.values, ui.another.value]);
    if (text === ui.sent) return;
    ui.sent = text;
    send({ values: { ...ui.values }, another: ui.another.value });
  };
  ui.search = h("input", { type: "search", class: "vs-search", "aria-label": "Search all settings", "data-testid": "form-search" });
  ui.search.addEventListener("input", () => orderForm(ui));
  ui.count = h("span", { class: "vs-muted vs-tabular", role: "status", "data-testid": "form-count" });
  ui.more = h("button", { type: "button", class: "vs-link", "data-testid": "form-all" });
  ui.more.addEventListener("click", () => {
    ui.all = !ui.all;
    orderForm(ui);
  });
  ui.basisHead = h("span", {});
  ui.list = h("div", { class: "vs-form-list" });
  ui.another = h("input", { type: "text", class: "vs-form-field", "aria-label": "Add an option (key=value)", placeholder: "key=value", autocomplete: "off", spellcheck: "false" });
  ui.another.addEventListener("change", () => ui.send());
  ui.another.addEventListener("input", () => {
    clearTimeout(ui.waiting);
    ui.waiting = setTimeout(() => ui.send(), FORM_PAUSE_MS);
  });
  ui.anotherNote = h("span", { class: "vs-form-note" }, "an option that is not listed, as it stands on the command line");
  ui.node = h(
    "div",
    { class: "vs-root vs-form", role: "group", "aria-label": "Settings", "data-testid": "form" },
    h("div", { class: "vs-row vs-form-find" }, ui.search, ui.count, ui.more),
    h("div", { class: "vs-form-row vs-form-head", "aria-hidden": "true" }, h("span", {}, "setting"), ui.basisHead, h("span", {}, "new")),
    ui.list,
    h("div", { class: "vs-form-row" }, h("span", { class: "vs-form-key" }, "another"), h("span", { class: "vs-form-now" }), ui.another, h("span", {}), ui.anotherNote),
  );
  return ui;
}

function orderForm(ui) {
  const shown = formOrder(ui.rows, ui.values, { text: ui.search.value, all: ui.all });
  keyed(ui.list, shown, (row) => row.key, (row) => (ui.nodes[row.key] ??= formRow(ui, row)), () => {});
  paintForm(ui);
}

function paintForm(ui) {
  const changed = ui.rows.filter((row) => isChanged(row, ui.values)).length;
  const hidden = ui.rows.length - ui.list.children.length;
  const found = ui.search.value.trim() ? `${ui.list.children.length} of ${ui.rows.length} found · ` : "";
  setText(ui.count, `${found}${changed} changed`);
  setText(ui.more, ui.all ? "Show the usual ones" : `Show all ${ui.rows.length}`);
  show(ui.more, !ui.search.value.trim() && (hidden > 0 || ui.all));
  for (const row of ui.rows) if (ui.nodes[row.key]) paintFormRow(ui.nodes[row.key], row, ui.values, ui.problems);
  setText(ui.anotherNote, ui.problems[""] ?? "an option that is not listed, as it stands on the command line");
  ui.anotherNote.dataset.kind = ui.problems[""] ? "problem" : "help";
}

// Streamlit calls this again with each answer of the server; what somebody types meanwhile stays.
function formComponent({ data, parentElement, setStateValue }) {
  const page = document.querySelector('[data-testid="vitalsigns"]');
  let ui = parentElement.form;
  if (!ui || ui.name !== data.name) {
    ui = parentElement.form = buildForm((typed) => setStateValue("typed", typed));
    Object.assign(ui, { name: data.name, nodes: {}, rows: data.rows, basis: data.basis, values: { ...data.values } });
    ui.another.value = data.another;
    ui.search.placeholder = `Search ${data.rows.length} settings`;
    setText(ui.basisHead, data.basis);
    for (const old of parentElement.querySelectorAll(":scope > .vs-form")) old.remove();
    parentElement.append(ui.node);
    ui.problems = data.problems;
    orderForm(ui);
  }
  ui.node.dataset.theme = page?.dataset.theme ?? "light";
  ui.problems = data.problems;
  paintForm(ui);
}
