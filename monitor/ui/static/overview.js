// The list of runs: what needs attention first, families folded, nothing moving under the pointer.

const MORE_SHOWN = 50;
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

class ListPage {
  constructor(root, data, emit) {
    Object.assign(this, { root, data, emit, rows: new Map(), order: [], trash: [], tried: [], shown: FIRST_ROWS, selected: new Set(), open: new Set(), asked: new Set() });
    this.chip = FILTER_CHIPS.some(([key]) => key === Address.read("show")) ? Address.read("show") : "all";
    this.sort = Address.read("sort") ?? "";
    this.columns = (Address.read("columns")?.split("~") ?? Memory.read(`columns.${data.runs_dir}`, [])).slice(0, MOST_COLUMNS);
    this.wall = Address.read("wall") === "1";
    this.root.classList.toggle("vs-wall-list", this.wall);
    if (this.wall) this.shown = WHOLE_ROWS;
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
    this.root.classList.toggle("vs-far", data.far);
    this.search = h("input", { type: "search", placeholder: "Search: words, lr<1e-3, tag:paper", title: QUERY_HINT, "aria-label": "Search runs", class: "vs-search vs-query", "data-testid": "search", value: Address.read("q") ?? "" });
    this.search.addEventListener("input", () => {
      this.shown = FIRST_ROWS;
      Address.write({ q: this.search.value.trim() });
      this.paint();
    });
    this.connectionText = h("span", { class: "vs-muted", "data-testid": "connection" });
    this.missed = buildMissed(() => this.markSeen(), (run) => this.emit({ kind: "open", run }));
    this.devices = h("div", { class: "vs-devices", "data-testid": "devices" });
    this.chips = FILTER_CHIPS.map(([key, label]) => h("button", { type: "button", class: "vs-chip-button", "data-filter": key, onclick: () => this.set({ chip: key, shown: FIRST_ROWS }, { show: key === "all" ? null : key }) }, h("span", {}, label), h("span", { class: "vs-tab-count" })));
    this.heads = COLUMNS.map((column) => (column ? this.sortHead(...column) : h("span", { class: "vs-extras" })));
    this.chooser = h("details", { class: "vs-menu vs-chooser", "data-testid": "columns" }, h("summary", { class: "vs-chip-button" }, "Columns"), h("div", { class: "vs-menu-list" }));
    this.groupBy = h("select", { class: "vs-select", "aria-label": "Group the runs by", title: "Puts the runs under headings; each heading shows the average of their best values", "data-testid": "group-by" });
    this.groupBy.addEventListener("change", () => this.set({ by: this.groupBy.value, shown: FIRST_ROWS }, { by: this.groupBy.value || null }));
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
    this.empty = buildEmpty(this, control);
    this.next = buildNext();
    this.selection = buildSelection(this, control);
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
      this.selection.undo,
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
    this.set({ sort, shown: FIRST_ROWS }, { sort });
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
    if (trash) paintTrash(this);
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
    paintSelection(this);
    const running = known.filter((row) => row.live).length;
    const worst = known.find((row) => row.live && row.verdict === "STOP") ?? known.find((row) => row.live);
    if (!this.offline) paintTab(running ? `${running} running · Vitalsigns` : "Vitalsigns", worst?.verdict);
  }

  // Of a large folder the server sends most rows in brief: what is shown is asked for.
  askFor(seen) {
    const missing = seen.filter((row) => row.brief && !this.asked.has(row.run)).slice(0, WHOLE_ROWS);
    if (!missing.length) return;
    const runs = missing.map((row) => row.run);
    for (const run of runs) this.asked.add(run);
    this.live.ask({ kind: "rows", runs });
  }

  create(item) {
    if (item.group?.name) return createHeading(this, item.group);
    return item.sweep?.name ? createSweep(item, { toggle: (key) => this.toggleSweep(key), open: (run) => this.emit({ kind: "open", run }), more: () => this.set({ trials: this.trials + MORE_SHOWN, shown: this.shown + MORE_SHOWN }) }) : createRow(this);
  }

  update(node, item, known) {
    if (item.group?.name) updateHeading(this, node, item.group, known);
    else if (item.sweep?.name) updateSweep(node, item, known, (row) => this.nameOf(row));
    else updateRow(this, node, item);
  }

  toggleSweep(key) {
    const sweep = this.sweep === key ? "" : key;
    this.set({ sweep, trials: TRIALS_SHOWN }, { sweep: sweep.slice("sweep ".length) });
  }

  foldGroup(name) {
    if (!this.folded.delete(name)) this.folded.add(name);
    Memory.write(`folded.${this.data.runs_dir}`, [...this.folded]);
    this.paint();
  }

  // Under its folder's heading a run has its own name; elsewhere its address.
  nameOf(row) {
    return this.grouped && row.group ? row.run.slice(row.group.length + 1) : row.run;
  }

  markSeen() {
    this.seenAt = Date.now() / 1000;
    Memory.write(`seen.${this.data.runs_dir}`, this.seenAt);
    this.paint();
  }

  commands(control) {
    const act = (label, kind) => ({ label, hint: "opens a dialog", act: () => this.emit({ kind }) });
    return [
      ...FILTER_CHIPS.map(([key, label]) => ({ label: `Show: ${label}`, hint: "in the list", act: () => this.set({ chip: key, shown: FIRST_ROWS }, { show: key === "all" ? null : key }) })),
      ...(control ? [act("Start a run…", "start"), act("Follow a log…", "follow_log")] : []),
      ...lookCommands(this.help),
      ...runCommands([...this.rows.keys()], this.emit),
    ];
  }

  key(event) {
    if (this.palette.key(event) || escapes(event, this.node)) return;
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
