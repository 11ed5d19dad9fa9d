const times = [100, 160, 220];
const columns = (changes = {}) => ({ epoch: [1, 2, 3], step: [10, 20, 30], at: times, ...changes });

test("without a wish, and without an evaluation, the axis counts epochs", () => {
  const { name, title, x, of } = axisOf(columns(), undefined);
  assert.deepEqual([name, title, x, of(2.5)], ["epoch", "epoch", [1, 2, 3], 2.5]);
  assert.deepEqual(axisOf({}, "step").x, []);
});

test("steps that are missing, equal, falling or not finite leave the axis at epochs", () => {
  for (const step of [undefined, [], [10], [10, 10, 10], [30, 20, 10], [10, null, 30], [10, "nan", 30]]) {
    assert.equal(axisOf(columns({ step }), "step").name, "epoch", JSON.stringify(step));
  }
});

test("on the step axis an epoch lies between the steps of its neighbours, and outside them at the ends", () => {
  const { name, x, of } = axisOf(columns({ step: [10, 20, 40] }), "step");
  assert.deepEqual([name, x], ["step", [10, 20, 40]]);
  assert.deepEqual([of(1), of(1.5), of(2), of(2.25), of(3)], [10, 15, 20, 25, 40]);
  assert.deepEqual([of(0), of(9)], [10, 40]);
});

test("two evaluations of one epoch share its place, and nothing is divided by nought", () => {
  const { of } = axisOf(columns({ epoch: [1, 1, 2] }), "step");
  assert.equal(of(1), 10);
  assert.equal(of(2), 30);
  assert.ok(Number.isFinite(of(1.5)));
});

test("hours count from one evaluation before the first", () => {
  const { title, x, of } = axisOf(columns({ at: [3600, 7200, 14400] }), "time");
  assert.equal(title, "hours since the start");
  assert.deepEqual(x, [1, 2, 4]);
  near(of(2.5), 3);
});

test("the start never lies before the beginning of the clock", () => {
  assert.deepEqual(axisOf(columns({ at: [60, 3660, 7260] }), "time").x, [60 / 3600, 3660 / 3600, 7260 / 3600]);
});

const many = (count) => ({ name: "epoch", x: Array.from({ length: count }, (_, i) => i + 1), of: (epoch) => epoch });
const resumed = (...epochs) => ({ marks: { resumed_at: epochs } });

test("all, one point, or no resume is no range", () => {
  assert.equal(rangeOf("all", many(80), resumed(20)), null);
  assert.equal(rangeOf("last", many(1), resumed()), null);
  assert.equal(rangeOf("last", many(0), resumed()), null);
  assert.equal(rangeOf("last", many(50), resumed()), null);
  assert.equal(rangeOf("resumed", many(80), resumed()), null);
});

test("the last fifty are fifty, and the range ends a little after the last", () => {
  const [from, to] = rangeOf("last", many(80), resumed());
  assert.equal(from, 31);
  near(to, 80 + 0.79);
});

test("since the resume is since the last of them", () => {
  assert.equal(rangeOf("resumed", many(80), resumed(20, 40))[0], 40);
});

test("without a weight the curve is itself", () => {
  assert.deepEqual(smoothed([3, null, 1], 0), [3, null, 1]);
});

test("smoothing starts at the first value, keeps a level curve level and gaps as gaps", () => {
  assert.deepEqual(smoothed([], 0.9), []);
  near(smoothed([7, 8], 0.9)[0], 7);
  smoothed([2, 2, 2], 0.6).forEach((value) => near(value, 2));
  assert.deepEqual(smoothed([null, "nan", "inf"], 0.6), [null, null, null]);
  const [first, gap, last] = smoothed([1, "nan", 3], 0.5);
  assert.equal(gap, null);
  near(first, 1);
  near(last, (0.5 * 0.5 * 1 + 0.5 * 3) / 0.75);
});

const logged = (...step) => ({ step, train_loss: step.map(() => 1) });

test("before the first evaluation the axis counts the steps that there are", () => {
  for (const wanted of [null, "epoch", "time"]) {
    const { name, x, ends } = axisOf({ epoch: [] }, wanted, logged(5, 10, 15));
    assert.deepEqual([name, x, ends], ["step", [], [5, 15]]);
  }
  assert.equal(axisOf({ epoch: [] }, null, logged()).name, "epoch");
});

test("the first evaluations join the steps, and from the third on whole epochs count", () => {
  const steps = logged(5, 10, 15, 20, 25, 30, 35);
  const first = (count) => axisOf({ epoch: [1, 2, 3].slice(0, count), step: [10, 20, 30].slice(0, count), at: times.slice(0, count), val_loss: [3, 2, 1].slice(0, count) }, null, steps);
  assert.deepEqual([1, 2, 3].map((count) => first(count).name), ["step", "step", "epoch"]);
  assert.deepEqual([first(1).x, first(1).of(1), first(1).ends], [[10], 10, [5, 35]]);
});

test("a run that evaluates within its epochs counts steps, unless a person chose otherwise or it logs none", () => {
  const cols = columns({ epoch: [0.25, 0.5, 0.75] });
  assert.equal(axisOf(cols, null, logged(1, 2)).name, "step");
  assert.equal(axisOf(cols, "epoch", logged(1, 2)).name, "epoch");
  assert.equal(axisOf(cols, null).name, "epoch");
});

test("a run whose evaluations have no loss is followed by its steps, which have one", () => {
  const steps = logged(1, 2, 3);
  assert.equal(axisOf(columns({ val_loss: [null, null, null] }), null, steps).name, "step");
  assert.equal(axisOf(columns({ val_loss: [1, 2, 3] }), null, steps).name, "epoch");
});
