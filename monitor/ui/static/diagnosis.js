// Why, and what to do: causes with what speaks for and against them, options with their diff, and what is left alone.

function buildDiagnosis(emit, role, data) {
  const ui = { emit, role };
  ui.verdict = h("p", { class: "vs-reason" });
  ui.why = h("p", { class: "vs-muted", "data-testid": "why" });
  ui.causes = h("div", { class: "vs-causes" });
  ui.noCause = h("p", { class: "vs-muted" }, "No cause to look for: no check found anything.");
  ui.suppressed = h("p", { class: "vs-muted" });
  ui.list = h("div", { class: "vs-options" });
  ui.noOption = h("p", { class: "vs-muted" }, "Nothing to try: nothing calls for a change.");
  ui.considered = h("div", { class: "vs-considered" });
  ui.leftAlone = h("details", { "data-testid": "considered" }, h("summary", {}, "Considered, and not suggested"), ui.considered);
  ui.healthy = h("tbody", {});
  ui.limits = h("tbody", {});
  ui.limitsHead = h("summary", {});
  ui.check = h("button", { type: "button", class: "vs-button", "data-testid": "btn-check" }, "Check the checkpoint");
  ui.check.addEventListener("click", () => {
    ui.checkedAt = Date.now();
    ui.emit({ kind: "check" });
    paintCheck(ui, ui.frame);
  });
  ui.checking = h("span", { class: "vs-muted", role: "status" });
  ui.probe = h("div", { class: "vs-row" }, role === "control" ? ui.check : null, ui.checking);
  const report = (format, label) => h("a", { class: "vs-button", download: "", href: `${data.report}/${encodeURIComponent(data.run)}.${format}`, "data-testid": `report-${format}` }, label);
  ui.node = h(
    "div",
    { class: "vs-stack" },
    h(
      "section",
      { class: "vs-card", "data-testid": "causes" },
      h("div", { class: "vs-card-head" }, h("h2", {}, "Verdict and causes, most likely first"), h("div", { class: "vs-row" }, report("html", "Report"), report("md", "as Markdown"))),
      ui.verdict,
      ui.why,
      ui.causes,
      ui.noCause,
      ui.probe,
    ),
    h("section", { class: "vs-card", id: "vs-try", "data-testid": "try" }, h("h2", {}, "What to try, one bundle per restart"), ui.suppressed, ui.list, ui.noOption, ui.leftAlone),
    h(
      "section",
      { class: "vs-card", "data-testid": "healthy" },
      h("h2", {}, "Healthy beside this run"),
      table(["measure", "healthy", "this run", "status"], ui.healthy),
    ),
    h("section", { class: "vs-card" }, h("details", { "data-testid": "limits" }, ui.limitsHead, table(["limit", "in force", "default", "from"], ui.limits))),
  );
  return ui;
}

function table(names, body) {
  return h("div", { class: "vs-scroll" }, h("table", { class: "vs-table" }, h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, name)))), body));
}

function paintDiagnosis(ui, frame) {
  ui.frame = frame;
  paintCheck(ui, frame);
  setText(ui.verdict, `${frame.verdict.word}. ${frame.verdict.reason}`);
  setText(ui.why, frame.verdict.why);
  keyed(
    ui.causes,
    frame.causes,
    (cause) => cause.title,
    () => h("div", { class: "vs-cause" }, h("h3", {}), h("ul", {})),
    (node, cause) => {
      setText(node.firstChild, cause.title);
      const points = [...cause.evidence.map((text) => `✓ ${text}`), ...cause.against.map((text) => `✗ ${text}`)];
      keyed(node.lastChild, points, (text) => text.slice(0, 40), () => h("li"), (item, text) => setText(item, text));
    },
  );
  show(ui.noCause, frame.causes.length === 0);
  setText(ui.suppressed, frame.verdict.suppressed.join(" "));
  show(ui.suppressed, frame.verdict.suppressed.length > 0);
  keyed(ui.list, frame.prescriptions, (option) => option.id, () => createOption(ui), (node, option) => updateOption(node, option, frame));
  show(ui.noOption, frame.prescriptions.length === 0);
  show(ui.leftAlone, frame.considered.length > 0);
  keyed(
    ui.considered,
    frame.considered,
    (option) => option.id,
    () => h("div", { class: "vs-cause" }, h("h3", {}), h("p", { class: "vs-diff" }), h("p", {})),
    (node, option) => {
      setText(node.children[0], option.title);
      setText(node.children[1], diffText(option));
      setText(node.children[2], option.why_not);
    },
  );
  const cells = (row, values) => values.forEach((text, i) => setText(row.children[i], text));
  const newRow = (count) => () => h("tr", {}, h("th", { scope: "row" }), Array.from({ length: count - 1 }, () => h("td", {})));
  keyed(ui.healthy, frame.healthy, (row) => row[0], newRow(4), (node, row) => {
    cells(node, row);
    node.firstChild.title = explained(row[0]) ?? "";
    node.dataset.status = row[3];
  });
  keyed(ui.limits, frame.limits, (limit) => limit.name, newRow(4), (node, limit) => {
    cells(node, [limit.name, limit.value, limit.default, limit.source]);
    node.dataset.status = limit.source === "default" ? "" : "own";
  });
  const of = (source) => frame.limits.filter((limit) => limit.source === source).length;
  const own = of("vitalsigns.toml");
  const yours = of("your rules") ? `; ${of("your rules")} of your own rules, as their file says now` : "";
  setText(ui.limitsHead, `Limits in force since this run's start: ${own ? `${own} of the project's own (vitalsigns.toml), the rest default` : "all default; a vitalsigns.toml can change them"}${yours}`);
}

// The measurement takes half a minute; what it finds comes in as evidence for and against the causes.
const CHECK_PATIENCE_MS = 180_000;

function paintCheck(ui, frame) {
  const fresh = frame.probes.some((at) => 1000 * at > (ui.checkedAt ?? Infinity) - 2000);
  const waiting = ui.checkedAt && !fresh && Date.now() - ui.checkedAt < CHECK_PATIENCE_MS;
  ui.check.disabled = Boolean(waiting);
  show(ui.probe, frame.actions.check && frame.at === null);
  const known = frame.probes.length ? `${frame.probes.length} measurements of a checkpoint stand among the evidence.` : "Measures the best checkpoint on the CPU, about half a minute: decoder or model, time resolution, gradients, five clips by heart.";
  setText(ui.checking, waiting ? "Checking; the findings will appear above." : known);
}

function diffText(option) {
  const changes = option.changes.map((change) => `${change.key} ${change.before} → ${change.after}`);
  return [option.code_edit ? "code edit" : "", ...changes].filter(Boolean).join(" · ") || "no option changes";
}

function createOption(ui) {
  const node = h(
    "article",
    { class: "vs-option" },
    h("h3", {}),
    h("p", { class: "vs-diff" }),
    h("dl", {}, h("dt", {}, "Expected"), h("dd", {}), h("dt", {}, "Costs"), h("dd", {}), h("dt", {}, "Disproved if"), h("dd", {}), h("dt", {}, "Tried before"), h("dd", {})),
    h("p", { class: "vs-muted" }),
    h("div", { class: "vs-row" }),
  );
  const button = h("button", { type: "button", class: "vs-button" }, "Restart with this…");
  button.addEventListener("click", () => ui.emit({ kind: "restart", option: node.dataset.option }));
  node.restart = ui.role === "control" ? button : null;
  node.querySelector(".vs-row").append(node.restart ?? "", copyButton(() => node.command ?? ""));
  return node;
}

function updateOption(node, option, frame) {
  const [title, diff, list, note, row] = node.children;
  node.command = option.command ?? option.flags;
  node.dataset.option = option.id;
  setText(title, `${option.letter}  ${option.title}`);
  setText(diff, diffText(option));
  const values = list.querySelectorAll("dd");
  [option.expected, option.cost, option.disproved_by, option.tried].forEach((text, i) => setText(values[i], text));
  setText(note, [option.code_edit, option.note].filter(Boolean).join(" "));
  const restartable = option.restartable && frame.actions.restart && frame.at === null;
  show(row, restartable || Boolean(node.command));
  if (node.restart) show(node.restart, restartable);
}
