"""Options that only a person can carry out, where no setting of the run is known to help."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.diagnosis.prescriptions.prescription import Prescription
from monitor.rules.evaluations import measured, validation
from monitor.rules.kind import is_fine_tune, is_sequence
from monitor.rules.primary import best_of, primary_of
from monitor.rules.result import Finding
from monitor.rules.wer_plateau import GOT_WORSE
from monitor.rules.worse import WORSE_REMEDY
from monitor.run_dir import Snapshot
from monitor.run_dir.metric import Metric
from monitor.run_dir.words import number, plain

GAINED = 0.05
"""Part of an error: a smaller gain after the best val loss may be luck."""


def few_by_heart(snapshot: Snapshot) -> Prescription:
    """Whether the pipeline can learn anything at all: for a run that no other measurement is known for."""
    what, are = ("five clips", "are") if is_sequence(snapshot) else ("one batch", "is")
    return _look(
        "few_by_heart",
        f"Let it learn {what} by heart, without augmentation and dropout",
        "train loss near zero within some hundred steps; if not, inputs, labels or loss are wrong, not the settings",
        cost="minutes, a script of its own",
        disproved_by=f"{what} {are} learnt: then the input arrives, and it needs more steps, data or another rate",
    )


def val_like_train(snapshot: Snapshot) -> Prescription:
    """For a run that knows its train set by heart and is at chance on val: whether both are the same task."""
    what = "clips" if is_sequence(snapshot) else "samples"
    return _look(
        "val_like_train",
        f"Evaluate on 50 {what} of train with the code that evaluates val; then compare inputs and labels of both",
        "errors near zero there: then val differs in its preparation, its labels or their order, or train is too small "
        "to carry over; errors at chance there: then the evaluation is at fault",
        cost="minutes, no training",
        disproved_by="both are prepared and labelled alike: then only more, and more varied, data can help",
    )


def rate_of_zero(snapshot: Snapshot) -> Prescription | None:
    """Where every learning rate that was logged is 0; None for any other run."""
    rates = [record.lr for record in snapshot.epochs if record.lr is not None]
    if not rates or any(rates):
        return None
    return _look(
        "rate_of_zero",
        "Set the learning rate above 0, or find the schedule that makes it 0",
        f"losses that move: the learning rate was 0 in all {len(rates)} records",
        cost="a restart",
        disproved_by="a learning rate above 0 is logged and the losses stand as before",
    )


def more_variety(snapshot: Snapshot) -> Prescription:
    """Against overfitting, for a run without a setting that would bring it."""
    rows = [r for r in measured(snapshot, validation).epochs if r.val_loss is not None]
    best = min(rows, key=lambda record: record.val_loss or 0.0, default=None)
    turned = best is not None and best is not rows[-1]
    kept = f"; val loss was lowest at epoch {plain(best.epoch)} ({number(best.val_loss)})" if best and turned else ""
    metric, reached = primary_of(snapshot), best_of(snapshot)
    then = metric.error_of(best) if metric is not None and best is not None else None
    if (
        metric is not None
        and reached is not None
        and best is not None
        and _gained(metric, then, reached)
        and reached[1] > best.epoch
    ):
        # Fewer epochs would lose what the metric has gained since.
        best_value = f"its best {metric.label} ({metric.text(reached[0])}, epoch {plain(reached[1])})"
        return _look(
            "more_variety",
            "More varied training data; the number of epochs stays",
            f"a val loss that turns later and lower{kept}, before {best_value}",
            cost="new data",
            disproved_by="val loss turns at the same epoch and the same value",
        )
    return _look(
        "more_variety",
        "Fewer epochs on these examples, or a lower learning rate; then more varied ones"
        if is_fine_tune(snapshot)
        else "More varied training data, or fewer epochs on what there is",
        f"a val loss that turns later and lower{kept}" if turned else "a lower val loss and a smaller gap",
        cost="new data, or a restart that ends near the best val loss",
        disproved_by="val loss turns at the same epoch and the same value" if turned else "the gap opens as before",
    )


def _gained(metric: Metric, then: float | None, reached: tuple[float, float]) -> bool:
    """Whether the error became better by a twentieth after the best val loss, where it was `then`."""
    return then is not None and metric.error(reached[0]) < then * (1 - GAINED)


def more_epochs(snapshot: Snapshot, over: bool) -> Prescription:
    """For a metric at rest while val loss still comes to new bests."""
    metric = primary_of(snapshot)
    label = metric.label if metric is not None else "val loss"
    if over:
        return _look(
            "more_epochs",
            "More epochs",
            f"a better {label}: val loss still came to new bests at its end",
            cost="the epochs that are added",
            disproved_by=f"val loss stops falling and {label} has made no step",
        )
    return _look(
        "more_epochs",
        "Wait for more evaluations",
        f"a better {label}, as val loss still comes to new bests",
        cost="the epochs until then",
        disproved_by=f"val loss stops falling and {label} has made no step",
    )


def keep_the_best(findings: Sequence[Finding]) -> Prescription:
    """For a metric that got worse: its best checkpoint, and what the rule says of the reason."""
    said = next((finding.remedy for finding in findings if finding.title.endswith(GOT_WORSE)), WORSE_REMEDY)
    return _look(
        "keep_the_best",
        said.rstrip("."),
        "the best model that there was, and the reason why it got worse",
        cost="a look, no training",
        disproved_by="a later evaluation is as good as the best one",
    )


def keep_or_change(snapshot: Snapshot, finding: Finding) -> Prescription:
    """For a metric at rest, once the run is over: its best checkpoint, and what the rule says limits it."""
    first, *rest = finding.remedy.split(". ")
    metric, reached = primary_of(snapshot), best_of(snapshot)
    best = ""
    if metric is not None and reached is not None:
        best = f": {metric.label} {metric.text(reached[0])}, epoch {plain(reached[1])}"
    return _look(
        "keep_the_best",
        first.rstrip("."),
        f"the best model that this run has{best}",
        cost="a look, no training",
        disproved_by="another run comes to a better one",
        note=". ".join(rest),
    )


def as_the_rule_says(finding: Finding, over: bool) -> Prescription:
    """A finding that no option is known for: what its rule says must be looked at."""
    first, *rest = finding.remedy.split(". ")
    return _look(
        f"look_{finding.rule}",
        first.rstrip("."),
        "what it shows decides",
        cost="a look, no training",
        disproved_by="a restart with the same settings does not show it" if over else "the flag closes by itself",
        note=". ".join(rest),
    )


def _look(name: str, title: str, expected: str, *, cost: str, disproved_by: str, note: str = "") -> Prescription:
    return Prescription(
        id=name,
        title=title,
        changes={},
        command=None,
        expected=expected,
        cost=cost,
        disproved_by=disproved_by,
        note=note,
    )


RIGHT_WAY_ROUND = _look(
    "right_way_round",
    "Look at the labels of val (swapped or shifted classes), and whether the metric is an error or a score",
    "with the labels right, a value as far on the good side of chance as this one is on the other",
    cost="a look, no training",
    disproved_by="the classes of a few val samples, read by a person, are those that the labels say",
)
"""For a metric far worse than chance: an output that ignores the input would do better."""
