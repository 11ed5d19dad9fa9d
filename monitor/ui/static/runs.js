// The list of runs: the ones that need somebody first, children under their parents.

function buildList(emit, role, data) {
  const ui = { emit, rows: [] };
  ui.search = h("input", { type: "search", placeholder: "Search runs", "aria-label": "Search runs", class: "vs-search", "data-testid": "search" });
  ui.search.addEventListener("input", () => paintList(ui, ui.rows));
  ui.count = h("span", { class: "vs-muted vs-tabular" });
  ui.body = h("div", { class: "vs-rows", "data-testid": "runs" });
  ui.connection = h("span", { class: "vs-muted", "data-testid": "connection" });
  ui.demo = h("button", { type: "button", class: "vs-button", onclick: () => emit({ kind: "demo" }) }, "Start the demo");
  ui.node = h(
    "div",
    {},
    h("header", { class: "vs-header" }, h("div", { class: "vs-header-main" }, h("h1", { class: "vs-name" }, "Vitalsigns"), h("span", { class: "vs-muted vs-path" }, data.runs_dir)), h("div", { class: "vs-header-side" }, ui.connection, ui.search)),
    h("p", {}, ui.count),
    h("div", { class: "vs-rows-head vs-muted", "aria-hidden": "true" }, ...["verdict", "run", "progress", "val WER (chance)", "gap", "worst flag", "last word"].map((text) => h("span", {}, text))),
    ui.body,
    emptyState(ui, role, data),
  );
  return ui;
}

function emptyState(ui, role, data) {
  ui.empty = h(
    "section",
    { class: "vs-card vs-empty", "data-testid": "empty" },
    h("h2", {}, "No runs here yet"),
    h("p", {}, `This page shows what stands in ${data.runs_dir}.`),
    h("p", {}, "Start a training script, and it appears here: ", h("code", {}, "python -m monitor start -- python train.py …")),
    h("p", {}, "Already have a table of epochs? ", h("code", {}, "python -m monitor import history.csv")),
    h("p", {}, "Wrong folder? ", h("code", {}, "python -m monitor serve --runs DIR")),
    role === "control" ? h("p", {}, "Just looking? ", ui.demo) : null,
  );
  return ui.empty;
}

// Children follow their parent, wherever need has put the family.
function byLineage(rows) {
  const known = new Set(rows.map((row) => row.run));
  const children = Map.groupBy ? Map.groupBy(rows, (row) => row.parent) : groupBy(rows, (row) => row.parent);
  const out = [];
  const add = (row, depth) => {
    out.push({ ...row, depth });
    (children.get(row.run) ?? []).forEach((child) => add(child, depth + 1));
  };
  rows.filter((row) => !row.parent || !known.has(row.parent)).forEach((row) => add(row, 0));
  return out;
}

function groupBy(rows, keyOf) {
  const groups = new Map();
  rows.forEach((row) => groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]));
  return groups;
}

function paintList(ui, rows) {
  ui.rows = rows;
  const wanted = ui.search.value.trim().toLowerCase();
  const found = rows.filter((row) => !wanted || `${row.run} ${row.worst} ${row.state}`.toLowerCase().includes(wanted));
  show(ui.empty, rows.length === 0);
  show(ui.body, rows.length > 0);
  const running = rows.filter((row) => row.live).length;
  setText(ui.count, rows.length ? `${found.length} of ${rows.length} runs, ${running} running` : "");
  const lineage = wanted ? found.map((row) => ({ ...row, depth: 0 })) : byLineage(found);
  keyed(ui.body, lineage, (row) => row.run, () => createRow(ui), updateRow);
  paintTab(running ? `${running} running · Vitalsigns` : "Vitalsigns", found.find((row) => row.live)?.verdict);
}

function createRow(ui) {
  const row = h("button", { type: "button", class: "vs-run" });
  row.append(
    h("span", { class: "vs-run-verdict" }, h("span", { class: "vs-glyph", "aria-hidden": "true" }), h("span", {})),
    h("span", { class: "vs-run-name" }, h("strong", {}), h("span", { class: "vs-muted" })),
    h("span", { class: "vs-run-progress" }, h("span", { class: "vs-bar" }, h("span", {})), h("span", { class: "vs-tabular" })),
    h("span", { class: "vs-tabular" }),
    h("span", { class: "vs-run-gap vs-tabular" }, h("span", {}), sparkline()),
    h("span", {}),
    h("span", { class: "vs-muted vs-tabular" }),
  );
  row.addEventListener("click", () => ui.emit({ kind: "open", run: row.dataset.key }));
  return row;
}

function updateRow(node, row) {
  const [verdict, name, progress, wer, gap, worst, age] = node.children;
  const tone = row.verdict === "STOP" ? "critical" : row.verdict === "LOOK" ? "warning" : row.verdict === "KEEP GOING" ? "ok" : "unknown";
  node.dataset.tone = tone;
  setText(verdict.children[0], VERDICT_GLYPH[row.verdict] ?? "✕");
  setText(verdict.children[1], row.verdict || row.state);
  setText(name.children[0], (row.depth ? "└ " : "") + row.run);
  name.style.paddingLeft = `${16 * (row.depth ?? 0)}px`;
  setText(name.children[1], row.state);
  name.title = row.evidence ?? "";
  show(progress.children[0], row.ratio !== null && row.ratio !== undefined);
  progress.children[0].firstChild.style.width = `${100 * (row.ratio ?? 0)}%`;
  setText(progress.children[1], row.epochs ? `${row.epoch}/${row.epochs}` : `${row.epoch ?? ""}`);
  setText(wer, row.wer ? `${row.wer}${row.chance ? ` (${row.chance.replace(" %", "")})` : ""}` : "");
  setText(gap.children[0], row.gap ?? "");
  paintSpark(gap.children[1], row.spark ?? []);
  setText(worst, row.worst || (row.verdict === "KEEP GOING" ? "none" : ""));
  setText(age, row.age ? `${row.age} ago` : "");
}
