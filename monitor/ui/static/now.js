// The Now tab: verdict, four numbers, the charts with the flags beside them, and what can be set about the charts.

const HEIGHT = { loss: 380, small: 260, machine: 160 };
const SMOOTH = { 0: "raw", 0.6: "light", 0.9: "strong" };

function buildNow(emit, role, view, on) {
  const ui = {};
  ui.verdict = buildVerdict(emit, role, on);
  ui.parent = h("p", { class: "vs-muted vs-parent" }, h("span", { class: "vs-came", "data-testid": "came" }, h("b", { class: "vs-run-outcome" }), " ", h("span", {})), h("span", {}), " ", h("button", { type: "button", class: "vs-link", "data-testid": "compare-parent" }, "Compare with parent"));
  ui.parent.lastChild.addEventListener("click", () => on.compare(ui.parent.dataset.parent));
  ui.reading = buildReading(emit, role);
  ui.tiles = buildTiles();
  ui.flags = buildFlags(emit, role, on.pick);
  const card = (id, title, height) => chartCard(id, title, height, () => on.zoom(null));
  ui.loss = card("loss", "Loss", HEIGHT.loss);
  ui.metric = card("metric", "Metric", HEIGHT.small);
  ui.words = card("words", "Words out / in, and blank ratio", HEIGHT.small);
  const small = (id, title) => {
    const chart = chartCard(id, title, HEIGHT.machine, () => chart.zoom(null));
    // Its own range: it may count steps where the others count epochs.
    chart.zoom = (range) => {
      chart.range = range;
      on.repaint();
    };
    return chart;
  };
  ui.lr = small("lr", "Learning rate");
  ui.norm = small("norm", "Gradient norm before clipping");
  ui.charts = [ui.loss, ui.metric, ui.words];
  ui.machineCharts = [ui.lr, ui.norm];
  ui.bar = buildChartBar(view, on);
  ui.normal = h("p", { class: "vs-muted vs-parent", role: "status", "data-testid": "normal" });
  ui.machine = h("details", { class: "vs-machine", "data-testid": "machine" }, h("summary", {}, "Optimiser: learning rate, gradient norm"), h("div", { class: "vs-two" }, ui.lr.card, ui.norm.card));
  ui.machine.addEventListener("toggle", on.repaint);
  ui.elsewhere = h("section", { class: "vs-card vs-empty", "data-testid": "elsewhere" }, h("h2", {}, "No loss, and no error or score of a known name"), h("p", {}, "The verdict needs one of them. What this run logs is drawn in another tab."), h("div", {}, h("button", { type: "button", class: "vs-button", onclick: () => on.open("metrics") }, "All metrics")));
  show(ui.elsewhere, false);
  ui.nothing = h("section", { class: "vs-card vs-empty", "data-testid": "nothing" }, h("h2", {}, "No evaluation was recorded"), h("p", {}, "The run ended without a number: there is no curve to draw."));
  show(ui.nothing, false);
  ui.few = h("div", { class: "vs-few" });
  ui.fewCard = h("section", { class: "vs-card", "data-testid": "three" }, h("div", { class: "vs-card-head" }, h("h2", {}, "Three sentences"), h("button", { type: "button", class: "vs-link", onclick: () => on.open("predictions") }, "All predictions")), ui.few);
  show(ui.fewCard, false);
  ui.nodes = [
    ui.verdict.node,
    ui.parent,
    ui.reading.node,
    ui.tiles,
    ui.bar.node,
    ui.normal,
    h("div", { class: "vs-main" }, h("div", { class: "vs-stack" }, ui.elsewhere, ui.nothing, ui.loss.card, h("div", { class: "vs-two" }, ui.metric.card, ui.words.card), ui.fewCard, ui.machine), ui.flags.node),
  ];
  return ui;
}

// One bar for all charts: they share the axis and the range.
// scales: what the y axes can be; saves: whether the charts can be downloaded; mark: before the names for tests.
function buildChartBar(view, on, { scales = [["fit", "robust"], ["everything", "everything"], ["log", "log"]], saves = true, mark = "" } = {}) {
  const ui = {};
  const choices = (name, label, options, chosen, act) => {
    const buttons = options.map(([key, text]) => h("button", { type: "button", class: "vs-segment", "data-key": key, "aria-pressed": String(String(chosen) === String(key)), "data-testid": `${mark}${name}-${key}`, onclick: () => act(key) }, text));
    return { buttons, node: h("div", { class: "vs-segments", role: "group", "aria-label": label }, buttons) };
  };
  ui.axis = choices("axis", "What the x axis counts", [["epoch", "epochs"], ["step", "steps"], ["time", "time"]], view.axis, (key) => on.set({ axis: key, range: null }));
  ui.range = choices("range", "Part of the run", [["all", "all"], ["last", "last 50"], ["resumed", "since resume"]], "all", (key) => on.part(key));
  ui.smooth = choices("smooth", "Smoothing of the curves", Object.entries(SMOOTH), view.smooth, (key) => on.set({ smooth: Number(key) }));
  ui.scale = choices("scale", saves ? "Scale of the loss axis" : "Scale of the y axes", scales, view.scale, (key) => on.set({ scale: key }));
  const save = (label, format) => h("button", { type: "button", class: "vs-menu-item", "data-testid": `save-${format}`, onclick: () => on.save(format) }, label);
  ui.saving = h("details", { class: "vs-menu" }, h("summary", { class: "vs-button vs-quiet" }, "Download"), h("div", { class: "vs-menu-list" }, save("Charts as PNG", "png"), save("Charts as SVG", "svg"), save("Numbers as CSV", "csv")));
  ui.earlier = h("button", { type: "button", class: "vs-segment", "data-testid": "earlier", "aria-pressed": "false", title: "The band of finished runs on this validation set, behind val loss and metric", onclick: () => on.earlier() }, "earlier runs");
  ui.node = h("div", { class: "vs-chart-bar" }, ui.axis.node, ui.range.node, ui.smooth.node, ui.scale.node, saves ? [h("div", { class: "vs-segments" }, ui.earlier), ui.saving] : null);
  return ui;
}

function paintChartBar(ui, view, cols, frame, axis) {
  const press = (group, chosen) => group.buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.key === String(chosen))));
  press(ui.axis, axis.name);
  ui.earlier.setAttribute("aria-pressed", String(Boolean(view.earlier)));
  press(ui.smooth, view.smooth);
  press(ui.scale, view.scale);
  press(ui.range, view.range ? view.part ?? "" : "all");
  const [epochButton, stepButton, timeButton] = ui.axis.buttons;
  epochButton.disabled = !cols.epoch?.length && axis.name === "step";
  stepButton.disabled = !rises(cols.step) && axis.name !== "step";
  timeButton.disabled = !rises(cols.at);
  const [, last, resumed] = ui.range.buttons;
  show(last, (cols.epoch ?? []).length > 50);
  show(resumed, frame.marks.resumed_at.length > 0);
  show(ui.range.node, !last.hidden || !resumed.hidden);
}

function paintNow(ui, frame, cols, steps, view, charts, on, ink) {
  paintVerdict(ui.verdict, frame);
  paintTiles(ui.tiles, frame);
  show(ui.tiles, frame.tiles.length > 0);
  paintFlags(ui.flags, frame, cols);
  paintParent(ui.parent, frame);
  paintReading(ui.reading, frame);
  const axis = axisOf(cols, view.axis, frame.at === null ? steps : {});
  paintChartBar(ui.bar, view, cols, frame, axis);
  setText(ui.loss.head, `Loss, ${frame.run.loss_unit}`);
  setText(ui.metric.head, capital(frame.metric?.label ?? ""));
  ui.metric.head.title = explained(frame.metric?.label ?? "");
  const evaluated = Boolean(cols.epoch?.length);
  // A run that ended without any number has neither tiles nor a chart, and none will come.
  const nothing = !evaluated && !frame.tiles.length;
  const known = !evaluated ? !nothing : hasLoss(cols) || (frame.at === null && lossByStepsOnly(cols, steps) && stepsOn(axis, cols, steps));
  // Of a run that logs no loss the metric is what there is to see, or else its other numbers.
  show(ui.loss.card, Boolean(known));
  show(ui.elsewhere, evaluated && !known && !frame.metric);
  show(ui.nothing, nothing);
  show(ui.bar.node, !nothing && ui.elsewhere.hasAttribute("hidden"));
  const stepsFirst = !evaluated && (steps.train_loss ?? []).some(finite);
  // A chart without a curve is no chart.
  show(ui.metric.card, evaluated && Boolean(frame.metric));
  show(ui.words.card, evaluated && [cols.length_ratio, cols.blank_ratio].some((column) => column.some(finite)));
  for (const { box } of ui.charts) {
    if (evaluated || stepsFirst) delete box.dataset.why;
    else box.dataset.why = frame.status.live ? "No evaluation so far." : "No evaluation was recorded.";
  }
  setText(ui.normal, view.earlier?.line);
  show(ui.normal, Boolean(view.earlier) && frame.at === null);
  if (!charts.plotly) return;
  paintMachine(ui, frame, cols, steps, charts, ink);
  if (stepsFirst) return paintStepsFirst(ui, { cols, frame, ink, axis, range: view.range, smooth: view.smooth, log: view.scale === "log", everything: view.scale === "everything", steps }, charts, on);
  if (!evaluated) return;
  const ctx = { cols, frame, ink, axis, range: view.range, smooth: view.smooth, log: view.scale === "log", everything: view.scale === "everything", steps: frame.at === null ? steps : null, earlier: frame.at === null ? view.earlier : null };
  [lossFigure, metricFigure, wordsFigure].forEach((build, place) => {
    const chart = ui.charts[place];
    const figure = build({ ...ctx, chart }, chart.height);
    setText(chart.note, figure.note);
    show(chart.reset, Boolean(view.range));
    charts.draw(chart, figure, on);
    chart.box.dataset.seq = frame.seq;
  });
}

// Before the first evaluation: the train loss of each step. The optimiser's charts are all that there is beside it.
function paintStepsFirst(ui, ctx, charts, on) {
  const chart = ui.loss;
  if (!ui.unfolded) ui.unfolded = ui.machine.open = true;
  const figure = stepsFirstFigure({ ...ctx, chart }, chart.height);
  setText(chart.note, figure.note);
  show(chart.reset, Boolean(ctx.range));
  charts.draw(chart, figure, on);
  chart.box.dataset.seq = ctx.frame.seq;
}

function paintMachine(ui, frame, cols, steps, charts, ink) {
  const bySteps = steps.step?.length > 1 && frame.at === null;
  const title = bySteps ? "step" : "epoch";
  const [x, lr, norm] = bySteps ? [steps.step, steps.lr, steps.grad_norm] : [cols.epoch, cols.lr, cols.grad_norm];
  for (const [chart, y, name] of [[ui.lr, lr, "lr"], [ui.norm, norm, "norm"]]) {
    show(chart.card, (y ?? []).some(finite));
    if (chart.box.offsetWidth === 0) continue;
    charts.draw(chart, machineFigure(chart, { x, y, name }, title, ink), { zoom: chart.zoom, pick() {} });
    show(chart.reset, Boolean(chart.range));
  }
  show(ui.machine, [lr, norm].some((values) => (values ?? []).some(finite)));
}

// Figures that were read from a log: how, and whether a person has confirmed the reading.
function buildReading(emit, role) {
  const text = h("span", {});
  const ask = h("button", { type: "button", class: "vs-link", "data-testid": "confirm-reading", onclick: () => emit({ kind: "confirm_reading" }) }, "Is that right?");
  const node = h("p", { class: "vs-muted vs-reading", "data-testid": "reading" }, text, " ", role === "control" ? ask : null);
  return { node, text, ask };
}

function paintReading(ui, frame) {
  show(ui.node, Boolean(frame.reading));
  if (!frame.reading) return;
  setText(ui.text, frame.reading.text);
  show(ui.ask, !frame.reading.confirmed);
}

function paintParent(node, frame) {
  const parent = frame.run.parent;
  show(node, Boolean(parent));
  if (!parent) return;
  const { came } = frame;
  const expected = parent.expected ? ` Expected: ${parent.expected}. ${came?.met ?? ""}` : "";
  node.dataset.parent = parent.id;
  const [judged, said] = node.children;
  const [word, line] = judged.children;
  show(judged, Boolean(came));
  setText(said, `Child of ${parent.id}: ${parent.changes.join(", ") || "nothing changed"}.${expected}`);
  setText(word, came ? `${OUTCOME_GLYPHS[came.word] ?? ""} ${came.word}` : "");
  word.dataset.tone = OUTCOME_TONE[came?.word] ?? "";
  setText(line, came?.line ?? "");
}

// Three clips of the watch list, or the first three, as they were decoded last.
function paintFew(ui, answer, watched) {
  const chosen = [...answer.clips].sort((a, b) => Number(watched.has(b.id)) - Number(watched.has(a.id))).slice(0, 3);
  show(ui.fewCard, chosen.length > 0);
  keyed(
    ui.few,
    chosen,
    (clip) => clip.id,
    () => h("div", { class: "vs-few-row" }, h("span", { dir: "auto" }), h("span", { class: "vs-inline-words" }), h("span", { class: "vs-muted vs-tabular" })),
    (node, clip) => {
      const signature = JSON.stringify(clip.words);
      if (node.signature === signature) return;
      node.signature = signature;
      setText(node.children[0], clip.words.filter(([kind]) => kind !== "i").map(([, target]) => target).join(" "));
      node.children[1].replaceChildren(...inlineWords(clip.words));
      setText(node.children[2], `≠ ${clip.s} ∅ ${clip.d} + ${clip.i}`);
    },
  );
}
