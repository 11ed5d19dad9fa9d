// What a chart of the Metrics tab shows: every curve of one name, of train, val and test.

// What a curve is called in its chart: its split, and its name where another has the same.
function curveName(curve, curves) {
  const alike = curves.filter(({ split }) => split === curve.split);
  const own = new Set(alike.map(({ name }) => name)).size > 1 ? plainName(curve.name) : "";
  const behind = alike.some((other) => other.name === curve.name && other.by_steps !== curve.by_steps) && curve.by_steps ? ", each step" : "";
  return `${[curve.split, own].filter(Boolean).join(" ") || (new Set(curves.map(({ name }) => name)).size > 1 ? plainName(curve.name) : "")}${behind}`;
}

// Plotly reads a few tags in the text under the pointer: what a script calls its numbers is never markup.
function plainName(name) {
  const bare = name.replaceAll("<", "‹").replaceAll(">", "›").replaceAll("&", "＆");
  return bare.length > 40 ? `${bare.slice(0, 24)}…${bare.slice(-12)}` : bare;
}

// Two hues: train and val. What is of neither is drawn in the colour of the text, test dotted.
function curveStroke(curve, place, ink) {
  const color = { train: ink.train, val: ink.val }[curve.split] ?? ink.text;
  return { color, dash: curve.split === "test" ? "dot" : ["solid", "dash", "dashdot", "dot"][place % 4] };
}

function curveTraces(curve, name, { color, dash }, smooth, faint) {
  const { x, y, low, high } = curve;
  const shown = smooth && !faint ? smoothed(y, smooth) : y;
  const bands = low ? bandTraces({ x, low, high, mid: y }, name, color, faint).slice(0, smooth && !faint ? 2 : 3) : [];
  if (bands.length === 3) return bands;
  const raw = { mode: "lines", line: { color, width: 1 }, opacity: faint ? 0.4 : 0.35, hoverinfo: "skip", hovertemplate: undefined };
  if (faint) return [line(x, y, name, color, raw)];
  const label = { hovertemplate: curve.percent ? "%{y:.4~g} %" : "%{y:.4~g}", line: { color, width: 2, dash } };
  if (!smooth) return [line(x, y, name, color, label)];
  return [...(low ? bands : [line(x, y, `${name}, raw`, color, raw)]), line(x, shown, `${name}, smoothed`, color, { ...label, mode: "lines" })];
}

// ctx: {curves, unplaced, ends, axis, range, scale, smooth, ink}.
function curvesFigure(ctx, height) {
  const { curves, ink, axis, range, scale, smooth } = ctx;
  const seen = curves.map((curve) => withinRange(curve, range));
  const scaled = metricScale(seen, scale);
  // 5M rather than 5e+6.
  scaled.large = Math.max(...scaled.range.map((end) => Math.abs(scaled.log ? 10 ** end : end))) >= 1e5;
  const placesOf = new Map();
  const data = [];
  const labels = [];
  curves.forEach((curve, i) => {
    const faint = curve.by_steps && curves.some((other) => !other.by_steps && other.name === curve.name && other.x.length > 0);
    const place = faint ? 0 : placesOf.get(curve.split) ?? 0;
    if (!faint) placesOf.set(curve.split, place + 1);
    const stroke = curveStroke(curve, place, ink);
    const name = curveName(curve, curves);
    data.push(...curveTraces(curve, name, stroke, smooth, faint));
    const end = lastFinite(curve.x, curve.y);
    if (!faint && end && (!range || end[0] >= range[0])) labels.push({ key: `end-${i}`, at: [end[0], scaled.log ? Math.max(end[1], Number.MIN_VALUE) : end[1]], text: endText(curve, curves), color: stroke.color });
  });
  const why = emptyReason(ctx, seen);
  if (why) labels.push(sayInside(ink, why));
  const layout = baseLayout(ink, {
    height, margin: METRIC_MARGIN,
    xaxis: { range: xRange({ range, axis: { ...axis, ends: ctx.ends ?? [0, 1] } }), title: axisTitle(axis.title, ink), nticks: 6 },
    yaxis: { range: scaled.range, type: scaled.log ? "log" : "linear", fixedrange: true, nticks: 6, tickformat: scaled.large ? "~s" : "~g", ticksuffix: curves.length && curves.every(({ percent }) => percent) ? " %" : "", showticklabels: !why, ...(scaled.log ? logTicks(scaled.range) : {}) },
  });
  return { data, layout, labels, note: metricNotes(ctx, seen, scaled) };
}

// What stands at a curve's end: its name and its newest value.
function endText(curve, curves) {
  return `${endName(curve, curves)} ${numberWords(curve.last)}${curve.percent ? " %" : ""}`.trim();
}

// The newest values, written into a chart that is not drawn anew.
function renewEnds(chart, curves) {
  for (const node of chart.labels.children) {
    const place = /^end-(\d+)-end$/.exec(node.dataset.key)?.[1];
    if (place !== undefined && curves[place]) setText(node, endText(curves[place], curves));
  }
}

// At a curve's end there is room for a word: its split, and what tells it from another curve of that split.
function endName(curve, curves) {
  const words = ({ name }) => name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const alike = curves.filter(({ split, name }) => split === curve.split && name !== curve.name);
  const own = words(curve).filter((word) => alike.some((other) => !words(other).includes(word)));
  const name = curve.split && alike.length ? [curve.split, ...own].join(" ") : curveName(curve, curves);
  return name.length > 12 ? `${name.slice(0, 10)}…` : name;
}

// {y, low, high, all}: finite values within the range on x.
function withinRange(curve, range) {
  const keep = curve.x.map((x) => !range || (x >= range[0] && x <= range[1]));
  const part = (values) => (values ?? []).filter((value, i) => keep[i] && finite(value));
  return { y: part(curve.y), low: part(curve.low), high: part(curve.high) };
}

// Robust: every median, and of the least and the most all but a few spikes. On a log axis, powers of ten from the least positive value.
function metricScale(seen, scale) {
  const edges = seen.flatMap(({ low, high }) => (scale === "fit" ? [...withoutSpikes(low), ...withoutSpikes(high)] : [...low, ...high]));
  const all = [...seen.flatMap(({ y }) => y), ...edges];
  const positive = all.filter((value) => value > 0);
  if (scale === "log" && positive.length) {
    const [low, high] = extentOf(positive).map(Math.log10);
    const room = 0.06 * (high - low || 1);
    return { log: true, range: [low - room, high + room] };
  }
  if (!all.length) return { log: false, range: [0, 1] };
  const [low, high] = extentOf(all);
  const room = 0.08 * (high - low || Math.abs(high) || 1);
  return { log: false, range: [low - room, high + room] };
}

// Few ticks on a log axis of a small chart: Plotly would write 1 to 9 in each decade. range: powers of ten.
function logTicks([low, high]) {
  const span = high - low;
  const parts = span < 1.2 ? [1, 2, 3, 5] : span < 2.5 ? [1, 2, 5] : span < 4 ? [1, 3] : [1];
  const every = Math.ceil(span / 8);
  const vals = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++) {
    if (power % every === 0) vals.push(...parts.map((part) => part * 10 ** power));
  }
  const seen = vals.filter((value) => Math.log10(value) >= low && Math.log10(value) <= high);
  return seen.length < 2 ? {} : { tickmode: "array", tickvals: seen, ticktext: seen.map(numberWords) };
}

// The 3rd and the 97th percentile of the edge of a band.
function withoutSpikes(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  return sorted.length ? [at(0.03), at(0.97)] : [];
}

// Of many values: spread over the arguments of Math.min they would be too many.
function extentOf(values) {
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
}

function emptyReason(ctx, seen) {
  if (seen.some(({ y }) => y.length)) return "";
  if (ctx.curves.some(({ x }) => x.length)) return "No value in this part of the run";
  if (ctx.curves.some(({ unfinite }) => unfinite)) return "No finite value so far";
  return ctx.unplaced.length ? `Logged without ${ctx.axis.name === "time" ? "a time" : `its ${ctx.axis.name === "across" ? ctx.axis.title : ctx.axis.name}`}: choose another x axis` : "No value so far";
}

function metricNotes(ctx, seen, { log, range }) {
  const notes = [];
  const shown = log ? range.map((power) => 10 ** power) : range;
  const [low, high] = extentOf(seen.flatMap((part) => [...part.low, ...part.high]));
  const off = [low < shown[0] && !log ? `▼ ${numberWords(low)}` : "", high > shown[1] ? `▲ ${numberWords(high)}` : ""].filter(Boolean);
  if (off.length) notes.push(`${off.join(" and ")} off the scale`);
  if (ctx.scale === "log" && !log && seen.some(({ y }) => y.length)) notes.push("no positive value for a log axis");
  else if (log && seen.some(({ y }) => y.some((value) => value <= 0))) notes.push("values up to 0 not drawn");
  const unfinite = ctx.curves.reduce((sum, curve) => sum + curve.unfinite, 0);
  if (unfinite) notes.push(`${countWords(unfinite, "value")} not finite`);
  return notes.join(" · ");
}
