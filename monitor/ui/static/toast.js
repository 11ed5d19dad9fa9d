// A short notice when a flag opens: one card, at the side below which nothing stands that can be pressed or must be read;
// under the header on narrow screens. It shows the numbers of now for as long as it stands.

const TOAST_MS = 9000;
const MOST_NOTICES = 3;
let notices = 0;

function toastArea() {
  return h("div", { class: "vs-toasts", role: "status", "aria-live": "polite" });
}

// One a flag: what turned worse replaces its message of before. The newest stands on top, of a full
// card in the oldest's place, and all go together once nothing new has come for a while: nothing in the card moves.
function toast(area, { rule, severity, title, line }) {
  const before = [...area.children].find((node) => node.getAttribute("data-of") === rule);
  const node = h(
    "div",
    { class: `vs-toast vs-${severity}`, "data-testid": "toast", "data-of": rule },
    h("span", { class: "vs-glyph", "aria-hidden": "true" }, SEVERITY_GLYPHS[severity] ?? "○"),
    h("div", {}, h("strong", {}, title), h("div", { class: "vs-toast-line" }, line)),
  );
  node.at = ++notices;
  const oldest = [...area.children].sort((a, b) => a.at - b.at)[0];
  const place = before ?? (area.children.length >= MOST_NOTICES ? oldest : null);
  area.insertBefore(node, place);
  place?.remove();
  clearTimeout(area.leaving);
  area.leaving = setTimeout(() => area.replaceChildren(), TOAST_MS);
}

// Tells which flags are new or worse since the last frame; the first frame tells nothing.
class FlagWatch {
  news(flags) {
    const before = this.known;
    this.known = new Map(flags.map((flag) => [flag.rule, flag.severity]));
    if (!before) return [];
    return flags.filter((flag) => !before.has(flag.rule) || SEVERITIES.indexOf(flag.severity) < SEVERITIES.indexOf(before.get(flag.rule)));
  }
}

// The message of a flag is out of date within seconds.
function renewToasts(area, flags) {
  for (const node of area.children) {
    const now = flags.find(({ rule }) => rule === node.getAttribute("data-of"));
    if (now) setText(node.lastChild.lastChild, now.line);
  }
}

const IN_THE_WAY = "button, a, input, select, summary, .vs-verdict, .vs-alarm, .vs-chart-label";

// Left or right: where fewer things lie below the card.
function takeSide(area) {
  const { width, height, top } = area.getBoundingClientRect();
  const covered = (left) => {
    let found = 0;
    for (let i = 0; i <= 4; i++) {
      for (let j = 0; j <= 4; j++) {
        const below = document.elementsFromPoint(left + (i * width) / 4, top + (j * height) / 4).find((node) => !area.contains(node));
        if (below?.closest(IN_THE_WAY)) found++;
      }
    }
    return found;
  };
  area.dataset.side = covered(document.documentElement.clientWidth - width - 16) < covered(16) ? "right" : "left";
}
