// Aligned words: whatever shows a prediction draws it here. Errors are marked by glyph, border and fill, colour last.

const KIND_WORD = { h: "right", s: "substituted", d: "deleted", i: "inserted" };

// The prediction in one place, with its glyph; where a word was left out, `missing` stands beside the sign.
function saidChip(kind, said, missing = "") {
  const text = kind === "d" ? missing : said;
  return h("span", { class: "vs-said", dir: "auto" }, [KIND_GLYPHS[kind], text].filter(Boolean).join("\u00a0"));
}

function saidNothing() {
  return h("span", { class: "vs-word-empty" }, "(empty prediction)");
}

// Word under word: the target above, the prediction below; on a phone side by side.
function stackedWords(words) {
  const label = h("div", { class: "vs-word vs-word-label", "aria-hidden": "true" }, h("span", {}, "target"), h("span", {}, "prediction"));
  const pairs = words.map(([kind, target, said]) =>
    h("div", { class: `vs-word vs-kind-${kind}`, title: KIND_WORD[kind], role: "listitem" }, h("span", { class: "vs-target", dir: "auto" }, target || "\u00a0"), saidChip(kind, said)),
  );
  return [label, ...pairs];
}

// A prediction in one line. `leftOut`: words that are missing are named too.
function inlineWords(words, { leftOut = false } = {}) {
  const shown = words.filter(([kind]) => leftOut || kind !== "d");
  return shown.length ? shown.map(([kind, target, said]) => h("span", { class: `vs-word-inline vs-kind-${kind}`, title: KIND_WORD[kind] }, saidChip(kind, said, target))) : [saidNothing()];
}
