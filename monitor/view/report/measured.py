"""What was measured: the table of key epochs, what one sees in it, the predictions, and what chance scores."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from monitor.diagnosis.alignment import aligned
from monitor.diagnosis.verdict import Diagnosis, Judged
from monitor.rules.arithmetic import forecast, series
from monitor.rules.blank_collapse import BlankCollapse
from monitor.rules.evaluations import floors_of
from monitor.rules.gap_limit import gap_limit_of
from monitor.rules.primary import best_of, chance_of, primary_of
from monitor.rules.thresholds import Thresholds
from monitor.rules.worse import TREND_P_VALUE, WORSE_SCATTERS
from monitor.run_dir import ChildOutcome, Epoch, Snapshot
from monitor.run_dir.columns import values_of
from monitor.run_dir.counted import basis_of
from monitor.run_dir.metric import WER, Metric, is_finite
from monitor.run_dir.planned import planned_epochs
from monitor.run_dir.words import NOT_MEASURED, SMALLEST, brief, changed, count, number, percent, plain, signed
from monitor.view.report.blocks import Block, Bullets, Code, Figure, Heading, Line, Table, Text
from monitor.view.report.numbers import (
    broken,
    course,
    from_to,
    key_epochs,
    known,
    printed,
    resumed_words,
    train_field,
    train_loss_is_to_fall,
)
from monitor.view.report.statuses import BEGINS, Statuses

NO_OUTLOOK = ("divergence", "non_finite")
"""Rules whose findings make a forecast meaningless."""
SAMPLES = 5
COLUMNS = 100
"""Letters a line of an alignment may have before it goes on below."""


def descent(snapshot: Snapshot, came: ChildOutcome | None) -> Iterator[Block]:
    """Of a child: its parent, its changes, and the outcome."""
    link = snapshot.launch.parent if snapshot.launch is not None else None
    if link is None:
        return
    changes = ", ".join(changed(link.changes)) or "nothing was changed"
    outcome = f" {came.word}: {came.line}" if came is not None else ""
    yield Text(f"Child of {link.run_id}: {changes}.{outcome}")


def progress(snapshot: Snapshot) -> Iterator[Block]:
    """What the table of evaluations does not say: resumes, a plan that was exceeded, and steps without evaluations."""
    said = []
    if starts := resumed_words(snapshot):
        said.append(starts)
    planned = planned_epochs(snapshot)
    if planned and snapshot.epochs and snapshot.epochs[-1].epoch > planned:
        said.append(f"{count(int(planned), 'epoch')} were planned; it is at epoch {plain(snapshot.epochs[-1].epoch)}.")
    steps = zip(*(values_of(snapshot.steps, name) for name in ("step", "train_loss")), strict=True)
    losses = [(step, loss) for step, loss in steps if is_finite(loss)]
    if not snapshot.epochs and losses:
        first, newest = losses[0], losses[-1]
        said.append(
            f"No evaluation was logged. Train loss {number(first[1])} at step {first[0]} → {number(newest[1])} at step "
            f"{newest[0]}, lowest {number(min(loss for _, loss in losses if loss is not None))}."
        )
    if said:
        yield Text(" ".join(said))


def statistics(snapshot: Snapshot) -> Iterator[Block]:
    """The losses and error rates at key epochs, as a table and as two figures."""
    if not snapshot.epochs:
        return
    yield Heading("Training statistics")
    columns = [
        (title, [shown(record) for record in key_epochs(snapshot)])
        for title, shown in (
            ("epoch", lambda record: plain(record.epoch)),
            ("train loss", lambda record: number(record.train_loss)),
            ("train loss, eval mode", lambda record: number(record.train_eval_loss)),
            ("val loss", lambda record: number(record.val_loss)),
            ("gap", lambda record: signed(record.gap)),
            *_metric_columns(snapshot),
            ("words out / in", lambda record: number(record.length_ratio)),
            ("blank", lambda record: percent(record.blank_ratio)),
            ("learning rate", lambda record: NOT_MEASURED if record.lr is None else _lr_words(record.lr)),
        )
    ]
    kept = [(title, cells) for title, cells in columns if any(cell != NOT_MEASURED for cell in cells)]
    yield Table(tuple(title for title, _ in kept), tuple(zip(*(cells for _, cells in kept), strict=True)))
    floors = floors_of(snapshot)
    loss_floor = _level(snapshot, "chance loss", floors.loss_unigram)
    yield Figure(
        "Loss",
        (_line(snapshot, "val", "val_loss"), _line(snapshot, "train", train_field(snapshot)), *loss_floor),
    )
    yield from _metric_figure(snapshot)


def _metric_columns(snapshot: Snapshot) -> list[tuple[str, Callable[[Epoch], str]]]:
    """The primary metric on both splits, and WER beside another one."""
    metrics = dict.fromkeys(filter(None, (primary_of(snapshot), WER)))
    return [
        column
        for metric in metrics
        for column in (
            (f"train {metric.label}", lambda record, metric=metric: metric.text(metric.train_of(record))),
            (metric.title, lambda record, metric=metric: metric.text(metric.of(record))),
        )
    ]


def _metric_figure(snapshot: Snapshot) -> Iterator[Block]:
    metric = primary_of(snapshot)
    if metric is None:
        return
    level = chance_of(snapshot, metric)
    shown = metric.fraction(metric.value(level.error)) if level is not None and not level.assumed else None
    floor = _level(snapshot, "constant sentence" if metric is WER else "chance", shown)
    curves = [(name, known(snapshot, key)) for name, key in (("val", metric.name), ("train", metric.train)) if key]
    lines = (Line(name, tuple((at, metric.fraction(value)) for at, value in points)) for name, points in curves)
    yield Figure("Word error rate" if metric is WER else metric.heading, (*lines, *floor), percent=metric.is_share)


def _line(snapshot: Snapshot, name: str, field: str) -> Line:
    return Line(name, tuple(known(snapshot, field)))


def _level(snapshot: Snapshot, name: str, value: float | None) -> tuple[Line, ...]:
    if value is None or not snapshot.epochs:
        return ()
    ends = (snapshot.epochs[0].epoch, snapshot.epochs[-1].epoch)
    return (Line(name, tuple((epoch, value) for epoch in ends), dashed=True),)


def observations(snapshot: Snapshot, judged: Judged) -> Iterator[Block]:
    """What one sees in the table, in sentences with their numbers; each begins with whether it is well."""
    status = Statuses(judged)
    seen = [
        *_train_loss(snapshot, status),
        *_val_loss(snapshot, status),
        *_gap(snapshot, judged.thresholds),
        *_metric(snapshot),
        *_words(snapshot, judged.diagnosis),
        *_rate(snapshot),
    ]
    if seen:
        yield Heading("Observations")
        yield Bullets(tuple(seen))


def _broken(snapshot: Snapshot, name: str, title: str) -> Iterator[str]:
    """Of a measure whose newest value is not finite: that, before anything it was while it still had one."""
    found = broken(snapshot, name)
    if found is not None:
        points = known(snapshot, name)
        before = f"; at epoch {plain(points[-1][0])} it was {number(points[-1][1])}" if points else ""
        yield f"Not well: {title} is {number(found[1])} since epoch {plain(found[0])}{before}."


def _train_loss(snapshot: Snapshot, status: Statuses) -> Iterator[str]:
    if broken(snapshot, "train_loss"):
        yield from _broken(snapshot, "train_loss", "train loss")
        return
    points = known(snapshot, "train_loss")
    if len(points) > 1 and train_loss_is_to_fall(snapshot):
        does = course(points)
        yield f"{BEGINS[status.of_train_loss(does)]}: train loss {does}, " + (
            f"{from_to(points, number)} (epochs {plain(points[0][0])} to {plain(points[-1][0])})."
        )


def _val_loss(snapshot: Snapshot, status: Statuses) -> Iterator[str]:
    if broken(snapshot, "val_loss"):
        yield from _broken(snapshot, "val_loss", "val loss")
        return
    points = known(snapshot, "val_loss")
    if len(points) < 2:
        return
    best = min(points, key=lambda point: point[1])
    last, word = points[-1], BEGINS[status.of_val_loss(points)]
    if best == last:
        yield f"Well: val loss is at its best, {number(last[1])} (epoch {plain(last[0])}), from {number(points[0][1])}."
    elif best[1] == last[1]:
        yield f"Watch: val loss is at its best, {number(last[1])}, which it had at epoch {plain(best[0])} already."
    elif best[1] > 0:
        above = last[1] / best[1] - 1
        yield (
            f"{word}: val loss was lowest at epoch {plain(best[0])} ({number(best[1])}) and is {percent(above)} above "
            f"that now ({number(last[1])})."
        )


def _gap(snapshot: Snapshot, thresholds: Thresholds) -> Iterator[str]:
    if broken(snapshot, "gap"):
        yield from _broken(snapshot, "gap", "the gap between val and train loss")
        return
    points = known(snapshot, "gap")
    if len(points) < 2:
        return
    limit, last = gap_limit_of(snapshot, thresholds), points[-1]
    # The first evaluations of a running train loss lie far above val loss: the gap is shown from where it is positive.
    start = next((point for point in points if point[1] >= 0), points[0])
    since = "" if start == points[0] else "from where it was first above zero, "
    path = f"{since}{signed(start[1])} at epoch {plain(start[0])} → {signed(last[1])} at epoch {plain(last[0])}"
    if last[1] > limit:
        does = "widens" if last[1] > start[1] else "is above its limit"
        yield f"Not well: the gap between val and train loss {does}: {path}; {_passed(points, limit)}."
    elif max(gap for _, gap in points) > limit:
        back = f"the gap between val and train loss is below {plain(limit)} now: {path}"
        yield f"Watch: {back}; {_passed(points, limit)}."
    else:
        yield f"Well: the gap between val and train loss stays below {plain(limit)}: {path}."


def _passed(points: list[tuple[float, float]], limit: float) -> str:
    """Between which evaluations the gap first came above its limit, as far as it was seen below it."""
    first = next(place for place, (_, gap) in enumerate(points) if gap > limit)
    at = plain(points[first][0])
    if first == 0:
        return f"at its first evaluation, epoch {at}, it was above {plain(limit)} already"
    return f"it passed {plain(limit)} between epochs {plain(points[first - 1][0])} and {at}"


def _metric(snapshot: Snapshot) -> Iterator[str]:
    """How the primary metric moved on both splits, and how far it is from chance."""
    metric = primary_of(snapshot)
    if metric is None:
        return
    val, train = known(snapshot, metric.name), known(snapshot, metric.train)
    for name, points in ((f"train {metric.label}", train), (metric.title, val)):
        if len(points) > 1:
            best = min(points, key=lambda point: (metric.error(point[1]), point[0]))
            took = points[-1][0] - points[0][0]
            yield (
                f"{_how_well(metric, [value for _, value in points])}: {name} {from_to(points, metric.text)}, "
                f"{_moved(metric, points[0][1], points[-1][1])} in {plain(took)} epoch{'s' * (took != 1)}; best "
                f"{metric.text(best[1])} at epoch {plain(best[0])}."
            )
    if val and train and val[-1][0] == train[-1][0]:
        apart = metric.bare_change(val[-1][1] - train[-1][1]).lstrip("+")
        unit = " points" if metric.is_share else ""
        yield f"{metric.heading} minus train {metric.label} at the end: {apart}{unit}."
    level = chance_of(snapshot, metric)
    if val and level is not None and not level.assumed:
        best_error = min(metric.error(value) for _, value in val)
        word = "Well" if level.error - best_error > 0.1 * level.size(metric) else "Not well"
        floor = f"{'what ' if level.who != 'chance' else ''}{level.does} ({metric.error_text(level.error)})"
        floor = floor.replace("chance is at", "chance")
        yield f"{word}: at its best {metric.title} was {metric.apart(best_error, level.error)} {floor}."


def _moved(metric: Metric, before: float, after: float) -> str:
    """The difference of two values as they are shown; one of them may not be finite."""
    if math.isfinite(before) and math.isfinite(after):
        return metric.change_texts(before, after, more=0)[2]
    return metric.change(after - before)


def _how_well(metric: Metric, values: list[float]) -> str:
    """What came back after its best is not well, however low it began; what lies within its scatter is neither."""
    errors = np.array([metric.error(value) for value in values])
    far = 0.1 * (1.0 if metric.is_share else float(np.ptp(errors)))
    noise = WORSE_SCATTERS * (series.scatter(errors) if len(errors) > 2 else 0.0)
    best = int(np.argmin(errors))
    lost, gained = errors[-1] - errors[best], errors[0] - errors[-1]
    rises = series.rising_p_value(errors[best:]) < TREND_P_VALUE
    if lost > max(noise, far / 5 if rises else far / 2):
        return "Not well"
    return "Well" if gained > max(noise, far) else "Watch"


def _words(snapshot: Snapshot, diagnosis: Diagnosis) -> Iterator[str]:
    ratio, empty = known(snapshot, "length_ratio"), known(snapshot, "empty_ratio")
    if ratio:
        flagged = any(finding.rule == BlankCollapse.name for finding in diagnosis.findings)
        word = "Well" if ratio[-1][1] > 0.7 and not flagged else "Not well"
        share = f", {percent(empty[-1][1])} of the predictions empty" if empty else ""
        yield f"{word}: {number(ratio[-1][1])} words come out for each target word{share}."


def _rate(snapshot: Snapshot) -> Iterator[str]:
    rate, metric, best = known(snapshot, "lr"), primary_of(snapshot), best_of(snapshot)
    if len(rate) > 1 and rate[-1][1] < 0.95 * max(value for _, value in rate):
        since = f"; the best {metric.title} is of epoch {plain(best[1])}" if metric and best else ""
        yield f"The learning rate went {_lr_words(rate[0][1])} → {_lr_words(rate[-1][1])}{since}."


def chance(snapshot: Snapshot) -> Iterator[Block]:
    """What an output that ignores the input scores, and how far this run is from it."""
    floors = floors_of(snapshot)
    lines = []
    wer, loss = known(snapshot, "val_wer"), known(snapshot, "val_loss")
    if floors.wer_constant is not None:
        said = f" ({floors.constant_sentence})" if floors.constant_sentence else ""
        basis = ", ".join(filter(None, [f"{percent(floors.wer_constant)} WER", basis_of(snapshot, "wer_constant")]))
        line = f"One constant sentence{said} scores {basis}; saying nothing scores 100 %."
        if wer:
            line += f" This run's best is {percent(min(value for _, value in wer))}, its last {percent(wer[-1][1])}."
        lines.append(line)
    if floors.loss_unigram is not None and floors.loss_unigram > 0:
        line = f"An output that knows only how often words occur has a loss of {number(floors.loss_unigram)}"
        line += f", equally likely words {number(floors.loss_uniform)}." if floors.loss_uniform is not None else "."
        if loss:
            best = min(value for _, value in loss)
            line += f" This run starts at {number(loss[0][1])} and reaches {number(best)}: a skill of "
            line += f"{number(1 - best / floors.loss_unigram)}, where 0 is chance and 1 is perfect."
        lines.append(line)
    if floors.blank_ratio is not None:
        blank = known(snapshot, "blank_ratio")
        line = f"A correct output would be blank in {percent(floors.blank_ratio)} of its frames"
        lines.append(line + (f"; this run's is in {percent(blank[-1][1])}." if blank else "."))
    if lines:
        yield Heading("What chance scores")
        yield Bullets(tuple(lines))


def samples(snapshot: Snapshot) -> Iterator[Block]:
    """Predictions of the last decoded evaluation under their targets, aligned word by word."""
    epoch, pairs = printed(snapshot)
    if epoch is None:
        return
    words_in = sum(len(target.split()) for _, target, _ in pairs)
    words_out = sum(len(said.split()) for _, _, said in pairs)
    empty = sum(not said.split() for _, _, said in pairs)
    yield Heading(f"Predictions at epoch {plain(epoch)}")
    yield Text(
        f"{len(pairs)} clips: {words_out} words out for {words_in} in, {empty} of the predictions empty. "
        "S substituted, D deleted, I inserted."
    )
    for name, target, said in pairs[:SAMPLES]:
        counts = f"{count(len(target.split()), 'word')} in, {len(said.split())} out"
        yield Code("\n".join([f"{name}  ({counts})", *_alignment(target.split(), said.split())]))


def _alignment(target: list[str], said: list[str]) -> Iterator[str]:
    """Three lines: target, prediction, kinds of errors; in columns, going on below where they grow too long."""
    if not said:
        yield from (f"Target: {' '.join(target)}", "Pred:   (EMPTY)")
        return
    rows: list[list[str]] = [["Target:"], ["Pred:  "], ["       "]]
    for kind, wanted, came in aligned(target, said):
        sign = "" if kind == "h" else kind.upper()
        width = max(len(wanted), len(came), 1)
        if len(" ".join(rows[0])) + width > COLUMNS and len(rows[0]) > 1:
            yield from (" ".join(row).rstrip() for row in rows)
            rows = [["Target:"], ["Pred:  "], ["       "]]
        for row, text in zip(rows, (wanted or "*", came or "*", sign), strict=True):
            row.append(text.ljust(width))
    yield from (" ".join(row).rstrip() for row in rows)


def heading_for(snapshot: Snapshot, judged: Judged) -> Iterator[Block]:
    """Where the curves go, each with the band that holds four outcomes of five; of a run that runs away nothing."""
    if any(finding.rule in NO_OUTLOOK for finding in judged.diagnosis.findings):
        return
    lines, limit, end = [], gap_limit_of(snapshot, judged.thresholds), planned_epochs(snapshot)
    metric = primary_of(snapshot)
    own = [(metric.name, metric.heading, metric.bare, metric.text)] if metric is not None else []
    for name, title, bare, text in (*own, ("gap", "The gap", number, number)):
        points = known(snapshot, name)
        # No further ahead than half of what was seen: few evaluations far apart foretell little.
        ahead = max(1, min(forecast.AHEAD, len(points) // 2))
        seen = forecast.outlook([epoch for epoch, _ in points], [value for _, value in points], ahead, end)
        if seen is None or broken(snapshot, name):
            continue
        low, high = float(seen.low[-1]), float(seen.high[-1])
        by = math.ceil(float(seen.epochs[-1]))
        line = f"{title}: {bare(low)} to {text(high)} by epoch {by} (four in five)."
        crosses = forecast.crossing(seen, limit) if name == "gap" else None
        if crosses is not None and points[-1][1] <= limit:
            line += f" It would cross {plain(limit)} at about epoch {crosses.expected:.0f}."
        lines.append(line)
    if lines:
        yield Heading("Where it is heading")
        yield Bullets(tuple(lines))
        yield Text("If nothing is changed; a change of the learning rate is not foreseen.")


def _lr_words(value: float) -> str:
    """A learning rate in three digits: a schedule moves it by less than two tell."""
    return plain(float(f"{value:.3g}")) if value >= SMALLEST else brief(value)
