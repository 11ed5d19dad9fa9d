// What can be done with the selected runs of the list: compare, stop, put aside and take back. list: a ListPage.

const UNDO_MS = 20_000;

function buildSelection(list, control) {
  const text = h("span", { class: "vs-tabular" });
  const compare = h("button", { type: "button", class: "vs-button vs-primary", "data-testid": "btn-compare" }, "Compare");
  compare.addEventListener("click", () => {
    const [run, ...others] = list.selected;
    list.emit({ kind: "compare", run, with: others });
  });
  const archive = h("button", { type: "button", class: "vs-button", "data-testid": "btn-archive" }, "Archive");
  archive.addEventListener("click", () => archiveSelected(list));
  const stop = h("button", { type: "button", class: "vs-button", "data-testid": "btn-stop-several" }, "Stop…");
  stop.addEventListener("click", () => list.emit({ kind: "stop_several", runs: [...list.selected].filter((run) => canStop(list.rows.get(run))) }));
  const none = h("button", { type: "button", class: "vs-link" }, "Clear");
  none.addEventListener("click", () => {
    list.selected.clear();
    list.paint();
  });
  const node = h("div", { class: "vs-selection", "data-testid": "selection" }, text, compare, control ? [stop, archive] : null, none);
  show(node, false);
  const undo = h("div", { class: "vs-selection", role: "status", "data-testid": "undo" }, h("span", {}), h("button", { type: "button", class: "vs-button", onclick: () => takeBack(list) }, "Undo"));
  show(undo, false);
  return { node, text, compare, archive, stop, undo };
}

function paintSelection(list) {
  const { node, text, compare, archive, stop } = list.selection;
  for (const run of list.selected) if (!list.rows.has(run)) list.selected.delete(run);
  const chosen = [...list.selected].map((run) => list.rows.get(run));
  show(node, chosen.length > 0);
  setText(text, `${chosen.length} selected`);
  const apart = new Set(chosen.map((row) => row.group ?? "")).size > 1;
  compare.disabled = chosen.length < 2 || apart;
  compare.title = apart ? "Runs of one folder can be compared" : "";
  const live = chosen.filter((row) => row.live);
  show(stop, chosen.some(canStop));
  archive.disabled = live.length > 0;
  archive.title = live.length ? `${live[0].run} is ${live[0].state}: stop it first` : "Moves them to the trash; nothing is deleted";
}

function archiveSelected(list) {
  const runs = [...list.selected];
  list.selected.clear();
  list.archived = runs;
  setText(list.selection.undo.firstChild, `Moved to the trash: ${runs.slice(0, 3).join(", ")}${runs.length > 3 ? ` and ${runs.length - 3} more` : ""}`);
  show(list.selection.undo, true);
  clearTimeout(list.undoing);
  list.undoing = setTimeout(() => show(list.selection.undo, false), UNDO_MS);
  list.emit({ kind: "archive", runs });
}

function takeBack(list) {
  show(list.selection.undo, false);
  list.emit({ kind: "restore_trashed", runs: list.archived });
}
