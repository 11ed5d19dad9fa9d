// The page. Streamlit calls the exported function again at every rerun; what stands on screen stays,
// and only another run (or list) builds anew. All numbers of one moment are painted in one pass.

const LEAST_PAUSE_MS = 200;
const REST_PER_COST = 4;
const HEIGHT = { loss: 380, small: 260, machine: 160 };

class RunPage {
  constructor(root, data, emit) {
    Object.assign(this, { root, data, emit, cols: {}, steps: {}, frame: null, lastPaint: 0, lastCost: 0 });
    this.watch = new FlagWatch();
    this.build();
    this.charts = new Charts(root, data.plotly);
    if (data.frame) this.take(data.frame);
    this.charts.ready().then(() => this.frame && this.paint());
    this.live = new Live(data.ws, () => this.hello(), (message) => this.hear(message), (state) => this.connection(state));
    this.onVisible = () => document.hidden || this.schedule();
    document.addEventListener("visibilitychange", this.onVisible);
    this.clock = setInterval(() => this.tick(), 1000);
  }

  build() {
    const { emit, data } = this;
    this.header = buildHeader(emit, data.role);
    this.verdict = buildVerdict(emit, data.role);
    this.tiles = buildTiles();
    this.flags = buildFlags();
    this.try = buildTry(emit, data.role);
    this.predictions = buildPredictions((message) => this.live?.ask(message));
    this.problem = h("p", { class: "vs-problem", role: "status", "data-testid": "problem" });
    this.parent = h("p", { class: "vs-muted vs-parent" });
    const chart = (id, title, height) => {
      const box = h("div", { class: "vs-chart", "data-testid": `chart-${id}`, style: `height:${height}px` });
      const head = h("h2", {}, title);
      const note = h("p", { class: "vs-chart-note vs-muted vs-tabular" });
      const reset = h("button", { type: "button", class: "vs-link vs-reset", "data-testid": `reset-${id}` }, "Show all");
      reset.addEventListener("click", () => {
        box.zoom = null;
        this.paint();
      });
      show(reset, false);
      const side = h("div", { class: "vs-row" }, note, reset);
      return { box, head, note, reset, card: h("section", { class: "vs-card" }, h("div", { class: "vs-card-head" }, head, side), box) };
    };
    this.loss = chart("loss", "Loss", HEIGHT.loss);
    this.wer = chart("wer", "WER", HEIGHT.small);
    this.words = chart("words", "Words out / in, and blank ratio", HEIGHT.small);
    this.lr = chart("lr", "Learning rate", HEIGHT.machine);
    this.norm = chart("norm", "Gradient norm before clipping", HEIGHT.machine);
    const machine = h("details", { class: "vs-machine" }, h("summary", {}, "Optimiser: learning rate, gradient norm"), h("div", { class: "vs-two" }, this.lr.card, this.norm.card));
    machine.addEventListener("toggle", () => this.schedule());
    this.toasts = toastArea();
    this.node = h(
      "div",
      { class: "vs-page" },
      this.header.node,
      this.problem,
      this.verdict.node,
      this.parent,
      this.tiles,
      h("div", { class: "vs-main" }, this.loss.card, this.flags.node),
      h("div", { class: "vs-two" }, this.wer.card, this.words.card),
      this.try.node,
      this.predictions.node,
      machine,
      this.toasts,
    );
    this.root.replaceChildren(this.node);
    show(this.problem, false);
  }

  hello() {
    const known = this.frame;
    const base = { kind: "hello", run: this.data.run };
    if (!known) return base;
    return { ...base, epochs: (this.cols.epoch ?? []).length, steps: (this.steps.step ?? []).length + (this.stepsDropped ?? 0), life: known.life };
  }

  hear(message) {
    if (message.server_now ?? message.clock?.server_now) {
      this.serverAhead = (message.server_now ?? message.clock.server_now) - Date.now() / 1000;
    }
    if (message.kind === "frame") {
      this.take(message);
      this.schedule();
      for (const flag of this.watch.news(message.flags)) toast(this.toasts, flag.severity, flag.title, flag.line);
    } else if (message.kind === "predictions") {
      paintPredictions(this.predictions, message);
    } else if (message.kind === "problem") {
      this.say(message.message);
    }
  }

  // Takes in the columns that are new; the frame itself replaces the one before.
  take(frame) {
    this.cols = this.merge(this.cols, frame.series.epochs, frame.series.epochs_from);
    const from = frame.series.steps_from - (this.stepsDropped ?? 0);
    if (from < 0 || from > (this.steps.step ?? []).length) {
      this.stepsDropped = frame.series.steps_from;
      this.steps = frame.series.steps;
    } else this.steps = this.merge(this.steps, frame.series.steps, from);
    this.frame = frame;
  }

  merge(known, fresh, from) {
    return Object.fromEntries(Object.entries(fresh).map(([name, values]) => [name, [...(known[name] ?? []).slice(0, from), ...values]]));
  }

  // The first new record is painted at once, then at a rate the browser can bear; a hidden tab paints nothing.
  schedule() {
    if (this.waiting || document.hidden) {
      if (document.hidden) this.nameTab();
      return;
    }
    const pause = Math.max(LEAST_PAUSE_MS, REST_PER_COST * this.lastCost);
    const wait = Math.max(0, this.lastPaint + pause - performance.now());
    this.waiting = setTimeout(() => {
      this.waiting = null;
      if (this.frame && !document.hidden) this.paint();
    }, wait);
  }

  paint() {
    const began = performance.now();
    const { frame } = this;
    setTheme(this.root);
    paintHeader(this.header, frame);
    paintVerdict(this.verdict, frame);
    paintTiles(this.tiles, frame);
    paintFlags(this.flags, frame);
    paintTry(this.try, frame);
    this.nameTab();
    this.paintParent(frame);
    notePredictions(this.predictions, frame);
    this.say(frame.problem_count ? `${frame.problem_count} unreadable lines were skipped: ${frame.problems[0]}` : "");
    this.paintCharts(frame);
    this.tick();
    this.lastPaint = performance.now();
    this.lastCost = this.lastPaint - began;
    this.root.dataset.seq = frame.seq;
  }

  // A page without its server says so in the tab too, whatever is still waiting to be painted.
  nameTab() {
    if (this.offline) document.title = `⏸ page offline · ${this.data.run}`;
    else if (this.frame) paintTab(this.frame.title, this.frame.verdict.word);
  }

  paintParent(frame) {
    const parent = frame.run.parent;
    show(this.parent, Boolean(parent));
    if (!parent) return;
    const expected = parent.expected ? ` Expected: ${parent.expected}.` : "";
    setText(this.parent, `Child of ${parent.id}: ${parent.changes.join(", ") || "nothing changed"}.${expected}`);
  }

  paintCharts(frame) {
    const ink = tokens(this.root);
    setText(this.loss.head, `Loss, ${frame.run.loss_unit}`);
    const { cols } = this;
    if (!this.charts.plotly || !cols.epoch?.length) return;
    const drawn = [
      [this.loss, lossFigure, HEIGHT.loss],
      [this.wer, werFigure, HEIGHT.small],
      [this.words, wordsFigure, HEIGHT.small],
    ];
    // Everything, not this chart alone: a newer frame may have come in, and all that is shown is of one moment.
    const redraw = () => this.paint();
    for (const [chart, build, height] of drawn) {
      const figure = build(cols, frame, ink, height, chart.box.zoom);
      setText(chart.note, figure.note);
      show(chart.reset, Boolean(chart.box.zoom));
      this.charts.draw(chart.box, figure, redraw);
      chart.box.dataset.seq = frame.seq;
    }
    const bySteps = this.steps.step?.length > 1;
    const unit = bySteps ? "step" : "epoch";
    const machine = bySteps ? [this.steps.step, this.steps.lr, this.steps.grad_norm] : [cols.epoch, cols.lr, cols.grad_norm];
    this.charts.draw(this.lr.box, machineFigure(machine[0], machine[1], "lr", unit, ink, HEIGHT.machine), () => {});
    this.charts.draw(this.norm.box, machineFigure(machine[0], machine[2], "norm", unit, ink, HEIGHT.machine), () => {});
  }

  // Ages go on without any message: a record gets older by itself.
  tick() {
    if (!this.frame || this.offline) return;
    const at = this.frame.clock.last_record_at;
    const now = Date.now() / 1000 + (this.serverAhead ?? 0);
    const age = at ? `last record ${ageWords(now - at)} ago` : "no record yet";
    setText(this.header.connection, this.frame.status.live ? age : at ? age : "");
  }

  connection(state) {
    this.offline = !state.online;
    this.header.node.classList.toggle("vs-offline", this.offline);
    this.nameTab();
    if (state.online) return this.tick();
    setText(this.header.connection, `This page is not connected; trying again in ${state.retryInSecs} s. The run is not affected.`);
  }

  say(text) {
    setText(this.problem, text);
    show(this.problem, Boolean(text));
  }

  close() {
    this.live.close();
    clearInterval(this.clock);
    clearTimeout(this.waiting);
    document.removeEventListener("visibilitychange", this.onVisible);
    this.charts.forget(this.loss.box, this.wer.box, this.words.box, this.lr.box, this.norm.box);
  }
}

class ListPage {
  constructor(root, data, emit) {
    this.ui = buildList(emit, data.role, data);
    root.replaceChildren(h("div", { class: "vs-page" }, this.ui.node));
    setTheme(root);
    paintList(this.ui, data.rows ?? []);
    this.live = new Live(data.ws, () => ({ kind: "hello", list: true }), (message) => this.hear(root, message), (state) => this.connection(state));
  }

  hear(root, message) {
    setTheme(root);
    if (message.kind === "rows") paintList(this.ui, message.rows);
  }

  connection(state) {
    setText(this.ui.connection, state.online ? "" : `This page is not connected; trying again in ${state.retryInSecs} s.`);
  }

  close() {
    this.live.close();
  }
}

class MissingPage {
  constructor(root, data, emit) {
    setTheme(root);
    paintTab("No such run · Vitalsigns", "");
    const near = data.near ? h("button", { type: "button", class: "vs-button", onclick: () => emit({ kind: "open", run: data.near }) }, `Open ${data.near}`) : null;
    root.replaceChildren(
      h("div", { class: "vs-page" }, h("section", { class: "vs-card vs-empty", "data-testid": "missing" }, h("h2", {}, "This run cannot be shown"), h("p", {}, data.message), h("div", { class: "vs-row" }, near, h("button", { type: "button", class: "vs-button", onclick: () => emit({ kind: "home" }) }, "‹ all runs")))),
    );
  }

  close() {}
}

// Streamlit's theme decides, whether it follows the system or was chosen.
function setTheme(root) {
  const color = getComputedStyle(root).getPropertyValue("--st-background-color").trim();
  const parts = color.startsWith("#") ? [1, 3, 5].map((i) => parseInt(color.slice(i, i + 2), 16)) : (color.match(/\d+/g) ?? [255, 255, 255]).map(Number);
  const dark = 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2] < 128;
  const theme = dark ? "dark" : "light";
  if (root.dataset.theme !== theme) root.dataset.theme = theme;
}

let actions = 0;

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let root = parentElement.querySelector(":scope > .vs-root");
  if (!root) root = parentElement.appendChild(h("div", { class: "vs-root", "data-testid": "vitalsigns" }));
  const place = `${data.mode}:${data.run}`;
  if (root.page && root.place === place) return root.cleanup;
  root.page?.close();
  // The counter makes every click a new value: the same button twice is two wishes.
  const emit = (action) => setTriggerValue("action", { ...action, click: ++actions });
  const Page = data.mode === "run" ? RunPage : data.mode === "missing" ? MissingPage : ListPage;
  root.place = place;
  root.page = new Page(root, data, emit);
  root.cleanup = () => {
    root.page?.close();
    root.page = null;
  };
  return root.cleanup;
}
