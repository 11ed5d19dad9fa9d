// The Metrics tab: a chart for every number of the run, found by name. Only what is in view is asked for and drawn.

const METRIC_HEIGHT = 200;
const METRIC_MARGIN = { ...MARGIN, l: 58, r: 84 };
const CHARTS_FIRST = 60;
// As many as a first look shows: they come with the first answer, before it is known which are in view.
const FIRST_DRAWN = 12;
const METRICS_EVERY_MS = 1000;
// An answer that has not come by then is asked for again.
const METRICS_LOST_MS = 8000;
// A chart is drawn again when it has grown by this part of its width, or after so long.
const SEEN_PARTS = 300;
const DRAWN_AGAIN_MS = 15_000;
const QUESTION_CHARS = 24_000;
const IN_VIEW = "400px 0px";
const NAMELESS = "(no name)";
const METRIC_SCALES = [["fit", "robust"], ["everything", "everything"], ["log", "log"]];

function buildMetrics(ask, emit, data, view, on, charts) {
  const ui = { ask, view, on, charts, word: Address.read("find") ?? "", across: Address.read("across") ?? "", span: null, group: null, most: CHARTS_FIRST, asked: 0, askedAt: -Infinity, pinned: new Set(Memory.read("pinned", [])), curves: new Map(), waiting: [] };
  const set = (changes) => {
    if ("axis" in changes) putAcross(ui, "");
    on.set(changes);
  };
  ui.bar = buildChartBar(view, { ...on, set }, { scales: METRIC_SCALES, saves: false, mark: "metric-" });
  ui.search = h("input", { type: "search", class: "vs-search", placeholder: "Find a metric", "aria-label": "Find a metric by its name", "data-testid": "metric-search", value: ui.word });
  ui.search.addEventListener("input", () => {
    clearTimeout(ui.typing);
    ui.typing = setTimeout(() => findMetrics(ui, { word: ui.search.value }), TYPING_MS);
  });
  ui.groups = h("select", { class: "vs-select", "aria-label": "Group of metrics", "data-testid": "metric-group" });
  ui.groups.addEventListener("change", () => findMetrics(ui, { group: ui.groups.value === "all" ? null : ui.groups.value.slice(1) }));
  ui.judge = h("select", { class: "vs-select", "aria-label": "Metric that the run is judged by", "data-testid": "judged-by" });
  ui.judge.addEventListener("change", () => emit({ kind: "metric", name: ui.judge.value }));
  ui.judged = h("label", { class: "vs-row vs-muted" }, "Judged by", ui.judge);
  ui.judge.disabled = data.role !== "control";
  ui.names = h("datalist", { id: "vs-metric-names" });
  ui.x = h("input", { class: "vs-search", placeholder: "A number as x axis", list: ui.names.id, "aria-label": "A logged number as the x axis, such as tokens seen", "data-testid": "metric-x", value: ui.across });
  ui.x.addEventListener("change", () => putAcross(ui, ui.x.value));
  ui.x.addEventListener("input", () => (ui.x.value === "" || [...ui.names.children].some(({ value }) => value === ui.x.value)) && putAcross(ui, ui.x.value));
  ui.csv = h("a", { class: "vs-button vs-quiet", download: "", href: `${data.report}/${encodeURIComponent(data.run)}.csv`, "data-testid": "metric-csv" }, "All as CSV");
  ui.count = h("span", { class: "vs-muted vs-tabular", role: "status", "data-testid": "metric-count" });
  ui.list = h("div", { class: "vs-metrics", "data-testid": "metrics" });
  ui.more = h("button", { type: "button", class: "vs-button vs-quiet", "data-testid": "metric-more", onclick: () => findMetrics(ui, { most: ui.most + CHARTS_FIRST }) });
  ui.empty = buildNoMetrics();
  ui.node = h("div", { class: "vs-stack" }, h("div", { class: "vs-row vs-metric-find" }, ui.search, ui.groups, ui.count, ui.judged), h("div", { class: "vs-row" }, ui.bar.node, ui.x, ui.names, ui.csv), ui.list, h("div", { class: "vs-row" }, ui.more), ui.empty);
  ui.seen = new IntersectionObserver((entries) => lookAgain(ui, entries), { rootMargin: IN_VIEW });
  for (const node of [ui.empty, ui.more, ui.groups]) show(node, false);
  return ui;
}

function buildNoMetrics() {
  const line = (text) => h("p", {}, h("code", {}, text));
  return h(
    "section",
    { class: "vs-card vs-empty", "data-testid": "metrics-empty" },
    h("h2", {}, "No number logged"),
    h("p", {}, "Every number that your loop gives is drawn here, under the name that you give it:"),
    line("run.log_epoch(epoch, train_loss=…, val_loss=…, val_accuracy=…)"),
    line('run.log_step(step, train_loss=…, **{"grad/encoder": …})'),
    h("p", { class: "vs-muted" }, "Names that differ in train and val alone share a chart; names with the same beginning before a / or _ stand together."),
  );
}

function findMetrics(ui, changes) {
  Object.assign(ui, "most" in changes ? {} : { most: CHARTS_FIRST }, changes);
  Address.write({ find: ui.word });
  askMetrics(ui);
}

// The number that is the x axis; "" for epochs, steps or time. Its range is its own.
function putAcross(ui, name) {
  if (name === ui.across) return;
  Object.assign(ui, { across: name, span: null });
  if (ui.x.value !== name) ui.x.value = name;
  Address.write({ across: name });
  lookAnew(ui);
}

// The part of x that is seen: of all charts of the page, unless a number is the axis.
function zoomMetrics(ui, range) {
  if (!ui.across) return ui.on.zoom(range);
  ui.span = range;
  lookAnew(ui);
}

function lookAnew(ui) {
  if (!ui.now) return;
  ui.look = lookOf(ui, ui.now);
  askMetrics(ui);
  drawMetrics(ui);
}

function lookOf(ui, now) {
  return JSON.stringify([now.axis.name, ui.across, seenRange(ui), now.frame.at]);
}

function seenRange(ui) {
  return ui.across ? ui.span : ui.view.range;
}

function pinMetric(ui, key) {
  if (!ui.pinned.delete(key)) ui.pinned.add(key);
  Memory.write("pinned", [...ui.pinned]);
  askMetrics(ui);
}

function chartsInView(ui) {
  return [...ui.list.children].filter((node) => node.inView);
}

function askMetrics(ui) {
  const now = ui.now;
  if (!now) return;
  const inView = chartsInView(ui);
  const width = inView[0]?.chart.box.offsetWidth || 400;
  const columns = Math.max(40, Math.floor((width - METRIC_MARGIN.l - METRIC_MARGIN.r) / COLUMN_PIXELS));
  Object.assign(ui, { askedAt: performance.now(), askedSeq: now.frame.seq });
  const keys = sendable(inView.map((node) => node.dataset.key.slice(1)));
  ui.ask({ kind: "metrics", word: ui.word, group: ui.group, pinned: sendable([...ui.pinned].reverse()), most: ui.most, keys, first: FIRST_DRAWN, axis: now.axis.name, across: ui.across, range: seenRange(ui), columns, at: now.frame.at, asked: ++ui.asked });
}

// As many as fit into a question that the server reads: a name may be of any length.
function sendable(keys) {
  let room = QUESTION_CHARS;
  return keys.filter((key) => (room -= JSON.stringify(key).length + 1) > 0);
}

// Called at every paint of the page while the tab is open. now: {frame, cols, axis, ink}.
function noteMetrics(ui, now) {
  paintChartBar(ui.bar, ui.view, now.cols, now.frame, now.axis);
  paintJudged(ui, now.frame.judged);
  if (ui.across) for (const button of ui.bar.axis.buttons) button.setAttribute("aria-pressed", "false");
  const look = lookOf(ui, now);
  const changed = look !== ui.look;
  Object.assign(ui, { now, look });
  if (changed) askMetrics(ui);
  else if (now.frame.seq !== ui.askedSeq) askSoon(ui);
  drawMetrics(ui);
}

// What the run is judged by; a person chooses among what it logs.
function paintJudged(ui, { name, why, choices }) {
  show(ui.judged, choices.length > 0);
  ui.judged.title = why;
  keyed(ui.judge, choices, ([key]) => key, ([key]) => h("option", { value: key }), (node, [, title]) => setText(node, title));
  if (document.activeElement !== ui.judge) ui.judge.value = name;
}

// At most one question a second for what is new, and none while the last one is not answered.
function askSoon(ui) {
  if (ui.later) return;
  const since = performance.now() - ui.askedAt;
  const pause = ui.answer?.asked === ui.asked ? METRICS_EVERY_MS : METRICS_LOST_MS;
  ui.later = setTimeout(() => {
    ui.later = null;
    if (ui.node.isConnected && ui.node.offsetWidth) askMetrics(ui);
  }, Math.max(0, pause - since));
}

function hearMetrics(ui, answer) {
  if (answer.asked !== ui.asked) return;
  ui.answer = answer;
  for (const { key, curves, unplaced } of answer.drawn) ui.curves.set(key, { curves, unplaced, look: ui.look, ends: answer.ends, across: answer.across });
  paintAcross(ui, answer);
  show(ui.empty, answer.total === 0);
  for (const node of [ui.bar.node, ui.list, ui.search.parentNode]) show(node, answer.total > 0);
  paintMetricGroups(ui, answer);
  setText(ui.count, countedMetrics(answer, ui.word));
  show(ui.more, answer.matching > answer.heads.length);
  setText(ui.more, `Show ${Math.min(CHARTS_FIRST, answer.matching - answer.heads.length)} more`);
  paintMetricList(ui, answer);
  drawMetrics(ui);
  if (ui.now.frame.seq !== ui.askedSeq) askSoon(ui);
}

// Names to choose the x axis from, and whether the run logs the one that was given.
function paintAcross(ui, answer) {
  const names = [...new Set(answer.heads.flatMap((head) => head.names))];
  if (document.activeElement !== ui.x) keyed(ui.names, names, (name) => name, (name) => h("option", { value: name }), () => {});
  const unknown = ui.across !== "" && answer.across === "";
  ui.x.setAttribute("aria-invalid", String(unknown));
  ui.x.title = unknown ? "This run logs no number of this name; the charts go by the axis chosen beside it." : "";
}

// How many charts are shown, of how many.
function countedMetrics(answer, word) {
  const { heads, matching, total, numbers } = answer;
  if (!matching) return `No metric has “${word.slice(0, 60)}” in its name; this run logs ${countWords(numbers, "number")}.`;
  const shown = heads.length < matching ? `${heads.length.toLocaleString("en")} of ${countWords(matching, "chart")}` : countWords(matching, "chart");
  return `${shown} ${matching < total ? `found among ${total.toLocaleString("en")}` : "shown"} · ${countWords(numbers, "number")} logged`;
}

function paintMetricGroups(ui, answer) {
  const all = answer.groups.reduce((sum, group) => sum + group.count, 0);
  const options = [{ key: "all", text: `all groups (${all.toLocaleString("en")})` }, ...answer.groups.map(({ name, count }) => ({ key: `.${name}`, text: `${groupTitle(name)} (${count.toLocaleString("en")})` }))];
  show(ui.groups, answer.groups.length > 1 || ui.group !== null);
  if (document.activeElement === ui.groups) return;
  keyed(ui.groups, options, ({ key }) => key, ({ key }) => h("option", { value: key }), (node, { text }) => setText(node, text));
  ui.groups.value = ui.group === null ? "all" : `.${ui.group}`;
}

function groupTitle(name) {
  return name === "" ? "General" : name;
}

// The charts with the headings of their groups before them; one group alone needs none.
function metricItems(heads, groups) {
  const counts = new Map(groups.map(({ name, count }) => [name, count]));
  const items = [];
  let last = null;
  for (const head of heads) {
    const title = head.pinned ? "Pinned" : groupTitle(head.group);
    if (title !== last && (groups.length > 1 || heads[0].pinned)) items.push({ key: `#${head.pinned ? "" : `.${head.group}`}`, title, count: head.pinned ? null : counts.get(head.group) ?? null });
    last = title;
    items.push({ key: `.${head.key}`, head });
  }
  return items;
}

function paintMetricList(ui, answer) {
  const before = new Set(ui.list.children);
  keyed(ui.list, metricItems(answer.heads, answer.groups), ({ key }) => key, (item) => (item.head ? createMetric(ui, item) : h("h2", { class: "vs-metric-group" })), (node, item) => {
    if (!item.head) return setText(node, item.count === null ? item.title : `${item.title} · ${item.count.toLocaleString("en")}`);
    setText(node.chart.head, item.head.title || NAMELESS);
    node.chart.head.title = item.head.names.join("\n");
    node.pin.setAttribute("aria-pressed", String(item.head.pinned));
    setText(node.pin, item.head.pinned ? "★" : "☆");
    node.pin.title = item.head.pinned ? "Unpin" : "Pin: it stands first, in this browser";
    node.pin.setAttribute("aria-label", `${item.head.pinned ? "Unpin" : "Pin"} ${item.head.title || NAMELESS}`);
  });
  for (const node of ui.list.children) before.delete(node);
  for (const node of before) forgetMetric(ui, node);
}

function createMetric(ui, { key }) {
  const chart = chartCard(`metric${key}`, "", METRIC_HEIGHT, () => zoomMetrics(ui, null));
  chart.card.chart = chart;
  chart.card.classList.add("vs-metric");
  chart.card.pin = h("button", { type: "button", class: "vs-link vs-pin", "aria-pressed": "false", onclick: () => pinMetric(ui, key.slice(1)) });
  chart.reset.parentNode.append(chart.card.pin);
  ui.seen.observe(chart.card);
  return chart.card;
}

// Far out of view a chart is taken down: hundreds of drawings would slow every update of the page.
function lookAgain(ui, entries) {
  for (const { target, isIntersecting } of entries) {
    target.inView = isIntersecting && ui.list.contains(target);
    if (!target.inView) takeDown(ui, target);
  }
  clearTimeout(ui.looking);
  ui.looking = setTimeout(() => {
    const missing = chartsInView(ui).some((node) => ui.curves.get(node.dataset.key.slice(1))?.look !== ui.look);
    if (missing) askMetrics(ui);
    drawMetrics(ui);
  }, 50);
}

function takeDown(ui, node) {
  if (node.drawn) ui.charts.forget([node.chart]);
  node.chart.listens = false;
  node.chart.labels.replaceChildren();
  node.drawn = null;
}

function forgetMetric(ui, node) {
  if (!node.chart) return;
  ui.seen.unobserve(node);
  takeDown(ui, node);
}

// One chart a task: between two of them the page answers the pointer.
function drawMetrics(ui) {
  ui.waiting = chartsInView(ui);
  if (ui.drawing) return;
  const next = () => {
    const node = ui.waiting.shift();
    ui.drawing = node ? setTimeout(next) : null;
    if (node?.inView) drawMetric(ui, node);
  };
  ui.drawing = setTimeout(next);
}

function drawMetric(ui, node) {
  const known = ui.curves.get(node.dataset.key.slice(1));
  const { chart } = node;
  if (!known || !ui.charts.plotly || chart.box.offsetWidth === 0) return;
  const { view, now } = ui;
  const range = seenRange(ui);
  const axis = known.across ? { name: "across", title: plainName(known.across) } : now.axis;
  const state = JSON.stringify([range, view.scale, view.smooth, now.axis.name, known.across, chart.box.offsetWidth, now.ink]);
  show(chart.reset, Boolean(range));
  if (node.drawn?.known === known && node.drawn.state === state) return;
  if (node.drawn?.state === state && !hasMoved(node.drawn, known)) return renewEnds(chart, known.curves);
  const figure = curvesFigure({ ...known, axis, range, scale: view.scale, smooth: view.smooth, ink: now.ink }, chart.height);
  setText(chart.note, figure.note);
  chart.note.title = figure.note;
  const charts = () => chartsInView(ui).map((other) => other.chart);
  ui.charts.draw(chart, figure, { zoom: (part) => zoomMetrics(ui, part), pick() {}, hover: (from, x) => ui.charts.cursors(charts(), from, x) });
  node.drawn = { known, state, at: performance.now() };
}

// Whether a chart would look different: it grew by a pixel or two, another curve came, or it was drawn long ago. Its numbers are
// written anew at once; drawing a dozen charts for what nobody can see would hold up the page.
function hasMoved({ known, at }, next) {
  const [first, last] = known.ends ?? [0, 0];
  const grown = next.ends ? Math.max(next.ends[1] - last, first - next.ends[0]) : 0;
  return grown * SEEN_PARTS > last - first || next.curves.length !== known.curves.length || performance.now() - at > DRAWN_AGAIN_MS;
}
