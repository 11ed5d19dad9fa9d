// The charts, drawn by the plotly.js of the plotly package. A chart's DOM node lives as long as the page.
// Plotly keeps a zoom only while it is given no new range, and ours grows with every epoch: so the part that a person
// has zoomed to belongs to the page (one for all charts), and each y axis is fitted to what is seen.

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
// Points are drawn where there are few of them: each is a node of its own, and costs time at every update.
const FEW_POINTS = 40;
const TITLE_HEIGHT = 24;
const MARGIN = { l: 44, r: 96, t: 12, b: 42 };

function tokens(root) {
  const style = getComputedStyle(root);
  const read = (name) => style.getPropertyValue(`--vs-${name}`).trim();
  const names = ["text", "muted", "hairline", "surface", "train", "val", "crit", "warn", "info", "ins", "ok", "plum", "olive"];
  return Object.fromEntries(names.map((name) => [name, read(name)]));
}

// A card with head, note, and a box of fixed height: nothing moves when the chart arrives.
function chartCard(id, title, height, onReset) {
  const box = h("div", { class: "vs-chart", "data-testid": `chart-${id}`, style: `height:${height}px` });
  const head = h("h2", { title: explained(title) }, title);
  const note = h("p", { class: "vs-chart-note vs-muted vs-tabular" });
  const reset = h("button", { type: "button", class: "vs-link vs-reset", "data-testid": `reset-${id}`, onclick: onReset }, "Show all");
  show(reset, false);
  const labels = h("div", { class: "vs-chart-labels", "aria-hidden": "true" });
  const bars = h("div", { class: "vs-chart-bars" });
  const cursor = h("div", { class: "vs-cursor", "aria-hidden": "true" });
  show(cursor, false);
  const card = h(
    "section",
    { class: "vs-card" },
    h("div", { class: "vs-card-head" }, head, h("div", { class: "vs-row" }, note, reset)),
    h("div", { class: "vs-chart-frame" }, box, labels, bars, cursor),
  );
  return { id, box, head, note, reset, labels, bars, cursor, card, height };
}

function baseLayout(ink, extra) {
  const axis = { gridcolor: ink.hairline, zeroline: false, linecolor: ink.hairline, tickfont: { size: 12, color: ink.muted }, automargin: false };
  return {
    uirevision: "keep",
    margin: MARGIN,
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
  const few = x.length < FEW_POINTS;
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

// A curve, and behind it the raw one where it is smoothed.
function curve(ctx, y, name, color, extra = {}) {
  const { x } = ctx.axis;
  if (!ctx.smooth) return [line(x, y, name, color, extra)];
  const raw = { mode: "lines", line: { color, width: 1 }, opacity: 0.35, hoverinfo: "skip", hovertemplate: undefined };
  return [line(x, y, `${name}, raw`, color, raw), line(x, smoothed(y, ctx.smooth), `${name}, smoothed`, color, { ...extra, mode: "lines" })];
}

function lastFinite(x, y) {
  for (let place = y.length - 1; place >= 0; place--) if (finite(y[place])) return [x[place], num(y[place])];
  return null;
}

// Labels stand in HTML over the chart: Plotly measures each of its own texts at every update, which cost half of it.
// A label: {text, color, at: [x, y]} at a line's end, or {…, place: "in", x, share} inside the plot; axis "y2" for lanes.
// One with a `span` [from, to] on x belongs to a bar there: where it does not fit at the edge, it stands beside its bar.
const LINE_HEIGHT = 16;
const TWO_LINES = 24;
const BESIDE = 10;
const SMALLER = 11 / 12; // two lines stand in 11 px, one in 12
const widths = new Map();

// Pixels that a label takes; a text is measured once its font has come, and then never again.
function widthOf(text, within) {
  if (widths.has(text)) return widths.get(text);
  const ruler = h("span", { class: "vs-chart-label", style: "visibility: hidden" }, text);
  within.append(ruler);
  const width = ruler.offsetWidth + 1;
  ruler.remove();
  if (document.fonts.status === "loaded") widths.set(text, width);
  return width;
}

// Before its bar, or behind one that has ended, if there is room in the plot; else at the edge in two lines, or on its bar
// where two lines are too wide for the edge.
function besideItsBar(label, { xaxis, width }, within) {
  const [left, right] = [xaxis._offset, xaxis._offset + xaxis._length];
  if (!label.span) return label;
  const needed = widthOf(label.text, within);
  if (needed <= width - label.left) return label;
  const [from, to] = label.span.map((x) => Math.min(right, Math.max(left, left + xaxis.d2p(x))));
  if (needed <= from - BESIDE - left) return { ...label, left: from - BESIDE, anchor: "end" };
  if (needed <= right - to - BESIDE) return { ...label, left: to + BESIDE };
  const two = inTwoLines(label.text);
  const widest = Math.max(...two.split("\n").map((part) => widthOf(part, within))) * SMALLER;
  if (widest <= width - label.left) return { ...label, text: two, lines: 2 };
  return { ...label, left: Math.max(left, (from + to - needed) / 2), anchor: "start" };
}

function inTwoLines(text) {
  const middle = text.length / 2;
  const spaces = [...text.matchAll(/ /g)].map(({ index }) => index);
  const at = spaces.reduce((best, place) => (Math.abs(place - middle) < Math.abs(best - middle) ? place : best), spaces[0] ?? text.length);
  return `${text.slice(0, at)}\n${text.slice(at + 1)}`;
}

function placed(labels, axes, within) {
  const { xaxis } = axes;
  const right = xaxis._offset + xaxis._length + 6;
  const all = labels.filter((label) => label.at).map((label) => {
    const axis = label.axis === "y2" ? axes.yaxis2 : axes.yaxis;
    const pixel = axis._offset + axis.d2p(label.at[1]);
    return besideItsBar({ ...label, left: right, top: Math.min(axis._offset + axis._length, Math.max(axis._offset, pixel)) }, axes, within);
  });
  const ends = all.filter(({ left }) => left === right);
  ends.sort((a, b) => a.top - b.top);
  // Above the numbers of the epochs, as long as they fit there.
  const floor = Math.max(...[axes.yaxis, axes.yaxis2].filter(Boolean).map((axis) => axis._offset + axis._length)) - LINE_HEIGHT / 2;
  pushApart(ends, ends.length * LINE_HEIGHT < floor - axes.yaxis._offset ? floor : axes.height - LINE_HEIGHT / 2);
  const inside = labels.filter((label) => label.place === "in").map((label) => {
    const { yaxis } = axes;
    const left = label.x === undefined ? xaxis._offset + xaxis._length / 2 : xaxis._offset + xaxis.d2p(label.x);
    return { ...label, left, top: yaxis._offset + (1 - label.share) * yaxis._length, hidden: left < xaxis._offset - 1 || left > xaxis._offset + xaxis._length + 1 };
  });
  return [...ends, ...all.filter((label) => !ends.includes(label)), ...inside];
}

// So that lines that meet stay readable: downwards, and up again where the box ends.
function pushApart(ends, bottom) {
  const tall = ({ lines }) => (lines === 2 ? TWO_LINES : LINE_HEIGHT);
  const apart = (one, other) => (tall(one) + tall(other)) / 2;
  ends.forEach((label, i) => {
    if (i) label.top = Math.max(label.top, ends[i - 1].top + apart(label, ends[i - 1]));
  });
  for (let i = ends.length - 1; i >= 0; i--) {
    const room = i === ends.length - 1 ? bottom : ends[i + 1].top - apart(ends[i], ends[i + 1]);
    ends[i].top = Math.min(ends[i].top, room);
  }
}

function paintLabels(chart, labels) {
  const axes = chart.box._fullLayout;
  keyed(
    chart.labels,
    placed(labels, axes, chart.labels.parentNode).map((label, i) => ({ ...label, key: `${label.key ?? label.text.split(" ")[0]}-${label.at ? "end" : i}` })),
    (label) => label.key,
    () => h("span", { class: "vs-chart-label" }),
    (node, label) => {
      setText(node, label.text);
      node.style.color = label.color;
      node.style.left = `${label.left}px`;
      node.style.top = `${label.top}px`;
      node.style.maxWidth = label.at && label.anchor !== "end" ? `${axes.width - label.left}px` : "";
      node.dataset.anchor = label.anchor ?? "start";
      node.dataset.lines = label.lines ?? 1;
      show(node, !label.hidden);
    },
  );
}

function paintBars(chart, bars, on) {
  const { xaxis, yaxis2 } = chart.box._fullLayout;
  const [left, right] = [xaxis._offset, xaxis._offset + xaxis._length];
  const inPlot = (x) => Math.min(right, Math.max(left, xaxis._offset + xaxis.d2p(x)));
  keyed(chart.bars, bars, (bar) => bar.key, () => h("button", { type: "button", class: "vs-lane-bar" }), (node, bar) => {
    const [from, to] = [inPlot(bar.from), inPlot(bar.to)];
    node.title = bar.text;
    node.setAttribute("aria-label", bar.text);
    Object.assign(node.style, { left: `${from - 6}px`, width: `${to - from + 12}px`, top: `${yaxis2._offset + yaxis2.d2p(bar.y)}px` });
    node.onclick = () => on.pick(bar.epoch);
  });
}

// The same labels as Plotly's own, for a picture that is saved.
function annotationsOf(labels, axes, within) {
  const { l, t, r, b } = axes._size ?? { l: MARGIN.l, t: MARGIN.t, r: MARGIN.r, b: MARGIN.b };
  const width = axes.width - l - r;
  const height = axes.height - t - b;
  return placed(labels, axes, within).filter((label) => !label.hidden).map((label) => ({
    xref: "paper", yref: "paper", x: (label.left - l) / width, y: 1 - (label.top - t) / height, text: label.text.replaceAll("<", "‹").replace("\n", "<br>"), align: "left", showarrow: false,
    xanchor: { end: "right", middle: "center" }[label.anchor] ?? "left", yanchor: "middle", font: { size: label.lines === 2 ? 11 : 12, color: label.color },
  }));
}

function axisTitle(text, ink) {
  return { text, font: { size: 12, color: ink.muted }, standoff: 6 };
}

function floorLine(value, color) {
  return { type: "line", xref: "paper", x0: 0, x1: 1, y0: value, y1: value, line: { color, width: 1.5, dash: "dashdot" } };
}

function xAxis(ctx, extra = {}) {
  return { range: xRange(ctx), title: axisTitle(ctx.axis.title, ctx.ink), ...extra };
}

function xRange(ctx) {
  if (ctx.range) return ctx.range;
  const [first, last] = ctx.axis.ends ?? [ctx.axis.x[0] ?? 0, ctx.axis.x.at(-1) ?? 1];
  const room = ctx.axis.name === "epoch" ? 0.2 : 0;
  return [first - 0.02 * (last - first) - room, last + 0.004 * (last - first) + room];
}

// The y range of what lies within the range on x, a tenth wider; the whole chart's own where all is seen.
function yRange(ctx, series, whole) {
  if (!ctx.range) return whole;
  const { x } = ctx.axis;
  const seen = series.flatMap((values) => values.filter((value, i) => x[i] >= ctx.range[0] && x[i] <= ctx.range[1] && finite(value)).map(num));
  if (!seen.length) return whole;
  const low = Math.min(...seen);
  const room = 0.1 * (Math.max(...seen) - low || Math.abs(low) || 1);
  return [low - room, Math.max(...seen) + room];
}

class Charts {
  constructor(root, url) {
    Object.assign(this, { root, url, plotly: null, failed: null, linked: [] });
  }

  async ready() {
    try {
      this.plotly = await loadPlotly(this.url);
    } catch (error) {
      this.failed = error;
    }
    return this.plotly;
  }

  // on: {zoom(range or null), pick(epoch)}: what a person does on the chart.
  draw(chart, figure, on) {
    const { box } = chart;
    if (!this.plotly || !box.isConnected || box.offsetWidth === 0) return;
    this.plotly.react(box, figure.data, figure.layout, CONFIG);
    chart.figure = figure;
    paintLabels(chart, figure.labels ?? []);
    paintBars(chart, figure.bars ?? [], on);
    if (chart.listens) return;
    chart.listens = true;
    box.on("plotly_relayout", (change) => {
      const from = change["xaxis.range[0]"] ?? change["xaxis.range"]?.[0];
      const to = change["xaxis.range[1]"] ?? change["xaxis.range"]?.[1];
      if (from !== undefined && to !== undefined) on.zoom([Number(from), Number(to)]);
    });
    box.on("plotly_doubleclick", () => on.zoom(null));
    box.on("plotly_click", (event) => {
      const epoch = event.points.map((point) => point.customdata).find((value) => value !== undefined && value !== null);
      if (epoch !== undefined) on.pick(epoch);
    });
    if (on.hover) {
      box.on("plotly_hover", (event) => on.hover(chart, event.points[0].x));
      box.on("plotly_unhover", () => on.hover(chart, null));
    }
  }

  // One cursor over all charts: the hovered one shows its own values, the others a line at the same place.
  cursors(charts, from, x) {
    for (const chart of charts) {
      const axes = chart.box._fullLayout;
      const seen = x !== null && chart !== from && axes;
      const left = seen ? axes.xaxis._offset + axes.xaxis.d2p(x) : 0;
      show(chart.cursor, Boolean(seen) && left >= axes.xaxis._offset && left <= axes.xaxis._offset + axes.xaxis._length);
      if (seen) chart.cursor.style.left = `${left}px`;
    }
  }

  async save(chart, format, name) {
    if (!chart.figure) return;
    const { data, layout, labels } = chart.figure;
    const axes = chart.box._fullLayout;
    const picture = { ...layout, width: axes.width, height: axes.height + TITLE_HEIGHT, margin: { ...MARGIN, t: MARGIN.t + TITLE_HEIGHT }, title: { text: chart.head.textContent, x: 0.01, xanchor: "left", y: 0.98, yanchor: "top", font: { size: 14 } }, annotations: annotationsOf(labels ?? [], axes, chart.labels.parentNode), paper_bgcolor: tokens(this.root).surface };
    await this.plotly.downloadImage({ data, layout: picture }, { format, width: axes.width, height: axes.height + TITLE_HEIGHT, scale: 2, filename: `${name}-${chart.id}` });
  }

  forget(charts) {
    if (this.plotly) charts.forEach((chart) => this.plotly.purge(chart.box));
  }
}

// The columns as a CSV that opens anywhere; what was not measured is empty.
function saveColumns(cols, name) {
  const names = Object.keys(cols);
  const rows = (cols.epoch ?? []).map((_, i) => names.map((key) => (num(cols[key][i]) === null ? "" : String(num(cols[key][i])))).join(","));
  const blob = new Blob([[names.join(","), ...rows].join("\n") + "\n"], { type: "text/csv" });
  const link = h("a", { href: URL.createObjectURL(blob), download: `${name}.csv` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
