const trial = (run, best, settings = {}, more = {}) => ({ run, depth: 0, family: 0, sweep: "search", unit: "fraction", settings, numbers: best === null ? {} : { "best WER": best }, ...more });
const sweep = (differ = [], more = {}) => ({ name: "search", group: "", trials: 3, metric: "val WER", best_of: "best WER", unit: "fraction", falls: true, differ, ...more });
const names = (items) => items.map(({ run }) => run);
const key = sweepKey("search", "");

test("without a sweep the rows stay as they are, and a run that names one of another folder stands alone", () => {
  const rows = [trial("a", 0.1, {}, { sweep: "" }), trial("b", 0.2, {}, { group: "other" })];
  assert.deepEqual(foldSweeps(rows, [], "", 20), rows);
  assert.deepEqual(foldSweeps(rows, [sweep()], key, 20), rows);
});

test("a sweep is one row where its first trial stood, and opened its trials stand below it, the best first", () => {
  const rows = [trial("x", 0.5, {}, { sweep: "" }), trial("a", 0.4), trial("y", 0.5, {}, { sweep: "" }), trial("none", null), trial("b", 0.3)];
  assert.deepEqual(names(foldSweeps(rows, [sweep()], "", 20)), ["x", key, "y"]);
  const open = foldSweeps(rows, [sweep()], key, 20);
  assert.deepEqual(names(open), ["x", key, "b", "a", "none", "y"]);
  assert.deepEqual([open[1].hidden, open[2].depth, open[2].diff, open[4].diff], [0, 1, "best 30.0 %", undefined]);
});

test("of many trials so many are shown, and the rest is counted", () => {
  const rows = Array.from({ length: 1000 }, (_, i) => trial(`t${i}`, (i + 1) / 1000));
  const open = foldSweeps(rows, [sweep()], key, 20);
  assert.deepEqual([open.length, open[0].hidden, open[1].run], [21, 980, "t0"]);
});

test("what hangs below a trial stays below it, and a child in another sweep stands with its own", () => {
  const rows = families([trial("a", 0.4), trial("child", 0.2, {}, { parent: "a", sweep: "" }), trial("b", 0.3, {}, { parent: "a", sweep: "later" })], new Set(["a"]));
  assert.deepEqual(rows.map(({ run, depth }) => [run, depth]), [["a", 0], ["child", 1], ["b", 0]]);
  const open = foldSweeps(rows, [sweep()], key, 20);
  assert.deepEqual(open.map(({ run, depth }) => [run, depth]), [[key, undefined], ["a", 1], ["child", 2], ["b", 0]]);
});

test("an axis over two decades is logarithmic, one below is not, and texts and switches stand apart", () => {
  const kind = (...values) => axisFor(values).kind;
  assert.deepEqual([kind(1e-4, 1e-2), kind(1e-4, 9e-3), kind(0, 1000), kind(-1, 5), kind("adam", "sgd"), kind(true, false), kind(1, "auto")], ["log", "linear", "linear", "linear", "words", "words", "words"]);
  const axis = axisFor([1e-5, 1e-3, 1e-1]);
  assert.deepEqual([1e-5, 1e-3, 1e-1].map((value) => Number(axis.place(value).toFixed(6))), [0, 0.5, 1]);
  assert.deepEqual(axisFor(["b", "a", "b", "c"]).ticks, ["a", "b", "c"]);
  assert.equal(axisFor([0.3, 0.3]).place(0.3), 0.5);
});

test("written values are round, few ones are written as they are, and none lies on its neighbour", () => {
  assert.deepEqual(axisFor([2, 4, 8, 4]).ticks, [2, 4, 8]);
  const axis = axisFor([0.013, 0.1, 0.2, 0.3, 0.4, 0.5, 0.587]);
  assert.deepEqual(axis.ticks, [0.013, 0.1, 0.2, 0.3, 0.4, 0.5, 0.587]);
  for (const values of [[3, 1e9, 5, 7, 11, 13], [1e-12, 1, 0.5, 0.3, 0.2, 0.1], [-5, 5, 1, 2, 3, 4]]) {
    const { ticks, place } = axisFor(values);
    assert.ok(ticks.length <= 9 && ticks.every((value, i) => i === 0 || place(value) - place(ticks[i - 1]) > 0.04), JSON.stringify(ticks));
  }
});

test("the best end of the last axis is 1, for an error and for a score", () => {
  const rows = [trial("a", 0.2), trial("b", 0.8), trial("c", 0.5)];
  const ends = (given) => sweepPicture(given, rows).lines.map(({ run, places }) => [run, Number(places.at(-1).toFixed(6))]);
  assert.deepEqual(ends(sweep()), [["b", 0], ["c", 0.5], ["a", 1]]);
  assert.deepEqual(ends(sweep([], { falls: false })), [["a", 0], ["c", 0.5], ["b", 1]]);
});

test("a trial without a score or with another metric is not drawn and is counted, one without a setting lies beside the axis", () => {
  const rows = [trial("a", 0.2, { lr: 1 }), trial("b", 0.8, {}), trial("c", null, { lr: 3 }), trial("d", 50, { lr: 2 }, { unit: "percent" })];
  const picture = sweepPicture(sweep(["lr"]), rows);
  assert.deepEqual([names(picture.lines), picture.without, picture.axes.map(({ name }) => name)], [["b", "a"], 2, ["lr", "best val WER"]]);
  assert.equal(picture.lines[0].places[0], NOT_SET);
  assert.ok(pictureWords(sweep(["lr"]), picture).endsWith("2 trials not drawn: without val WER."));
  assert.equal(pictureWords(sweep(), sweepPicture(sweep(), [trial("c", null)])), "No trial has a score yet.");
});

test("a text of its own in each trial gets no axis, which is said, and no more than ten settings do", () => {
  const rows = Array.from({ length: 20 }, (_, i) => trial(`t${i}`, i / 20, { note: `n${i}`, ...Object.fromEntries(Array.from({ length: 14 }, (_each, j) => [`s${10 + j}`, i])) }));
  const picture = sweepPicture(sweep(["note", ...Array.from({ length: 14 }, (_, j) => `s${10 + j}`)]), rows);
  assert.equal(picture.axes.length, 11);
  assert.deepEqual(picture.left, ["note", "s20", "s21", "s22", "s23"]);
  const seeded = rows.map((row, i) => ({ ...row, settings: { a_seed: i, ...row.settings } }));
  assert.equal(sweepPicture(sweep(["a_seed", ...Array.from({ length: 10 }, (_, j) => `s${10 + j}`)]), seeded).left[0], "a_seed");
});

test("a thousand trials over ten settings are placed within a second of processor time", () => {
  const differ = Array.from({ length: 10 }, (_, j) => `s${j}`);
  const rows = Array.from({ length: 1000 }, (_, i) => trial(`t${i}`, i / 1000, Object.fromEntries(differ.map((name, j) => [name, (i * (j + 7)) % 97]))));
  const before = process.cpuUsage().user;
  assert.equal(sweepPicture(sweep(differ), rows).lines.length, 1000);
  assert.ok(process.cpuUsage().user - before < 1e6);
});
