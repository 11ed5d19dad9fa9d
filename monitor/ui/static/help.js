// Keys, and the words of the page: opened by "?" or its button.

const KEYS = [
  ["1 to 6", "the tabs"],
  ["Ctrl+K", "go to a run, a view, a metric or a word; or open the dialog of an act"],
  ["/", "search (in the list of runs)"],
  ["j, k, Enter", "down, up, open (in the list of runs)"],
  ["← →", "the evaluation before and after, while looking back"],
  ["Esc", "back to now"],
  ["?", "this help"],
];
const GLOSSARY = [
  ["WER", "word error rate: substituted, left-out and added words per word of the target; 0 % is right, above 100 % is possible"],
  ["chance", "what an output scores that ignores the input: one constant sentence for WER, word frequencies alone for loss"],
  ["gap", "validation loss minus train loss at the same evaluation"],
  ["blank", "the CTC symbol for “no word here”; b* is its share in a correct output with one frame a word"],
  ["words out / in", "words predicted per target word: 1 is right, 0 is silence"],
  ["eval mode", "measured with dropout and augmentation off, as validation is"],
  ["≠ ∅ +", "a word substituted, left out, added"],
  ["since, critical since", "the evaluation at which what a flag says began, and at which it became critical"],
  ["points", "a difference of percentages; in brackets the 95 % interval of it over the clips that both runs decoded"],
  ["⬣ ▲ ○", "critical (lost or wasting time), warning (look when convenient), information"],
];

// What the abbreviations in a text mean, for the tooltip; null where there is none.
function explained(text) {
  const found = GLOSSARY.filter(([term]) => text.toLowerCase().includes(term.toLowerCase()));
  return found.length ? found.map(([term, meaning]) => `${term}: ${meaning}.`).join("\n") : null;
}

function buildHelp() {
  const list = (rows) => h("dl", { class: "vs-help-list" }, rows.flatMap(([term, text]) => [h("dt", {}, term), h("dd", {}, text)]));
  const close = h("button", { type: "button", class: "vs-button" }, "Close");
  const node = h("dialog", { class: "vs-help", "aria-label": "Keys and words", "data-testid": "help" }, h("h2", {}, "Keys"), list(KEYS), h("h2", {}, "Words"), list(GLOSSARY), close);
  close.addEventListener("click", () => node.close());
  return { node, toggle: () => (node.open ? node.close() : node.showModal()) };
}

function helpButton(help) {
  return h("button", { type: "button", class: "vs-button vs-quiet", title: "Keys and words", "aria-label": "Keys and words", "data-testid": "btn-help", onclick: () => help.toggle() }, "?");
}
