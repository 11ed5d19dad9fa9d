// The header and the verdict block.

function stateDot(status) {
  return status.live ? "●" : STATE_GLYPHS[status.word] ?? "■";
}

function buildHeader(emit, role, tabs, help, messages) {
  const ui = {};
  const button = (id, label, action) =>
    h("button", { type: "button", class: "vs-button", "data-testid": `btn-${id}`, onclick: () => emit(action) }, label);
  ui.back = h("button", { type: "button", class: "vs-link", "data-testid": "btn-home", onclick: () => emit({ kind: "home" }) }, "‹ runs");
  ui.name = h("h1", { class: "vs-name" });
  ui.folder = h("span", { class: "vs-muted", "data-testid": "folder" });
  ui.title = h("span", { class: "vs-run-title", "data-testid": "run-title" });
  ui.tags = h("span", { class: "vs-run-tags" });
  ui.state = h("span", { class: "vs-state", "data-testid": "header-state", tabindex: "0" });
  ui.bar = h("span", { class: "vs-bar", "aria-hidden": "true" }, h("span", {}));
  ui.progress = h("span", { class: "vs-muted vs-tabular" });
  ui.connection = h("span", { class: "vs-muted vs-tabular", "data-testid": "connection" });
  ui.restart = button("restart", "Restart…", { kind: "restart", option: null });
  ui.stop = button("stop", "Stop…", { kind: "stop" });
  ui.resume = button("resume", "Resume…", { kind: "resume" });
  ui.stage = h("span", { class: "vs-stage vs-tabular", "data-testid": "stop-stage", role: "status" });
  ui.cancel = button("cancel-stop", "Keep running", { kind: "cancel_stop" });
  ui.hurry = button("hurry-stop", "", { kind: "hurry_stop" });
  ui.moreTime = button("more-time", "Give it more time", { kind: "more_time" });
  ui.label = button("label", "Label…", { kind: "label" });
  ui.bell = notifyButton(messages);
  ui.help = helpButton(help);
  ui.alarm = buildAlarm(emit, role);
  ui.away = h("button", { type: "button", class: "vs-away", "data-testid": "away", disabled: role !== "control", onclick: () => emit({ kind: "away" }) });
  ui.readOnly = h("span", { class: "vs-muted", "data-testid": "read-only" });
  ui.node = h(
    "header",
    { class: "vs-header" },
    h("div", { class: "vs-header-main" }, ui.back, ui.folder, ui.name, ui.title, ui.tags, ui.state, ui.bar, ui.progress),
    h("div", { class: "vs-header-side" }, ui.connection, ui.stage, role === "control" ? [ui.cancel, ui.hurry, ui.moreTime, ui.resume, ui.restart, ui.stop] : ui.readOnly, role === "control" ? ui.label : null, ui.bell, themeButton(), ui.help),
    h("div", { class: "vs-tabs-row" }, tabs, ui.alarm.node, ui.away),
  );
  ui.maySet = role === "control";
  return ui;
}

// The name, note and tags that people gave the run stand beside its id, never in its place.
function paintName(ui, data) {
  setText(ui.folder, data.folder);
  show(ui.folder, Boolean(data.folder));
  setText(ui.title, data.title);
  ui.title.title = data.note;
  show(ui.title, Boolean(data.title));
  ui.name.title = data.note;
  setText(ui.readOnly, data.archive ? "archive, read only" : "read-only view");
  ui.readOnly.title = data.archive ? `Read from ${data.archive}; nothing can be asked of its runs.` : READ_ONLY;
  keyed(ui.tags, data.tags, (tag) => tag, () => h("span", { class: "vs-tag" }), setText);
}

function paintHeader(ui, frame) {
  setText(ui.name, frame.run.id);
  setText(ui.state, `${stateDot(frame.status)} ${frame.status.text}`);
  ui.state.title = frame.status.evidence;
  ui.state.dataset.word = frame.status.word;
  show(ui.bar, frame.progress.ratio !== null);
  ui.bar.firstChild.style.width = `${100 * (frame.progress.ratio ?? 0)}%`;
  setText(ui.progress, frame.progress.text);
  show(ui.stop, frame.actions.stop);
  show(ui.restart, frame.actions.restart);
  show(ui.resume, frame.actions.resume);
  ui.stage.title = frame.status.evidence;
  show(ui.away, Boolean(frame.away));
  setText(ui.away, frame.away ? frame.away.text + (frame.away.settable && ui.maySet ? " ▾" : "") : "");
  ui.away.disabled = !frame.away?.settable || !ui.maySet;
  ui.away.title = frame.away?.why ?? "";
  ui.node.dataset.seq = frame.seq;
}

const READ_ONLY = "This link is view-only. To control runs, open the link that python -m monitor serve printed.";
const UNANSWERED_SECS = 10;

// How far a stop has come, with its seconds; painted every second. `now` is by the server's clock.
function paintStop(ui, status, now) {
  const stop = status.stop;
  const gone = stop ? Math.max(0, Math.round(now - stop.at)) : 0;
  const of = stop?.of_secs;
  const silent = Boolean(stop) && !stop.answered && !stop.cancelled && gone >= Math.min(UNANSWERED_SECS, (of ?? 0) / 2);
  setText(ui.stop, status.waits ? "Leave the queue…" : "Stop…");
  setText(ui.stage, status.waits ? status.waits : stop ? stopText(stop, gone, silent, now) : status.ended_at ? [`Stopped ${clockWords(status.ended_at)}`, status.left].filter(Boolean).join(", ") : status.left.replace(/^./, (first) => first.toUpperCase()));
  show(ui.cancel, Boolean(stop?.can_cancel));
  show(ui.hurry, silent && Boolean(stop.hurry));
  setText(ui.hurry, stop?.hurry);
  show(ui.moreTime, silent && of !== null);
}

function stopText(stop, gone, silent, now) {
  const of = stop.of_secs;
  const clock = finite(of) ? ` (${Math.min(gone, Math.round(of))} s of ${Math.round(of)})` : "";
  if (silent && stop.can_cancel) return `The trainer has not answered for ${gone} s; ${stop.next} ${gone < of ? `in ${Math.max(0, Math.round(of - gone))} s` : "follows"}.`;
  const by = stop.by ? ` by ${stop.by}, ${ageWords(now - stop.asked_at)} ago` : "";
  return stop.text + (stop.timed ? clock : by);
}

function buildVerdict(emit, role, on) {
  const ui = {};
  ui.glyph = h("span", { class: "vs-verdict-glyph", "aria-hidden": "true" });
  ui.word = h("span", { class: "vs-verdict-word" });
  ui.reason = h("p", { class: "vs-reason" });
  ui.also = h("ul", { class: "vs-also" });
  ui.next = h("p", { class: "vs-next" });
  ui.choice = choiceNode();
  ui.fix = h("button", { type: "button", class: "vs-button vs-primary", "data-testid": "btn-fix" }, "Restart with this…");
  ui.fix.addEventListener("click", () => emit({ kind: "restart", option: ui.option }));
  ui.tried = h("button", { type: "button", class: "vs-button", "data-testid": "btn-tried" }, "Open");
  ui.tried.addEventListener("click", () => emit({ kind: "open", run: ui.other }));
  ui.what = h("button", { type: "button", class: "vs-button", "data-testid": "btn-what" }, "See what to do");
  ui.what.addEventListener("click", () => on.open("diagnosis"));
  ui.log = h("button", { type: "button", class: "vs-button", "data-testid": "btn-log" }, "Open log");
  ui.log.addEventListener("click", () => on.open("log"));
  ui.coverage = h("span", { class: "vs-coverage", tabindex: "0" });
  ui.why = h("p", { class: "vs-why" });
  ui.node = h(
    "section",
    { class: "vs-verdict", "data-testid": "verdict", "aria-label": "Verdict" },
    h("div", { class: "vs-verdict-head" }, ui.glyph, ui.word),
    h("div", { class: "vs-verdict-body" }, ui.reason, ui.also, ui.next, ui.choice.node, h("div", { class: "vs-row" }, role === "control" ? ui.fix : null, ui.log, ui.tried, ui.what, ui.coverage, ui.why)),
  );
  return ui;
}

// Wait or restart: two lines that can be compared, and what follows from them.
function choiceNode() {
  const choice = { waiting: h("p"), restarting: h("p"), word: h("strong"), why: h("span") };
  choice.node = h(
    "div",
    { class: "vs-choice", "data-testid": "choice", role: "group", "aria-label": "Wait or restart" },
    choice.waiting,
    choice.restarting,
    h("p", {}, choice.word, " ", choice.why),
  );
  return choice;
}

function paintChoice(ui, choice) {
  show(ui.node, Boolean(choice));
  if (!choice) return;
  setText(ui.waiting, choice.waiting);
  setText(ui.restarting, choice.restarting);
  setText(ui.word, `${choice.word}:`);
  setText(ui.why, choice.why);
}

function paintVerdict(ui, frame) {
  const verdict = frame.verdict;
  const changed = ui.word.textContent !== verdict.word;
  setText(ui.glyph, verdictGlyph(verdict.word));
  setText(ui.word, verdict.word);
  const told = (node, text) => {
    setText(node, text);
    node.title = text ?? "";
  };
  told(ui.reason, capital(frame.progress.waiting || verdict.reason));
  keyed(ui.also, verdict.also, (text) => text, () => h("li"), told);
  show(ui.also, verdict.also.length > 0);
  told(ui.next, verdict.next_step);
  ui.next.title = verdict.next_step ?? "";
  show(ui.next, Boolean(verdict.next_step));
  paintChoice(ui.choice, verdict.choice);
  ui.option = verdict.option;
  ui.other = verdict.other_run;
  show(ui.tried, Boolean(ui.other));
  if (ui.other) setText(ui.tried, `Open ${ui.other}`);
  told(ui.why, verdict.why);
  show(ui.why, Boolean(verdict.why));
  show(ui.fix, Boolean(verdict.option) && frame.actions.restart && frame.at === null);
  show(ui.what, frame.prescriptions.length > 0 || frame.causes.length > 0);
  show(ui.log, verdict.word === "FAILED" || verdict.word === "LOST");
  setText(ui.coverage, verdict.coverage);
  ui.coverage.title = verdict.not_checked.join("\n");
  ui.node.dataset.word = verdict.word;
  ui.node.dataset.tone = VERDICT_TONES[verdict.word] ?? "unknown";
  ui.node.dataset.seq = frame.seq;
  if (changed) ui.node.setAttribute("role", verdict.word === "STOP" ? "alert" : "region");
}

const ICON = {
  STOP: "M5 0h6l5 5v6l-5 5H5l-5-5V5z",
  LOOK: "M8 1l8 14H0z",
  "KEEP GOING": "M8 0a8 8 0 100 16A8 8 0 008 0zm0 3a5 5 0 110 10A5 5 0 018 3z",
  FAILED: "M3 0l5 5 5-5 3 3-5 5 5 5-3 3-5-5-5 5-3-3 5-5-5-5z",
  other: "M1 6h14v4H1z",
};
ICON.LOST = ICON.FAILED;

function paintTab(title, word) {
  if (document.title !== title) document.title = title;
  const shown = ICON[word] ? word : "other";
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="${TAB_ICONS[shown]}" fill-rule="evenodd" d="${ICON[shown]}"/></svg>`;
  const href = `data:image/svg+xml,${encodeURIComponent(picture)}`;
  const link = document.querySelector("link[rel~=icon]") ?? document.head.appendChild(h("link", { rel: "icon" }));
  if (link.href !== href) link.href = href;
}
