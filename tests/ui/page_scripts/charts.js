const context = (changes = {}) => ({ range: null, axis: { name: "epoch", title: "epoch", x: [1, 2, 3, 4, 5] }, ink, ...changes });

test("the last finite value is found behind gaps, and none where there is none", () => {
  assert.deepEqual(lastFinite([1, 2, 3], [5, 6, 7]), [3, 7]);
  assert.deepEqual(lastFinite([1, 2, 3], [5, "nan", null]), [1, 5]);
  assert.equal(lastFinite([], []), null);
  assert.equal(lastFinite([1, 2], [null, "inf"]), null);
});

test("a line has markers while it has few points, and gaps where a value is not finite", () => {
  const points = (count) => Array.from({ length: count }, (_, i) => i);
  assert.equal(line(points(39), points(39), "a", "b").mode, "lines+markers");
  assert.equal(line(points(40), points(40), "a", "b").mode, "lines");
  assert.deepEqual(line([1, 2, 3], [1, "nan", null], "a", "b").y, [1, null, null]);
});

test("labels that do not meet stay where they are", () => {
  const ends = [{ top: 10 }, { top: 26 }, { top: 100 }];
  pushApart(ends, 200);
  assert.deepEqual(ends.map(({ top }) => top), [10, 26, 100]);
  pushApart([], 200);
});

test("labels that meet are pushed down by a line each, and up again at the end of the box", () => {
  const ends = [{ top: 10 }, { top: 10 }, { top: 11 }];
  pushApart(ends, 200);
  assert.deepEqual(ends.map(({ top }) => top), [10, 26, 42]);
  const low = [{ top: 90 }, { top: 95 }, { top: 99 }];
  pushApart(low, 100);
  assert.deepEqual(low.map(({ top }) => top), [68, 84, 100]);
  const tall = [{ top: 90 }, { top: 95, lines: 2 }, { top: 99 }];
  pushApart(tall, 200);
  assert.deepEqual(tall.map(({ top }) => top), [90, 110, 130]);
});

const axes = {
  height: 200,
  xaxis: { _offset: 40, _length: 100, d2p: (x) => 10 * x },
  yaxis: { _offset: 20, _length: 160, d2p: (y) => 160 - 16 * y },
  yaxis2: { _offset: 150, _length: 30, d2p: (y) => 15 * y },
};

test("a label at a line's end stands right of the plot at the line's height, within the plot", () => {
  const [middle, above] = placed([{ at: [3, 5] }, { at: [3, 99] }], axes).sort((a, b) => b.top - a.top);
  assert.deepEqual([middle.left, middle.top], [146, 100]);
  assert.equal(above.top, 20);
});

test("labels that are pushed apart at the foot of the plot stay above the numbers of the epochs", () => {
  const low = placed([0, 0.1, 0.2].map((value) => ({ at: [3, value] })), axes);
  assert.deepEqual(low.map(({ top }) => top), [140, 156, 172]);
});

test("a label of a lane is placed by the lanes' own axis", () => {
  assert.equal(placed([{ at: [0, 1], axis: "y2" }], axes)[0].top, 165);
});

test("a label of a bar that fills the plot stands at the edge in two lines, or on its bar where those are too wide", () => {
  const lane = (text, all, ...parts) => {
    [text, ...text.split("\n")].forEach((known) => widths.set(known, all));
    parts.forEach(([part, width]) => widths.set(part, width));
    return placed([{ at: [0, 1], axis: "y2", span: [0, 10], text }], { ...axes, width: 230 })[0];
  };
  const short = lane("Gap grows on", 90, ["Gap", 30], ["grows on", 60]);
  assert.deepEqual([short.text, short.lines, short.left], ["Gap\ngrows on", 2, 146]);
  const long = lane("Measured in different ways", 96, ["Measured in", 95], ["different ways", 96]);
  assert.deepEqual([long.text, long.lines, long.left, long.anchor], ["Measured in different ways", undefined, 42, "start"]);
  widths.clear();
});

test("a label inside is hidden while its place is scrolled out, and centred without one", () => {
  const inside = (x) => placed([{ place: "in", x, share: 0.5 }], axes)[0];
  assert.deepEqual([inside(5).left, inside(5).top, inside(5).hidden], [90, 100, false]);
  assert.equal(inside(-1).hidden, true);
  assert.equal(inside(11).hidden, true);
  assert.deepEqual([inside(undefined).left, inside(undefined).hidden], [90, false]);
});

test("the x range holds every point with room beside it, also for one point and none", () => {
  const [from, to] = xRange(context());
  assert.ok(from < 1 && to > 5);
  const [left, right] = xRange(context({ axis: { name: "epoch", x: [3] } }));
  assert.ok(left < 3 && right > 3);
  const [none, end] = xRange(context({ axis: { name: "epoch", x: [] } }));
  assert.ok(none < end);
  assert.deepEqual(xRange(context({ range: [2, 3] })), [2, 3]);
});

test("the y range is the chart's own until a part is zoomed to, then a tenth wider than what is seen", () => {
  const series = [[1, 2, 3, 4, 5]];
  assert.deepEqual(yRange(context(), series, [0, 9]), [0, 9]);
  const [low, high] = yRange(context({ range: [2, 4] }), series, [0, 9]);
  near(low, 1.8);
  near(high, 4.2);
});

test("a part without a finite value keeps the whole range, a level one gets room", () => {
  assert.deepEqual(yRange(context({ range: [2, 4] }), [["nan", null, "inf", null, 5]], [0, 9]), [0, 9]);
  assert.deepEqual(yRange(context({ range: [2, 4] }), [], [0, 9]), [0, 9]);
  const [low, high] = yRange(context({ range: [2, 4] }), [[0, 0, 0, 0, 0]], [0, 9]);
  assert.ok(low < 0 && high > 0);
});

test("a sparkline of one value or none is empty, a level one runs through the middle", () => {
  const points = (values) => {
    const picture = sparkline();
    paintSpark(picture, values);
    return picture.firstChild.getAttribute("points");
  };
  assert.equal(points([]), "");
  assert.equal(points([3]), "");
  assert.equal(points([3, 3, 3]), "0.0,14 60.0,14 120.0,14");
  assert.equal(points([1, 1 + 1e-9]), "0.0,14 120.0,14");
  assert.equal(points([0, 1]), "0.0,25.0 120.0,3.0");
});

test("a thinned row keeps its first and its last value", () => {
  const values = Array.from({ length: 1000 }, (_, i) => i);
  const few = thinned(values, 60);
  assert.deepEqual([few.length, few[0], few.at(-1)], [60, 0, 999]);
  assert.deepEqual(thinned([1, 2], 60), [1, 2]);
  assert.deepEqual(thinned([], 60), []);
});

test("the columns up to an epoch hold nothing of later ones", () => {
  const cols = { epoch: [1, 2, 3], val_loss: [5, 4, 3] };
  assert.deepEqual(columnsUntil(cols, 2), { epoch: [1, 2], val_loss: [5, 4] });
  assert.deepEqual(columnsUntil(cols, 0), { epoch: [], val_loss: [] });
  assert.deepEqual(columnsUntil(cols, 9), cols);
  assert.deepEqual(columnsUntil({}, 2), {});
});
