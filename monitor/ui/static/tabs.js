// The tabs of a run: one panel is seen, the address says which.

const TABS = [
  ["now", "Now"],
  ["metrics", "Metrics"],
  ["predictions", "Predictions"],
  ["diagnosis", "Diagnosis"],
  ["compare", "Compare"],
  ["log", "Log"],
];

function buildTabs(onChange) {
  const ui = { panels: {}, buttons: {} };
  for (const [key, label] of TABS) {
    const count = h("span", { class: "vs-tab-count" });
    const button = h("button", { type: "button", role: "tab", id: `vs-tab-${key}`, "aria-controls": `vs-panel-${key}`, class: "vs-tab", "data-testid": `tab-${key}` }, label, count);
    button.addEventListener("click", () => ui.open(key));
    button.count = count;
    ui.buttons[key] = button;
    ui.panels[key] = h("div", { role: "tabpanel", id: `vs-panel-${key}`, "aria-labelledby": `vs-tab-${key}`, class: "vs-panel", "data-testid": `panel-${key}` });
  }
  ui.bar = h("div", { class: "vs-tabs", role: "tablist", "aria-label": "Views of this run" }, Object.values(ui.buttons));
  ui.bar.addEventListener("keydown", (event) => arrowKeys(ui, event));
  ui.open = (key, quietly = false) => {
    ui.active = ui.panels[key] ? key : "now";
    for (const [name] of TABS) {
      const chosen = name === ui.active;
      ui.buttons[name].setAttribute("aria-selected", String(chosen));
      ui.buttons[name].tabIndex = chosen ? 0 : -1;
      show(ui.panels[name], chosen);
    }
    if (!quietly) onChange(ui.active);
  };
  return ui;
}

function arrowKeys(ui, event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  const names = TABS.map(([name]) => name);
  const next = names[(names.indexOf(ui.active) + step + names.length) % names.length];
  ui.open(next);
  ui.buttons[next].focus();
}

function countTab(ui, key, count) {
  setText(ui.buttons[key].count, count ? String(count) : "");
}
