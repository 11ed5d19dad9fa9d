const cols = (changes = {}) => ({ epoch: [1, 2, 3], metric: [1.0, 0.8, 0.6], length_ratio: [0, 0.04, 0.9], ...changes });
const frame = (changes = {}) => ({ decoded: [1, 2, 3], flags: [], metric: { label: "WER", chance: null, best_epoch: null }, ...changes });

function painted(given, columns, epoch) {
  const gone = [];
  const ui = buildStrip((to) => gone.push(to));
  paintStrip(ui, given, columns, epoch);
  const [floor, curve, cursor] = ui.picture.children;
  const keys = Object.fromEntries(ui.keys.children.map((node) => [node.dataset.key, node.textContent]));
  return { ui, gone, floor, points: curve.getAttribute("points"), cursor: Number(cursor.getAttribute("x1")), keys };
}

test("without a stored evaluation the strip is hidden and offers nothing", () => {
  const { ui, keys, points } = painted(frame({ decoded: [] }), {}, null);
  assert.ok(ui.picture.hasAttribute("hidden") && ui.slider.hasAttribute("hidden"));
  assert.deepEqual([keys, points, ui.slider.max], [{}, "", "0"]);
});

test("one stored evaluation is no curve, and the last is the only place to go", () => {
  const { ui, keys, cursor } = painted(frame({ decoded: [3] }), cols(), 3);
  assert.ok(ui.picture.hasAttribute("hidden") && ui.slider.hasAttribute("hidden"));
  assert.deepEqual(keys, { "first words": "first words (3)", last: "last (3)" });
  assert.equal(cursor, 8);
});

test("the curve runs from end to end and from the worst at the top to the best at the bottom", () => {
  const { points, cursor, ui } = painted(frame(), cols(), 2);
  assert.equal(points, "8.0,4.0 500.0,28.0 992.0,52.0");
  assert.equal(cursor, 500);
  assert.deepEqual([ui.slider.max, ui.slider.value, ui.slider.getAttribute("aria-valuetext")], ["2", "1", "epoch 2"]);
});

test("equal error rates are a level line and not a division by nought", () => {
  assert.equal(painted(frame(), cols({ metric: [0.5, 0.5, 0.5] }), 1).points, "8.0,52.0 500.0,52.0 992.0,52.0");
});

test("an evaluation without an error rate is left out of the curve, not drawn as nought", () => {
  assert.equal(painted(frame(), cols({ metric: [1.0, "nan", 0.6] }), 1).points, "8.0,4.0 992.0,52.0");
  assert.equal(painted(frame({ decoded: [1, 2, 3, 4] }), cols(), 1).points.split(" ").length, 3);
});

test("chance belongs to the scale where it is known", () => {
  const { floor, points } = painted(frame({ metric: { label: "WER", chance: 1.4, best_epoch: null } }), cols(), 1);
  assert.equal(floor.getAttribute("y1"), "4");
  assert.equal(points.split(" ")[2], "992.0,52.0");
  assert.equal(painted(frame(), cols(), 1).floor.style.display, "none");
});

test("an epoch that is not stored puts the cursor at the beginning", () => {
  assert.equal(painted(frame(), cols(), 99).cursor, 8);
});

test("the places worth a jump are first words, best, where the worst flag began, and the last", () => {
  const flags = [
    { severity: "warning", title: "Gap", since: 1, critical_since: null },
    { severity: "critical", title: "Overfitting", since: 1, critical_since: 2 },
  ];
  const { keys } = painted(frame({ flags, metric: { label: "WER", chance: null, best_epoch: 2 } }), cols(), 3);
  assert.deepEqual(keys, { "first words": "first words (3)", "best WER": "best WER (2)", "Overfitting began": "Overfitting began (2)", last: "last (3)" });
});

test("a note is no flag to jump to, and a flag without a beginning neither", () => {
  assert.ok(!("Wasted began" in painted(frame({ flags: [{ severity: "info", title: "Wasted", since: 1, critical_since: null }] }), cols(), 3).keys));
  assert.ok(!("Gap began" in painted(frame({ flags: [{ severity: "warning", title: "Gap", since: null, critical_since: null }] }), cols(), 3).keys));
});

test("an evaluation that is not stored is replaced by the nearest that is", () => {
  const { keys, ui, gone } = painted(frame({ decoded: [10, 20, 30], metric: { label: "WER", chance: null, best_epoch: 24 } }), cols({ epoch: [10, 24, 30] }), 10);
  assert.equal(keys["best WER"], "best WER (20)");
  ui.keys.children.find((node) => node.dataset.key === "best WER").onclick();
  assert.deepEqual(gone, [20]);
});

test("a run that never said a word has no first words", () => {
  assert.ok(!("first words" in painted(frame(), cols({ length_ratio: [0, 0, "nan"] }), 3).keys));
  assert.ok(!("first words" in painted(frame(), { epoch: [1, 2, 3], metric: [1, 1, 1] }, 3).keys));
});

test("bars of words per clip share one scale, and no clip is no bar of endless height", () => {
  const ui = buildCorpus(() => {});
  paintLengths(ui, [[0, 0, 4], [1, 2, 2]]);
  const heights = ui.lengths.children.filter((node) => node.tag === "rect").map((node) => Number(node.getAttribute("height")));
  assert.deepEqual(heights, [0, 76, 38, 38]);
  paintLengths(ui, []);
  assert.equal(ui.lengths.children.length, 0);
  paintLengths(ui, [[0, 0, 0]]);
  assert.ok(ui.lengths.children.every((node) => !String(node.getAttribute("height")).includes("NaN")));
});

test("one is once", () => {
  assert.deepEqual([times(0), times(1), times(2)], ["0 times", "once", "2 times"]);
});
