// A short notice when a flag opens: bottom left on wide screens, under the header on narrow ones, never over a button.

const TOAST_MS = 9000;

function toastArea() {
  return h("div", { class: "vs-toasts", role: "status", "aria-live": "polite" });
}

// One a flag: what turned worse takes the place of what was said of it before.
function toast(area, { rule, severity, title, line }) {
  for (const before of [...area.children]) if (before.getAttribute("data-of") === rule) before.remove();
  const node = h(
    "div",
    { class: `vs-toast vs-${severity}`, "data-testid": "toast", "data-of": rule },
    h("span", { class: "vs-glyph", "aria-hidden": "true" }, SEVERITY_GLYPHS[severity] ?? "○"),
    h("div", {}, h("strong", {}, title), h("div", { class: "vs-toast-line" }, line)),
  );
  area.append(node);
  while (area.children.length > 3) area.firstChild.remove();
  setTimeout(() => node.remove(), TOAST_MS);
}

// Tells which flags are new or worse since the last frame; the first frame tells nothing.
class FlagWatch {
  news(flags) {
    const before = this.known;
    this.known = new Map(flags.map((flag) => [flag.rule, flag.severity]));
    if (!before) return [];
    return flags.filter((flag) => !before.has(flag.rule) || SEVERITY_ORDER.indexOf(flag.severity) < SEVERITY_ORDER.indexOf(before.get(flag.rule)));
  }
}
