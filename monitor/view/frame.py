"""One frame: everything that is painted at one moment, from one snapshot."""

from __future__ import annotations

import math

import numpy as np
from msgspec.structs import asdict

from monitor.diagnosis.alerts import open_alerts
from monitor.diagnosis.away import act_words, policy_in
from monitor.diagnosis.away import words as away_words
from monitor.diagnosis.judged_by import metrics_of, reason
from monitor.diagnosis.verdict import Diagnosis, Judged
from monitor.diagnosis.word import above_its_limit
from monitor.rules.arithmetic import forecast
from monitor.rules.evaluations import guard_of
from monitor.rules.gap_limit import gap_limit_of
from monitor.rules.primary import last_of, primary_of
from monitor.run_dir import Snapshot
from monitor.run_dir.checkpoints import is_ours
from monitor.run_dir.metric import LOSS, WER
from monitor.run_dir.planned import planned_epochs
from monitor.run_dir.status import ENDED_VERDICTS, Status, status_of
from monitor.run_dir.words import changed
from monitor.run_dir.words import number as in_words
from monitor.view.judgement import judgement
from monitor.view.series import Since, columns, loss_range, loss_unit, marks, metric_shown, number
from monitor.view.shapes.frame import ChanceLevels, Evaluated, Frame, JudgedBy, Outlook, ParentOfRun, RunHead
from monitor.view.shapes.state import Actions, AwayShown, Clock, DiskRoom, ReadingShown
from monitor.view.state import progress, reading_words, status_shown
from monitor.view.tiles import tiles

MOST_CHOICES = 30
"""Metrics that a person can choose from on the page; the terminal takes any."""


class Frames:
    """Makes the frames of one run. What only a new judgement changes is made once a judgement."""

    def __init__(self) -> None:
        self._made_for: tuple[object, ...] = ()
        self._made: Evaluated | None = None

    @np.errstate(all="ignore")
    def frame(
        self,
        snapshot: Snapshot,
        judged: Judged,
        now: float,
        *,
        since: Since,
        seq: int | None = None,
        at: float | None = None,
    ) -> Frame:
        """What the page shows now; series only from the tab's offsets on. `at`: the epoch of a replayed moment."""
        wanted = (id(judged), len(snapshot.alerts), snapshot.acknowledged, id(snapshot.launch))
        if self._made is None or wanted != self._made_for:
            self._made = _of_evaluations(snapshot, judged)
            # The judgement itself is kept too: a freed one's id could come back.
            self._made_for, self._judged = wanted, judged
        status = status_of(snapshot)
        return Frame(
            **asdict(self._made),
            seq=snapshot.seq if seq is None else seq,
            life=snapshot.life,
            status=status_shown(snapshot),
            clock=_clock(snapshot, now),
            progress=progress(snapshot, status, now),
            series=columns(snapshot, since),
            reading=_reading(snapshot),
            problems=[f"{problem.file}, line {problem.line}: {problem.reason}" for problem in snapshot.problems[:5]],
            probes=[probe.at for probe in snapshot.probes],
            problem_count=len(snapshot.problems),
            machine=_disk(snapshot),
            actions=_actions(snapshot, status.live, status.word),
            title=_title(snapshot, judged.diagnosis),
            away=_away(snapshot, status),
            at=at,
        )


def frame(snapshot: Snapshot, judged: Judged, now: float, *, since: Since, at: float | None = None) -> Frame:
    """One frame alone."""
    return Frames().frame(snapshot, judged, now, since=since, at=at)


def _of_evaluations(snapshot: Snapshot, judged: Judged) -> Evaluated:
    run = snapshot.run
    return Evaluated(
        **asdict(judgement(snapshot, judged)),
        run=RunHead(
            id=snapshot.run_id,
            name=(run.name if run is not None else "") or snapshot.run_id,
            model=run.model.name if run is not None else "",
            loss_unit=loss_unit(snapshot),
            parent=_parent(snapshot),
        ),
        tiles=tiles(snapshot, judged),
        metric=metric_shown(snapshot, judged.thresholds),
        judged=_judged_by(snapshot),
        floors=_floors(snapshot),
        marks=marks(snapshot, gap_limit_of(snapshot, judged.thresholds)),
        loss_range=loss_range(
            snapshot,
            guard_of(snapshot, judged.thresholds),
            run.floors.loss_unigram if run is not None else None,
        ),
        gap_basis=run.gap_basis if run is not None else "train",
        outlook=_outlook(snapshot),
        decoded=[decode.epoch for decode in snapshot.decodes if decode.split == "val"],
    )


def _judged_by(snapshot: Snapshot) -> JudgedBy:
    metrics = metrics_of(snapshot)[:MOST_CHOICES]
    first = primary_of(snapshot)
    choices = [[metric.name, metric.title] for metric in metrics]
    return JudgedBy(
        name=first.name if first is not None else LOSS,
        why=reason(snapshot),
        choices=[*choices, [LOSS, "val loss alone"]] if choices else [],
    )


def _disk(snapshot: Snapshot) -> DiskRoom:
    known = snapshot.progress
    return DiskRoom(
        disk_free_bytes=known.disk_free_bytes if known is not None else None,
        checkpoint_bytes=known.checkpoint_bytes if known is not None else None,
    )


def _away(snapshot: Snapshot, status: Status) -> AwayShown | None:
    """What is done if it goes bad unattended; None for a run that cannot be acted on."""
    act = snapshot.away_act
    if act is not None:
        return AwayShown(text=f"the away policy {act_words(act)}", why=act.line or act.problem, settable=False)
    if snapshot.state is None or not status.live or status.unseen:
        return None
    text = f"if it goes bad while I am away: {away_words(policy_in(snapshot))}"
    return AwayShown(text=text, why="Only where the verdict is STOP.", settable=True)


def _reading(snapshot: Snapshot) -> ReadingShown | None:
    """Of a run whose figures were read from a log or file: how, and whether a person has confirmed the reading."""
    if snapshot.run is None or snapshot.run.reading is None:
        source = reading_words(snapshot)
        return ReadingShown(text=source, confirmed=True) if source else None
    return ReadingShown(text=reading_words(snapshot), confirmed=bool(snapshot.run.reading.confirmed_by))


def _outlook(snapshot: Snapshot) -> Outlook | None:
    """Where the primary metric goes if nothing is changed, with the band of four outcomes in five."""
    metric = primary_of(snapshot)
    if metric is None or not status_of(snapshot).live:
        return None
    rows = ((record.epoch, metric.error_of(record)) for record in snapshot.epochs)
    known = [(epoch, error) for epoch, error in rows if error is not None]
    # No further ahead than half of what was seen: few evaluations far apart foretell little.
    ahead = max(1, min(forecast.AHEAD, len(known) // 2))
    end = planned_epochs(snapshot)
    seen = forecast.outlook([epoch for epoch, _ in known], [value for _, value in known], ahead, end)
    if seen is None:
        return None
    # No share goes below zero errors.
    least = 0.0 if metric.is_share else -math.inf
    middle, low, high = (
        [metric.fraction(metric.value(max(least, float(value)))) for value in column]
        for column in (seen.middle, seen.low, seen.high)
    )
    return Outlook(epoch=[float(value) for value in seen.epochs], middle=middle, low=low, high=high)


def _parent(snapshot: Snapshot) -> ParentOfRun | None:
    parent = snapshot.launch.parent if snapshot.launch is not None else None
    if parent is None:
        return None
    changes = changed(parent.changes)
    return ParentOfRun(id=parent.run_id, changes=changes, expected=str(parent.expected.get("text", "")))


def _clock(snapshot: Snapshot, now: float) -> Clock:
    times = [record.at for record in snapshot.epochs[-1:]] + [record.at for record in snapshot.steps[-1:]]
    last = max(times, default=0.0)
    return Clock(server_now=now, last_record_at=last or None)


def _floors(snapshot: Snapshot) -> ChanceLevels:
    if snapshot.run is None:
        return ChanceLevels()
    floors = snapshot.run.floors
    return ChanceLevels(
        loss=number(floors.loss_unigram),
        blank=number(floors.blank_ratio),
        sentence=floors.constant_sentence,
    )


def _actions(snapshot: Snapshot, live: bool, word: str) -> Actions:
    known = snapshot.launch is not None and bool(snapshot.launch.argv) and snapshot.launch.how != "import"
    is_attached = snapshot.launch is not None and snapshot.launch.how == "attach"
    return Actions(
        stop=live and word not in ("stopping", "followed"),
        restart=known,
        resume=known and not live and not is_attached,  # it was not started from here
        check=_can_be_checked(snapshot),
        why="" if known else "How this run was started is not known, so it cannot be started again from here.",
    )


def _can_be_checked(snapshot: Snapshot) -> bool:
    """Whether `python -m trainer.diagnose` knows this run's checkpoints, and there is one."""
    return is_ours(snapshot) and snapshot.progress is not None and snapshot.progress.checkpoint is not None


def _title(snapshot: Snapshot, diagnosis: Diagnosis) -> str:
    metric, value = primary_of(snapshot), last_of(snapshot)
    parts = [diagnosis.verdict.capitalize() if diagnosis.verdict in ENDED_VERDICTS.values() else diagnosis.verdict]
    if metric is not None and value is not None:
        # Beside its own name a share needs none: most runs have one alone.
        parts.append(metric.text(value) if metric is WER or metric.is_share else f"{metric.label} {metric.text(value)}")
    gap, known = above_its_limit(diagnosis.findings), open_alerts(snapshot.alerts).get("gap")
    if gap is not None and known is not None and known.alert_id not in snapshot.acknowledged:
        parts.append(f"▲ gap {in_words(float(gap.now['gap']))}")
    return " · ".join([*parts, snapshot.run_id])
