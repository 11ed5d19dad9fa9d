// The charts, drawn by the plotly.js of the plotly package. A chart's DOM node lives as long as the page.
// Plotly keeps a zoom only while nobody gives a new range, and ours grows with every epoch: so what a person has
// zoomed to is kept beside the chart (`box.zoom`), and the y axis is fitted to the part that is seen.

let plotlyLoading = null;

function loadPlotly(url) {
  plotlyLoading ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = h("script", { src: url });
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("plotly.js could not be loaded"));
    document.head.append(script);
  });
  return plotlyLoading;
}

const CONFIG = { displayModeBar: false, responsive: true, doubleClick: false, scrollZoom: false };

function tokens(root) {
  const style = getComputedStyle(root);
  const read = (name) => style.getPropertyValue(`--vs-${name}`).trim();
  const names = ["text", "muted", "hairline", "surface", "train", "val", "crit", "warn", "info"];
  return Object.fromEntries(names.map((name) => [name, read(name)]));
}

function baseLayout(ink, extra) {
  const axis = {
    gridcolor: ink.hairline,
    zeroline: false,
    linecolor: ink.hairline,
    tickfont: { size: 12, color: ink.muted },
    automargin: true,
  };
  return {
    uirevision: "keep",
    margin: { l: 44, r: 96, t: 12, b: 42 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: '"Source Sans 3","Source Sans Pro",system-ui,sans-serif', size: 12, color: ink.text },
    showlegend: false,
    hovermode: "x unified",
    hoverlabel: { bgcolor: ink.surface, bordercolor: ink.hairline, font: { color: ink.text, size: 12 } },
    dragmode: "zoom",
    ...extra,
    xaxis: { ...axis, ...(extra.xaxis ?? {}) },
    yaxis: { ...axis, ...(extra.yaxis ?? {}) },
  };
}

function line(x, y, name, color, extra = {}) {
  const few = x.length < 80;
  return {
    x,
    y: y.map((value) => (finite(value) ? num(value) : null)),
    name,
    type: "scatter",
    mode: few ? "lines+markers" : "lines",
    line: { color, width: 2 },
    marker: { size: 4, color },
    connectgaps: true,
    hovertemplate: "%{y:.3~f}",
    ...extra,
  };
}

function lastFinite(x, y) {
  for (let place = y.length - 1; place >= 0; place--) if (finite(y[place])) return [x[place], num(y[place])];
  return null;
}

// Labels at line ends, pushed apart so that two lines that meet stay readable.
function endLabels(ends, range, height) {
  const perUnit = height / Math.max(1e-9, range[1] - range[0]);
  const sorted = ends.filter((end) => end.at).sort((a, b) => b.at[1] - a.at[1]);
  let above = Infinity;
  return sorted.map((end) => {
    const value = Math.min(range[1], Math.max(range[0], end.at[1]));
    const pixel = value * perUnit;
    const placed = Math.min(pixel, above - 16);
    above = placed;
    return {
      x: 1,
      xref: "paper",
      xanchor: "left",
      y: value,
      yshift: placed - pixel,
      text: end.text,
      showarrow: false,
      font: { color: end.color, size: 12 },
      xshift: 6,
    };
  });
}

function axisTitle(text, ink) {
  return { text, font: { size: 12, color: ink.muted }, standoff: 6 };
}

function floorLine(value, color) {
  return {
    type: "line",
    xref: "paper",
    x0: 0,
    x1: 1,
    y0: value,
    y1: value,
    line: { color, width: 1.5, dash: "dashdot" },
  };
}

function xRange(epochs, zoom) {
  if (zoom) return zoom;
  const last = epochs.at(-1) ?? 1;
  const first = epochs[0] ?? 0;
  return [first - 0.02 * (last - first) - 0.2, last + 0.2];
}

// The y range of what lies within the zoom, a tenth wider; the whole chart's own range without one.
function yRange(x, series, zoom, whole) {
  if (!zoom) return whole;
  const seen = series.flatMap((values) => values.filter((value, i) => x[i] >= zoom[0] && x[i] <= zoom[1] && finite(value)).map(num));
  if (!seen.length) return whole;
  const low = Math.min(...seen);
  const room = 0.1 * (Math.max(...seen) - low || Math.abs(low) || 1);
  return [low - room, Math.max(...seen) + room];
}

function lossFigure(cols, frame, ink, height, zoom) {
  const x = cols.epoch;
  const evalMode = frame.gap_basis === "eval" && cols.train_eval_loss.some(finite);
  const train = evalMode ? cols.train_eval_loss : cols.train_loss;
  const range = yRange(x, [train, cols.val_loss], zoom, frame.loss_range ?? [0, 1]);
  const from = frame.marks.best_loss_epoch;
  const traces = [];
  if (from !== null && from !== undefined) {
    const keep = x.map((epoch, i) => epoch >= from && finite(train[i]) && finite(cols.val_loss[i]));
    const part = (values) => values.filter((_, i) => keep[i]).map(num);
    const gapX = x.filter((_, i) => keep[i]);
    const none = { mode: "lines", line: { width: 0 }, hoverinfo: "skip", hovertemplate: undefined };
    traces.push(line(gapX, part(train), "", ink.val, none));
    traces.push(line(gapX, part(cols.val_loss), "gap", ink.val, { ...none, fill: "tonexty", fillcolor: `${ink.val}22` }));
  }
  if (evalMode) {
    const running = { line: { color: ink.train, width: 1, dash: "dot" }, mode: "lines" };
    traces.push(line(x, cols.train_loss, "train, running", ink.train, running));
  }
  traces.push(line(x, train, evalMode ? "train, eval mode" : "train", ink.train));
  traces.push(line(x, cols.val_loss, "val", ink.val));
  const best = frame.marks.best_loss;
  if (finite(best)) {
    traces.push({
      x: [from],
      y: [num(best)],
      type: "scatter",
      mode: "markers",
      marker: { symbol: "star", size: 13, color: ink.val },
      hovertemplate: "best val loss %{y:.3~f}<extra></extra>",
    });
  }
  const shapes = [];
  const annotations = [];
  const notes = [];
  const ends = [
    { at: lastFinite(x, train), text: `train ${shortNumber(lastFinite(x, train)?.[1])}`, color: ink.train },
    { at: lastFinite(x, cols.val_loss), text: `val ${shortNumber(lastFinite(x, cols.val_loss)?.[1])}`, color: ink.val },
  ];
  const chance = num(frame.floors.loss);
  if (chance !== null && chance <= range[1]) {
    shapes.push(floorLine(chance, ink.muted));
    ends.push({ at: [0, chance], text: `chance ${shortNumber(chance)}`, color: ink.muted });
  } else if (chance !== null) {
    notes.push(`▲ chance ${shortNumber(chance)} is above this range`);
  }
  const crossed = frame.marks.gap_crossed_epoch;
  if (crossed !== null && crossed !== undefined) {
    shapes.push({
      type: "line", x0: crossed, x1: crossed, yref: "y domain", y0: 0, y1: 1,
      line: { color: ink.muted, width: 1, dash: "dot" },
    });
    annotations.push({
      x: crossed, yref: "y domain", y: 0.5, yanchor: "middle", xanchor: "left", xshift: 4, showarrow: false,
      text: `gap passed ${frame.marks.gap_limit.toFixed(1)} ${between(x, crossed)} ${Math.ceil(crossed)}`, font: { size: 12, color: ink.muted },
    });
  }
  const off = zoom ? "" : offScale(x, [train, cols.val_loss], range);
  if (off) notes.unshift(`▲ ${off}`);
  for (const epoch of frame.marks.resumed_at) {
    annotations.push({ x: epoch, yref: "y domain", y: 1, text: "↻", showarrow: false, font: { color: ink.muted, size: 14 } });
  }
  const lanes = laneTraces(frame, ink);
  const laneShare = frame.lanes.length ? Math.min(0.36, 0.05 + 0.065 * frame.lanes.length) : 0;
  const plotHeight = (height - 54) * (1 - laneShare);
  const layout = baseLayout(ink, {
    height,
    shapes,
    annotations: [...annotations, ...endLabels(ends, range, plotHeight), ...laneLabels(frame, ink)],
    xaxis: { range: xRange(x, zoom), anchor: laneShare ? "y2" : "y", title: axisTitle("epoch", ink) },
    yaxis: { range, fixedrange: true, domain: [laneShare ? laneShare + 0.04 : 0, 1] },
    yaxis2: {
      domain: [0, Math.max(0.001, laneShare)], range: [-0.6, Math.max(0.4, frame.lanes.length - 0.4)],
      fixedrange: true, visible: false, autorange: false,
    },
  });
  return { data: [...traces, ...lanes], layout, note: notes.join("  ") };
}

// Where evaluations lie more than an epoch apart, a crossing between them is only known about.
function between(x, epoch) {
  const before = x.filter((at) => at <= epoch).at(-1) ?? epoch;
  const after = x.find((at) => at >= epoch) ?? epoch;
  return after - before > 1 ? "at about" : "at";
}

function offScale(x, series, range) {
  const out = [];
  x.forEach((epoch, i) => {
    const values = series.map((column) => num(column[i])).filter((value) => value !== null && value > range[1]);
    if (values.length) out.push([epoch, values]);
  });
  if (!out.length) return "";
  const [epoch, values] = out[0];
  const rest = out.length > 1 ? `, and ${out.length - 1} more` : "";
  return `${values.map(shortNumber).join(" and ")} at epoch ${epoch}${rest}, off the scale`;
}

function laneTraces(frame, ink) {
  const color = { critical: ink.crit, warning: ink.warn, info: ink.info };
  const traces = [];
  frame.lanes.forEach((lane, place) => {
    const y = frame.lanes.length - 1 - place;
    const split = lane.critical_from ?? lane.to;
    const hover = `${lane.title}: since epoch ${lane.from}<extra></extra>`;
    const part = (from, to, width, dash, ink_) => ({
      x: [from, to], y: [y, y], xaxis: "x", yaxis: "y2", type: "scatter", mode: "lines",
      line: { color: ink_, width, dash }, hovertemplate: hover,
    });
    if (lane.severity !== "critical") traces.push(part(lane.from, lane.to, 3, "dot", color[lane.severity]));
    else {
      if (split > lane.from) traces.push(part(lane.from, split, 3, "dot", color.warning));
      traces.push(part(split, lane.to, 6, "solid", color.critical));
    }
    traces.push({
      x: [lane.critical_from ?? lane.from], y: [y], xaxis: "x", yaxis: "y2", type: "scatter", mode: "markers",
      marker: {
        symbol: lane.severity === "critical" ? "hexagon2" : lane.severity === "warning" ? "triangle-up" : "circle-open",
        size: 11, color: color[lane.severity],
      },
      hovertemplate: hover,
    });
  });
  return traces;
}

function laneLabels(frame, ink) {
  return frame.lanes.map((lane, place) => ({
    xref: "paper", x: 1, xanchor: "left", xshift: 6, yref: "y2", y: frame.lanes.length - 1 - place, showarrow: false,
    text: lane.rule.replaceAll("_", " "), font: { size: 12, color: ink.muted },
  }));
}

function werFigure(cols, frame, ink, height, zoom) {
  const x = cols.epoch;
  const percent = (values) => values.map((value) => (finite(value) ? 100 * num(value) : null));
  const val = percent(cols.val_wer);
  const train = percent(cols.train_wer);
  const chance = finite(frame.floors.wer) ? 100 * num(frame.floors.wer) : null;
  const known = [...val, ...train].filter((value) => value !== null);
  const top = Math.max(100, ...known, chance ?? 0);
  const low = Math.min(...known, chance ?? 100, 100);
  const range = yRange(x, [val, train], zoom, [Math.max(0, low - 8), top + 4]);
  const ends = [
    { at: lastFinite(x, val), text: `val ${lastFinite(x, val)?.[1].toFixed(1)} %`, color: ink.val },
    { at: lastFinite(x, train), text: `train ${lastFinite(x, train)?.[1].toFixed(1)} %`, color: ink.train },
  ];
  const shapes = [];
  if (chance !== null) {
    shapes.push(floorLine(chance, ink.muted));
    ends.push({ at: [0, chance], text: `chance ${chance.toFixed(1)}`, color: ink.muted });
  }
  const best = frame.marks.best_wer_epoch;
  const data = [line(x, train, "train WER", ink.train), line(x, val, "val WER", ink.val)];
  if (best !== null && best !== undefined) {
    data.push({
      x: [best], y: [100 * frame.marks.best_wer], type: "scatter", mode: "markers",
      marker: { symbol: "diamond", size: 11, color: ink.val }, hovertemplate: "best %{y:.1f} %<extra></extra>",
    });
  }
  const layout = baseLayout(ink, {
    height, shapes, annotations: endLabels(ends, range, height - 54),
    xaxis: { range: xRange(x, zoom), title: axisTitle("epoch", ink) }, yaxis: { range, fixedrange: true, ticksuffix: " %" },
  });
  return { data, layout, note: val.some((value) => value !== null) ? "" : "No val WER in this run's records." };
}

function wordsFigure(cols, frame, ink, height, zoom) {
  const x = cols.epoch;
  const floor = num(frame.floors.blank);
  const range = [0, Math.max(1.1, ...cols.length_ratio.filter(finite).map(num)) + 0.05];
  const shapes = [floorLine(1, ink.hairline)];
  const ends = [
    { at: lastFinite(x, cols.length_ratio), text: `words ${shortNumber(lastFinite(x, cols.length_ratio)?.[1])}`, color: ink.val },
    { at: lastFinite(x, cols.blank_ratio), text: `blank ${shortNumber(lastFinite(x, cols.blank_ratio)?.[1])}`, color: ink.text },
  ];
  if (floor !== null) {
    shapes.push(floorLine(floor, ink.muted));
    ends.push({ at: [0, floor], text: `b* ${floor.toFixed(2)}`, color: ink.muted });
  }
  const blank = line(x, cols.blank_ratio, "blank ratio", ink.text, { line: { color: ink.text, width: 1.5, dash: "dash" }, mode: "lines" });
  const layout = baseLayout(ink, {
    height, shapes, annotations: endLabels(ends, range, height - 54), xaxis: { range: xRange(x, zoom), title: axisTitle("epoch", ink) },
    yaxis: { range, fixedrange: true },
  });
  const known = cols.length_ratio.some(finite) || cols.blank_ratio.some(finite);
  const note = known ? "" : "Not in this run's records: they come with logged decodes.";
  return { data: [line(x, cols.length_ratio, "words out / in", ink.val), blank], layout, note };
}

function machineFigure(x, y, name, unit, ink, height) {
  const layout = baseLayout(ink, { height, margin: { l: 56, r: 24, t: 8, b: 40 }, xaxis: { title: axisTitle(unit, ink) }, yaxis: { tickformat: "~g" } });
  return { data: [line(x, y, name, ink.text, { hovertemplate: "%{y:.3~g}" })], layout };
}

class Charts {
  constructor(root, url) {
    this.root = root;
    this.url = url;
    this.plotly = null;
    this.failed = null;
  }

  async ready() {
    try {
      this.plotly = await loadPlotly(this.url);
    } catch (error) {
      this.failed = error;
    }
    return this.plotly;
  }

  // `redraw()`: called when a person zooms or resets.
  draw(box, figure, redraw) {
    if (!this.plotly || !box.isConnected || box.offsetWidth === 0) return;
    this.plotly.react(box, figure.data, figure.layout, CONFIG);
    if (box.listens) return;
    box.listens = true;
    box.on("plotly_relayout", (change) => {
      const from = change["xaxis.range[0]"] ?? change["xaxis.range"]?.[0];
      const to = change["xaxis.range[1]"] ?? change["xaxis.range"]?.[1];
      if (from === undefined || to === undefined) return;
      box.zoom = [from, to];
      redraw();
    });
    box.on("plotly_doubleclick", () => {
      box.zoom = null;
      redraw();
    });
  }

  forget(...boxes) {
    if (this.plotly) boxes.forEach((box) => this.plotly.purge(box));
  }
}
