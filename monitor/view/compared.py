"""Runs side by side: the outcome of a change, the curves to overlay, what differs in settings, code and sentences."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any

from monitor.diagnosis.alignment import aligned
from monitor.diagnosis.clip_pairs import ClipPair, pair_clips
from monitor.diagnosis.comparison import changed_names, compare, counted, same_code
from monitor.diagnosis.ledger import with_seeds
from monitor.diagnosis.moment import best_of, common_metric, judged_epoch
from monitor.diagnosis.outcome import Outcome, expectation_words, outcome
from monitor.diagnosis.prescriptions.seeds import more_seeds
from monitor.diagnosis.tries import SeedsOfChange
from monitor.diagnosis.what_differs import is_child_of
from monitor.rules.primary import chance_of
from monitor.run_dir import Epoch, Snapshot, words
from monitor.run_dir.metric import Metric, read
from monitor.view.series import number, shown
from monitor.view.shapes.compared import (
    CodeDifference,
    Compared,
    ComparedBy,
    CurveColumns,
    Curves,
    OutcomeCard,
    SentencePair,
    Sentences,
)

MOST_RUNS = 8
MOST_SENTENCES = 5
MOST_DIFF = 20_000
MOST_NAMES = 3
CURVES = tuple(name for name in CurveColumns.__struct_fields__ if name not in ("hours", "metric"))
ROWS: tuple[tuple[str, str, Callable[[float | None], str], Callable[[float, float], Sequence[str]]], ...] = (
    ("val_loss", "val loss", words.number, words.agreeing),
    ("length_ratio", "words out / in", words.number, words.agreeing),
    ("gap", "gap", words.number, words.agreeing),
)
"""(field, title, how a value is written, how two and their difference are), below the metric that compares them."""
MODES = ("epoch", "best", "hours")


def compared(
    snapshots: Sequence[Snapshot],
    epoch: float | None,
    mode: str,
    seeds: Sequence[Snapshot] = (),
    decided: SeedsOfChange | None = None,
) -> Compared:
    """Everything of the Compare tab. The first run is judged against the second, each of the others too, in a line.

    `seeds`: further runs of the folder that are seeds of the first: theirs are not offered again.
    `decided`: what the first and these came to together.
    """
    child, parent = snapshots[0], snapshots[1]
    agreed = judged_epoch(parent, child)
    metric = common_metric(parent, child)
    shared = _shared_epochs(parent, child)
    judged = outcome(parent, child, epoch)
    is_open = judged.word == "TOO CLOSE" and decided is None
    judged = dataclasses.replace(judged, line=with_seeds(judged.line, decided))
    # Until the child has come to the judged epoch, the numbers are those of the last epoch that both have.
    at = max((known for known in shared if known <= judged.epoch), default=judged.epoch)
    settings = compare(snapshots)
    return Compared(
        runs=[snapshot.run_id for snapshot in snapshots],
        epoch=at,
        agreed_epoch=agreed,
        shared_epochs=shared,
        mode=mode,
        card=_card(judged, more_seeds(parent, child, [*snapshots, *seeds]) if is_open else ()),
        others=[_against(parent, other, epoch) for other in snapshots[2:]],
        related=is_child_of(child, parent),
        columns=["", parent.run_id, child.run_id, "difference", *(run.run_id for run in snapshots[2:])],
        rows=_rows(snapshots, at, mode, metric),
        metric=ComparedBy(title=metric.title, share=metric.is_share) if metric is not None else None,
        basis=_basis(parent, child),
        curves=[_curves(snapshot, metric) for snapshot in snapshots[:MOST_RUNS]],
        settings=[(key, [_value(value) for value in values]) for key, values in settings.settings.items()],
        same=_same_keys(snapshots),
        code=_code(parent, child),
        sentences=_sentences(pair_clips(parent, child, at)),
        seed_lines=[],
    )


def _against(parent: Snapshot, other: Snapshot, epoch: float | None) -> str:
    """The outcome of a further run against the same parent, in one line."""
    judged = outcome(parent, other, epoch)
    return f"{judged.word}  {other.run_id} against {parent.run_id}: {judged.line}"


def _card(judged: Outcome, seeds: tuple[str, ...]) -> OutcomeCard:
    note = f"{judged.not_credited}: the effect cannot be credited to the settings alone." if judged.not_credited else ""
    return OutcomeCard(
        word=judged.word,
        line=judged.line,
        expected=judged.expected,
        met=expectation_words(judged.expectation_met),
        note=note,
        clips=judged.clips,
        seeds=seeds,
    )


def _rows(snapshots: Sequence[Snapshot], epoch: float, mode: str, metric: Metric | None) -> list[list[str]]:
    """[measure, parent, child, difference, others…], each run at the moment that the mode picks for it."""
    child, parent, *others = snapshots
    then, now, *rest = [_moment(run, parent, epoch, mode, metric) for run in (parent, child, *others)]
    rows = []
    if mode != "epoch":
        at = [words.plain(record.epoch if record is not None else None) for record in (then, now, *rest)]
        rows.append(["epoch", *at[:2], "", *at[2:]])
    if mode == "hours":
        took = [_time_of(run, record) for run, record in zip((parent, child, *others), (then, now, *rest), strict=True)]
        rows.append(["time", *took[:2], "", *took[2:]])
    own = [(metric.name, metric.title, metric.text, metric.change_texts)] if metric is not None else []
    for field, title, written, between in (*own, *ROWS):
        before, after, *more = [read(record, field) if record is not None else None for record in (then, now, *rest)]
        if all(value is None for value in (before, after, *more)):
            continue  # at an epoch that none of them has, there is no row
        told = [written(before), written(after), ""]
        if before is not None and after is not None and math.isfinite(before) and math.isfinite(after):
            told = [*between(before, after)]
        rows.append([title, *told, *map(written, more)])
    return rows


def _moment(snapshot: Snapshot, parent: Snapshot, epoch: float, mode: str, metric: Metric | None) -> Epoch | None:
    if mode == "best":
        return best_of(snapshot.epochs, metric) if snapshot.epochs else None
    if mode == "hours":
        reached = [time for record, time in zip(parent.epochs, hours(parent), strict=True) if record.epoch <= epoch]
        allowed = reached[-1] * (1 + 1e-9) if reached else 0.0
        earlier = [record for record, time in zip(snapshot.epochs, hours(snapshot), strict=True) if time <= allowed]
        return earlier[-1] if earlier else None
    return next((record for record in snapshot.epochs if record.epoch == epoch), None)


def _time_of(run: Snapshot, record: Epoch | None) -> str:
    """How long a run had trained at one of its evaluations."""
    taken = [time for each, time in zip(run.epochs, hours(run), strict=True) if each is record]
    return words.age(3600 * taken[0]) if taken else words.NOT_MEASURED


def hours(snapshot: Snapshot) -> list[float]:
    """Hours of training up to each evaluation: the sum of the epochs' own lengths where all are known.

    Else by the clock since the trainer began, which counts a night between stop and resume as training.
    """
    lengths = [record.seconds for record in snapshot.epochs]
    if all(length is not None and length > 0 for length in lengths):
        return [total / 3600 for total in accumulate(length or 0.0 for length in lengths)]
    first = snapshot.epochs[0].at if snapshot.epochs else 0.0
    began = snapshot.run.created_at if snapshot.run is not None else 0.0
    start = began if 0 < began <= first else first
    return [max(0.0, record.at - start) / 3600 for record in snapshot.epochs]


def _shared_epochs(parent: Snapshot, child: Snapshot) -> list[float]:
    theirs = {record.epoch for record in parent.epochs}
    return [record.epoch for record in child.epochs if record.epoch in theirs]


def _basis(parent: Snapshot, child: Snapshot) -> str:
    bases = {snapshot.run.gap_basis for snapshot in (parent, child) if snapshot.run is not None}
    return "train loss was measured in training mode: the gap is weak evidence" if "train" in bases else ""


def _curves(snapshot: Snapshot, metric: Metric | None) -> Curves:
    columns = {name: [number(getattr(record, name)) for record in snapshot.epochs] for name in CURVES}
    columns["metric"] = [
        number(shown(metric, metric.of(record) if metric is not None else None)) for record in snapshot.epochs
    ]
    basis = snapshot.run.gap_basis if snapshot.run is not None else "train"
    level = chance_of(snapshot, metric)
    chance = metric.value(level.error) if metric is not None and level is not None and not level.assumed else None
    drawn = CurveColumns(**columns, hours=hours(snapshot))
    return Curves(run=snapshot.run_id, columns=drawn, gap_basis=basis, chance=number(shown(metric, chance)))


def _same_keys(snapshots: Sequence[Snapshot]) -> list[list[str]]:
    configs: list[Mapping[str, Any]] = [snapshot.run.config if snapshot.run else {} for snapshot in snapshots]
    return [
        [key, _value(value)] for key, value in configs[0].items() if all(config.get(key) == value for config in configs)
    ]


def _code(parent: Snapshot, child: Snapshot) -> CodeDifference:
    """Whether the code differs, in words, with the lines where they are known."""
    before, after = parent.launch, child.launch
    if before is None or after is None:
        return CodeDifference(text="not known: one of them was not started here")
    link = after.parent if is_child_of(child, parent) else None
    if link is not None and link.code_line:
        return CodeDifference(text=link.code_line, diff=link.code_diff[:MOST_DIFF])
    commits = (before.git_commit, after.git_commit)
    if any(commits) and not all(commits) and same_code(before, after):
        missing = parent.run_id if not before.git_commit else child.run_id
        return CodeDifference(text=f"not known: {missing} has no commit written down")
    if same_code(before, after) and before.git_commit != after.git_commit and before.imported:
        return CodeDifference(text="the same: other commits, and no file that the runs import differs")
    if same_code(before, after):
        edits = "no edits on top" if not after.git_diff else "the same edits on top"
        same = f"the same: commit {after.git_commit[:9]}, {edits}" if after.git_commit else "the same script"
        return CodeDifference(text=same if after.git_commit or after.script_sha256 else "not written down")
    diff = (after.git_diff or "")[:MOST_DIFF]
    if before.git_commit != after.git_commit:
        from_to = " → ".join((commit or "not known")[:9] for commit in commits)
        return CodeDifference(text=f"commit {from_to}", diff=diff)
    if not diff:
        names = changed_names(before, after)
        which = (
            f": {', '.join(names[:MOST_NAMES])}{f' and {len(names) - MOST_NAMES} more' if names[MOST_NAMES:] else ''}"
        )
        return CodeDifference(text=f"they differ{which if names else ''}; which lines, is not known")
    added, removed = counted(after.git_diff or "")
    return CodeDifference(
        text=f"they differ; {child.run_id} has +{added} −{removed} lines on top of the commit", diff=diff
    )


def _sentences(pairs: list[ClipPair]) -> Sentences:
    """Clips that got fewer and more errors, the largest differences first, each aligned with its target."""
    fixed = sorted(
        (p for p in pairs if p.child_errors < p.parent_errors), key=lambda p: p.child_errors - p.parent_errors
    )
    broken = sorted(
        (p for p in pairs if p.child_errors > p.parent_errors), key=lambda p: p.parent_errors - p.child_errors
    )
    return Sentences(
        fixed=len(fixed),
        broken=len(broken),
        same=len(pairs) - len(fixed) - len(broken),
        shown=[_sentence(pair, "fewer errors") for pair in fixed[:MOST_SENTENCES]]
        + [_sentence(pair, "more errors") for pair in broken[:MOST_SENTENCES]],
    )


def _sentence(pair: ClipPair, kind: str) -> SentencePair:
    return SentencePair(
        id=pair.clip_id,
        kind=kind,
        reference=pair.reference[:2000],
        parent=_words(pair.reference, pair.parent_said),
        child=_words(pair.reference, pair.child_said),
        errors=[pair.parent_errors, pair.child_errors],
    )


def _words(reference: str, said: str) -> list[list[str]]:
    pairs = aligned(reference.split(), said.split())[:200]
    return [[kind, target[:200], prediction[:200]] for kind, target, prediction in pairs]


def _value(value: Any) -> str:
    return words.plain(value)[:200]
