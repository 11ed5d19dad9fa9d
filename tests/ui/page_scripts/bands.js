const span = (count) => Array.from({ length: count }, (_, i) => i);

test("while there is room for every point there is no band", () => {
  assert.equal(banded([], [], null, 100), null);
  assert.equal(banded([1], [5], null, 100), null);
  assert.equal(banded(span(100), span(100), null, 100), null);
});

test("what cannot be drawn is not counted", () => {
  const y = span(200).map((i) => (i % 2 ? "nan" : i));
  assert.equal(banded(span(200), y, null, 100), null);
  assert.equal(banded(span(200), span(200).map(() => null), null, 100), null);
  assert.equal(banded(span(200).map(() => null), span(200), null, 100), null);
});

test("equal values are a band without width", () => {
  const { low, mid, high } = banded(span(1000), span(1000).map(() => 3), null, 100);
  assert.deepEqual([new Set(low), new Set(mid), new Set(high)], [new Set([3]), new Set([3]), new Set([3])]);
});

test("a point where every x is the same falls into one column", () => {
  const { x, low, mid, high } = banded(span(200).map(() => 7), span(200), null, 100);
  assert.equal(x.length, 1);
  assert.deepEqual([low[0], mid[0], high[0]], [0, 99.5, 199]);
});

test("each column holds minimum, median and maximum of its points, in the order of x", () => {
  const bands = banded(span(8), [4, 1, 9, 2, 8, 8, 0, 5], null, 4);
  assert.equal(bands.x.length, 2);
  assert.deepEqual([bands.low, bands.mid, bands.high], [[1, 0], [3, 6.5], [9, 8]]);
  near(bands.x[0], 7 / 4);
  near(bands.x[1], 21 / 4);
});

test("no spike is lost, wherever it stands", () => {
  for (const place of [0, 1, 4999, 5000, 9998, 9999]) {
    const y = span(10_000).map((i) => Math.sin(i));
    y[place] = 50;
    const { high } = banded(span(10_000), y, null, 500);
    assert.equal(Math.max(...high), 50, `a spike at ${place}`);
    y[place] = -50;
    assert.equal(Math.min(...banded(span(10_000), y, null, 500).low), -50, `a dip at ${place}`);
  }
});

test("the median ignores a single spike", () => {
  const y = span(1000).map((i) => (i === 500 ? 1e9 : 1));
  assert.deepEqual(new Set(banded(span(1000), y, null, 100).mid), new Set([1]));
});

test("there are at most half as many columns as pixels, and empty ones are left out", () => {
  const { x } = banded(span(10_000), span(10_000), null, 300);
  assert.equal(x.length, 150);
  const apart = span(1000).map((i) => (i < 500 ? i : 1e6 + i));
  assert.equal(banded(apart, span(1000), null, 300).x.length, 2);
});

test("only what lies in the seen range counts, its ends included", () => {
  const y = span(1000).map((i) => (i === 100 || i === 900 ? 7 : i === 99 || i === 901 ? 1000 : 0));
  const { low, high, x } = banded(span(1000), y, [100, 900], 200);
  assert.equal(Math.max(...high), 7);
  assert.equal(high[0], 7);
  assert.equal(high.at(-1), 7);
  assert.equal(Math.min(...low), 0);
  assert.ok(x[0] >= 100 && x.at(-1) <= 900);
});

test("zoomed in far enough every point is drawn again", () => {
  assert.equal(banded(span(10_000), span(10_000), [50, 100], 200), null);
});

test("steps that a resume wrote again fall into the column of their place", () => {
  const x = [...span(1000), ...span(1000)];
  const y = [...span(1000).map(() => 1), ...span(1000).map(() => 3)];
  const { low, mid, high } = banded(x, y, null, 100);
  assert.deepEqual([new Set(low), new Set(mid), new Set(high)], [new Set([1]), new Set([2]), new Set([3])]);
});

const chart = (width) => ({ box: { offsetWidth: width } });
const drawn = (width, count, more = {}) => stepTraces(chart(width), { x: span(count), y: span(count), name: "loss", color: "#123456", ...more });

test("a step series is one line while it fits and least, most and median where it does not", () => {
  assert.deepEqual(drawn(640, 100).map((trace) => trace.name), ["loss"]);
  assert.deepEqual(drawn(640, 5000).map((trace) => trace.name), ["", "loss, least to most", "loss, median"]);
  assert.equal(drawn(640, 0)[0].x.length, 0);
});

test("the values under the pointer are the column's own", () => {
  const [low, high, mid] = drawn(640, 5000);
  assert.equal(mid.text[0], `${mid.y[0].toPrecision(3)} (${low.y[0].toPrecision(3)} to ${high.y[0].toPrecision(3)})`);
});

test("the bands are computed once until a point, the range or the width changes", () => {
  const one = chart(640);
  const series = { x: span(5000), y: span(5000), name: "loss", color: "#123456" };
  stepTraces(one, series);
  const kept = one.bands.value;
  stepTraces(one, series);
  assert.equal(one.bands.value, kept);
  for (const change of [{ range: [0, 4000] }, { x: span(5001), y: span(5001) }]) {
    stepTraces(one, { ...series, ...change });
    assert.notEqual(one.bands.value, kept);
  }
  one.box.offsetWidth = 320;
  stepTraces(one, series);
  assert.notEqual(one.bands.value.x.length, kept.x.length);
});
