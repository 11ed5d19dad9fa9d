// The x axis of all charts at once: epochs, steps, or hours since the start; and the part of it that is seen.

const AXES = { epoch: "epoch", step: "step", time: "hours since the start" };

// Evaluations before an axis of its own accord counts epochs, where steps are logged.
const FEW_EVALUATIONS = 3;

// x: one value an evaluation. of(epoch): where an epoch lies on this axis. wanted: null where nobody has chosen.
function axisOf(cols, wanted, steps = {}) {
  const epochs = cols.epoch ?? [];
  const logged = steps.step?.length ?? 0;
  // Before the first evaluation there are steps only. One alone is placed too; it has no neighbour.
  if (!epochs.length && logged) return { name: "step", title: AXES.step, x: [], of: () => null, ends: [steps.step[0], steps.step.at(-1)] };
  const place = wanted ?? (logged > 1 && countsSteps(cols, steps) ? "step" : "epoch");
  if (place === "step" && (rises(cols.step) || (epochs.length === 1 && logged && cols.step[0] > 0))) {
    const ends = logged ? [Math.min(cols.step[0], steps.step[0]), Math.max(cols.step.at(-1), steps.step.at(-1))] : null;
    return { name: "step", title: AXES.step, x: cols.step, of: mapping(epochs, cols.step), ends };
  }
  if (place === "time" && rises(cols.at)) {
    const start = startOf(cols);
    const hours = cols.at.map((at) => (at - start) / 3600);
    return { name: "time", title: AXES.time, x: hours, of: mapping(epochs, hours) };
  }
  return { name: "epoch", title: AXES.epoch, x: epochs, of: (epoch) => epoch };
}

// A run that has evaluated little, within its epochs, or without a loss that its steps have, is followed by its steps.
function countsSteps(cols, steps) {
  return cols.epoch.length < FEW_EVALUATIONS || cols.epoch.some((epoch) => epoch % 1 !== 0) || lossByStepsOnly(cols, steps);
}

function lossByStepsOnly(cols, steps) {
  return !hasLoss(cols) && (steps?.train_loss ?? []).some(finite);
}

function hasLoss(cols) {
  return ["train_loss", "train_eval_loss", "val_loss"].some((name) => (cols[name] ?? []).some(finite));
}

// Where each step lies on the axis; null where its records do not say it.
function stepsOn(axis, cols, steps) {
  if (axis.name === "step") return steps.step;
  if (axis.name === "epoch") return steps.epoch.some((epoch) => epoch > 0) ? steps.epoch : null;
  return steps.at.map((at) => (at - startOf(cols)) / 3600);
}

function rises(values) {
  return Boolean(values?.length > 1) && values.every((value, i) => finite(value) && (i === 0 || value > values[i - 1]));
}

// The first evaluation ended at its `at`; it began about one evaluation earlier.
function startOf(cols) {
  const [first, second] = cols.at;
  return first - Math.min(second - first, first);
}

function mapping(from, to) {
  return (value) => {
    const after = from.findIndex((known) => known >= value);
    if (after < 0) return to.at(-1);
    if (after === 0) return to[0];
    const share = (value - from[after - 1]) / (from[after] - from[after - 1] || 1);
    return to[after - 1] + share * (to[after] - to[after - 1]);
  };
}

// The ranges behind the buttons: the whole run, its last evaluations, what came after the last resume.
function rangeOf(name, axis, frame) {
  const { x } = axis;
  if (x.length < 2) return null;
  const end = x.at(-1) + 0.01 * (x.at(-1) - x[0]);
  if (name === "last" && x.length > 50) return [x[x.length - 50], end];
  const resumed = frame.marks.resumed_at.at(-1);
  if (name === "resumed" && resumed !== undefined) return [axis.of(resumed), end];
  return null;
}

// Exponential smoothing that starts without a bias towards zero; gaps stay gaps.
function smoothed(values, weight) {
  if (!weight) return values;
  let sum = 0;
  let norm = 0;
  return values.map((value) => {
    if (!finite(value)) return null;
    sum = weight * sum + (1 - weight) * num(value);
    norm = weight * norm + (1 - weight);
    return sum / norm;
  });
}
