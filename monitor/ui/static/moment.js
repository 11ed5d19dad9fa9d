// "As it was": the page judged as of a past evaluation. Rules are pure, so it is exactly what stood here then.

function buildMoment(onPick) {
  const ui = { epochs: [] };
  ui.text = h("strong", {});
  ui.slider = h("input", { type: "range", min: "0", step: "1", "aria-label": "Evaluation to look back at", "data-testid": "moment-slider" });
  ui.slider.addEventListener("input", () => onPick(ui.epochs[Number(ui.slider.value)]));
  ui.back = h("button", { type: "button", class: "vs-button", "data-testid": "btn-now", onclick: () => onPick(null) }, "Back to now");
  ui.node = h(
    "section",
    { class: "vs-past", "data-testid": "past", "aria-label": "A past moment" },
    ui.text,
    h("span", {}, "Judged by the same rules from what was recorded by then."),
    ui.slider,
    ui.back,
  );
  show(ui.node, false);
  return ui;
}

function paintMoment(ui, past, cols) {
  show(ui.node, Boolean(past));
  if (!past) return;
  ui.epochs = cols.epoch ?? [];
  ui.slider.max = String(Math.max(0, ui.epochs.length - 1));
  ui.slider.value = String(Math.max(0, ui.epochs.indexOf(past.at)));
  const when = past.clock.last_record_at ? `, ${clockWords(past.clock.last_record_at)}` : "";
  setText(ui.text, `As it was at epoch ${past.at}${when}.`);
}

// The columns up to an epoch: what was not yet recorded is not drawn either.
function columnsUntil(cols, epoch) {
  const count = (cols.epoch ?? []).filter((at) => at <= epoch).length;
  return Object.fromEntries(Object.entries(cols).map(([name, values]) => [name, values.slice(0, count)]));
}
