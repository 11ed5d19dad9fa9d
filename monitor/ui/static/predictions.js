// Target against prediction, word under word. Errors are told by glyph, border and fill, colour last.

const KIND_GLYPH = { h: "", s: "≠", d: "∅", i: "+" };
const KIND_WORD = { h: "right", s: "substituted", d: "deleted", i: "inserted" };
const FILTERS = [
  ["first", "In order"],
  ["worst", "Worst"],
  ["empty", "Empty"],
  ["longest", "Longest"],
];

const SHOWN_CLIPS = 8;

function buildPredictions(ask) {
  const ui = { ask, filter: "first", epoch: null, following: true, epochs: [] };
  ui.slider = h("input", { type: "range", min: "0", max: "0", step: "1", "aria-label": "Epoch", "data-testid": "epoch-slider" });
  ui.slider.addEventListener("input", () => {
    ui.epoch = ui.epochs[Number(ui.slider.value)];
    ui.following = Number(ui.slider.value) === ui.epochs.length - 1;
    request(ui);
  });
  ui.epochText = h("span", { class: "vs-tabular vs-epoch-text" });
  ui.filters = FILTERS.map(([key, label]) =>
    h("button", { type: "button", class: "vs-chip-button", "aria-pressed": String(key === "first"), "data-filter": key, onclick: () => choose(ui, key) }, label),
  );
  ui.totals = h("p", { class: "vs-muted vs-tabular" });
  ui.list = h("div", { class: "vs-clips", "data-testid": "predictions" });
  ui.all = h("button", { type: "button", class: "vs-button vs-quiet", "data-testid": "btn-all-clips" });
  ui.all.addEventListener("click", () => {
    ui.showAll = !ui.showAll;
    paintPredictions(ui, ui.answer);
  });
  ui.empty = h("p", { class: "vs-muted" }, "No predictions logged. Add one line to your loop: run.log_decodes(epoch, hypotheses, references=references)");
  ui.node = h(
    "section",
    { class: "vs-card vs-predictions" },
    h("div", { class: "vs-card-head" }, h("h2", {}, "Target and prediction"), h("div", { class: "vs-row" }, ui.slider, ui.epochText)),
    h("div", { class: "vs-row" }, ui.filters),
    ui.totals,
    ui.list,
    ui.all,
    ui.empty,
  );
  return ui;
}

function choose(ui, key) {
  ui.filter = key;
  ui.filters.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.filter === key)));
  request(ui);
}

function request(ui) {
  ui.ask({ kind: "predictions", epoch: ui.following ? null : ui.epoch, filter: ui.filter });
}

// A new evaluation was decoded: follow it, unless the person looks at an older one.
function notePredictions(ui, frame) {
  const last = frame.decoded.at(-1) ?? null;
  ui.epochs = frame.decoded;
  ui.slider.max = String(Math.max(0, frame.decoded.length - 1));
  if (ui.following) ui.slider.value = ui.slider.max;
  show(ui.slider, frame.decoded.length > 1);
  show(ui.all, last !== null);
  if (last !== null && last !== ui.asked && ui.following) request(ui);
  ui.asked = last;
  show(ui.empty, last === null);
}

function paintPredictions(ui, answer) {
  if (answer.epoch === null) return;
  ui.answer = answer;
  setText(ui.epochText, `epoch ${answer.epoch}`);
  const { hits, s, d, i } = answer.counts;
  const share = (count) => `${Math.round((100 * count) / Math.max(1, answer.words_in))} %`;
  const shown = answer.clips.length < answer.matching ? `, showing ${answer.clips.length} of ${answer.matching}` : "";
  setText(
    ui.totals,
    `${answer.total} clips · right ${share(hits)} · ≠ ${share(s)} · ∅ ${share(d)} · + ${share(i)} · empty ${answer.empty}${shown}`,
  );
  const clips = ui.showAll ? answer.clips : answer.clips.slice(0, SHOWN_CLIPS);
  show(ui.all, answer.clips.length > SHOWN_CLIPS);
  setText(ui.all, ui.showAll ? "Show fewer" : `Show ${answer.clips.length - SHOWN_CLIPS} more`);
  keyed(ui.list, clips, (clip) => clip.id, createClip, updateClip);
}

function createClip() {
  return h("article", { class: "vs-clip" }, h("div", { class: "vs-clip-head vs-muted vs-tabular" }), h("div", { class: "vs-words", role: "table" }));
}

function updateClip(node, clip) {
  const [head, words] = node.children;
  setText(head, `${clip.id} · WER ${Math.round(100 * clip.wer)} % · ≠ ${clip.s} ∅ ${clip.d} + ${clip.i}`);
  const signature = JSON.stringify(clip.words);
  if (node.signature === signature) return;
  node.signature = signature;
  words.replaceChildren(
    h("div", { class: "vs-word vs-word-label", "aria-hidden": "true" }, h("span", {}, "target"), h("span", {}, "prediction")),
    ...clip.words.map(([kind, target, said]) => wordPair(kind, target, said)),
  );
  if (clip.empty) words.append(h("div", { class: "vs-word-empty" }, "(said nothing)"));
  if (clip.more) words.append(h("div", { class: "vs-muted" }, `… ${clip.more} more`));
}

function wordPair(kind, target, said) {
  const mark = KIND_GLYPH[kind];
  return h(
    "div",
    { class: `vs-word vs-kind-${kind}`, title: KIND_WORD[kind] },
    h("span", { class: "vs-target" }, target || " "),
    h("span", { class: "vs-said" }, kind === "d" ? "∅" : mark ? `${mark}\u00a0${said}` : said),
  );
}
