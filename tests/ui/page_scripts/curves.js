const numbers = (changes = {}) => ({ name: "val_a", split: "val", by_steps: false, x: [1, 2, 3], y: [1, 2, 3], low: null, high: null, last: 3, values: 3, unfinite: 0, ...changes });
const look = (changes = {}) => ({ curves: [numbers()], unplaced: [], ends: [1, 3], axis: { name: "epoch", title: "epoch", x: [1, 2, 3] }, range: null, scale: "fit", smooth: 0, ink, ...changes });

test("a curve is called by its split, and by its name too where another has the same split", () => {
  const [train, val] = [numbers({ split: "train", name: "train_a" }), numbers()];
  assert.deepEqual([train, val].map((one) => curveName(one, [train, val])), ["train", "val"]);
  const other = numbers({ split: "train", name: "train_eval_a" });
  assert.equal(curveName(other, [train, other, val]), "train train_eval_a");
  const losses = ["train_loss", "train_eval_loss", "val_loss"].map((name) => numbers({ split: name.split("_")[0], name }));
  assert.deepEqual(losses.map((one) => endName(one, losses)), ["train", "train eval", "val"]);
  assert.equal(curveName(numbers({ split: "" }), [numbers({ split: "" })]), "");
});

test("steps of a name that evaluations have too are drawn faintly behind, without a label", () => {
  const steps = numbers({ split: "train", name: "train_a", by_steps: true });
  const { data, labels } = curvesFigure(look({ curves: [steps, numbers({ split: "train", name: "train_a" })] }), 200);
  assert.deepEqual(data.map(({ name, opacity }) => [name, opacity]), [["train, each step", 0.4], ["train", undefined]]);
  assert.equal(labels.length, 1);
});

test("no name reaches the chart as markup", () => {
  const name = "<b>&amp;</b><a href=javascript:x>";
  const { data, labels } = curvesFigure(look({ curves: [numbers({ split: "", name }), numbers({ split: "", name: "b" })] }), 200);
  for (const text of [...data.map((trace) => trace.name), ...labels.map((label) => label.text)]) assert.ok(!/[<>&]/.test(text), text);
  assert.ok(plainName("x".repeat(500)).length < 40);
});

test("train and val have their hues, test is dotted, and a second curve of a split is dashed", () => {
  const stroke = (split, place) => Object.values(curveStroke({ split }, place, ink));
  assert.deepEqual([stroke("train", 0), stroke("val", 0), stroke("", 0), stroke("test", 0), stroke("train", 1)], [["train", "solid"], ["val", "solid"], ["text", "solid"], ["text", "dot"], ["train", "dash"]]);
});

test("a thinned series is an area with its median, and smoothing takes the median's place", () => {
  const banded = numbers({ low: [0, 1, 2], high: [9, 9, 99] });
  const names = (smooth) => curveTraces(banded, "val", { color: "#123456", dash: "solid" }, smooth, false).map(({ name }) => name);
  assert.deepEqual(names(0), ["", "val, least to most", "val, median"]);
  assert.deepEqual(names(0.6), ["", "val, least to most", "val, smoothed"]);
});

test("the robust scale holds every median and all but the spikes of a band, and what lies beyond is said", () => {
  const many = (usual, odd) => Array.from({ length: 200 }, (_, i) => (i === 77 ? odd : usual));
  const banded = look({ curves: [numbers({ x: many(1, 2), y: many(2, 3), low: many(1, -50), high: many(4, 99) })] });
  const robust = curvesFigure(banded, 200);
  near(robust.layout.yaxis.range[1], 4.24);
  assert.equal(robust.note, "▼ −50.0 and ▲ 99.0 off the scale");
  const everything = curvesFigure({ ...banded, scale: "everything" }, 200);
  assert.ok(everything.layout.yaxis.range[1] > 99 && everything.layout.yaxis.range[0] < -50);
  assert.equal(everything.note, "");
});

test("a log axis is of powers of ten, and only where a value is positive", () => {
  const { layout } = curvesFigure(look({ curves: [numbers({ y: [0.01, 1, 100] })], scale: "log" }), 200);
  assert.equal(layout.yaxis.type, "log");
  near(layout.yaxis.range[0], -2.24);
  const none = curvesFigure(look({ curves: [numbers({ y: [0, -1, -2] })], scale: "log" }), 200);
  assert.equal(none.layout.yaxis.type, "linear");
  assert.equal(none.note, "no positive value for a log axis");
});

test("a level curve and an empty one have a range all the same", () => {
  const range = (y) => metricScale([{ y, low: [], high: [] }], "fit").range;
  assert.ok(range([0, 0])[0] < 0 && range([5, 5])[1] > 5);
  assert.deepEqual(range([]), [0, 1]);
});

test("an empty chart says why, and values that are not finite are counted", () => {
  const why = (changes) => curvesFigure(look(changes), 200).labels.find(({ key }) => key === "why")?.text;
  assert.equal(why({}), undefined);
  assert.equal(why({ range: [7, 9] }), "No value in this part of the run");
  assert.equal(why({ curves: [numbers({ x: [], y: [], last: "nan", values: 2, unfinite: 2 })] }), "No finite value so far");
  assert.equal(why({ curves: [], unplaced: ["a"] }), "Logged without its epoch: choose another x axis");
  assert.equal(curvesFigure(look({ curves: [numbers({ unfinite: 2 })] }), 200).note, "2 values not finite");
});

const heads = (...keys) => keys.map((key) => ({ key, title: key, group: key.includes("/") ? key.split("/")[0] : "", names: [key], pinned: key.startsWith("p") }));
const groupsOf = (given) => [...new Set(given.map(({ group }) => group))].map((name) => ({ name, count: given.filter(({ group }) => group === name).length }));

test("each group has one heading with its count, and pinned ones stand under their own", () => {
  const given = heads("p1", "a", "g/x", "g/y");
  const items = metricItems(given, groupsOf(given));
  assert.deepEqual(items.map(({ title, count, key }) => (title ? `${title} ${count}` : key)), ["Pinned null", ".p1", "General 2", ".a", "g 2", ".g/x", ".g/y"]);
  assert.equal(new Set(items.map(({ key }) => key)).size, items.length);
  const alone = heads("a", "b");
  assert.deepEqual(metricItems(alone, groupsOf(alone)).map(({ key }) => key), [".a", ".b"]);
});

test("it is said how many charts are shown, of how many", () => {
  const counted = (shown, matching, total, word = "") => countedMetrics({ heads: heads(...Array.from({ length: shown }, (_, i) => `k${i}`)), matching, total, numbers: 5003 }, word);
  assert.equal(counted(60, 5002, 5002), "60 of 5,002 charts shown · 5,003 numbers logged");
  assert.equal(counted(1, 1, 5002), "1 chart found among 5,002 · 5,003 numbers logged");
  assert.equal(counted(0, 0, 5002, "xyz"), "No metric has “xyz” in its name; this run logs 5,003 numbers.");
});

test("a question stays short enough to be read, however long the names", () => {
  assert.deepEqual(sendable(["a", "b"]), ["a", "b"]);
  const many = sendable(Array.from({ length: 50 }, (_, i) => `${i}`.padEnd(2000, "x")));
  assert.ok(many.length > 5 && JSON.stringify(many).length <= QUESTION_CHARS + 50);
});

test("a log axis has few ticks, however many decades it spans, and Plotly's own where none would fit", () => {
  const ticks = (low, high) => logTicks([low, high]).ticktext;
  assert.deepEqual(ticks(-1, 0.05), ["0.1", "0.2", "0.3", "0.5", "1.00"].map((text) => numberWords(Number(text))));
  assert.equal(ticks(-2, 1).length, 7);
  assert.ok(ticks(-40, 30).length <= 10);
  assert.equal(ticks(0.1, 0.2), undefined);
});
