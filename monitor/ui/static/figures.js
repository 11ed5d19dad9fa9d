// What each chart shows. ctx: {cols, frame, ink, axis, range, log, smooth}. Two hues only: train and val.

function lossFigure(ctx, height) {
  const { cols, frame, ink, axis, log } = ctx;
  const { x } = axis;
  const evalMode = frame.gap_basis === "eval" && cols.train_eval_loss.some(finite);
  const train = evalMode ? cols.train_eval_loss : cols.train_loss;
  const alone = ctx.steps && lossByStepsOnly(cols, ctx.steps) ? stepsOn(axis, cols, ctx.steps) : null;
  const plain = ctx.everything && hasLoss(cols) ? spread([train, cols.val_loss]) : frame.loss_range ?? [0, 1];
  let range = yRange(ctx, [train, cols.val_loss], plain);
  if (alone) range = stepLossRange(stepLosses(ctx, alone), ctx.everything, log);
  else if (log) range = logRange(ctx, [train, cols.val_loss], range);
  const shown = log ? range.map((power) => 10 ** power) : range;
  const traces = [...overlapTraces(ctx, shown), ...earlierBand(ctx, ctx.earlier?.val_loss)];
  if (!log) traces.push(...gapArea(ctx, train, frame.marks.gap_crossed_epoch));
  traces.push(...(alone ? stepCurve(ctx, alone) : eachStep(ctx)));
  if (evalMode) traces.push(line(x, cols.train_loss, "train, running", ink.train, { line: { color: ink.train, width: 1, dash: "dot" }, mode: "lines" }));
  traces.push(...curve(ctx, train, evalMode ? "train, eval mode" : "train", ink.train));
  traces.push(...curve(ctx, cols.val_loss, "val", ink.val));
  const best = frame.marks.best_loss;
  if (finite(best)) traces.push(mark(axis.of(frame.marks.best_loss_epoch), num(best), "star", 13, ink.val, "best val loss %{y:.3~f}"));
  const ends = [
    { at: lastFinite(x, train), text: `train ${numberWords(lastFinite(x, train)?.[1])}`, color: ink.train },
    { at: lastFinite(x, cols.val_loss), text: `val ${numberWords(lastFinite(x, cols.val_loss)?.[1])}`, color: ink.val },
  ];
  const running = evalMode ? lastFinite(x, cols.train_loss) : null;
  if (running) ends.push({ at: running, text: `running ${numberWords(running[1])}`, color: ink.train });
  if (alone) ends.splice(0, 3, { at: lastFinite(alone, ctx.steps.train_loss), text: `train ${numberWords(lastFinite(alone, ctx.steps.train_loss)[1])}`, color: ink.train });
  const shapes = [];
  const notes = [];
  const chance = num(frame.floors.loss);
  if (chance !== null && chance <= shown[1]) {
    shapes.push(floorLine(chance, ink.muted));
    ends.push({ at: [0, chance], text: `chance ${numberWords(chance)}`, color: ink.muted });
  } else if (chance !== null) notes.push(`▲ chance ${numberWords(chance)} is above this range`);
  const off = ctx.range ? "" : offScale(ctx, [train, cols.val_loss], shown);
  if (off) notes.unshift(off);
  const lanes = laneTraces(ctx);
  const laneShare = frame.lanes.length ? Math.min(0.36, 0.05 + 0.065 * frame.lanes.length) : 0;
  const marks = eventMarks(ctx, heightsOf(ctx, [train, cols.val_loss], range, log));
  const broken = notFinite(ctx, [train, cols.val_loss]);
  const layout = baseLayout(ink, {
    height,
    shapes: [...shapes, ...marks.shapes, ...broken.shapes],
    xaxis: xAxis(ctx, { anchor: laneShare ? "y2" : "y" }),
    yaxis: { range, type: log ? "log" : "linear", fixedrange: true, domain: [laneShare ? laneShare + 0.04 : 0, 1] },
    yaxis2: {
      domain: [0, Math.max(0.001, laneShare)], range: [-0.6, Math.max(0.4, frame.lanes.length - 0.4)],
      fixedrange: true, visible: false, autorange: false,
    },
  });
  return { data: [...traces, ...lanes], layout, labels: [...ends, ...marks.labels, ...broken.labels, ...laneLabels(ctx)], bars: laneBars(ctx), note: notes.join("  ") };
}

// The train loss of each step alone, before the first evaluation.
function stepsFirstFigure(ctx, height) {
  const { steps, ink, range, log } = ctx;
  const x = steps.step;
  const seen = stepLosses(ctx, x);
  const bounds = stepLossRange(seen, ctx.everything, log);
  const end = lastFinite(x, steps.train_loss);
  const traces = stepCurve(ctx, x);
  const shown = log ? bounds.map((power) => 10 ** power) : bounds;
  const off = seen.filter((value) => value > shown[1]).length;
  const layout = baseLayout(ink, { height, xaxis: xAxis(ctx), yaxis: { range: bounds, type: log ? "log" : "linear", fixedrange: true } });
  const labels = [{ at: end, text: `train ${numberWords(end[1])}`, color: ink.train }];
  return { data: traces, layout, labels, note: [off ? `▲ ${countWords(off, "step")} off the scale` : "", "evaluations join here"].filter(Boolean).join(" · ") };
}

// The train loss of each step as the curve that there is; smoothed, it stands before the steps.
function stepCurve({ chart, steps, ink, range, smooth }, x) {
  const series = { x, y: steps.train_loss, name: "train, each step", color: ink.train, range };
  if (!smooth) return stepTraces(chart, series);
  const behind = stepTraces(chart, { ...series, faint: true });
  const bands = chart.bands.value;
  return [...behind, line(bands?.x ?? x, smoothed(bands?.mid ?? steps.train_loss, smooth), "train, smoothed", ink.train, { mode: "lines" })];
}

// The finite train losses of the steps in the seen range, least first.
function stepLosses({ steps, range }, x) {
  return steps.train_loss.filter((value, i) => finite(value) && (!range || (x[i] >= range[0] && x[i] <= range[1]))).map(num).sort((a, b) => a - b);
}

// seen: the losses, least first. Without a wish for everything the highest hundredth is cut off, not the newest.
function stepLossRange(seen, everything, log) {
  const positive = log ? seen.filter((value) => value > 0) : seen;
  if (!positive.length) return log ? [-2, 1] : [0, 1];
  const top = positive[everything || log ? positive.length - 1 : Math.ceil(0.99 * (positive.length - 1))];
  const [low, high] = log ? [Math.log10(positive[0]), Math.log10(top)] : [positive[0], top];
  const room = 0.08 * (high - low || Math.abs(high) || 1);
  return [low - room, high + room];
}

// Where the axis counts steps, the train loss of each step stands behind the curves.
function eachStep({ axis, steps, chart, range, ink }) {
  if (axis.name !== "step" || !steps?.train_loss?.some(finite)) return [];
  return stepTraces(chart, { x: steps.step, y: steps.train_loss, name: "train, each step", color: ink.train, range, faint: true });
}

// Four of five earlier runs lay within: only where the axis counts epochs, as they were measured.
function earlierBand({ axis, ink }, edges) {
  if (!edges || axis.name !== "epoch") return [];
  const none = { mode: "lines", line: { width: 0 }, hoverinfo: "skip", hovertemplate: undefined };
  return [
    line(edges.epoch, edges.low, "", ink.muted, none),
    line(edges.epoch, edges.high, "earlier runs, 10 to 90 %", ink.muted, { ...none, fill: "tonexty", fillcolor: `${ink.muted}26` }),
  ];
}

function earlierDrawn(edges, drawn) {
  return edges && { epoch: edges.epoch, low: edges.low.map(drawn), high: edges.high.map(drawn) };
}

function spread(series) {
  const known = series.flatMap((values) => values.filter(finite).map(num));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const room = 0.05 * (high - low || Math.abs(high) || 1);
  return [low - room, high + room];
}

// On a log axis the range is in powers of ten, from the smallest positive value that is seen.
function logRange(ctx, series, range) {
  const seen = series.flatMap((values) => values.filter((value, i) => finite(value) && num(value) > 0 && (!ctx.range || (ctx.axis.x[i] >= ctx.range[0] && ctx.axis.x[i] <= ctx.range[1]))).map(num));
  if (!seen.length) return [-2, 1];
  return [Math.log10(Math.min(...seen)) - 0.05, Math.log10(Math.max(...seen, Math.max(1e-9, ctx.range ? 0 : range[1]))) + 0.05];
}

// The area between the curves from where the gap passed its limit, also between two evaluations: each edge runs as its
// curve is drawn, from one measured value to the next. Train losses beside a val loss that is no number are left out.
function gapArea(ctx, train, from) {
  const { cols, ink, axis } = ctx;
  if (from === null || from === undefined) return [];
  const val = cols.val_loss;
  const last = cols.epoch.findLast((_, i) => finite(train[i]) && finite(val[i]));
  const keep = (values) => cols.epoch.map((_, i) => i).filter((i) => finite(values[i]) && cols.epoch[i] <= last && (values === val ? finite(train[i]) : num(val[i]) === null || finite(val[i])));
  const edge = (values) => {
    const all = keep(values);
    const inside = all.filter((i) => cols.epoch[i] >= from);
    const begin = all.length && cols.epoch[all[0]] < from && cols.epoch[inside[0]] > from ? [between(all.map((i) => cols.epoch[i]), all.map((i) => num(values[i])), from)] : [];
    return [[...begin.map(() => axis.of(from)), ...inside.map((i) => axis.x[i])], [...begin, ...inside.map((i) => num(values[i]))]];
  };
  const none = { mode: "lines", line: { width: 0 }, hoverinfo: "skip", hovertemplate: undefined };
  return [
    line(...edge(train), "", ink.val, none),
    line(...edge(val), "gap", ink.val, { ...none, fill: "tonexty", fillcolor: `${ink.val}22` }),
  ];
}

// The value of a curve between two of its measured values.
function between(epochs, values, at) {
  const after = epochs.findIndex((epoch) => epoch >= at);
  const share = (at - epochs[after - 1]) / (epochs[after] - epochs[after - 1]);
  return values[after - 1] + share * (values[after] - values[after - 1]);
}

// Epochs whose losses are no numbers: shaded, and named once.
function notFinite(ctx, series) {
  const { cols, axis, ink } = ctx;
  const isBroken = (i) => series.some((values) => num(values[i]) !== null && !Number.isFinite(num(values[i])));
  const broken = cols.epoch.map((_, i) => isBroken(i));
  const spans = [];
  broken.forEach((is, i) => {
    if (is && !broken[i - 1]) spans.push([i, i]);
    else if (is) spans.at(-1)[1] = i;
  });
  const shapes = spans.map(([from, to]) => ({ type: "rect", x0: axis.of(cols.epoch[Math.max(0, from - 1)]), x1: axis.of(cols.epoch[to]), yref: "y domain", y0: 0, y1: 1, fillcolor: `${ink.crit}1c`, line: { width: 0 }, layer: "below" }));
  const labels = spans.slice(0, 1).map(([from, to]) => {
    const words = from === to ? `NaN at epoch ${cols.epoch[from]}` : `NaN, epochs ${cols.epoch[from]} to ${cols.epoch[to]}`;
    const late = cols.epoch[from] > 0.7 * cols.epoch.at(-1);
    return { place: "in", key: "broken", x: axis.of(cols.epoch[late ? to : from]), share: 0.04, anchor: late ? "end" : "start", text: words + (spans.length > 1 ? `, and ${spans.length - 1} more` : ""), color: ink.crit };
  });
  return { shapes, labels };
}

// Where the curves run, as [x, share of the plot's height].
function heightsOf(ctx, series, [low, high], log) {
  const share = (value) => ((log ? Math.log10(Math.max(value, 1e-12)) : value) - low) / (high - low || 1);
  return series.flatMap((values) => ctx.axis.x.map((x, i) => [x, finite(values[i]) ? share(num(values[i])) : null])).filter(([, at]) => at !== null);
}

const LABEL_SHARES = [0.96, 0.04, 0.88, 0.12, 0.8, 0.2, 0.7, 0.3, 0.6, 0.4, 0.5];
const LABEL_WIDTH = 0.3;

// Of the heights at which a label can stand, the one farthest from the curves and from other labels.
function freeShare(heights, x, anchor, span, taken) {
  const [from, to] = anchor === "end" ? [x - LABEL_WIDTH * span, x] : [x, x + LABEL_WIDTH * span];
  const near = heights.filter(([at]) => at >= from && at <= to).map(([, share]) => share);
  const room = (share) => Math.min(0.2, ...near.map((other) => Math.abs(other - share)), ...taken.map((other) => 2 * Math.abs(other - share)));
  return LABEL_SHARES.reduce((best, share) => (room(share) > room(best) + 1e-9 ? share : best));
}

function mark(x, y, symbol, size, color, text) {
  return { x: [x], y: [y], type: "scatter", mode: "markers", marker: { symbol, size, color }, hovertemplate: `${text}<extra></extra>` };
}

// Where the gap passed its limit, where the run was resumed, where children were started.
function eventMarks(ctx, heights = []) {
  const { frame, ink, axis, cols } = ctx;
  const shapes = [];
  const labels = [];
  const [first, last] = xRange(ctx);
  const place = (epoch, label) => {
    const anchor = epoch > 0.7 * cols.epoch.at(-1) ? "end" : "start";
    const share = freeShare(heights, axis.of(epoch), anchor, last - first, labels.map((known) => known.share));
    labels.push({ place: "in", x: axis.of(epoch), share, anchor, color: ink.muted, ...label });
  };
  const upright = (epoch, dash) => ({ type: "line", x0: axis.of(epoch), x1: axis.of(epoch), yref: "y domain", y0: 0, y1: 1, line: { color: ink.muted, width: 1, dash } });
  const crossed = frame.marks.gap_crossed_epoch;
  if (crossed !== null && crossed !== undefined) {
    shapes.push(upright(crossed, "dot"));
    place(crossed, { key: "crossed", text: `gap passed ${frame.marks.gap_limit} ${about(cols.epoch.filter((_, i) => finite(cols.gap[i])), crossed)} ${Math.ceil(crossed)}` });
  }
  const sign = (epoch, text) => {
    shapes.push(upright(epoch, "dash"));
    place(epoch, { key: text, text });
  };
  for (const epoch of frame.marks.resumed_at) sign(epoch, `↻ resumed at ${epoch}`);
  for (const [epoch, names] of childrenByEpoch(frame)) sign(epoch, names.length > 1 ? `⎇ ${names.length} children` : `⎇ ${names[0].slice(0, 24)}`);
  return { shapes, labels };
}

// Children that were started at the same evaluation share a mark. A past moment knows of none.
function childrenByEpoch(frame) {
  const found = new Map();
  for (const { run, epoch } of frame.children ?? []) if (epoch !== null) found.set(epoch, [...(found.get(epoch) ?? []), run]);
  return found;
}

// Epochs that a resume wrote again, hatched: what stood there before is not drawn.
function overlapTraces(ctx, [low, high]) {
  const { frame, axis, ink } = ctx;
  return frame.marks.overlaps.map(([first, last]) => {
    const [from, to] = [axis.of(first - 0.5), axis.of(last + 0.5)];
    const fill = { fill: "toself", fillcolor: "rgba(0,0,0,0)", fillpattern: { shape: "/", size: 8, solidity: 0.12, fgcolor: ink.muted } };
    return { x: [from, to, to, from], y: [low, low, high, high], name: "written again", type: "scatter", mode: "none", hoverinfo: "skip", ...fill };
  });
}

// Where evaluations lie more than an epoch apart, a crossing between them is only known about.
function about(x, epoch) {
  const before = x.filter((at) => at <= epoch).at(-1) ?? epoch;
  const after = x.find((at) => at >= epoch) ?? epoch;
  return after - before > 1 ? "at about" : "at";
}

function offScale(ctx, series, range) {
  const out = [];
  ctx.cols.epoch.forEach((epoch, i) => {
    const values = series.map((column) => num(column[i])).filter((value) => value !== null && value > range[1]);
    if (values.length) out.push([epoch, values]);
  });
  if (!out.length) return "";
  const [epoch, values] = out[0];
  const rest = out.length > 1 ? `, and ${out.length - 1} more` : "";
  return `Above this range: ${values.map(numberWords).join(" and ")} at epoch ${epoch}${rest}; “everything” shows all`;
}

function laneTraces(ctx) {
  const { frame, ink, axis } = ctx;
  const color = { critical: ink.crit, warning: ink.warn, info: ink.info };
  const traces = [];
  frame.lanes.forEach((lane, place) => {
    const y = frame.lanes.length - 1 - place;
    const split = lane.critical_from ?? lane.to;
    const picked = lane.fired ?? lane.from;
    const ended = lane.closed ? ` to epoch ${lane.to}` : "";
    const hover = `${lane.title}: since ${lane.began}${ended}. Click: as it was when it was first raised<extra></extra>`;
    const part = (from, to, width, dash, ink_) => ({
      x: [axis.of(from), axis.of(to)], y: [y, y], xaxis: "x", yaxis: "y2", type: "scatter", mode: "lines", customdata: [picked, picked],
      line: { color: ink_, width, dash }, opacity: lane.closed ? 0.55 : 1, hovertemplate: hover,
    });
    if (lane.severity !== "critical" || lane.closed) traces.push(part(lane.from, lane.to, 3, "dot", color[lane.severity]));
    else {
      if (split > lane.from) traces.push(part(lane.from, split, 3, "dot", color.warning));
      traces.push(part(split, lane.to, 6, "solid", color.critical));
    }
    traces.push({
      x: [axis.of(lane.critical_from ?? lane.from)], y: [y], xaxis: "x", yaxis: "y2", type: "scatter", mode: "markers", customdata: [picked],
      marker: {
        symbol: lane.severity === "critical" ? "hexagon2" : lane.severity === "warning" ? "triangle-up" : "circle-open",
        size: 11, color: color[lane.severity],
      },
      opacity: lane.closed ? 0.55 : 1,
      hovertemplate: hover,
    });
  });
  return traces;
}

// A bar can be pressed over its whole length.
function laneBars({ frame, axis }) {
  const last = frame.lanes.length - 1;
  return frame.lanes.map((lane, place) => {
    const epoch = lane.fired ?? lane.from;
    return { key: lane.rule, y: last - place, from: axis.of(lane.from), to: axis.of(lane.to), epoch, text: `${lane.title}: since ${lane.began}${lane.closed ? ` to epoch ${lane.to}` : ""}. Press: the page as it was at epoch ${epoch}` };
  });
}

function laneLabels(ctx) {
  const last = ctx.frame.lanes.length - 1;
  return ctx.frame.lanes.map((lane, place) => ({ at: [0, last - place], axis: "y2", span: [ctx.axis.of(lane.from), ctx.axis.of(lane.to)], key: `lane-${lane.rule}`, text: lane.title, color: ctx.ink.muted }));
}

// The primary metric on val and train: a share in percent, anything else as it was logged.
function metricFigure(ctx, height) {
  const { cols, frame, ink, axis } = ctx;
  const { x } = axis;
  const metric = frame.metric;
  if (!metric) return { data: [], layout: baseLayout(ink, { height, xaxis: xAxis(ctx) }), labels: [sayInside(ink, "No error rate or score in this run's records")], note: "" };
  const drawn = (value) => (finite(value) ? num(value) * (metric.share ? 100 : 1) : null);
  const words = (value) => (metric.share ? percentWords(value) : numberWords(value));
  const bare = (value) => (metric.share ? pointsWords(value) : numberWords(value));
  const val = cols.metric.map(drawn);
  const train = cols.train_metric.map(drawn);
  const [chance, target] = [drawn(metric.chance), drawn(metric.target)];
  const ahead = axis.name === "epoch" && !ctx.range && frame.outlook;
  const range = yRange(ctx, [val, train], metricRange(metric, [...val, ...train].filter((value) => value !== null), chance));
  const ends = [
    { at: lastFinite(x, val), text: `val ${words(lastFinite(x, cols.metric)?.[1])}`, color: ink.val },
    { at: lastFinite(x, train), text: `train ${words(lastFinite(x, cols.train_metric)?.[1])}`, color: ink.train },
  ];
  const shapes = [];
  if (chance !== null) {
    shapes.push(floorLine(chance, ink.muted));
    ends.push({ at: [0, chance], text: `chance ${bare(metric.chance)}`, color: ink.muted });
  }
  if (target !== null && target >= range[0] && target <= range[1] && val.some((value) => value !== null)) {
    shapes.push({ ...floorLine(target, ink.muted), line: { color: ink.muted, width: 1, dash: "dot" } });
    ends.push({ at: [0, target], text: `goal ${bare(metric.target)}${metric.target_epoch === null ? "" : ` @${metric.target_epoch}`}`, color: ink.muted });
  }
  const data = [...earlierBand(ctx, earlierDrawn(ctx.earlier?.metric, drawn)), ...(ahead ? outlookTraces(ctx, ahead, drawn) : []), ...curve(ctx, train, `train ${metric.label}`, ink.train), ...curve(ctx, val, metric.title, ink.val)];
  const unit = metric.share ? "%{y:.1f} %" : "%{y:.3~f}";
  if (metric.best_epoch !== null) data.push(mark(axis.of(metric.best_epoch), drawn(metric.best), "diamond", 11, ink.val, `best ${unit}`));
  const onX = xAxis(ctx);
  if (ahead) onX.range = [onX.range[0], Math.max(onX.range[1], ahead.epoch.at(-1))];
  const layout = baseLayout(ink, {
    height, shapes,
    xaxis: onX, yaxis: { range, fixedrange: true, ticksuffix: metric.share ? " %" : "" },
  });
  const labels = val.every((value) => value === null) ? [...ends, sayInside(ink, `No ${metric.title} in this run's records`)] : ends;
  return { data, layout, labels, note: ahead ? "dotted: if nothing changes (four in five)" : "" };
}

// An error rate is seen against 100 %, a share never leaves 0 to 100 %; of other numbers the range that they had.
function metricRange(metric, known, chance) {
  const values = chance === null ? known : [...known, chance];
  if (!values.length) return [0, metric.share ? 100 : 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (metric.share && metric.direction === "error") return [Math.max(0, Math.min(low, 100) - 8), Math.max(100, high) + 4];
  const room = 0.1 * (high - low || Math.abs(high) || 1);
  return metric.share ? [Math.max(0, low - room), Math.min(102, high + room)] : [low - room, high + room];
}

function outlookTraces(ctx, ahead, drawn) {
  const { ink, cols, frame } = ctx;
  const last = lastFinite(cols.epoch, cols.metric);
  const at = [last[0], ...ahead.epoch];
  const part = (values) => [last[1], ...values].map(drawn);
  const none = { mode: "lines", line: { width: 0 }, hoverinfo: "skip", hovertemplate: undefined };
  const unit = frame.metric.share ? "%{y:.1f} %" : "%{y:.3~f}";
  return [
    line(at, part(ahead.low), "", ink.val, none),
    line(at, part(ahead.high), "", ink.val, { ...none, fill: "tonexty", fillcolor: `${ink.val}1c` }),
    line(at, part(ahead.middle), "expected", ink.val, { mode: "lines", line: { color: ink.val, width: 1.5, dash: "dot" }, hovertemplate: unit }),
  ];
}

function wordsFigure(ctx, height) {
  const { cols, frame, ink, axis } = ctx;
  const { x } = axis;
  const floor = num(frame.floors.blank);
  const range = [0, Math.max(1.1, ...cols.length_ratio.filter(finite).map(num)) + 0.05];
  const shapes = [floorLine(1, ink.hairline)];
  const ends = [
    { at: lastFinite(x, cols.length_ratio), text: `words ${numberWords(lastFinite(x, cols.length_ratio)?.[1])}`, color: ink.val },
    { at: lastFinite(x, cols.blank_ratio), text: `blank ${numberWords(lastFinite(x, cols.blank_ratio)?.[1])}`, color: ink.text },
  ];
  if (floor !== null) {
    shapes.push(floorLine(floor, ink.muted));
    ends.push({ at: [0, floor], text: `b* ${numberWords(floor)}`, color: ink.muted });
  }
  const blank = line(x, cols.blank_ratio, "blank ratio", ink.text, { line: { color: ink.text, width: 1.5, dash: "dash" }, mode: "lines" });
  const layout = baseLayout(ink, {
    height, shapes, xaxis: xAxis(ctx), yaxis: { range, fixedrange: true },
  });
  const known = cols.length_ratio.some(finite) || cols.blank_ratio.some(finite);
  const labels = known ? ends : [...ends, sayInside(ink, "Not logged: needs length_ratio, or the predictions of all val clips")];
  return { data: [...curve(ctx, cols.length_ratio, "words out / in", ink.val), blank], layout, labels, note: "" };
}

// A chart without data says why, in its own middle.
function sayInside(ink, text) {
  return { place: "in", key: "why", share: 0.5, anchor: "middle", text, color: ink.muted };
}

// Of its own accord Plotly shows a constant between one less and one more: a learning rate of .001 would lie on 0.
function flatRange(values) {
  const known = values.filter(finite).map(num);
  return known.length && known.every((value) => value === known[0]) ? { range: spread([values]) } : {};
}

// A small chart of its own axis and range. series: {x, y, name}; title: what x counts.
function machineFigure(chart, series, title, ink) {
  const traces = stepTraces(chart, { ...series, color: ink.text, range: chart.range });
  const xaxis = { title: axisTitle(title, ink), ...(chart.range ? { range: chart.range } : { autorange: true }) };
  const yaxis = { tickformat: "~g", fixedrange: true, ...flatRange(series.y) };
  const layout = baseLayout(ink, { height: chart.height, margin: { l: 60, r: 24, t: 8, b: 40 }, xaxis, yaxis });
  return { data: traces, layout };
}
