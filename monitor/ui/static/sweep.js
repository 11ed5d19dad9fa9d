// A sweep as one row of the list, and opened a picture: a line a trial over one axis a setting, its best score on the last.

const MOST_AXES = 10;
const MOST_WORDS = 12;
const WIDE_FROM = 640;
const LOG_FROM = 100;
const NOT_SET = -0.14;
const SEVERITY_TONE = { critical: "critical", warning: "warning" };

const sweepKey = (name, group) => `sweep ${group ? `${group}:` : ""}${name}`;

// A trial's best score in the metric of its sweep; null where it has none.
function scoreIn(sweep, row) {
  const value = row.numbers?.[sweep.best_of];
  return finite(value) && (row.unit ?? "fraction") === sweep.unit ? num(value) : null;
}

function byScore(sweep) {
  const sign = sweep.falls ? 1 : -1;
  return (a, b) => {
    const [left, right] = [scoreIn(sweep, a), scoreIn(sweep, b)];
    if (left === null || right === null) return left === right ? (a.run < b.run ? -1 : 1) : left === null ? 1 : -1;
    return sign * (left - right) || (a.run < b.run ? -1 : 1);
  };
}

// One row a sweep where its first trial stands; under the open one its best trials with their families.
// rows: as `families` gives them. most: so many trials are shown.
function foldSweeps(rows, sweeps, open, most) {
  const known = new Map(sweeps.map((sweep) => [sweepKey(sweep.name, sweep.group), { sweep, blocks: [] }]));
  const out = [];
  let block = out;
  for (const row of rows) {
    const found = row.sweep ? known.get(sweepKey(row.sweep, row.group)) : undefined;
    if (row.depth === 0) {
      if (found?.blocks.length === 0) out.push(found);
      if (found) found.blocks.push((block = []));
      else block = out;
    }
    block.push(block === out ? row : { ...row, depth: row.depth + 1, diff: bestWords(found?.sweep, row) || row.diff });
  }
  return out.flatMap((item) => {
    if (!item.blocks) return [item];
    const run = sweepKey(item.sweep.name, item.sweep.group);
    if (open !== run) return [{ run, sweep: item.sweep, group: item.sweep.group, isOpen: false }];
    const order = byScore(item.sweep);
    const trials = item.blocks.sort(([a], [b]) => order(a, b));
    return [{ run, sweep: item.sweep, group: item.sweep.group, isOpen: true, hidden: Math.max(0, trials.length - most) }, ...trials.slice(0, most).flat()];
  });
}

// What a trial is placed by, beside the newest value in its row.
function bestWords(sweep, row) {
  const score = sweep ? scoreIn(sweep, row) : null;
  return score === null ? "" : `best ${scoreWords(score, sweep.unit)}`;
}

// Where values lie from 0 to 1, and which are written. Numbers over two decades or more have a log axis; texts stand apart.
function axisFor(values) {
  const set = values.filter((value) => value !== undefined && value !== null);
  if (!set.every((value) => typeof value === "number")) return wordAxis(set);
  const [low, high] = [Math.min(...set), Math.max(...set)];
  const isLog = low > 0 && high / low >= LOG_FROM;
  const bend = isLog ? Math.log10 : (value) => value;
  const span = bend(high) - bend(low);
  const place = (value) => (span > 0 ? (bend(value) - bend(low)) / span : 0.5);
  const distinct = [...new Set(set)].sort((a, b) => a - b);
  const few = distinct.length <= 5 && distinct.every((value, i) => i === 0 || place(value) - place(distinct[i - 1]) > 0.1);
  const inner = isLog ? decades(low, high) : roundValues(low, high);
  const ticks = few ? distinct : [low, ...inner.filter((value) => place(value) > 0.1 && place(value) < 0.9), high];
  return { kind: isLog ? "log" : "linear", place, ticks, of: set.length };
}

function wordAxis(set) {
  const words = [...new Set(set.map(String))].sort((a, b) => (finite(Number(a)) && finite(Number(b)) ? a - b : a < b ? -1 : 1));
  const place = (value) => (words.length > 1 ? words.indexOf(String(value)) / (words.length - 1) : 0.5);
  return { kind: "words", place, ticks: words, of: set.length };
}

function decades(low, high) {
  const [from, to] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
  const step = Math.ceil((to - from + 1) / 6);
  return Array.from({ length: Math.max(0, Math.floor((to - from) / step) + 1) }, (_, i) => 10 ** (from + i * step));
}

// Three to seven round values of a range.
function roundValues(low, high) {
  const size = 10 ** Math.floor(Math.log10((high - low) / 2 || 1));
  const step = [1, 2, 5].map((times) => times * size).find((each) => (high - low) / each <= 7) ?? 10 * size;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

// What is drawn of a sweep: axes, the last one the score with its best end at 1, and the trials, the worst first.
function sweepPicture(sweep, rows) {
  const trials = rows.filter((row) => scoreIn(sweep, row) !== null).sort(byScore(sweep)).reverse();
  const settings = sweep.differ.map((name) => ({ name, ...axisFor(trials.map((row) => row.settings?.[name])) }));
  const differ = settings.filter((axis) => axis.ticks.length > 1 || (axis.of > 0 && axis.of < trials.length));
  // Of too many settings a seed is the first to go.
  const fit = differ.filter((axis) => axis.kind !== "words" || axis.ticks.length <= MOST_WORDS);
  const chosen = new Set([...fit].sort((a, b) => /seed$/i.test(a.name) - /seed$/i.test(b.name)).slice(0, MOST_AXES));
  const drawn = fit.filter((axis) => chosen.has(axis));
  const score = axisFor(trials.map((row) => scoreIn(sweep, row)));
  const last = { ...score, name: `best ${sweep.metric}`, isScore: true, place: sweep.falls ? (value) => 1 - score.place(value) : score.place };
  const axes = trials.length ? [...drawn, last] : [];
  const lines = trials.map((row, i) => ({ run: row.run, row, share: trials.length > 1 ? i / (trials.length - 1) : 1, places: axes.map((axis) => placeOn(axis, sweep, row)) }));
  return { axes, lines, left: differ.filter((axis) => !drawn.includes(axis)).map((axis) => axis.name), without: rows.length - trials.length };
}

function placeOn(axis, sweep, row) {
  const value = axis.isScore ? scoreIn(sweep, row) : row.settings?.[axis.name];
  return value === undefined || value === null ? NOT_SET : axis.place(value);
}

function pictureWords(sweep, picture) {
  const drawn = picture.lines.length;
  return [
    drawn ? `${countWords(drawn, "trial")}; each is placed by its best ${sweep.metric}, ${sweep.falls ? "less" : "more"} is better.` : "No trial has a score yet.",
    drawn && picture.without ? `${countWords(picture.without, "trial")} not drawn: without ${sweep.metric}.` : "",
    picture.left.length ? `No axis for ${picture.left.slice(0, 5).join(", ")}${picture.left.length > 5 ? ` and ${picture.left.length - 5} more` : ""}: ${MOST_AXES} settings at most, and texts of at most ${MOST_WORDS} kinds.` : "",
  ].filter(Boolean).join(" ");
}

function settingWords(value) {
  return typeof value === "number" && !Number.isInteger(value) ? numberWords(value) : String(value);
}

function trialWords(sweep, picture, row) {
  const own = picture.axes.filter((axis) => !axis.isScore && row.settings?.[axis.name] !== undefined);
  return [`${sweep.metric} ${scoreWords(scoreIn(sweep, row), sweep.unit)}`, ...own.map((axis) => `${axis.name} ${settingWords(row.settings[axis.name])}`)].join(" · ");
}

// The panel under a sweep's row. onOpen(run): a trial was chosen.
function buildSweepPanel(onOpen, onMore) {
  const ui = { onOpen };
  ui.note = h("p", { class: "vs-muted vs-small" });
  ui.picture = svg("svg", { class: "vs-sweep-lines", role: "img" });
  ui.names = h("div", { class: "vs-sweep-names" });
  ui.holder = h("div", { class: "vs-sweep-picture", "data-testid": "sweep-picture" }, ui.picture, ui.names);
  ui.open = h("button", { type: "button", class: "vs-link", onclick: () => ui.onOpen(ui.open.dataset.run) });
  ui.said = h("p", { class: "vs-sweep-said vs-tabular", "data-testid": "sweep-trial" }, h("span", {}), ui.open, h("span", { class: "vs-muted" }));
  ui.more = h("button", { type: "button", class: "vs-button vs-quiet", onclick: onMore });
  ui.foot = h("p", { class: "vs-row vs-muted vs-small" }, h("span", {}), ui.more);
  ui.node = h("div", { class: "vs-sweep-panel" }, ui.note, ui.holder, ui.said, ui.foot);
  ui.holder.addEventListener("pointermove", (event) => showTrial(ui, nearestLine(ui, event)));
  ui.holder.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && showTrial(ui, ui.drawn?.lines.at(-1)));
  // A finger shows a trial, and its name below opens it.
  ui.holder.addEventListener("click", (event) => {
    const line = nearestLine(ui, event);
    showTrial(ui, line);
    if (line && event.pointerType !== "touch") ui.onOpen(line.run);
  });
  ui.watch = new ResizeObserver(() => drawSweep(ui));
  ui.watch.observe(ui.holder);
  return ui;
}

function paintSweepPanel(ui, item, rows) {
  const { sweep } = item;
  const picture = sweepPicture(sweep, rows);
  const signature = JSON.stringify([sweep.metric, sweep.falls, picture.axes, picture.lines.map(({ run, places }) => [run, places])]);
  Object.assign(ui, { sweep });
  setText(ui.note, pictureWords(sweep, picture));
  show(ui.holder, picture.lines.length > 0);
  show(ui.said, picture.lines.length > 0);
  show(ui.foot, item.hidden > 0);
  setText(ui.foot.firstChild, `Below are the best ${(sweep.trials - item.hidden).toLocaleString("en")} of ${countWords(sweep.trials, "trial")}.`);
  setText(ui.more, "Show more trials");
  if (ui.signature === signature) return;
  Object.assign(ui, { signature, drawn: picture, width: 0 });
  drawSweep(ui);
}

// Axes side by side; in a narrow window one below the other.
function drawSweep(ui) {
  const width = ui.holder.clientWidth;
  const { drawn } = ui;
  if (!width || !drawn?.lines.length || ui.width === width) return;
  ui.width = width;
  const isWide = width >= WIDE_FROM;
  const gaps = Math.max(1, drawn.axes.length - 1);
  const hasGaps = drawn.lines.some(({ places }) => places.includes(NOT_SET));
  const height = isWide ? 320 : 56 + 66 * gaps;
  const [x0, x1, y0, y1] = isWide ? [84, width - 96, 62, height - (hasGaps ? 44 : 20)] : [62, width - 28, 28, height - 28];
  const step = (isWide ? x1 - x0 : y1 - y0) / gaps;
  ui.at = isWide ? (i, share) => [x0 + i * step, y1 - share * (y1 - y0)] : (i, share) => [x0 + share * (x1 - x0), y0 + i * step];
  Object.assign(ui, { isWide, step, from: isWide ? x0 : y0 });
  for (const [name, value] of [["width", width], ["height", height], ["viewBox", `0 0 ${width} ${height}`], ["aria-label", `${ui.sweep.name}: ${pictureWords(ui.sweep, drawn)} The trials stand below, the best first.`]]) ui.picture.setAttribute(name, value);
  // Of many lines the best few are to be seen.
  const many = drawn.lines.length > 100;
  const lines = drawn.lines.map((line) => {
    const path = svg("path", { d: pathOf(ui, line), class: "vs-sweep-line" });
    const weight = line.share ** (many ? 6 : 2);
    path.style.stroke = `color-mix(in oklab, var(--vs-accent) ${Math.round(100 * weight)}%, var(--vs-edge))`;
    path.style.opacity = ((many ? 0.15 : 0.35) + 0.55 * weight).toFixed(2);
    return path;
  });
  ui.shown = svg("path", { class: "vs-sweep-shown" });
  ui.picture.replaceChildren(...lines, ui.shown, ...drawn.axes.flatMap((axis, i) => drawAxis(ui, axis, i)));
  ui.names.replaceChildren(...drawn.axes.map((axis, i) => axisName(ui, axis, i, width)));
  showTrial(ui, drawn.lines.find((line) => line.run === ui.open.dataset.run && !ui.isBest) ?? drawn.lines.at(-1));
}

function pathOf(ui, line) {
  return line.places.map((share, i) => `${i ? "L" : "M"}${ui.at(i, share).map((place) => place.toFixed(1)).join(" ")}`).join("");
}

function drawAxis(ui, axis, i) {
  const [[ax, ay], [bx, by]] = [ui.at(i, 0), ui.at(i, 1)];
  const missing = ui.drawn.lines.some(({ places }) => places[i] === NOT_SET);
  const text = (value) => (axis.isScore ? scoreWords(value, ui.sweep.unit) : settingWords(value));
  const ticks = [...axis.ticks.map((value) => [axis.place(value), text(value)]), ...(missing ? [[NOT_SET, "not set"]] : [])];
  const isLast = ui.isWide && axis.isScore;
  // A text ends at its axis; the score's stand on its free side; below an axis that lies, in its middle.
  const words = ticks.map(([share, said], place) => {
    const [x, y] = ui.at(i, share);
    const node = svg("text", ui.isWide ? { x: isLast ? x + 8 : x - 6, y: y + 4, "text-anchor": isLast ? "start" : "end" } : { x, y: y + 17, "text-anchor": "middle" });
    node.textContent = said.length > 12 ? `${said.slice(0, 11)}…` : said;
    node.append(Object.assign(svg("title"), { textContent: said }));
    return ui.isWide || place === 0 || place === ticks.length - 1 || ticks.length < 5 ? node : null;
  });
  return [svg("line", { class: "vs-sweep-axis", x1: ax, y1: ay, x2: bx, y2: by }), ...words.filter(Boolean)];
}

function axisName(ui, axis, i, width) {
  const last = axis.name.split(".").at(-1);
  const name = ui.drawn.axes.some((other) => other !== axis && other.name.split(".").at(-1) === last) ? axis.name : last;
  const said = axis.isScore ? `${axis.name} (${ui.isWide ? "best on top" : "best on the right"})` : axis.kind === "log" ? `${name} (log)` : name;
  // Broken where its words end.
  const node = h("span", { title: axis.name }, said.replaceAll(/[._-]/g, "$&\u200b"));
  const [x, y] = ui.at(i, 1);
  const room = ui.isWide ? Math.min(ui.step - 8, 180) : width - 16;
  const left = ui.isWide ? Math.min(x - room / 2, width - room) : 8;
  Object.assign(node.style, { left: `${Math.max(0, left)}px`, top: `${ui.isWide ? 2 : y - 24}px`, maxWidth: `${room}px`, width: ui.isWide ? `${room}px` : "", textAlign: ui.isWide ? "center" : "left" });
  if (axis.isScore) node.style.fontWeight = "600";
  return node;
}

// Of the lines the one that is nearest to the pointer along the axes' direction.
function nearestLine(ui, event) {
  if (!ui.drawn?.lines.length || !ui.at) return null;
  const box = ui.picture.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const along = ((ui.isWide ? x : y) - ui.from) / ui.step;
  const i = Math.max(0, Math.min(ui.drawn.axes.length - 2, Math.floor(along)));
  const share = Math.max(0, Math.min(1, along - i));
  const distance = ({ places }) => {
    const other = places[i + 1] ?? places[i];
    const place = ui.at(i, places[i] + share * (other - places[i]));
    return Math.abs(ui.isWide ? place[1] - y : place[0] - x);
  };
  // Of lines that lie on each other the best one.
  return ui.drawn.lines.reduce((near, line) => (distance(line) <= distance(near) + 0.01 ? line : near));
}

function showTrial(ui, line) {
  if (!line || !ui.shown) return;
  ui.isBest = line === ui.drawn.lines.at(-1);
  ui.shown.setAttribute("d", pathOf(ui, line));
  ui.open.dataset.run = line.run;
  setText(ui.said.firstChild, ui.isBest ? "Best: " : `Place ${(ui.drawn.lines.length - ui.drawn.lines.indexOf(line)).toLocaleString("en")}: `);
  setText(ui.open, line.run);
  setText(ui.said.lastChild, trialWords(ui.sweep, ui.drawn, line.row));
  ui.said.title = ui.said.textContent;
}

// The row of a sweep. on: { toggle(key), open(run), more() }.
function createSweep(item, on) {
  const fold = h("button", { type: "button", class: "vs-group-name vs-run-open" }, h("span", { "aria-hidden": "true" }), h("strong", {}));
  const best = h("button", { type: "button", class: "vs-link vs-sweep-best", onclick: () => on.open(best.dataset.run) });
  const inner = h(
    "div",
    { class: "vs-run" },
    h("span", { class: "vs-run-pick" }),
    h("span", { class: "vs-run-verdict" }, h("span", { class: "vs-glyph", "aria-hidden": "true" }), h("span", {})),
    h("span", { class: "vs-run-name" }, fold, h("span", { class: "vs-muted" }), h("span", { class: "vs-run-diff" }, h("span", {}), best, h("span", { class: "vs-muted" }))),
    h("span", { class: "vs-run-progress vs-tabular" }),
    h("span", { class: "vs-tabular vs-run-score" }),
    h("span", { class: "vs-run-gap" }),
    h("span", { class: "vs-extras" }),
    h("span", { class: "vs-run-worst" }),
    h("span", { class: "vs-muted vs-tabular vs-run-age" }),
  );
  inner.addEventListener("click", (event) => !event.target.closest("a, .vs-link") && on.toggle(node.dataset.key));
  const node = h("div", { class: "vs-sweep", "data-testid": "sweep" }, inner);
  Object.assign(node, { fold, best, on });
  return node;
}

function updateSweep(node, item, rows, nameOf) {
  const { sweep } = item;
  const [, verdict, name, progress, score, , , worst, age] = node.firstChild.children;
  node.firstChild.dataset.tone = VERDICT_TONES[sweep.verdict] ?? "unknown";
  setText(verdict.children[0], verdictGlyph(sweep.verdict));
  setText(verdict.children[1], sweep.verdict);
  verdict.title = sweep.live ? "The gravest verdict of the trials at work" : "No trial is at work";
  setText(node.fold.children[0], item.isOpen ? "▾" : "▸");
  setText(node.fold.children[1], sweep.name);
  node.fold.setAttribute("aria-expanded", String(item.isOpen));
  setText(name.children[1], `sweep of ${countWords(sweep.trials, "trial")}`);
  const [head, , settings] = name.children[2].children;
  show(name.children[2], Boolean(sweep.best_run));
  setText(head, "best ");
  node.best.dataset.run = sweep.best_run;
  setText(node.best, nameOf({ run: sweep.best_run, group: sweep.group }));
  setText(settings, ` ${[sweep.best, sweep.best_settings].filter(Boolean).join(" · ")}`);
  setText(progress, sweep.counts);
  setText(score, sweep.spread ? `${sweep.metric === "val WER" ? "" : `${sweep.metric} `}${sweep.spread}` : "");
  score.title = sweep.spread ? `${capital(sweep.metric)}, the best of each trial: ${sweep.spread}, median ${sweep.median}, ${countWords(sweep.scored, "trial")}` : "";
  setText(worst, sweep.flagged);
  worst.className = `vs-run-worst ${SEVERITY_TONE[sweep.severity] ? `vs-ink-${sweep.severity}` : ""}`;
  setText(age, sweep.age ? `${sweep.age} ago` : "");
  paintOpenSweep(node, item, rows);
}

function paintOpenSweep(node, item, rows) {
  if (!item.isOpen) {
    node.panel?.watch.disconnect();
    node.panel?.node.remove();
    node.panel = null;
    return;
  }
  if (!node.panel) node.append((node.panel = buildSweepPanel(node.on.open, node.on.more)).node);
  paintSweepPanel(node.panel, item, rows.filter((row) => sweepKey(row.sweep, row.group) === item.run));
}
