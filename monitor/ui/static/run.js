// The page of one run. All numbers of one moment are painted in one pass; what a person has set, opened or scrolled
// to stays through every update.

const LEAST_PAUSE_MS = 100;
const REST_PER_COST = 3;
const UNREAD_SECS = 10;

class RunPage {
  constructor(root, data, emit) {
    Object.assign(this, { root, data, emit, cols: {}, steps: {}, frame: null, past: null, lastPaint: 0, lastCost: 0 });
    this.view = {
      axis: AXES[Address.read("x")] ? Address.read("x") : null,
      scale: Address.read("scale") ?? "fit",
      smooth: Number(Address.read("smooth") ?? 0) in SMOOTH ? Number(Address.read("smooth") ?? 0) : 0,
      range: Address.range(),
      part: null,
    };
    this.watch = new FlagWatch();
    this.live = null;
    this.early = [];
    this.ask = (message) => (this.live ? this.live.ask(message) : this.early.push(message));
    this.charts = new Charts(root, data.plotly);
    this.build();
    this.tabs.open(Address.read("tab") ?? "now", true);
    this.charts.ready().then(() => this.frame && this.paint());
    this.live = new Live(data.ws, () => this.hello(), (message) => this.hear(message), (state) => this.connection(state), data.again);
    this.early.forEach((message) => this.live.ask(message));
    this.onVisible = () => document.hidden || this.schedule();
    this.onKey = (event) => this.key(event);
    document.addEventListener("visibilitychange", this.onVisible);
    document.addEventListener("keydown", this.onKey);
    this.clock = setInterval(() => this.tick(), 1000);
  }

  build() {
    const { emit, data, view } = this;
    this.tabs = buildTabs((tab) => {
      Address.write({ tab: tab === "now" ? null : tab });
      toTop(this.root);
      this.paint();
    });
    const on = {
      open: (tab) => this.tabs.open(tab),
      compare: (parent) => {
        compareWith(this.compare, [parent]);
        this.tabs.open("compare");
      },
      pick: (epoch) => this.lookBack(epoch),
      zoom: (range) => this.zoom(range, null),
      part: (name) => this.zoom(rangeOf(name, axisOf(this.cols, view.axis, this.steps), this.frame), name),
      set: (changes) => this.set(changes),
      hover: (chart, x) => this.charts.cursors(this.now.charts, chart, x),
      save: (format) => this.save(format),
      earlier: () => this.toggleEarlier(),
      repaint: () => this.schedule(),
    };
    this.on = on;
    this.help = buildHelp();
    this.palette = buildPalette((text) => this.commands(text));
    this.messages = buildNotify(this.ask, emit, data.role);
    this.header = buildHeader(emit, data.role, this.tabs.bar, this.help, this.messages);
    paintName(this.header, data);
    this.root.classList.toggle("vs-far", data.far);
    this.now = buildNow(emit, data.role, view, on);
    this.diagnosis = buildDiagnosis(emit, data.role, data);
    this.predictions = buildPredictions(data.name, this.ask);
    this.metrics = buildMetrics(this.ask, emit, data, view, on, this.charts);
    this.compare = buildCompare(data.name, this.ask, emit, data.role);
    this.log = buildLog(data.run, this.ask, data);
    this.moment = buildMoment((epoch) => this.lookBack(epoch));
    this.problem = h("p", { class: "vs-problem", role: "status", "data-testid": "problem" });
    this.offlineNote = buildOffline();
    this.toasts = toastArea();
    this.tabs.panels.now.append(...this.now.nodes);
    this.tabs.panels.metrics.append(this.metrics.node);
    this.tabs.panels.predictions.append(this.predictions.node);
    this.tabs.panels.diagnosis.append(this.diagnosis.node);
    this.tabs.panels.compare.append(this.compare.node);
    this.tabs.panels.log.append(this.log.node);
    this.node = h("div", { class: "vs-page" }, this.header.node, this.offlineNote.node, this.problem, this.moment.node, Object.values(this.tabs.panels), this.help.node, this.messages.node, this.palette.node, this.toasts);
    // On a wall: word, reason and four numbers, to be read from across the room.
    this.root.classList.toggle("vs-wall", Address.read("view") === "wall" || Address.read("wall") === "1");
    show(this.problem, false);
  }

  // What people say of the run, which a dialog may have changed.
  named(data) {
    this.data = data;
    paintName(this.header, data);
  }

  // What stood here before stays until there is something to paint: the words of the document, or the list.
  appear() {
    if (!this.node.isConnected) takePlace(this.root, this.node);
  }

  hello() {
    const known = this.frame;
    const base = { kind: "hello", run: this.data.run };
    if (!known) return base;
    return { ...base, epochs: known.series.epochs_known, steps: (this.steps.step ?? []).length + (this.stepsDropped ?? 0), life: known.life };
  }

  hear(message) {
    if (message.server_now ?? message.clock?.server_now) {
      this.serverAhead = (message.server_now ?? message.clock.server_now) - Date.now() / 1000;
    }
    if (finite(message.unread_secs)) Object.assign(this, { unreadSecs: message.unread_secs, toldAt: performance.now() });
    const hearers = {
      frame: () => this.hearFrame(message),
      predictions: () => (message.asked === "now" ? paintFew(this.now, message, this.predictions.watched) : paintPredictions(this.predictions, message)),
      clip: () => paintHistory(this.predictions, message),
      moment: () => this.showMoment(message),
      metrics: () => hearMetrics(this.metrics, message),
      compare: () => this.showComparison(message),
      earlier: () => this.hearEarlier(message),
      log: () => hearLog(this.log, message),
      channels: () => paintChannels(this.messages, message),
      problem: () => this.say(message.message),
      refused: () => this.say(message.message),
    };
    hearers[message.kind]?.();
  }

  hearFrame(frame) {
    const first = !this.heard;
    this.heard = true;
    this.take(frame);
    this.schedule();
    renewToasts(this.toasts, frame.flags);
    for (const flag of this.watch.news(frame.flags)) {
      toast(this.toasts, flag);
      takeSide(this.toasts);
      if (flag.severity !== "info") notify(`${flag.title} · ${frame.run.id}`, flag.line);
    }
    if (first && finite(Number(Address.read("at") ?? NaN))) this.lookBack(Number(Address.read("at")));
  }

  // Takes in the columns that are new; the frame itself replaces the one before.
  take(frame) {
    // Of very many evaluations the tab has fewer than it knows of: it gets all of them anew, or those beyond.
    this.cols = this.merge(this.cols, frame.series.epochs, frame.series.epochs_from ? (this.cols.epoch ?? []).length : 0);
    const from = frame.series.steps_from - (this.stepsDropped ?? 0);
    if (from < 0 || from > (this.steps.step ?? []).length) {
      this.stepsDropped = frame.series.steps_from;
      this.steps = frame.series.steps;
    } else this.steps = this.merge(this.steps, frame.series.steps, from);
    // As many as the server would send to a new tab: a page that stays open for days does not grow without end.
    const over = (this.steps.step ?? []).length - MOST_STEPS;
    if (over > 0) {
      this.steps = Object.fromEntries(Object.entries(this.steps).map(([name, values]) => [name, values.slice(over)]));
      this.stepsDropped = (this.stepsDropped ?? 0) + over;
    }
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
    if (!this.frame) return;
    const began = performance.now();
    const latest = this.frame;
    const frame = this.past ?? latest;
    const cols = this.past ? columnsUntil(this.cols, this.past.at) : this.cols;
    this.appear();
    setTheme(this.root);
    this.painted = latest;
    paintHeader(this.header, latest);
    paintAlarm(this.header.alarm, frame);
    paintMoment(this.moment, this.past, this.cols);
    countTab(this.tabs, "diagnosis", frame.prescriptions.length);
    this.nameTab();
    this.say(latest.trouble ? latest.trouble : latest.status.unseen ? latest.status.evidence : latest.problem_count ? `${latest.problem_count} unreadable lines were skipped: ${latest.problems[0]}` : "");
    if (this.tabs.active === "now") paintNow(this.now, frame, cols, this.steps, this.view, this.charts, this.on, tokens(this.root));
    if (this.tabs.active === "now") this.askFew(frame);
    if (this.tabs.active === "now") this.askEarlier();
    if (this.tabs.active === "metrics") noteMetrics(this.metrics, { frame, cols, axis: axisOf(cols, this.view.axis, this.past ? {} : this.steps), ink: tokens(this.root) });
    if (this.tabs.active === "predictions") notePredictions(this.predictions, frame, cols);
    if (this.tabs.active === "diagnosis") paintDiagnosis(this.diagnosis, frame);
    if (this.tabs.active === "compare") {
      noteCompare(this.compare, this.cols);
      paintOverlays(this.compare, this.charts, tokens(this.root));
    }
    if (this.tabs.active === "log") paintSystem(this.log, frame, cols, this.steps);
    this.tick();
    this.lastPaint = performance.now();
    this.lastCost = this.lastPaint - began;
    this.root.dataset.seq = latest.seq;
  }

  // A page without its server says so in the tab too, whatever is still waiting to be painted.
  nameTab() {
    if (this.offline) document.title = `⏸ page offline · ${this.data.run}`;
    else if (this.frame) paintTab(this.frame.title, this.frame.verdict.word);
  }

  zoom(range, part) {
    Object.assign(this.view, { range, part });
    Address.write({ range: range ? range.map((value) => Number(value.toFixed(3))).join("~") : null });
    // Everything, not one chart alone: a newer frame may have come in, and all that is shown is of one moment.
    this.paint();
  }

  set(changes) {
    Object.assign(this.view, changes);
    const { axis, scale, smooth } = this.view;
    Address.write({ x: axis, scale: scale === "fit" ? null : scale, smooth: smooth || null });
    if ("range" in changes) Address.write({ range: null });
    this.paint();
  }

  // The band of earlier runs, asked for by a person and again with each evaluation while it is shown.
  toggleEarlier() {
    const shown = this.view.earlier;
    this.view.earlier = shown ? null : { line: "Looking for earlier runs …" };
    this.earlierOf = null;
    this.paint();
  }

  hearEarlier(earlier) {
    if (!this.view.earlier) return;
    this.view.earlier = earlier;
    this.paint();
  }

  askEarlier() {
    const last = this.cols.epoch?.at(-1) ?? null;
    if (!this.view.earlier || this.earlierOf === last) return;
    this.earlierOf = last;
    this.ask({ kind: "earlier" });
  }

  // The sentences on the first tab follow each newly decoded evaluation.
  askFew(frame) {
    const last = frame.decoded.at(-1) ?? null;
    if (last === null || last === this.fewOf) return;
    this.fewOf = last;
    this.ask({ kind: "predictions", epoch: last, filter: this.predictions.watched.size ? "watch" : "first", watched: [...this.predictions.watched].slice(0, 3), asked: "now" });
  }

  lookBack(epoch) {
    Address.write({ at: epoch });
    if (epoch !== null && epoch !== undefined) return this.ask({ kind: "moment", epoch });
    this.past = null;
    this.paint();
  }

  showMoment(frame) {
    // An answer that comes after the person went back to now is no longer wanted.
    if (Address.read("at") === null) return;
    this.past = frame;
    this.paint();
  }

  showComparison(answer) {
    hearCompare(this.compare, answer);
    this.paint();
  }

  async save(format) {
    this.now.bar.saving.open = false;
    if (format === "csv") return saveColumns(this.cols, this.data.name);
    for (const chart of this.now.charts) await this.charts.save(chart, format, this.data.name);
  }

  // Keys move and look; none starts or stops anything.
  // What is typed may be the name of a metric, or a word of a clip: their views search for it.
  commands(text) {
    const { actions } = this.frame ?? { actions: {} };
    const dialogs = [["stop", "Stop…"], ["restart", "Restart…"], ["resume", "Resume…"]].filter(([kind]) => this.data.role === "control" && actions[kind]);
    const find = (label, tab, field) => ({ label: `${label}: ${text}`, hint: "search", act: () => this.find(tab, field, text) });
    return [
      ...TABS.map(([key, label], place) => ({ label, hint: `view, key ${place + 1}`, act: () => this.tabs.open(key) })),
      ...dialogs.map(([kind, label]) => ({ label, hint: "opens the dialog", act: () => this.emit({ kind, option: null }) })),
      ...(this.data.role === "control" ? [{ label: "Name, note, tags…", hint: "opens a dialog", act: () => this.emit({ kind: "label" }) }] : []),
      { label: "Notify me…", hint: "opens a dialog", act: () => this.messages.open() },
      { label: "All runs", hint: "the list", act: () => this.emit({ kind: "home" }) },
      ...lookCommands(this.help),
      ...(text ? [find("Metric", "metrics", this.metrics.search), find("Word or clip", "predictions", this.predictions.search)] : []),
      ...runCommands(Memory.read(`runs.${this.data.runs_dir}`, []).filter((run) => run !== this.data.run), this.emit),
    ];
  }

  find(tab, field, text) {
    this.tabs.open(tab);
    field.value = text;
    field.dispatchEvent(new Event("input"));
  }

  key(event) {
    if (this.palette.key(event) || escapes(event, this.node)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, textarea, select, [role=dialog]")) return;
    if (event.key === "?") return this.help.toggle();
    const tab = TABS[Number(event.key) - 1];
    if (tab) this.tabs.open(tab[0]);
    else if (event.key === "Escape" && this.past) this.lookBack(null);
    else if (["ArrowLeft", "ArrowRight"].includes(event.key) && this.past) this.stepBack(event.key === "ArrowLeft" ? -1 : 1);
  }

  stepBack(step) {
    const epochs = this.cols.epoch ?? [];
    const next = epochs[epochs.indexOf(this.past.at) + step];
    if (next !== undefined) this.lookBack(next);
  }

  // Ages go on without any message: a record gets older by itself.
  tick() {
    if (!this.frame || this.offline) return;
    this.nameTab(); // Streamlit names the tab too
    if (this.tabs.active === "log" && !document.hidden) noteLog(this.log);
    const at = this.frame.clock.last_record_at;
    const now = Date.now() / 1000 + (this.serverAhead ?? 0);
    // Of the moment that stands there: a newer one may be waiting for its turn to be painted.
    paintStop(this.header, (this.painted ?? this.frame).status, now);
    const record = at - now > AHEAD_SECS ? "last record dated ahead of this clock" : at ? `last record ${ageWords(now - at)} ago` : !this.frame.status.live ? "" : this.cols.epoch?.length ? "when it was recorded is not known" : "no record yet";
    this.tellClocks(record);
  }

  // Three clocks that are never one: the trainer's last record, the server's last read, this page's last message.
  tellClocks(record) {
    const { connection } = this.header;
    const heard = (performance.now() - (this.live?.heardAt ?? performance.now())) / 1000;
    const unread = (this.unreadSecs ?? 0) + (performance.now() - (this.toldAt ?? performance.now())) / 1000;
    const blind = this.frame.status.live && unread > UNREAD_SECS;
    this.header.node.classList.toggle("vs-blind", blind);
    setText(connection, blind ? `The server has not read this run for ${ageWords(unread)}; what it read last stays below.` : record);
    connection.title = `Trainer: ${record || "nothing recorded"}. Server: read the folder ${ageWords(unread)} ago. This page: heard from the server ${ageWords(heard)} ago.`;
  }

  connection(state) {
    this.offline = !state.online;
    this.header.node.classList.toggle("vs-offline", this.offline);
    if (!this.offline) this.lastHeard = Date.now() / 1000;
    if (this.lastHeard) paintOffline(this.offlineNote, this.offline, this.lastHeard, this.data.tunnel);
    this.nameTab();
    if (state.online) return this.tick();
    setText(this.header.connection, `This page is not connected; trying again in ${state.retryInSecs} s. The run is not affected.`);
  }

  say(text) {
    if (text) this.appear();
    setText(this.problem, text);
    show(this.problem, Boolean(text));
  }

  close() {
    this.live.close();
    clearInterval(this.clock);
    clearTimeout(this.waiting);
    document.removeEventListener("visibilitychange", this.onVisible);
    document.removeEventListener("keydown", this.onKey);
    this.charts.forget([...this.now.charts, ...this.now.machineCharts, ...this.compare.charts, ...chartsInView(this.metrics).map((node) => node.chart)]);
    this.metrics.seen.disconnect();
  }
}
