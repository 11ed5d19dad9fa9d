// The flags: word, shape, evidence in numbers and as a small picture; seen, and as it was when it was first raised.

function buildFlags(emit, role, pick) {
  const ui = { emit, role, pick };
  ui.list = h("div", { class: "vs-flag-list" });
  ui.none = h("p", { class: "vs-muted" });
  ui.unchecked = h("details", { class: "vs-unchecked" }, h("summary", {}), h("ul", {}));
  ui.node = h("section", { class: "vs-card vs-flags", "data-testid": "flags" }, h("h2", {}, "Flags"), ui.unchecked, ui.list, ui.none);
  return ui;
}

// The gravest first; of one severity a new one stands below those that were there, so that those stay where they are.
function flagOrder(flags, known) {
  const place = (flag) => (known.includes(flag.rule) ? known.indexOf(flag.rule) : known.length);
  return [...flags].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || place(a) - place(b));
}

function paintFlags(ui, frame, cols) {
  const flags = flagOrder(frame.flags, ui.order ?? []);
  ui.order = flags.map((flag) => flag.rule);
  keyed(ui.list, flags, (flag) => flag.rule, () => createFlag(ui), (node, flag) => updateFlag(node, flag, frame, cols));
  show(ui.none, frame.flags.length === 0);
  // A word that stands for the evaluation before has no flag of now, and something to report.
  const nothing = ["STOP", "LOOK"].includes(frame.verdict.word) ? "No flag is open" : "Nothing to report";
  setText(ui.none, cols.epoch?.length ? `${nothing} at ${frame.progress.text.split(" ·")[0]}.` : `${nothing}${frame.status.live ? " so far" : ""}.`);
  const missing = frame.verdict.not_checked;
  setText(ui.unchecked.firstChild, frame.verdict.coverage + (missing.length ? `; ${missing.length} could not` : ""));
  keyed(ui.unchecked.lastChild, missing, (text) => text, () => h("li"), (node, text) => setText(node, text));
  ui.node.dataset.seq = frame.seq;
}

function createFlag(ui) {
  const then = h("button", { type: "button", class: "vs-link" });
  const seen = ui.role === "control" ? h("button", { type: "button", class: "vs-link" }, "Seen") : null;
  const node = h(
    "details",
    { class: "vs-flag" },
    h(
      "summary",
      {},
      h("span", { class: "vs-glyph" }),
      h("div", { class: "vs-flag-head" }, h("div", { class: "vs-flag-title" }), h("div", { class: "vs-flag-since vs-muted", title: explained("since, critical since") }), h("div", { class: "vs-flag-line" }), evidence()),
    ),
    h("table", { class: "vs-numbers" }),
    h("p", { class: "vs-muted vs-own-limits" }),
    h("p", { class: "vs-remedy" }),
    h("p", { class: "vs-muted vs-cannot" }),
    h("div", { class: "vs-row vs-flag-acts" }, then, seen),
  );
  then.addEventListener("click", () => ui.pick(node.fired));
  seen?.addEventListener("click", () => ui.emit({ kind: "ack", alert: node.alert }));
  Object.assign(node, { then, seen });
  return node;
}

function updateFlag(node, flag, frame, cols) {
  const [summary, table, own, remedy, cannot] = node.children;
  node.dataset.rule = flag.rule;
  node.dataset.severity = flag.severity;
  Object.assign(node, { fired: flag.fired ?? flag.since, alert: flag.alert });
  const [glyph, head] = summary.children;
  const [title, since, lineNode, picture] = head.children;
  setText(glyph, SEVERITY_GLYPHS[flag.severity]);
  glyph.className = `vs-glyph vs-ink-${flag.severity}`;
  setText(title, flag.title);
  const when = flag.critical_since === null ? flag.began : `epoch ${flag.critical_since}`;
  setText(since, `${flag.severity}${when ? ` since ${when}` : ""}${flag.acknowledged ? " · seen" : ""}`);
  setText(lineNode, flag.line);
  paintEvidence(picture, flag, frame, cols);
  const rows = [
    ...Object.entries(flag.now).map(([key, value]) => [key, value, "now"]),
    ...Object.entries(flag.limits).map(([key, value]) => [key, value, "limit"]),
  ];
  keyed(
    table,
    rows,
    ([key, , kind]) => kind + key,
    () => h("tr", {}, h("th", { scope: "row" }), h("td", {}), h("td", { class: "vs-muted" })),
    (row, [key, value, kind]) => [key.replaceAll("_", " "), value, kind].forEach((text, i) => setText(row.children[i], text)),
  );
  setText(own, flag.own_limits);
  show(own, Boolean(flag.own_limits));
  setText(remedy, flag.remedy && `What to do: ${flag.remedy}`);
  setText(cannot, flag.cannot_tell && `It cannot tell: ${flag.cannot_tell}`);
  const before = node.fired !== null && node.fired !== undefined && frame.at === null;
  show(node.then, before);
  setText(node.then, `As it was at epoch ${node.fired}`);
  if (node.seen) {
    show(node.seen, frame.at === null && flag.recorded);
    node.seen.disabled = flag.acknowledged;
    setText(node.seen, flag.acknowledged ? "Seen: no more messages unless it gets worse" : "Mark as seen");
  }
}

function evidence() {
  const picture = svg("svg", { class: "vs-evidence", viewBox: "0 0 240 48", preserveAspectRatio: "none", "aria-hidden": "true" });
  picture.append(
    svg("line", { class: "vs-evidence-yard", x1: 0, x2: 240, "vector-effect": "non-scaling-stroke" }),
    svg("polyline", { points: "", fill: "none", "vector-effect": "non-scaling-stroke" }),
    svg("line", { class: "vs-evidence-since", y1: 0, y2: 48, "vector-effect": "non-scaling-stroke" }),
  );
  return picture;
}

// The column that the rule watched, with its yardstick, and an upright line where the flag began.
function paintEvidence(picture, flag, frame, cols) {
  const known = (cols.epoch ?? []).map((epoch, i) => [epoch, num(cols[flag.picture.column]?.[i])]).filter(([, value]) => value !== null && Number.isFinite(value));
  picture.style.display = known.length > 1 ? "" : "none";
  if (known.length < 2) return;
  const yard = yardstickOf(flag, frame, known);
  const late = known.length > 8 ? known.slice(3) : known;
  const values = [...late.map(([, value]) => value), ...(yard === null ? [] : [yard])];
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const y = (value) => Math.min(52, Math.max(-4, 44 - (40 * (value - low)) / span)).toFixed(1);
  const x = (epoch) => ((240 * (epoch - known[0][0])) / (known.at(-1)[0] - known[0][0] || 1)).toFixed(1);
  const [yardLine, curveLine, sinceLine] = picture.children;
  curveLine.setAttribute("points", known.map(([epoch, value]) => `${x(epoch)},${y(value)}`).join(" "));
  yardLine.style.display = yard === null ? "none" : "";
  if (yard !== null) ["y1", "y2"].forEach((end) => yardLine.setAttribute(end, y(yard)));
  const since = flag.critical_since ?? flag.since;
  sinceLine.style.display = since === null || since === undefined ? "none" : "";
  if (since !== null && since !== undefined) ["x1", "x2"].forEach((end) => sinceLine.setAttribute(end, x(Math.max(since, known[0][0]))));
}

function yardstickOf(flag, frame, known) {
  const values = known.map(([, value]) => value);
  return {
    limit: frame.marks.gap_limit,
    best: frame.metric?.direction === "score" && flag.picture.column === "metric" ? Math.max(...values) : Math.min(...values),
    chance: num(frame.metric?.chance ?? null),
    target: num(frame.metric?.target ?? null),
    one: 1,
  }[flag.picture.yardstick] ?? null;
}

// The gap above its limit is an alarm of its own, beside whatever the verdict says, until somebody has seen it. It stands
// in the header: in sight in every view, and nothing moves when it comes.
function buildAlarm(emit, role) {
  const ui = { text: h("strong", {}) };
  ui.seen = role === "control" ? h("button", { type: "button", class: "vs-button vs-quiet", "data-testid": "alarm-seen" }, "Seen") : null;
  ui.seen?.addEventListener("click", () => emit({ kind: "ack", alert: ui.alert }));
  ui.node = h("div", { class: "vs-alarm", role: "alert", "data-testid": "gap-alarm" }, h("span", { "aria-hidden": "true" }, SEVERITY_GLYPHS.critical), ui.text, ui.seen);
  show(ui.node, false);
  return ui;
}

function paintAlarm(ui, frame) {
  // Nobody can mark as seen what no supervisor has recorded: of such a run that has ended it is no alarm any more.
  const rings = ({ rule, acknowledged, recorded }) => rule === "gap" && !acknowledged && (recorded || frame.status.live);
  const flag = frame.at === null ? frame.flags.find(rings) : null;
  show(ui.node, Boolean(flag));
  if (!flag) return;
  ui.alert = flag.alert;
  setText(ui.text, `Gap alarm since ${flag.began}: now ${flag.now.gap}, limit ${flag.limits.gap}.`);
  if (ui.seen) show(ui.seen, flag.recorded);
}
