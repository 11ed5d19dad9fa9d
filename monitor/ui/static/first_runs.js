// What the list says while there is no run, or only one: how a run comes here, and what comes next.

function buildEmpty(list, control) {
  const demo = h("button", { type: "button", class: "vs-button", onclick: () => list.emit({ kind: "demo" }) }, "Start the demo");
  return h(
    "section",
    { class: "vs-card vs-empty", "data-testid": "empty" },
    h("h2", {}, "No runs here yet"),
    h("p", {}, `This page shows the runs in ${list.data.runs_dir}.`),
    h("p", {}, h("strong", {}, "Already training? "), h("code", {}, "python -m monitor attach path/to/train.log"), control ? [" ", list.followButton("vs-button")] : null),
    h("p", {}, h("strong", {}, "Starting one? "), h("code", {}, "python -m monitor start -- python train.py …"), control ? [" ", list.startButton("vs-button")] : null),
    h("p", {}, h("strong", {}, "Have a table of epochs, or notes with one? "), h("code", {}, "python -m monitor import history.csv")),
    h("p", {}, h("strong", {}, "Wrong folder? "), h("code", {}, "python -m monitor serve --runs DIR")),
    control ? h("p", {}, h("strong", {}, "Just looking? "), demo) : null,
  );
}

// With one run in the folder: what that run waits for, and how another one comes here.
function buildNext() {
  const ui = { first: h("p", {}) };
  const way = (label, command) => h("p", {}, h("strong", {}, label), h("code", {}, command));
  ui.node = h("section", { class: "vs-card vs-empty", "data-testid": "next" }, h("h2", {}, "What next"), ui.first, way("A second run, to compare with: ", "python -m monitor start -- python train.py …"), way("One that is training already: ", "python -m monitor attach path/to/train.log"));
  show(ui.node, false);
  return ui;
}

function paintNext(ui, rows) {
  const [row, ...others] = rows;
  show(ui.node, Boolean(row) && !others.length);
  if (row) setText(ui.first, nextWords(row));
}

function nextWords(row) {
  if (row.state === "unreadable") return `${row.run} cannot be read: ${row.evidence}`;
  if (row.live && !row.verdict) return `Open ${row.run}: the loss of each step is drawn there at once; the first verdict comes with the third evaluation or so.`;
  if (row.live) return `Open ${row.run}: it is judged again at each evaluation, with the reason and what to do.`;
  if (["STOP", "LOOK", "FAILED", "LOST"].includes(row.verdict)) return `Open ${row.run}: Diagnosis says why, and what a restart would change. The child then stands here under it, compared.`;
  return `Open ${row.run} to see how it went; a restart with other settings stands under it, compared.`;
}
