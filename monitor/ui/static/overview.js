// The list of runs: what needs attention first, families folded, nothing moving under the pointer.

const FIRST_SHOWN = 25;
const MORE_SHOWN = 50;
const MOST_ASKED = 200;
const UNDO_MS = 20_000;
const FILTER_CHIPS = [
  ["all", "All", () => true],
  ["needs", "Needs you", (row) => needs(row)],
  ["running", "Running", (row) => row.live],
  ["mine", "Mine", (row) => row.mine],
  ["trash", "Trash", () => false],
];
// [key of the sort, head, what it means]; the chosen columns stand before the worst flag.
const COLUMNS = [
  ["", "", null],
  ["verdict", "verdict", "what the checks make of the run: STOP, LOOK, KEEP GOING, TOO EARLY, CAN'T JUDGE, ENDED, FAILED, LOST"],
  ["run", "run", "its name and its state; hover the state for the evidence"],
  ["progress", "progress", "epochs done of those planned, and about how long the rest takes"],
  ["metric", "metric (chance)", "the error rate or score that decides, WER where no name stands before it; in brackets what chance scores"],
  ["gap", "gap", "validation loss minus train loss, now and over the run"],
  null,
  ["worst", "worst flag", "the gravest check that is open; hover it for the reason"],
  ["age", "last word", "when the run last wrote anything"],
];
const QUERY_HINT = "Words, or conditions: lr<1e-3  wer<30%  state:failed  verdict:stop  tag:paper  sweep:name  flag:gap  is:pinned  -word. The address keeps them, as a link.";
const FLAT = "-";
const MOST_COLUMNS = 8;
const MOST_REMEMBERED = 500;
const TRIALS_SHOWN = 20;

// The heading that a row stands under.
const under = (row) => row.heading ?? row.group;

function needs(row) {
  return (row.live && ["critical", "warning"].includes(row.severity)) || ["failed", "lost", "unreadable"].includes(row.state);
}

// A run that is only followed cannot be stopped from here; who may stop another user's is decided by its files.
function canStop(row) {
  return Boolean(row?.live) && row.mine !== false && !["followed", "stopping"].includes(row.state.split(",")[0]);
}

class ListPage {
  constructor(root, data, emit) {
    Object.assign(this, { root, data, emit, rows: new Map(), order: [], trash: [], tried: [], shown: FIRST_SHOWN, selected: new Set(), open: new Set(), asked: new Set() });
    this.chip = FILTER_CHIPS.some(([key]) => key === Address.read("show")) ? Address.read("show") : "all";
    this.sort = Address.read("sort") ?? "";
    this.columns = (Address.read("columns")?.split("~") ?? Memory.read(`columns.${data.runs_dir}`, [])).slice(0, MOST_COLUMNS);
    this.wall = Address.read("wall") === "1";
    root.classList.toggle("vs-wall-list", this.wall);
    if (this.wall) this.shown = MOST_ASKED;
    this.by = Address.read("by") ?? "";
    this.groups = [];
    this.sweeps = [];
    this.sweep = Address.read("sweep") ? `sweep ${Address.read("sweep")}` : "";
    this.trials = TRIALS_SHOWN;
    this.folded = new Set(Memory.read(`folded.${data.runs_dir}`, []));
    this.seenAt = Memory.read(`seen.${data.runs_dir}`, null);
    this.build();
    this.live = new Live(data.ws, () => ({ kind: "hello", list: true, seen_at: this.seenAt }), (message) => this.hear(message), (state) => this.connection(state), data.again);
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
  }

  named(data) {
    this.data = data;
  }

  build() {
    const { data } = this;
    const control = data.role === "control";
    root.classList.toggle("vs-far", data.far);
    this.search = h("input", { type: "search", placeholder: "Search: words, lr<1e-3, tag:paper", title: QUERY_HINT, "aria-label": "Search runs", class: "vs-search vs-query", "data-testid": "search", value: Address.read("q") ?? "" });
    this.search.addEventListener("input", () => {
      this.shown = FIRST_SHOWN;
      Address.write({ q: this.search.value.trim() });
      this.paint();
    });
    this.connectionText = h("span", { class: "vs-muted", "data-testid": "connection" });
    this.missed = buildMissed(() => this.markSeen(), (run) => this.emit({ kind: "open", run }));
    this.devices = h("div", { class: "vs-devices", "data-testid": "devices" });
    this.chips = FILTER_CHIPS.map(([key, label]) => h("button", { type: "button", class: "vs-chip-button", "data-filter": key, onclick: () => this.set({ chip: key, shown: FIRST_SHOWN }, { show: key === "all" ? null : key }) }, h("span", {}, label), h("span", { class: "vs-tab-count" })));
    this.heads = COLUMNS.map((column) => (column ? this.sortHead(...column) : h("span", { class: "vs-extras" })));
    this.chooser = h("details", { class: "vs-menu vs-chooser", "data-testid": "columns" }, h("summary", { class: "vs-chip-button" }, "Columns"), h("div", { class: "vs-menu-list" }));
    this.groupBy = h("select", { class: "vs-select", "aria-label": "Group the runs by", title: "What stands under a heading of its own, with the best on average", "data-testid": "group-by" });
    this.groupBy.addEventListener("change", () => this.set({ by: this.groupBy.value, shown: FIRST_SHOWN }, { by: this.groupBy.value || null }));
    this.follow = this.followButton("vs-chip-button");
    this.start = this.startButton("vs-chip-button");
    this.moved = h("button", { type: "button", class: "vs-link", "data-testid": "update-order" });
    this.moved.addEventListener("click", () => this.reorder());
    this.countText = h("span", { class: "vs-muted vs-tabular" });
    this.body = h("div", { class: "vs-rows", "data-testid": "runs" });
    this.body.addEventListener("pointerenter", () => (this.hovered = true));
    this.body.addEventListener("pointerleave", () => {
      this.hovered = false;
      this.reorder();
    });
    this.more = h("button", { type: "button", class: "vs-button vs-quiet", "data-testid": "more-runs" });
    this.more.addEventListener("click", () => this.set({ shown: this.shown + MORE_SHOWN }));
    // Scrolling to the end shows more by itself.
    this.watchEnd = new IntersectionObserver(([entry]) => entry.isIntersecting && !this.more.hidden && this.set({ shown: this.shown + MORE_SHOWN }));
    this.watchEnd.observe(this.more);
    this.ledger = buildLedger((run) => this.emit({ kind: "open", run }));
    this.empty = this.buildEmpty(control);
    this.next = buildNext();
    this.selection = this.buildSelection(control);
    this.offlineNote = buildOffline();
    this.problem = h("p", { class: "vs-problem", role: "status", "data-testid": "problem" });
    this.help = buildHelp();
    this.palette = buildPalette(() => this.commands(control));
    this.node = h(
      "div",
      { class: "vs-page" },
      h("header", { class: "vs-header" }, h("div", { class: "vs-header-main" }, h("h1", { class: "vs-name" }, "Vitalsigns"), h("span", { class: "vs-muted vs-path" }, data.runs_dir)), h("div", { class: "vs-header-side" }, this.connectionText, control ? null : h("span", { class: "vs-muted", title: READ_ONLY }, "read-only view"), this.search, themeButton(), helpButton(this.help))),
      this.offlineNote.node,
      this.problem,
      this.missed.node,
      this.devices,
      h("div", { class: "vs-row vs-list-bar" }, this.chips, h("span", { class: "vs-grow" }), this.moved, this.chooser, this.groupBy, control ? [this.follow, this.start] : null),
      h("div", { class: "vs-list" }, h("div", { class: "vs-rows-head vs-muted" }, this.heads), this.body),
      h("div", { class: "vs-row" }, this.countText, this.more),
      this.next.node,
      this.ledger.node,
      this.empty,
      this.selection.node,
      this.undo,
      this.help.node,
      this.palette.node,
    );
    show(this.moved, false);
    show(this.problem, false);
  }

  // A head sorts, then the other way round, then no more.
  sortHead(key, text, title) {
    if (!key) return h("span", {});
    return h("button", { type: "button", class: "vs-sort", title: `${title ?? text}. Click: sort`, "data-sort": key, onclick: () => this.sortBy(key) }, h("span", {}, text), h("span", { "aria-hidden": "true" }));
  }

  sortBy(key) {
    const sort = nextSort(this.sort, key);
    this.set({ sort, shown: FIRST_SHOWN }, { sort });
  }

  choose(column, wanted) {
    const columns = wanted ? [...this.columns, column].slice(-MOST_COLUMNS) : this.columns.filter((name) => name !== column);
    Memory.write(`columns.${this.data.runs_dir}`, columns);
    this.set({ columns }, { columns: columns.join("~") });
  }

  paintGroupBy(known) {
    const choices = [["", "by family"], [FLAT, "flat list"], ...groupChoices(known).map((name) => [name, `by ${name}`])];
    keyed(this.groupBy, choices, ([key]) => key, ([key]) => h("option", { value: key }), (node, [, text]) => setText(node, text));
    this.groupBy.value = choices.some(([key]) => key === this.by) ? this.by : "";
  }

  paintColumns(known) {
    const choices = columnChoices(known);
    const shown = this.columns.filter((name) => choices.includes(name));
    this.extras = shown;
    this.body.parentNode.style.setProperty("--vs-extras", String(shown.length));
    show(this.chooser, choices.length > 0);
    keyed(this.heads.find((node) => node.className === "vs-extras"), shown, (name) => name, (name) => this.sortHead(name, name, name), () => {});
    keyed(this.chooser.lastChild, choices, (name) => name, (name) => {
      const box = h("input", { type: "checkbox" });
      box.addEventListener("change", () => this.choose(name, box.checked));
      return h("label", { class: "vs-menu-item" }, box, h("span", {}, name));
    }, (node, name) => (node.firstChild.checked = shown.includes(name)));
    for (const head of this.body.parentNode.querySelectorAll(".vs-sort")) {
      const way = this.sort === head.dataset.sort ? "ascending" : this.sort === `-${head.dataset.sort}` ? "descending" : "none";
      head.setAttribute("aria-pressed", String(way !== "none"));
      setText(head.lastChild, { ascending: " ↑", descending: " ↓", none: "" }[way]);
    }
  }

  followButton(kind) {
    return h("button", { type: "button", class: kind, "data-testid": "follow-log", onclick: () => this.emit({ kind: "follow_log" }) }, "Follow a log…");
  }

  startButton(kind) {
    return h("button", { type: "button", class: kind, "data-testid": "start-run", onclick: () => this.emit({ kind: "start" }) }, "Start a run…");
  }

  buildEmpty(control) {
    const demo = h("button", { type: "button", class: "vs-button", onclick: () => this.emit({ kind: "demo" }) }, "Start the demo");
    return h(
      "section",
      { class: "vs-card vs-empty", "data-testid": "empty" },
      h("h2", {}, "No runs here yet"),
      h("p", {}, `This page shows what stands in ${this.data.runs_dir}.`),
      h("p", {}, h("strong", {}, "Already training? "), h("code", {}, "python -m monitor attach path/to/train.log"), control ? [" ", this.followButton("vs-button")] : null),
      h("p", {}, h("strong", {}, "Starting one? "), h("code", {}, "python -m monitor start -- python train.py …"), control ? [" ", this.startButton("vs-button")] : null),
      h("p", {}, h("strong", {}, "Have a table of epochs, or notes with one? "), h("code", {}, "python -m monitor import history.csv")),
      h("p", {}, h("strong", {}, "Wrong folder? "), h("code", {}, "python -m monitor serve --runs DIR")),
      control ? h("p", {}, h("strong", {}, "Just looking? "), demo) : null,
    );
  }

  buildSelection(control) {
    const text = h("span", { class: "vs-tabular" });
    const compare = h("button", { type: "button", class: "vs-button vs-primary", "data-testid": "btn-compare" }, "Compare");
    compare.addEventListener("click", () => this.compare());
    const archive = h("button", { type: "button", class: "vs-button", "data-testid": "btn-archive" }, "Archive");
    archive.addEventListener("click", () => this.archive());
    const stop = h("button", { type: "button", class: "vs-button", "data-testid": "btn-stop-several" }, "Stop…");
    stop.addEventListener("click", () => this.emit({ kind: "stop_several", runs: [...this.selected].filter((run) => canStop(this.rows.get(run))) }));
    const none = h("button", { type: "button", class: "vs-link" }, "Clear");
    none.addEventListener("click", () => {
      this.selected.clear();
      this.paint();
    });
    const node = h("div", { class: "vs-selection", "data-testid": "selection" }, text, compare, control ? [stop, archive] : null, none);
    show(node, false);
    this.undo = h("div", { class: "vs-selection", role: "status", "data-testid": "undo" }, h("span", {}), h("button", { type: "button", class: "vs-button", onclick: () => this.takeBack() }, "Undo"));
    show(this.undo, false);
    return { node, text, compare, archive, stop };
  }

  hear(message) {
    setTheme(this.root);
    if (message.kind === "problem") {
      setText(this.problem, message.message);
      show(this.problem, true);
    }
    if (message.kind !== "rows") return;
    this.heard = true;
    for (const row of message.rows) {
      this.rows.set(row.run, row);
      if (row.brief) this.asked.delete(row.run);
    }
    if (message.order) {
      const known = new Set(message.order);
      for (const run of [...this.rows.keys()]) if (!known.has(run)) this.rows.delete(run);
      this.wanted = message.order;
      if (!this.hovered || !this.order.length) this.order = message.order;
    }
    if (message.groups) this.groups = message.groups;
    if (message.sweeps) this.sweeps = message.sweeps;
    if (message.machine) Object.assign(this, { machine: message.machine, trash: message.trash, tried: message.tried });
    if (message.problem !== undefined) {
      setText(this.problem, message.problem ? `${message.problem} What was read last stays below.` : "");
      show(this.problem, Boolean(message.problem));
    }
    this.paint();
  }

  set(changes, address = {}) {
    Object.assign(this, changes);
    Address.write(address);
    this.paint();
  }

  reorder() {
    if (this.wanted) this.order = this.wanted;
    this.paint();
  }

  // Which runs stand where: a name out of the known order goes to its end until the order is updated.
  arranged() {
    const place = new Map(this.order.map((run, i) => [run, i]));
    const rows = [...this.rows.values()];
    const terms = queryTerms(this.search.value);
    const [, , fits] = FILTER_CHIPS.find(([key]) => key === this.chip);
    const found = rows.filter((row) => fits(row) && fitsQuery(row, terms));
    found.sort((a, b) => (place.get(a.run) ?? 1e9) - (place.get(b.run) ?? 1e9));
    const valued = !this.wall && groupChoices(rows).includes(this.by);
    this.headings = valued ? valueGroups(sortedRows(found, this.sort), this.by) : [];
    this.grouped = false;
    if (valued) return this.headings.flatMap((group) => group.rows.map((row) => ({ ...row, depth: 0, family: 0, heading: group.name })));
    this.grouped = this.groups.length > 0 && !(terms.length || this.by === FLAT || this.sort);
    if (this.grouped) this.headings = this.groups;
    const flat = () => sortedRows(found, this.sort).map((row) => ({ ...row, depth: 0, family: 0 }));
    if (terms.length || this.by === FLAT || this.sort) return flat();
    const placed = this.wall ? flat() : families(found, this.open);
    return this.chip === "all" ? foldSweeps(placed, this.sweeps, this.wall ? "" : this.sweep, this.trials) : placed;
  }

  // Each folder, and each value of a setting, has its share of what is shown, so that a large one hides no other.
  underHeadings(rows) {
    if (!this.headings.length) return { items: rows.slice(0, this.shown), more: rows.length > this.shown };
    const share = Math.ceil(this.shown / this.headings.length);
    let more = false;
    const items = this.headings.flatMap((group) => {
      const own = rows.filter((row) => under(row) === group.name);
      const shown = this.folded.has(group.name) ? [] : own.slice(0, share);
      more ||= !this.folded.has(group.name) && own.length > share;
      return [{ run: `group ${group.name}`, group }, ...shown];
    });
    return { items, more };
  }

  // What stood here before stays until the first rows have come: the words of the document, or a run.
  paint() {
    if (!this.heard) return;
    if (!this.node.isConnected) takePlace(this.root, this.node);
    const trash = this.chip === "trash";
    const all = trash ? [] : this.arranged();
    const { items, more } = trash ? { items: [], more: false } : this.underHeadings(all);
    const seen = items.filter((item) => !item.group?.name);
    const known = [...this.rows.values()];
    this.paintColumns(known);
    this.paintGroupBy(known);
    if (trash) this.paintTrash();
    else keyed(this.body, items, (item) => item.run, (item) => this.create(item), (node, item) => this.update(node, item, known));
    this.askFor(seen);
    this.chips.forEach((button) => {
      const [key, , fits] = FILTER_CHIPS.find(([name]) => name === button.dataset.filter);
      button.setAttribute("aria-pressed", String(key === this.chip));
      const count = key === "trash" ? this.trash.length : key === "all" ? known.length : known.filter(fits).length;
      setText(button.lastChild, count ? String(count) : "");
    });
    setText(this.countText, more ? `Showing ${seen.length} of ${all.length.toLocaleString("en")}` : trash || all.length ? "" : known.length ? "No run fits." : "");
    show(this.more, more);
    setText(this.more, `Show ${Math.min(MORE_SHOWN, all.length - seen.length)} more`);
    const headed = this.groups.length > 0;
    const empty = known.length === 0 && !this.trash.length;
    show(this.empty, empty);
    paintNext(this.next, known);
    show(this.follow, !empty);
    show(this.start, !empty);
    show(this.body.parentNode, known.length > 0 || trash || headed);
    if (this.remembered !== this.order) Memory.write(`runs.${this.data.runs_dir}`, (this.remembered = this.order).slice(0, MOST_REMEMBERED));
    const waiting = this.wanted && this.order !== this.wanted ? this.wanted.filter((run, i) => this.order[i] !== run).length : 0;
    show(this.moved, waiting > 0);
    setText(this.moved, `${countWords(waiting, "row")} moved · Update order`);
    paintMissed(this.missed, known, this.seenAt);
    if (this.seenAt === null) this.markSeen();
    const far = new Set(this.groups.filter((group) => group.far).map((group) => group.name));
    paintDevices(this.devices, this.machine, known.filter((row) => !far.has(row.group)), this.groups.length ? "no run of these folders" : "no run of this folder");
    paintLedger(this.ledger, this.tried);
    this.paintSelection();
    const running = known.filter((row) => row.live).length;
    const worst = known.find((row) => row.live && row.verdict === "STOP") ?? known.find((row) => row.live);
    if (!this.offline) paintTab(running ? `${running} running · Vitalsigns` : "Vitalsigns", worst?.verdict);
  }

  // Of a large folder the server sends most rows in brief: what is shown is asked for.
  askFor(seen) {
    const missing = seen.filter((row) => row.brief && !this.asked.has(row.run)).slice(0, MOST_ASKED);
    if (!missing.length) return;
    const runs = missing.map((row) => row.run);
    for (const run of runs) this.asked.add(run);
    this.live.ask({ kind: "rows", runs });
  }

  create(item) {
    if (item.group?.name) return this.createHeading(item.group);
    return item.sweep?.name ? createSweep(item, { toggle: (key) => this.toggleSweep(key), open: (run) => this.emit({ kind: "open", run }), more: () => this.set({ trials: this.trials + MORE_SHOWN, shown: this.shown + MORE_SHOWN }) }) : this.createRow();
  }

  update(node, item, known) {
    if (item.group?.name) this.updateHeading(node, item.group, known);
    else if (item.sweep?.name) updateSweep(node, item, known, (row) => this.nameOf(row));
    else this.updateRow(node, item);
  }

  toggleSweep(key) {
    const sweep = this.sweep === key ? "" : key;
    this.set({ sweep, trials: TRIALS_SHOWN }, { sweep: sweep.slice("sweep ".length) });
  }

  createHeading(group) {
    const fold = h("button", { type: "button", class: "vs-group-name", "aria-expanded": "true", onclick: () => this.foldGroup(group.name) }, h("span", { "aria-hidden": "true" }), h("strong", {}, group.name));
    return h("div", { class: "vs-group", "data-testid": "group" }, fold, h("span", { class: "vs-muted vs-path" }), h("span", { class: "vs-muted vs-tabular" }), h("p", { class: "vs-group-problem", role: "status" }));
  }

  updateHeading(node, group, known) {
    const own = group.rows ?? known.filter((row) => row.group === group.name);
    const [fold, where, count, problem] = node.children;
    const folded = this.folded.has(group.name);
    fold.setAttribute("aria-expanded", String(!folded));
    setText(fold.firstChild, folded ? "▸" : "▾");
    setText(where, group.where);
    const unheard = own.filter((row) => row.live && row.state.includes("as last heard")).length;
    const live = own.filter((row) => row.live).length - unheard;
    const asking = own.filter((row) => needs(row)).length;
    setText(count, [countWords(own.length, "run"), live ? `${live} running` : "", unheard ? `${unheard} running as last heard` : "", asking ? `${asking} need you` : ""].filter(Boolean).join(" · "));
    setText(problem, group.problem ? `▲ ${group.problem}` : "");
    show(problem, Boolean(group.problem));
  }

  foldGroup(name) {
    if (!this.folded.delete(name)) this.folded.add(name);
    Memory.write(`folded.${this.data.runs_dir}`, [...this.folded]);
    this.paint();
  }

  createRow() {
    const pick = h("input", { type: "checkbox", class: "vs-pick" });
    const fold = h("button", { type: "button", class: "vs-link vs-fold" });
    const open = h("a", { class: "vs-run-open" }, h("strong", {}));
    const label = this.data.role === "control" ? h("button", { type: "button", class: "vs-link vs-run-label", title: "Name, note, tags, pin", onclick: () => this.emit({ kind: "label", run: node.dataset.key }) }, "✎") : null;
    const node = h(
      "div",
      { class: "vs-run" },
      h("span", { class: "vs-run-pick" }, pick),
      h("span", { class: "vs-run-verdict" }, h("span", { class: "vs-glyph", "aria-hidden": "true" }), h("span", {})),
      h("span", { class: "vs-run-name" }, open, h("span", { class: "vs-muted vs-run-state", tabindex: "0" }), h("span", { class: "vs-lock vs-muted" }), fold, h("span", { class: "vs-run-outcome" }), h("span", { class: "vs-run-diff vs-muted" }), h("span", { class: "vs-run-tags" }), label),
      h("span", { class: "vs-run-progress" }, h("span", { class: "vs-bar" }, h("span", {})), h("span", { class: "vs-tabular" })),
      h("span", { class: "vs-tabular vs-run-score" }),
      h("span", { class: "vs-run-gap vs-tabular" }, h("span", {}), sparkline()),
      h("span", { class: "vs-extras vs-tabular" }),
      h("span", { class: "vs-run-worst" }),
      h("span", { class: "vs-muted vs-tabular vs-run-age" }),
    );
    open.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.emit({ kind: "open", run: node.dataset.key });
    });
    node.addEventListener("click", (event) => {
      if (!event.target.closest("input, button, a")) this.emit({ kind: "open", run: node.dataset.key });
    });
    pick.addEventListener("change", () => {
      if (pick.checked) this.selected.add(node.dataset.key);
      else this.selected.delete(node.dataset.key);
      this.paintSelection();
    });
    fold.addEventListener("click", () => {
      const run = node.dataset.key;
      if (!this.open.delete(run)) this.open.add(run);
      this.paint();
    });
    Object.assign(node, { pick, fold, open, label });
    return node;
  }

  updateRow(node, row) {
    const signature = JSON.stringify([row, this.selected.has(row.run), this.open.has(row.run), this.extras, this.grouped]);
    if (node.signature === signature) return;
    node.signature = signature;
    const [, verdict, name, progress, score, gap, extras, worst, age] = node.children;
    node.label?.setAttribute("aria-label", `Name, note, tags of ${row.run}`);
    setText(name.children[5], row.diff ?? "");
    keyed(name.children[6], [...(row.pinned ? ["pinned"] : []), ...(row.tags ?? []).map((tag) => `#${tag}`)], (tag) => tag, () => h("span", { class: "vs-tag" }), (tagNode, tag) => setText(tagNode, tag));
    keyed(extras, this.extras, (column) => column, () => h("span", {}), (cell, column) => {
      setText(cell, columnText(row, column));
      cell.dataset.name = column;
      cell.title = `${column}: ${columnText(row, column) || "not known"}`;
    });
    node.pick.checked = this.selected.has(row.run);
    node.pick.setAttribute("aria-label", `Select ${row.run}`);
    node.classList.toggle("vs-archived", this.groups.some((group) => group.archive && group.name === row.group));
    node.dataset.tone = VERDICT_TONES[row.verdict] ?? "unknown";
    const word = row.verdict || row.state.split(",")[0];
    setText(verdict.children[0], row.state === "unreadable" ? STATE_GLYPHS.unreadable : verdictGlyph(row.verdict));
    setText(verdict.children[1], word);
    node.open.setAttribute("href", `?run=${encodeURIComponent(row.run)}`);
    setText(node.open.firstChild, (row.depth ? "└ " : "") + (row.title ? `${row.title} · ${this.nameOf(row)}` : this.nameOf(row)));
    node.open.title = row.note ?? "";
    name.style.paddingLeft = `${16 * (row.depth ?? 0)}px`;
    setText(name.children[1], row.state === "unreadable" ? "" : [row.state, row.seeds].filter(Boolean).join(" · "));
    name.children[1].title = row.evidence ?? "";
    setText(name.children[2], row.mine === false ? `of ${row.owner || "another user"}` : "");
    show(node.fold, row.family > 0);
    setText(node.fold, this.open.has(row.run) ? "fold" : `+${countWords(row.family, "child", "children")}`);
    node.fold.setAttribute("aria-expanded", String(this.open.has(row.run)));
    setText(name.children[4], row.outcome ? `${OUTCOME_GLYPHS[row.outcome] ?? ""} ${row.outcome.toLowerCase()}` : "");
    name.children[4].dataset.tone = OUTCOME_TONE[row.outcome] ?? "";
    name.children[4].title = row.outcome_line ?? "";
    show(progress.children[0], row.ratio !== null && row.ratio !== undefined);
    progress.children[0].firstChild.style.width = `${100 * (row.ratio ?? 0)}%`;
    setText(progress.children[1], [row.epochs && row.epoch <= row.epochs ? `${row.epoch}/${row.epochs}` : `${row.epoch ?? ""}`, row.eta].filter(Boolean).join(" · "));
    setText(score, row.score ? `${row.score}${row.chance ? ` (${row.chance.replace(" %", "")})` : ""}` : "");
    score.title = row.metric ?? "";
    setText(gap.children[0], row.gap ?? "");
    paintSpark(gap.children[1], row.spark ?? []);
    setText(worst, row.state === "unreadable" ? "why? hover here" : (row.worst ? `${SEVERITY_GLYPHS[row.severity] ?? ""} ${row.worst}`.trim() : "") || (row.verdict === "KEEP GOING" ? `none, ${row.coverage}` : ""));
    worst.title = row.state === "unreadable" ? row.evidence : row.reason ?? "";
    setText(age, row.age ? `${row.age} ago` : "");
  }

  // Under its folder's heading a run has its own name; elsewhere its address.
  nameOf(row) {
    return this.grouped && row.group ? row.run.slice(row.group.length + 1) : row.run;
  }

  paintTrash() {
    const items = this.trash.length ? this.trash : [null];
    keyed(
      this.body,
      items,
      (trashed) => trashed?.name ?? "none",
      () => h("div", { class: "vs-trashed" }, h("strong", {}), h("span", { class: "vs-muted" }), h("button", { type: "button", class: "vs-button" }, "Take it back")),
      (node, trashed) => {
        const [name, when, back] = node.children;
        setText(name, trashed ? trashed.run : "");
        setText(when, trashed ? `put aside ${clockWords(trashed.at)}` : "The trash is empty.");
        show(back, Boolean(trashed) && this.data.role === "control");
        back.onclick = () => this.emit({ kind: "restore_trashed", runs: [trashed.name] });
      },
    );
  }

  paintSelection() {
    const { node, text, compare, archive, stop } = this.selection;
    for (const run of this.selected) if (!this.rows.has(run)) this.selected.delete(run);
    const chosen = [...this.selected].map((run) => this.rows.get(run));
    show(node, chosen.length > 0);
    setText(text, `${chosen.length} selected`);
    const apart = new Set(chosen.map((row) => row.group ?? "")).size > 1;
    compare.disabled = chosen.length < 2 || apart;
    compare.title = apart ? "Runs of one folder can be compared" : "";
    const live = chosen.filter((row) => row.live);
    show(stop, chosen.some(canStop));
    archive.disabled = live.length > 0;
    archive.title = live.length ? `${live[0].run} is ${live[0].state}: stop it first` : "Moves them to the trash; nothing is deleted";
  }

  compare() {
    const [first, ...rest] = [...this.selected];
    this.emit({ kind: "compare", run: first, with: rest });
  }

  archive() {
    const runs = [...this.selected];
    this.selected.clear();
    this.archived = runs;
    setText(this.undo.firstChild, `Put aside: ${runs.slice(0, 3).join(", ")}${runs.length > 3 ? ` and ${runs.length - 3} more` : ""}`);
    show(this.undo, true);
    clearTimeout(this.undoing);
    this.undoing = setTimeout(() => show(this.undo, false), UNDO_MS);
    this.emit({ kind: "archive", runs });
  }

  takeBack() {
    show(this.undo, false);
    this.emit({ kind: "restore_trashed", runs: this.archived });
  }

  markSeen() {
    this.seenAt = Date.now() / 1000;
    Memory.write(`seen.${this.data.runs_dir}`, this.seenAt);
    this.paint();
  }

  commands(control) {
    const act = (label, kind) => ({ label, hint: "opens a dialog", act: () => this.emit({ kind }) });
    return [
      ...FILTER_CHIPS.map(([key, label]) => ({ label: `Show: ${label}`, hint: "in the list", act: () => this.set({ chip: key, shown: FIRST_SHOWN }, { show: key === "all" ? null : key }) })),
      ...(control ? [act("Start a run…", "start"), act("Follow a log…", "follow_log")] : []),
      ...lookCommands(this.help),
      ...runCommands([...this.rows.keys()], this.emit),
    ];
  }

  key(event) {
    if (this.palette.key(event)) return;
    if (event.key === "/" && !event.target.closest?.("input, textarea, select, [role=dialog]")) {
      event.preventDefault();
      return this.search.focus();
    }
    if (event.key === "Escape" && event.target === this.search) {
      this.search.value = "";
      Address.write({ q: null });
      this.search.blur();
      return this.paint();
    }
    if (event.key === "?" && !event.target.closest?.("input, textarea, select, [role=dialog]")) return this.help.toggle();
    if (!["j", "k"].includes(event.key) || event.ctrlKey || event.metaKey || event.target.closest?.("input, textarea, select, [role=dialog]")) return;
    const links = [...this.body.querySelectorAll(".vs-run-open")];
    const here = links.indexOf(document.activeElement);
    links[Math.min(links.length - 1, Math.max(0, here + (event.key === "j" ? 1 : -1)))]?.focus();
  }

  connection(state) {
    this.offline = !state.online;
    if (!this.offline) this.lastHeard = Date.now() / 1000;
    if (this.lastHeard) paintOffline(this.offlineNote, this.offline, this.lastHeard, this.data.tunnel);
    if (this.offline) document.title = "⏸ page offline · Vitalsigns";
    setText(this.connectionText, state.online ? "" : `This page is not connected; trying again in ${state.retryInSecs} s.`);
    if (state.online && this.connectionText.lost) this.paint();
    this.connectionText.lost = !state.online;
  }

  close() {
    this.live.close();
    clearTimeout(this.undoing);
    this.watchEnd.disconnect();
    document.removeEventListener("keydown", this.onKey);
  }
}

// With one run in the folder: what that run waits for, and how another one comes here.
function buildNext() {
  const ui = { first: h("p", {}) };
  const way = (label, command) => h("p", {}, h("strong", {}, label), h("code", {}, command));
  ui.node = h("section", { class: "vs-card vs-empty", "data-testid": "next" }, h("h2", {}, "What next"), ui.first, way("A second run, to compare with: ", "python -m monitor start -- python train.py …"), way("One that is training already: ", "python -m monitor attach path/to/train.log"));
  show(ui.node, false);
  return ui;
}

function paintNext(ui, rows) {
  const [row, ...others] = rows;
  show(ui.node, Boolean(row) && !others.length);
  if (row) setText(ui.first, nextWords(row));
}

function nextWords(row) {
  if (row.state === "unreadable") return `${row.run} cannot be read: ${row.evidence}`;
  if (row.live && !row.verdict) return `Open ${row.run}: the loss of each step is drawn there at once; the first verdict comes with the third evaluation or so.`;
  if (row.live) return `Open ${row.run}: it is judged again at each evaluation, with the reason and what to do.`;
  if (["STOP", "LOOK", "FAILED", "LOST"].includes(row.verdict)) return `Open ${row.run}: Diagnosis says why, and what a restart would change. The child then stands here under it, compared.`;
  return `Open ${row.run} to see how it went; a restart with other settings stands under it, compared.`;
}

function searched(row) {
  return [row.run, row.sweep, row.worst, row.state, row.verdict, row.outcome, row.owner, row.title, row.note, ...(row.tags ?? []), ...(row.changed ?? [])].join(" ").toLowerCase();
}

// What happened since the last visit: flags that opened, runs that ended, changes that were judged.
function buildMissed(onSeen, onOpen) {
  const ui = { onOpen };
  ui.head = h("h2", {});
  ui.list = h("div", { class: "vs-missed-list" });
  ui.node = h("section", { class: "vs-card", "data-testid": "missed" }, h("div", { class: "vs-card-head" }, ui.head, h("button", { type: "button", class: "vs-button vs-quiet", "data-testid": "btn-seen", onclick: onSeen }, "Mark as seen")), ui.list);
  show(ui.node, false);
  return ui;
}

const MISSED_GLYPH = { ...SEVERITY_GLYPHS, ...STATE_GLYPHS, outcome: "⎇" };
const MOST_MISSED = 8;

function paintMissed(ui, rows, since) {
  const missed = since === null ? [] : missedOf(rows, since);
  show(ui.node, missed.length > 0);
  if (!missed.length) return;
  const more = missed.length - MOST_MISSED;
  setText(ui.head, `Since you looked (${clockWords(since)})${more > 0 ? `, ${MOST_MISSED} of ${missed.length} runs` : ""}`);
  keyed(
    ui.list,
    missed.slice(0, MOST_MISSED),
    ({ run }) => run,
    ({ run }) => {
      const node = h("div", { class: "vs-missed" }, h("span", {}), h("button", { type: "button", class: "vs-link" }, run), h("span", {}), h("span", { class: "vs-muted vs-tabular" }));
      node.children[1].addEventListener("click", () => ui.onOpen(run));
      return node;
    },
    (node, { worst: gravest, newest, more: others }) => {
      node.children[0].className = `vs-glyph vs-ink-${gravest.kind}`;
      setText(node.children[0], MISSED_GLYPH[gravest.kind] ?? "○");
      setText(node.children[2], [gravest.text, newest ? `Then: ${newest.text}` : "", others > 0 ? `${others} more.` : ""].filter(Boolean).join(" "));
      setText(node.children[3], clockWords((newest ?? gravest).at));
    },
  );
}

function paintDevices(node, machine, rows, none) {
  show(node, Boolean(machine));
  if (!machine) return;
  const live = rows.filter((row) => row.live);
  // A run that did not say where it computes is on the only device there is, or its device is unknown.
  const [only, ...others] = machine.devices;
  const placeOf = (row) => row.device || (others.length ? "" : only?.name);
  const nobody = live.every(placeOf) ? none : "";
  const items = machine.devices.map((device) => {
    const here = live.filter((row) => placeOf(row) === device.name || (device.name === "cuda:0" && row.device === "cuda"));
    const names = here.map((row) => (row.mine ? row.run : `${row.run} (${row.owner || "another user"})`));
    const who = names.length ? names.slice(0, 3).join(", ") + (names.length > 3 ? `, ${names.length - 3} more` : "") : nobody;
    const waiting = live.filter((row) => row.waits_for === device.name || (row.waits_for === "cuda" && device.name.startsWith("cuda"))).length;
    const memory = device.total_bytes ? `${sizeWords(device.used_bytes)} of ${sizeWords(device.total_bytes)}` : "";
    const busy = finite(device.busy_ratio) ? `${percentWords(device.busy_ratio)} busy` : "";
    const known = new Set(here.map((row) => row.run));
    const guests = tenantWords((device.tenants ?? []).filter((tenant) => !known.has(tenant.run)));
    return { key: device.name, label: device.label, text: [who, guests, waiting ? `${waiting} waiting` : "", memory, busy].filter(Boolean).join(" · ") };
  });
  for (const each of machine.partitions ?? []) items.push({ key: `partition ${each.name}`, label: `${each.is_ray ? "Ray" : "Partition"} ${each.name}`, text: partitionWords(each) });
  if (finite(machine.disk_free_bytes)) items.push({ key: "disk", label: "Disk", text: `${sizeWords(machine.disk_free_bytes)} free` });
  keyed(node, items, (item) => item.key, () => h("span", { class: "vs-device" }, h("strong", {}), h("span", { class: "vs-muted vs-tabular" })), (child, item) => {
    setText(child.children[0], item.label);
    setText(child.children[1], item.text);
  });
}

// What a partition of a cluster, or a Ray, has free: "2 of 4 GPUs and 7 of 16 processors free · 1 node out".
function partitionWords({ gpus, gpus_free, cpus, cpus_free, nodes_out }) {
  const parts = [gpus ? `${gpus_free} of ${countWords(gpus, "GPU")}` : "", cpus ? `${cpus_free} of ${countWords(cpus, "processor")}` : ""].filter(Boolean);
  return [parts.length ? `${parts.join(" and ")} free` : "", nodes_out ? `${countWords(nodes_out, "node")} out` : ""].filter(Boolean).join(" · ");
}

// Other processes on a device, a person at a time: "anna 9.2 GiB".
function tenantWords(tenants) {
  const held = new Map();
  for (const tenant of tenants) {
    const who = tenant.run || (tenant.is_mine ? "your other processes" : tenant.user || "unknown processes");
    held.set(who, (held.get(who) ?? 0) + (tenant.used_bytes ?? 0));
  }
  return [...held].slice(0, 3).map(([who, bytes]) => (bytes ? `${who} ${sizeWords(bytes)}` : who)).join(", ");
}
