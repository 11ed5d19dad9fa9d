// Target against prediction: the clips of one evaluation, filtered and searched, and each one over the evaluations.

const FILTERS = [
  ["worst", "Worst first"],
  ["errors", "Errors only"],
  ["first", "In order"],
  ["watch", "Watch list"],
  ["empty", "Empty"],
  ["longest", "Longest"],
  ["changed", "Changed"],
];
// Every number of the page is of unfiltered greedy output; the switch is there where the run has kept both.
const DECODERS = [
  ["greedy", "unfiltered greedy"],
  ["adjusted", "as decoded by you"],
];
const SHOWN_CLIPS = 8;
const TYPING_MS = 200;

function buildPredictions(run, ask) {
  const ui = { run, ask, filter: FILTERS[0][0], decoder: Address.read("decoder") ?? DECODERS[0][0], word: "", epoch: null, following: true, epochs: [], watched: new Set(Memory.read(`watched.${run}`, [])), open: new Map(), asked: 0 };
  ui.strip = buildStrip((epoch) => goTo(ui, epoch));
  ui.filters = FILTERS.map(([key, label]) =>
    h("button", { type: "button", class: "vs-chip-button", "aria-pressed": String(key === FILTERS[0][0]), "data-filter": key, onclick: () => choose(ui, key) }, h("span", {}, label), h("span", { class: "vs-tab-count" })),
  );
  ui.search = h("input", { type: "search", class: "vs-search", placeholder: "Word or clip", "aria-label": "Search words and clips", "data-testid": "word-search" });
  ui.search.addEventListener("input", () => {
    clearTimeout(ui.typing);
    ui.typing = setTimeout(() => {
      ui.word = ui.search.value;
      request(ui);
    }, TYPING_MS);
  });
  ui.decoders = DECODERS.map(([key, label]) => h("button", { type: "button", class: "vs-segment", "data-key": key, "data-testid": `decoder-${key}`, onclick: () => decodedBy(ui, key) }, label));
  ui.decoderText = h("span", { class: "vs-muted vs-tabular" });
  ui.decoderRow = h("div", { class: "vs-row", "data-testid": "decoders" }, h("div", { class: "vs-segments", role: "group", "aria-label": "Whose decoder" }, ui.decoders), ui.decoderText);
  show(ui.decoderRow, false);
  ui.totals = h("p", { class: "vs-muted vs-tabular", "data-testid": "totals", title: "Shares of the target words: right, ≠ substituted, ∅ deleted, + inserted. Words out / in: words predicted per target word." });
  ui.changes = h("div", { "data-testid": "word-changes" });
  ui.list = h("div", { class: "vs-clips", "data-testid": "predictions" });
  ui.nothing = h("p", { class: "vs-muted" });
  ui.all = h("button", { type: "button", class: "vs-button vs-quiet", "data-testid": "btn-all-clips" });
  ui.all.addEventListener("click", () => {
    ui.showAll = !ui.showAll;
    paintPredictions(ui, ui.answer);
  });
  ui.corpus = buildCorpus((word) => {
    ui.search.value = ui.word = word;
    request(ui);
  });
  ui.empty = h("section", { class: "vs-card vs-empty" }, h("h2", {}, "No predictions logged"), h("p", {}, "Add one line to your loop: ", h("code", {}, "run.log_decodes(epoch, hypotheses, references=references)")), h("p", {}, "A log with Target: and Pred: lines can be followed: ", h("code", {}, "python -m monitor attach train.log")));
  ui.card = h(
    "section",
    { class: "vs-card vs-predictions" },
    h("div", { class: "vs-card-head" }, h("h2", {}, "Target and prediction"), ui.strip.text),
    ui.strip.node,
    h("div", { class: "vs-row" }, ui.filters, ui.search),
    ui.decoderRow,
    ui.totals,
    ui.changes,
    ui.list,
    ui.nothing,
    ui.all,
  );
  ui.node = h("div", { class: "vs-stack" }, ui.corpus.node, ui.card, ui.empty);
  return ui;
}

function choose(ui, key) {
  ui.filter = key;
  ui.filters.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.filter === key)));
  request(ui);
}

function decodedBy(ui, key) {
  ui.decoder = key;
  Address.write({ decoder: key === DECODERS[0][0] ? null : key });
  request(ui);
  for (const id of ui.open.keys()) askHistory(ui, id);
}

// Both error rates stand beside the switch: what the decoder costs or brings, whichever is shown.
function paintDecoders(ui, answer) {
  const { greedy, adjusted } = answer.decoders;
  show(ui.decoderRow, greedy !== undefined);
  if (greedy === undefined) return;
  ui.decoders.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.key === answer.decoder)));
  setText(ui.decoderText, `WER ${percentWords(greedy)} unfiltered, ${percentWords(adjusted)} with your decoder; it changes ${answer.differs} of ${answer.total} clips`);
}

function goTo(ui, epoch) {
  ui.epoch = epoch;
  ui.following = epoch === ui.epochs.at(-1);
  Address.write({ epoch: ui.following ? null : epoch });
  paintStrip(ui.strip, ui.frame, ui.cols, epoch);
  request(ui);
}

function request(ui) {
  ui.ask({ kind: "predictions", epoch: ui.following ? null : ui.epoch, filter: ui.filter, decoder: ui.decoder, word: ui.word, watched: [...ui.watched], asked: ++ui.asked });
}

// A new evaluation was decoded: follow it, unless the person looks at an older one.
function notePredictions(ui, frame, cols) {
  const epochs = frame.decoded;
  const last = epochs.at(-1) ?? null;
  const known = ui.seenLast;
  ui.epochs = epochs;
  Object.assign(ui, { seenLast: last, frame, cols });
  show(ui.card, last !== null);
  show(ui.corpus.node, last !== null);
  show(ui.empty, last === null);
  if (known === undefined && Address.read("epoch") !== null) {
    const wanted = Number(Address.read("epoch"));
    if (epochs.includes(wanted)) Object.assign(ui, { epoch: wanted, following: false });
  }
  paintStrip(ui.strip, frame, cols, ui.following ? last : ui.epoch);
  if (last !== null && (last !== known || !ui.answer) && (ui.following || !ui.answer)) request(ui);
}

function paintPredictions(ui, answer) {
  if (answer.epoch === null || (answer.asked && answer.asked < ui.asked)) return;
  ui.answer = answer;
  setText(ui.strip.text, `epoch ${answer.epoch}`);
  paintDecoders(ui, answer);
  const { hits, s, d, i } = answer.counts;
  const share = (count) => percentWords(count / Math.max(1, answer.words_in));
  const ratio = numberWords(answer.words_in ? answer.words_out / answer.words_in : null);
  setText(ui.totals, `${answer.total} clips · right ${share(hits)} · ≠ ${share(s)} · ∅ ${share(d)} · + ${share(i)} · words out / in ${ratio}`);
  keyed(ui.changes, answer.word_changes, ({ since }) => since, () => h("p", { class: "vs-muted vs-tabular" }), (node, changed) => setText(node, changeWords(changed)));
  const counts = { watch: ui.watched.size, empty: answer.empty, changed: answer.changed };
  ui.filters.forEach((button) => setText(button.lastChild, counts[button.dataset.filter] ? String(counts[button.dataset.filter]) : ""));
  const clips = ui.showAll ? answer.clips : answer.clips.slice(0, SHOWN_CLIPS);
  show(ui.all, answer.clips.length > SHOWN_CLIPS);
  setText(ui.all, ui.showAll ? "Show fewer" : `Show ${answer.clips.length - SHOWN_CLIPS} more${answer.matching > answer.clips.length ? ` of ${answer.matching - SHOWN_CLIPS}` : ""}`);
  show(ui.nothing, clips.length === 0);
  setText(ui.nothing, nothingText(ui));
  keyed(ui.list, clips, (clip) => clip.id, () => createClip(ui), (node, clip) => updateClip(ui, node, clip));
  paintCorpus(ui.corpus, answer);
}

function changeWords({ since, fixed, broken, confused }) {
  const newly = confused.map(([target, said, count]) => `${target} → ${said}${count > 1 ? ` (${count} times)` : ""}`).join(", ");
  return `${since}: ${countWords(fixed, "word")} fixed, ${broken} broken${newly ? `; newly confused: ${newly}` : ""}.`;
}

function nothingText(ui) {
  if (ui.word) return `No clip of this evaluation has “${ui.word.slice(0, 60)}” in it.`;
  if (ui.filter === "watch") return "Nothing on the watch list yet: press Watch beside a clip.";
  if (ui.filter === "errors") return "No prediction of this evaluation has an error.";
  if (ui.filter === "empty") return "No prediction is empty.";
  if (ui.filter === "changed") return "No prediction changed since the evaluation before.";
  return "";
}

function createClip(ui) {
  const history = h("button", { type: "button", class: "vs-link" }, "History");
  const watch = h("button", { type: "button", class: "vs-link" });
  const node = h("article", { class: "vs-clip" }, h("div", { class: "vs-clip-head vs-tabular" }, h("span", { class: "vs-muted" }), history, watch), h("div", { class: "vs-words", role: "list" }), h("div", { class: "vs-history" }));
  history.addEventListener("click", () => toggleHistory(ui, node));
  watch.addEventListener("click", () => {
    const id = node.dataset.key;
    if (!ui.watched.delete(id)) ui.watched.add(id);
    Memory.write(`watched.${ui.run}`, [...ui.watched]);
    paintPredictions(ui, ui.answer);
    if (ui.filter === "watch") request(ui);
  });
  Object.assign(node, { history, watch });
  return node;
}

function updateClip(ui, node, clip) {
  const [head, words] = node.children;
  setText(head.firstChild, `${clip.id} · WER ${percentWords(clip.wer)} · ≠ ${clip.s} ∅ ${clip.d} + ${clip.i}${clip.changed ? " · changed" : ""}${clip.differs ? " · your decoder changes it" : ""}`);
  const watched = ui.watched.has(clip.id);
  setText(node.watch, watched ? "Watched" : "Watch");
  node.watch.setAttribute("aria-pressed", String(watched));
  const signature = JSON.stringify(clip.words);
  if (node.signature === signature) return;
  node.signature = signature;
  words.replaceChildren(...stackedWords(clip.words));
  if (clip.empty) words.append(saidNothing());
  if (clip.more) words.append(h("div", { class: "vs-muted" }, `… ${clip.more} more`));
  if (ui.open.has(node.dataset.key)) askHistory(ui, node.dataset.key);
}

function askHistory(ui, id) {
  ui.ask({ kind: "clip", id, decoder: ui.decoder });
}

// One clip over the evaluations: a line for each time its prediction changed.
function toggleHistory(ui, node) {
  const id = node.dataset.key;
  if (ui.open.delete(id)) node.lastChild.replaceChildren();
  else {
    ui.open.set(id, node);
    askHistory(ui, id);
  }
  node.history.setAttribute("aria-expanded", String(ui.open.has(id)));
}

function paintHistory(ui, answer) {
  const node = ui.open.get(answer.id);
  if (!node?.isConnected) return;
  const rows = answer.moments.map((moment) => {
    const when = moment.until ? `epoch ${moment.epoch} to ${moment.until}` : `epoch ${moment.epoch}`;
    return h("div", { class: "vs-moment" }, h("span", { class: "vs-muted vs-tabular" }, when), h("span", { class: "vs-tabular" }, percentWords(moment.wer)), h("span", { class: "vs-inline-words" }, inlineWords(moment.words)));
  });
  const more = answer.left_out ? h("p", { class: "vs-muted" }, `${answer.left_out} earlier changes are left out.`) : null;
  node.lastChild.replaceChildren(h("div", { class: "vs-moments" }, more ? [rows[0], more, ...rows.slice(1)] : rows));
}
