const curves = (changes = {}) => ({ epoch: [1, 2, 3, 4], train_loss: [4, 3, 2, 1], val_loss: [4, 3, 3.5, 5], ...changes });
const context = (changes = {}) => {
  const cols = curves(changes.cols);
  return { range: null, log: false, smooth: 0, ink, ...changes, cols, axis: { name: "epoch", title: "epoch", x: cols.epoch, of: (epoch) => epoch } };
};

test("the spread holds all finite values with a twentieth of room", () => {
  const [low, high] = spread([[1, 2, "nan"], [3, null]]);
  near(low, 0.9);
  near(high, 3.1);
  const [below, above] = spread([[2, 2]]);
  assert.ok(below < 2 && above > 2);
});

test("a log axis begins at the smallest positive value, whatever lies at or below nought", () => {
  const [from, to] = logRange(context(), [[0.01, 0, -5, 1000]], [0, 1]);
  near(from, -2.05);
  near(to, 3.05);
});

test("a log axis without a positive value has a range all the same", () => {
  assert.deepEqual(logRange(context(), [[0, -1, "nan", null]], [0, 1]), [-2, 1]);
  assert.deepEqual(logRange(context(), [], [0, 1]), [-2, 1]);
});

test("a log axis reaches as high as the range of the plain one, but not while zoomed in", () => {
  near(logRange(context(), [[1, 2, 3, 4]], [0, 100])[1], 2.05);
  const [from, to] = logRange(context({ range: [2, 3] }), [[0.001, 1, 10, 1000]], [0, 100]);
  near(from, -0.05);
  near(to, 1.05);
});

test("the gap is drawn from where it passed its limit, and not at all where it has not", () => {
  const ctx = context();
  assert.deepEqual(gapArea(ctx, ctx.cols.train_loss, null), []);
  const [train, val] = gapArea(ctx, ctx.cols.train_loss, 2);
  assert.deepEqual([train.x, train.y, val.y], [[2, 3, 4], [3, 2, 1], [3, 3.5, 5]]);
  const [begun, above] = gapArea(ctx, ctx.cols.train_loss, 2.5);
  assert.deepEqual([begun.x, begun.y, above.y], [[2.5, 3, 4], [2.5, 2, 1], [3.25, 3.5, 5]]);
});

test("where val is measured every second epoch, the gap begins on both curves and follows the train losses between", () => {
  const ctx = context({ cols: { epoch: [1, 2, 3, 4, 5], train_loss: [4, 3, 2, 1, 0.5], val_loss: [4, null, 5, null, 6] } });
  const [train, val] = gapArea(ctx, ctx.cols.train_loss, 1.5);
  assert.deepEqual([train.x, train.y], [[1.5, 2, 3, 4, 5], [3.5, 3, 2, 1, 0.5]]);
  assert.deepEqual([val.x, val.y], [[1.5, 3, 5], [4.25, 5, 6]]);
  ctx.cols.epoch.push(6);
  ctx.cols.train_loss.push(0.4);
  ctx.cols.val_loss.push(null);
  ctx.axis.x = ctx.cols.epoch;
  assert.deepEqual(gapArea(ctx, ctx.cols.train_loss, 1.5)[0].x, [1.5, 2, 3, 4, 5]);
});

test("the gap leaves out an evaluation where either loss is not finite", () => {
  const ctx = context({ cols: { val_loss: [4, 3, "nan", 5] } });
  assert.deepEqual(gapArea(ctx, ctx.cols.train_loss, 2)[0].x, [2, 4]);
});

test("what is off the scale is said of the first evaluation and counted for the rest", () => {
  const ctx = context();
  assert.equal(offScale(ctx, [ctx.cols.train_loss], [0, 9]), "");
  assert.match(offScale(ctx, [[40, 3, 2, 1], [50, 3, 3, 3]], [0, 9]), /^Above this range: 40.0 and 50.0 at epoch 1; “everything” shows all$/);
  assert.match(offScale(ctx, [[40, 30, 20, 1]], [0, 9]), /at epoch 1, and 2 more; “everything” shows all$/);
  assert.equal(offScale(ctx, [["nan", null, 1, 1]], [0, 9]), "");
  assert.match(offScale(ctx, [["inf", 1, 1, 1]], [0, 9]), /^Above this range: ∞ at epoch 1/);
});

test("where val is measured every second epoch, the gap is known to have passed its limit only about there", () => {
  const ctx = context({ cols: { gap: [0, 0.5, 1.5, 2] }, frame: { marks: { gap_crossed_epoch: 2.5, gap_limit: 1, resumed_at: [] }, children: [] } });
  assert.match(eventMarks(ctx).labels[0].text, /^gap passed 1 at 3$/);
  ctx.cols.gap = [0.5, null, null, 2];
  assert.match(eventMarks(ctx).labels[0].text, /^gap passed 1 at about 3$/);
});

test("a crossing between evaluations that lie apart is only known about", () => {
  assert.equal(about([1, 2, 3], 2.5), "at");
  assert.equal(about([1, 5, 9], 3), "at about");
  assert.equal(about([1, 5, 9], 5), "at");
  assert.equal(about([], 3), "at");
});

test("children of one evaluation share a mark, and one without an epoch has none", () => {
  const found = childrenByEpoch({ children: [{ run: "a", epoch: 3 }, { run: "b", epoch: 3 }, { run: "c", epoch: null }, { run: "d", epoch: 0 }] });
  assert.deepEqual([...found], [[3, ["a", "b"]], [0, ["d"]]]);
  assert.deepEqual([...childrenByEpoch({})], []);
});

const lane = (changes = {}) => ({ rule: "val_loss_rising", title: "Val loss rises", severity: "warning", from: 2, began: "epoch 2", to: 4, critical_from: null, fired: null, closed: false, ...changes });
const laned = (...lanes) => context({ frame: { lanes } });

test("without a flag there is no lane", () => {
  assert.deepEqual(laneTraces(laned()), []);
  assert.deepEqual(laneLabels(laned()), []);
});

test("the first lane stands highest, and its name at the same height", () => {
  const ctx = laned(lane({ rule: "gap", title: "Gap" }), lane(), lane({ rule: "stalled", title: "Stalled" }));
  assert.deepEqual(laneLabels(ctx).map(({ text, at }) => [text, at[1]]), [["Gap", 2], ["Val loss rises", 1], ["Stalled", 0]]);
  assert.deepEqual(laneTraces(ctx).filter(({ mode }) => mode === "lines").map(({ y }) => y[0]), [2, 1, 0]);
});

test("a warning is one dotted line from its begin to its end, with its mark at the begin", () => {
  const [part, sign] = laneTraces(laned(lane()));
  assert.deepEqual([part.x, part.line.dash, part.line.color], [[2, 4], "dot", "warn"]);
  assert.deepEqual([sign.x, sign.marker.symbol], [[2], "triangle-up"]);
});

test("a flag that became critical is dotted before and solid since", () => {
  const [before, since, sign] = laneTraces(laned(lane({ severity: "critical", critical_from: 3 })));
  assert.deepEqual([before.x, before.line.dash, before.line.color], [[2, 3], "dot", "warn"]);
  assert.deepEqual([since.x, since.line.dash, since.line.color], [[3, 4], "solid", "crit"]);
  assert.deepEqual([sign.x, sign.marker.symbol], [[3], "hexagon2"]);
});

test("a flag that was critical from its begin has no dotted part of no length", () => {
  const traces = laneTraces(laned(lane({ severity: "critical", critical_from: 2 })));
  assert.deepEqual(traces.map(({ mode, x }) => [mode, x]), [["lines", [2, 4]], ["markers", [2]]]);
});

test("a closed lane is faint and its words say when it ended", () => {
  const [part, sign] = laneTraces(laned(lane({ closed: true, severity: "critical", critical_from: 3 })));
  assert.deepEqual([part.line.dash, part.opacity, sign.opacity], ["dot", 0.55, 0.55]);
  assert.match(part.hovertemplate, /since epoch 2 to epoch 4/);
});

test("a click on a lane goes to the evaluation at which it was first said", () => {
  assert.deepEqual(laneTraces(laned(lane({ fired: 3 })))[0].customdata, [3, 3]);
  assert.deepEqual(laneTraces(laned(lane()))[0].customdata, [2, 2]);
});

test("without an evaluation the train loss of each step is drawn at once", () => {
  const steps = { step: [1, 2, 3, 4], train_loss: [4, 3, "nan", 2] };
  const ctx = { cols: {}, steps, ink, axis: axisOf({ epoch: [] }, null, steps), range: null, log: false, everything: false, chart: { box: { offsetWidth: 640 } } };
  const { data, labels, note, layout } = stepsFirstFigure(ctx, 300);
  assert.deepEqual([data[0].x, data[0].y], [[1, 2, 3, 4], [4, 3, null, 2]]);
  assert.deepEqual([labels[0].text, note, layout.xaxis.title.text], ["train 2.00", "evaluations join here", "step"]);
});

test("smoothing draws the steps behind their smoothed curve, also where they are a band", () => {
  const names = (count) => {
    const steps = { step: Array.from({ length: count }, (_, i) => i + 1), train_loss: Array.from({ length: count }, (_, i) => i % 7) };
    return stepCurve({ steps, ink, range: null, smooth: 0.6, chart: { box: { offsetWidth: 640 } } }, steps.step).map(({ name }) => name);
  };
  assert.deepEqual(names(10), ["train, each step", "train, smoothed"]);
  assert.deepEqual(names(5000), ["", "train, each step, least to most", "train, each step, median", "train, smoothed"]);
});

test("a wild first step does not flatten the rest, and is said", () => {
  const losses = [900, ...Array.from({ length: 400 }, (_, i) => 2 + (i % 10) / 10)].sort((a, b) => a - b);
  assert.ok(stepLossRange(losses, false, false)[1] < 4);
  assert.ok(stepLossRange(losses, true, false)[1] > 900);
  near(stepLossRange(losses, false, true)[0], Math.log10(2), 0.3);
  assert.deepEqual([stepLossRange([], false, false), stepLossRange([-1], false, true)], [[0, 1], [-2, 1]]);
});

test("a run whose steps alone have a loss shows it on every axis that they stand on", () => {
  const steps = { step: [5, 10, 15, 20], epoch: [0.5, 1, 1.5, 2], at: [10, 20, 30, 40], train_loss: [4, 3, 2, 1] };
  const none = [null, null];
  const cols = { epoch: [1, 2], step: [10, 20], at: [20, 40], train_loss: none, train_eval_loss: none, val_loss: none };
  const frame = { gap_basis: "train", loss_range: null, lanes: [], children: [], floors: { loss: null }, marks: { best_loss: null, best_loss_epoch: null, gap_crossed_epoch: null, resumed_at: [], overlaps: [] } };
  for (const [name, x] of [["step", steps.step], ["epoch", steps.epoch]]) {
    const ctx = { cols, frame, steps, ink, range: null, log: false, smooth: 0, everything: false, chart: { box: { offsetWidth: 640 } }, axis: axisOf(cols, name, steps) };
    const { data, labels } = lossFigure(ctx, 300);
    assert.deepEqual(data.find((trace) => trace.name === "train, each step").x, x);
    assert.deepEqual(labels.map(({ text }) => text), ["train 1.00"]);
  }
  assert.equal(axisOf(cols, null, { ...steps, train_loss: [null, null, null, null] }).name, "step", "two evaluations");
  assert.ok(lossByStepsOnly(cols, steps) && !lossByStepsOnly({ ...cols, val_loss: [1, 2] }, steps));
});

test("the bar of a flag bears its title, not the id of its rule", () => {
  const lanes = [{ rule: "wer_plateau", title: "Accuracy stuck" }, { rule: "gap", title: "Gap between train and val loss" }];
  assert.deepEqual(laneLabels({ frame: { lanes }, ink: {}, axis: { of: (epoch) => epoch } }).map(({ text }) => text), lanes.map(({ title }) => title));
});

test("epochs without finite losses are shaded and named", () => {
  const ctx = context({ cols: { train_loss: [4, "nan", "nan", 1], val_loss: [4, 3, null, 5] } });
  const { shapes, labels } = notFinite(ctx, [ctx.cols.train_loss, ctx.cols.val_loss]);
  assert.deepEqual(shapes.map(({ x0, x1 }) => [x0, x1]), [[1, 3]]);
  assert.deepEqual(labels.map(({ text }) => text), ["NaN, epochs 2 to 3"]);
  assert.deepEqual(notFinite(context(), [[1, 2, 3, null]]), { shapes: [], labels: [] });
});

test("a label stands where neither a curve nor another label is", () => {
  assert.equal(freeShare([], 1, "start", 10, []), 0.96);
  assert.equal(freeShare([[1, 0.9], [2, 0.95]], 1, "start", 10, []), 0.04);
  assert.equal(freeShare([[1, 0.9]], 5, "start", 10, []), 0.96);
  assert.ok(Math.abs(freeShare([], 1, "start", 10, [0.96]) - 0.96) >= 0.1);
});

test("each flag has a bar that can be pressed over its whole length", () => {
  const [bar] = laneBars(laned(lane({ fired: 3 })));
  assert.deepEqual([bar.from, bar.to, bar.y, bar.epoch], [2, 4, 0, 3]);
});
