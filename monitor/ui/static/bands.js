// Series with more points than pixels: each pixel column shows what lies between its smallest and largest value, and
// their median. A line through all of them would be a solid wall.

const COLUMN_PIXELS = 2;

// {x, low, mid, high}, one entry a column that holds values; null where a plain line has room for every point.
// range: the part of x that is seen, or null. pixels: how wide it is drawn.
function banded(x, y, range, pixels) {
  const seen = [];
  for (let i = 0; i < x.length; i++) if (finite(x[i]) && finite(y[i]) && (!range || (x[i] >= range[0] && x[i] <= range[1]))) seen.push(i);
  if (seen.length <= pixels) return null;
  const count = Math.max(1, Math.floor(pixels / COLUMN_PIXELS));
  const [first, last] = range ?? seen.reduce(([from, to], i) => [Math.min(from, x[i]), Math.max(to, x[i])], [Infinity, -Infinity]);
  const width = (last - first) / count || 1;
  const columns = Array.from({ length: count }, () => []);
  // By their place on the axis: what a resume wrote again falls into the same column.
  for (const i of seen) columns[Math.min(count - 1, Math.floor((x[i] - first) / width))].push(num(y[i]));
  const out = { x: [], low: [], mid: [], high: [] };
  columns.forEach((values, place) => {
    if (!values.length) return;
    values.sort((a, b) => a - b);
    out.x.push(first + (place + 0.5) * width);
    out.low.push(values[0]);
    out.mid.push(0.5 * (values[(values.length - 1) >> 1] + values[values.length >> 1]));
    out.high.push(values.at(-1));
  });
  return out;
}

// The traces of a step series: a plain line while there is room, else band and median. Kept until something changes.
function stepTraces(chart, { x, y, name, color, range = null, faint = false }) {
  const pixels = Math.max(80, (chart.box.offsetWidth || 640) - MARGIN.l - MARGIN.r);
  const key = `${name} ${x.length} ${x[0]} ${x.at(-1)} ${range} ${pixels}`;
  if (chart.bands?.key !== key) chart.bands = { key, value: banded(x, y, range, pixels) };
  const bands = chart.bands.value;
  const thin = faint ? { width: 1, color } : { width: 2, color };
  if (!bands) return [line(x, y, name, color, { line: thin, ...(faint ? { mode: "lines", opacity: 0.4, hoverinfo: "skip", hovertemplate: undefined } : { hovertemplate: "%{y:.3~g}" }) })];
  return bandTraces(bands, name, color, faint);
}

// Least to most as an area, the median as a line in it.
function bandTraces(bands, name, color, faint = false) {
  const thin = faint ? { width: 1, color } : { width: 2, color };
  const edge = { mode: "lines", line: { width: 0 }, hoverinfo: "skip", hovertemplate: undefined };
  const words = bands.x.map((_, i) => `${bands.mid[i].toPrecision(3)} (${bands.low[i].toPrecision(3)} to ${bands.high[i].toPrecision(3)})`);
  return [
    line(bands.x, bands.low, "", color, edge),
    line(bands.x, bands.high, `${name}, least to most`, color, { ...edge, fill: "tonexty", fillcolor: `${color}${faint ? "1e" : "2e"}` }),
    line(bands.x, bands.mid, `${name}, median`, color, { mode: "lines", line: { ...thin, width: faint ? 1 : 1.5 }, opacity: faint ? 0.6 : 1, text: words, hovertemplate: "%{text}" }),
  ];
}
