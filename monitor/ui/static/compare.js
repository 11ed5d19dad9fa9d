// One run against another, and others drawn beside them: did the change help, the curves, and what else differs.

const OUTCOME_TONE = { HELPED: "ok", WORSE: "critical", "ONLY THE GAP MOVED": "warning", "TOO CLOSE": "unknown", "CAN'T COMPARE": "unknown", WAITING: "unknown" };
const MOST_BESIDE = 7;
const OVERLAYS = [["loss", "Loss"], ["metric", "Metric"], ["gap", "Gap"]];

function buildCompare(run, ask, emit, role) {
  const ui = { run, ask, emit, with: (Address.read("with") ?? "").split(",").filter(Boolean), mode: "epoch", epoch: null };
  ui.title = h("h2", {});
  ui.pick = h("select", { class: "vs-select", "aria-label": "Compare with", "data-testid": "compare-with" });
  ui.pick.addEventListener("change", () => {
    ui.epoch = null;
    compareWith(ui, ui.pick.value ? [ui.pick.value, ...ui.with.slice(1).filter((name) => name !== ui.pick.value)] : []);
  });
  ui.more = h("select", { class: "vs-select", "aria-label": "Draw another run beside them", "data-testid": "compare-more" });
  ui.more.addEventListener("change", () => ui.more.value && compareWith(ui, [...ui.answer.with, ui.more.value]));
  ui.beside = h("div", { class: "vs-row" });
  const modes = [["epoch", "equal epoch"], ["best", "own best"], ["hours", "equal time"]];
  ui.modes = modes.map(([key, label]) => h("button", { type: "button", class: "vs-segment", "data-key": key, "data-testid": `mode-${key}`, onclick: () => askCompare(ui, { mode: key }) }, label));
  ui.slider = h("input", { type: "range", min: "0", step: "1", "aria-label": "Epoch at which they are compared", "data-testid": "compare-epoch" });
  ui.slider.addEventListener("input", () => askCompare(ui, { epoch: ui.shared[Number(ui.slider.value)], mode: "epoch" }));
  ui.at = h("span", { class: "vs-tabular vs-epoch-text" });
  ui.word = h("span", { class: "vs-outcome-word" });
  ui.glyph = h("span", { class: "vs-outcome-glyph", "aria-hidden": "true" });
  ui.line = h("p", { class: "vs-reason", title: explained("points") });
  ui.expected = h("p", {});
  ui.note = h("p", { class: "vs-muted" });
  ui.seeds = h("div", { class: "vs-seeds", "data-testid": "more-seeds" });
  ui.seedLines = h("div", { "data-testid": "seed-lines" });
  ui.others = h("div", { "data-testid": "outcome-others" });
  ui.queue = h("button", { type: "button", class: "vs-button", "data-testid": "btn-seeds", onclick: () => emit({ kind: "seeds", child: ui.answer.runs[0] }) }, "Two more seeds…");
  ui.mayStart = role === "control";
  ui.card = h("section", { class: "vs-outcome", "data-testid": "outcome" }, h("div", { class: "vs-outcome-head" }, ui.glyph, ui.word), h("div", {}, ui.line, ui.seedLines, ui.expected, ui.note, ui.queue, ui.seeds, ui.others));
  ui.rowsHead = h("tr", {});
  ui.rows = h("tbody", {});
  ui.table = h("div", { class: "vs-scroll" }, h("table", { class: "vs-table", "data-testid": "compare-rows" }, h("thead", {}, ui.rowsHead), ui.rows));
  ui.basis = h("p", { class: "vs-muted vs-small" });
  ui.charts = OVERLAYS.map(([key, title]) => chartCard(`overlay-${key}`, title, 280, () => {}));
  ui.settings = h("tbody", {});
  ui.settingsHead = h("tr", {});
  ui.same = h("details", {}, h("summary", {}), h("p", { class: "vs-diff" }));
  ui.code = h("p", {});
  ui.diff = h("details", {}, h("summary", {}, "The child's edits"), h("pre", { class: "vs-pre" }));
  ui.counts = h("p", {});
  ui.sentences = h("div", { class: "vs-sentences" });
  ui.body = h(
    "div",
    { class: "vs-stack" },
    ui.card,
    h("section", { class: "vs-card" }, h("div", { class: "vs-row" }, h("div", { class: "vs-segments", role: "group", "aria-label": "Compared at" }, ui.modes), ui.slider, ui.at), ui.table, ui.basis),
    h("div", { class: "vs-two" }, ui.charts[0].card, ui.charts[1].card),
    ui.charts[2].card,
    h("section", { class: "vs-card", "data-testid": "changed" }, h("h2", {}, "What differs"), h("div", { class: "vs-scroll" }, h("table", { class: "vs-table" }, h("thead", {}, ui.settingsHead), ui.settings)), h("p", { class: "vs-code" }, h("strong", {}, "Code: "), ui.code), ui.diff, ui.same),
    h("section", { class: "vs-card", "data-testid": "sentences" }, h("h2", {}, "Sentences"), ui.counts, ui.sentences),
  );
  ui.nothing = h("section", { class: "vs-card vs-empty", "data-testid": "compare-empty" }, h("h2", {}, "Nothing to compare yet"), h("p", {}, "A restart of this run will appear here, scored against it. Any other run of this folder can be picked above."));
  ui.node = h("div", { class: "vs-stack" }, h("div", { class: "vs-row vs-compare-head" }, ui.title, ui.pick, ui.beside, ui.more), ui.nothing, ui.body);
  show(ui.body, false);
  return ui;
}

function compareWith(ui, names) {
  ui.with = names;
  Address.write({ with: names.join(",") || null });
  askCompare(ui);
}

function askCompare(ui, changes = {}) {
  Object.assign(ui, changes);
  ui.ask({ kind: "compare", with: ui.with, epoch: ui.epoch, mode: ui.mode });
}

// Asked again when either run may have grown: with each new evaluation of the open one.
function noteCompare(ui, cols) {
  const count = (cols.epoch ?? []).length;
  if (ui.asked === count) return;
  ui.asked = count;
  askCompare(ui);
}

function hearCompare(ui, answer) {
  ui.answer = answer;
  fillCandidates(ui, answer);
  show(ui.nothing, answer.runs.length === 0);
  show(ui.body, answer.runs.length > 0);
  if (!answer.runs.length) return setText(ui.title, "Compare with");
  const [child, parent] = answer.runs;
  setText(ui.title, ui.run === child ? `${child} against` : `${child}, judged against this run:`);
  paintBeside(ui, answer.with.slice(1));
  ui.shared = answer.shared_epochs;
  ui.modes.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.key === answer.mode)));
  ui.slider.max = String(Math.max(0, ui.shared.length - 1));
  ui.slider.value = String(Math.max(0, ui.shared.indexOf(answer.epoch)));
  show(ui.slider, ui.shared.length > 1 && answer.mode === "epoch");
  show(ui.table, answer.rows.length > 0);
  setText(ui.at, !answer.rows.length ? "no evaluated epoch in common" : answer.mode === "epoch" ? `epoch ${answer.epoch}${answer.epoch === answer.agreed_epoch ? ", as agreed" : `; agreed: ${answer.agreed_epoch}`}` : answer.mode === "best" ? `each at its best ${answer.metric?.title ?? "val loss"}` : `after as long as ${parent} took to epoch ${answer.epoch}`);
  paintOutcome(ui, answer.card);
  fillRows(ui.rowsHead, ui.rows, answer.columns, answer.rows);
  setText(ui.basis, answer.rows.length ? answer.basis : "");
  const parentFirst = ([first, second, ...rest]) => [second, first, ...rest];
  fillRows(ui.settingsHead, ui.settings, ["setting", ...parentFirst(answer.runs)], answer.settings.map(([key, values]) => [key, ...parentFirst(values)]));
  setText(ui.code, answer.code.text);
  show(ui.diff, Boolean(answer.code.diff));
  setText(ui.diff.lastChild, answer.code.diff);
  show(ui.same, answer.same.length > 0);
  setText(ui.same.firstChild, `${countWords(answer.same.length, "setting is", "settings are")} the same`);
  setText(ui.same.lastChild, answer.same.map(([key, value]) => `${key} ${value}`).join(" · "));
  paintSentences(ui, answer, parent, child);
}

function fillCandidates(ui, answer) {
  const chosen = answer.with ?? [];
  const signature = JSON.stringify([answer.candidates, chosen]);
  if (ui.pick.signature === signature) return;
  ui.pick.signature = signature;
  const groups = candidateGroups(answer.candidates, []);
  const rest = candidateGroups(answer.candidates, chosen);
  fillSelect(ui.pick, groups.length ? "choose a run" : "no other run here", groups);
  fillSelect(ui.more, "+ draw another", rest);
  ui.pick.value = chosen[0] ?? "";
  show(ui.more, chosen.length > 0 && chosen.length < MOST_BESIDE && rest.length > 0);
}

function candidateGroups({ parent, children, others }, without) {
  const groups = [["parent", parent ? [parent] : []], ["children", children], ["other runs", others]];
  return groups.map(([label, names]) => [label, names.filter((name) => !without.includes(name))]).filter(([, names]) => names.length);
}

function fillSelect(select, first, groups) {
  select.replaceChildren(h("option", { value: "" }, first), ...groups.map(([label, names]) => h("optgroup", { label }, names.map((name) => h("option", { value: name }, name)))));
}

// The runs that are only drawn, each with a way to leave it out again.
function paintBeside(ui, names) {
  keyed(
    ui.beside,
    names,
    (name) => name,
    (name) => h("button", { type: "button", class: "vs-chip-button", "data-run": name, title: `Leave ${name} out`, onclick: () => compareWith(ui, ui.answer.with.filter((each) => each !== name)) }, `${name} ×`),
    () => {},
  );
}

function paintOutcome(ui, card) {
  setText(ui.word, card.word);
  setText(ui.glyph, OUTCOME_GLYPHS[card.word] ?? NOT_MEASURED);
  setText(ui.line, card.line);
  setText(ui.expected, card.expected ? `Expected: ${card.expected}. ${card.met}` : "");
  show(ui.expected, Boolean(card.expected));
  setText(ui.note, card.note);
  show(ui.note, Boolean(card.note));
  // The same change on other seeds, to be started from a terminal: each is a training of its own.
  keyed(ui.seeds, card.seeds, (command) => command, () => h("div", { class: "vs-row" }, h("code", { class: "vs-diff" }), h("span", {})), (node, command) => {
    setText(node.firstChild, command);
    if (!node.lastChild.firstChild) node.lastChild.append(copyButton(() => command));
  });
  keyed(ui.others, ui.answer.others, (line) => line, () => h("p", {}), setText);
  keyed(ui.seedLines, ui.answer.seed_lines, (line) => line, () => h("p", {}), setText);
  show(ui.seeds, card.seeds.length > 0);
  show(ui.queue, ui.mayStart && card.seeds.length > 0);
  ui.card.dataset.tone = OUTCOME_TONE[card.word] ?? "unknown";
}

function fillRows(head, body, names, rows) {
  keyed(head, names, (name) => name, () => h("th", { scope: "col" }), (node, name) => setText(node, name));
  keyed(body, rows, (row) => row[0], () => h("tr", {}), (node, row) => {
    keyed(node, row.map((text, i) => [i, text]), ([i]) => i, ([i, text]) => h(i ? "td" : "th", i ? {} : { scope: "row", title: explained(text) }), (cell, [, text]) => setText(cell, text));
  });
}

function paintSentences(ui, answer, parent, child) {
  const { fixed, broken, same, shown } = answer.sentences;
  const known = fixed + broken + same > 0;
  setText(ui.counts, known ? `Fewer errors in ${child}: ${fixed} · more: ${broken} · the same: ${same}` : "No evaluation at this epoch whose predictions both have kept.");
  keyed(
    ui.sentences,
    shown,
    (sentence) => sentence.id,
    () => h("article", { class: "vs-sentence" }),
    (node, sentence) => {
      const signature = JSON.stringify(sentence);
      if (node.signature === signature) return;
      node.signature = signature;
      const said = (label, words, errors) => h("div", { class: "vs-said-row" }, h("span", { class: "vs-muted" }, label), h("span", { class: "vs-inline-words" }, inlineWords(words, { leftOut: true })), h("span", { class: "vs-tabular vs-muted" }, `${errors} wrong`));
      node.replaceChildren(h("h3", {}, `${sentence.id}: ${sentence.kind}`), h("div", { class: "vs-said-row" }, h("span", { class: "vs-muted" }, "target"), h("span", {}, sentence.reference)), said(parent, sentence.parent, sentence.errors[0]), said(child, sentence.child, sentence.errors[1]));
    },
  );
}

// A run has one colour in all charts, a dash of its own, and its name at the line's end: none of them is needed alone.
const STROKES = [[2.5, "solid"], [2, "dash"], [2, "dot"], [2, "dashdot"], [2, "longdash"], [2, "longdashdot"], [2.5, "8px,2px"], [2.5, "2px,2px"]];

function runColours(ink) {
  return [ink.val, ink.train, ink.ins, ink.ok, ink.plum, ink.olive, ink.muted, ink.text];
}

// What tells the names apart: a child and its parent are called so, others by what follows their common beginning.
function lineNames({ runs, related }) {
  const named = related ? ["child", "parent"] : [];
  const rest = runs.slice(named.length);
  let common = 0;
  while (rest.length > 1 && rest.every((name) => common < name.length && name[common] === rest[0][common])) common++;
  // Cut between words only.
  const from = Math.max(...["_", "-", "."].map((mark) => rest[0]?.lastIndexOf(mark, common - 1) ?? -1)) + 1;
  return [...named, ...rest.map((name) => name.slice(common ? from : 0, from + 10) || name.slice(0, 10))];
}

function paintOverlays(ui, charts, ink) {
  const { answer } = ui;
  if (!charts.plotly || !answer?.runs?.length) return;
  // Before any is drawn: without the metric's chart the loss has the whole width.
  const metric = ui.charts[OVERLAYS.findIndex(([key]) => key === "metric")];
  setText(metric.head, answer.metric ? capital(answer.metric.title) : "");
  show(metric.card, Boolean(answer.metric));
  ui.charts.forEach((chart, place) => {
    const [key] = OVERLAYS[place];
    if (key === "metric" && !answer.metric) return;
    charts.draw(chart, overlayFigure(key, answer, ink, chart.height), { zoom() {}, pick() {} });
  });
}

function overlayFigure(key, answer, ink, height) {
  const data = [];
  const ends = [];
  const values = [];
  const names = lineNames(answer);
  answer.curves.forEach((curve, place) => {
    const { columns } = curve;
    const x = answer.mode === "hours" ? columns.hours : columns.epoch;
    const [width, dash] = STROKES[place];
    const color = runColours(ink)[place];
    // Train loss is the thinner line of the same colour; among many runs the name stands at val loss alone.
    const add = (column, label, { thin = false, named = true } = {}) => {
      const y = columns[column].map((value) => (finite(value) ? num(value) * (key === "metric" && answer.metric?.share ? 100 : 1) : null));
      if (y.every((value) => value === null)) return;
      values.push(...y.filter((value) => value !== null).slice(Math.min(3, Math.floor(y.length / 4))));
      data.push(line(x, y, `${curve.run} ${label}`, color, { mode: "lines", opacity: thin ? 0.65 : 1, line: { color, width: thin ? 1 : width, dash } }));
      if (named) ends.push({ key: `${curve.run} ${label}`, at: lastFinite(x, y), text: `${names[place]} ${label}`.trim(), color });
    };
    if (key === "loss") {
      add(curve.gap_basis === "eval" ? "train_eval_loss" : "train_loss", "train", { thin: true, named: answer.curves.length <= 3 });
      add("val_loss", "val");
    } else add(key, "");
  });
  const low = Math.min(...values);
  const high = Math.max(...values);
  // A curve that stands still is drawn as one: rounding is no movement.
  const room = Math.max(0.08 * (high - low), 0.02 * Math.abs(high)) || 0.08;
  const range = values.length ? [low - room, high + room] : [0, 1];
  const share = key === "metric" && answer.metric?.share;
  const chance = key === "metric" ? num(answer.curves[0].chance) : null;
  const level = chance === null ? null : share ? 100 * chance : chance;
  const shapes = level !== null && level >= range[0] && level <= range[1] ? [floorLine(level, ink.muted)] : [];
  if (shapes.length) ends.push({ at: [0, level], text: `chance ${share ? pointsWords(chance) : numberWords(chance)}`, color: ink.muted });
  if (answer.mode === "epoch" && answer.shared_epochs.length) shapes.push({ type: "line", x0: answer.epoch, x1: answer.epoch, yref: "y domain", y0: 0, y1: 1, line: { color: ink.muted, width: 1, dash: "dot" } });
  const layout = baseLayout(ink, {
    height, shapes,
    xaxis: { title: axisTitle(answer.mode === "hours" ? "hours of training" : "epoch", ink) },
    yaxis: { range, fixedrange: true, ticksuffix: share ? " %" : "" },
  });
  return { data, layout, labels: ends, note: "" };
}
