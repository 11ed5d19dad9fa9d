"""What a tab may ask over its socket, and who answers. Reading only: nothing here can change a run."""

from __future__ import annotations

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from monitor.diagnosis.judging import judge_run
from monitor.diagnosis.ledger import decided_by_seeds
from monitor.diagnosis.seed_groups import groups_in
from monitor.diagnosis.seed_means import seed_lines, siblings
from monitor.diagnosis.settings import settings_for
from monitor.diagnosis.verdict import Judged
from monitor.diagnosis.what_differs import is_child_of
from monitor.launcher import existing, messages
from monitor.launcher.engines import ray_log
from monitor.launcher.hosts import mirror
from monitor.run_dir import LOG_FILE, Snapshot
from monitor.run_dir.errors import MonitorError, RefusedError
from monitor.run_dir.lives import is_archived, is_mirrored
from monitor.run_dir.reader import RunReader
from monitor.run_dir.records import ready
from monitor.run_dir.replay import as_of
from monitor.run_dir.status import state_in_force
from monitor.ui.earlier import EarlierBook
from monitor.ui.family import Family
from monitor.ui.messages import Refused
from monitor.view.channels import channels
from monitor.view.compared import MODES, MOST_RUNS, compared
from monitor.view.frame import frame
from monitor.view.gpu import gpu_shown, gpu_unread
from monitor.view.log import LogQuestion, log_tail
from monitor.view.metrics import AXES, MOST_CHARTS, MOST_COLUMNS, MOST_DRAWN, MOST_PINNED, MetricsQuestion, metrics
from monitor.view.predictions import DECODERS, FILTERS, PredictionsQuestion, clip_history, predictions, watched_ids
from monitor.view.series import Since
from monitor.view.shapes.answers import Channels, ClipHistory, Earlier, LogTail, Predictions
from monitor.view.shapes.compared import Candidates, Compared, NothingCompared
from monitor.view.shapes.frame import Frame
from monitor.view.shapes.metrics import Metrics

Question = Mapping[str, Any]
"""The message of a tab, as it came: any of its values may be anything."""
OfOneRun = Channels | ClipHistory | Frame | LogTail | Metrics
Answer = OfOneRun | Predictions | Earlier | Compared | NothingCompared | Refused

MOST_EPOCHS = 1e12
MOST_TOLD = 4000
MOST_QUESTION_CHARS = 65_536
"""No question of the page is a hundredth of that; what is longer is not looked into."""


class Others:
    """The other runs of the folder, read when a tab compares with them; the last few stay read."""

    KEPT = 8

    def __init__(self, runs_dir: Path, family: Family | None = None) -> None:
        self.runs_dir = runs_dir
        self.family = family or Family(runs_dir)
        self.earlier = EarlierBook(runs_dir)
        self._readers: OrderedDict[str, RunReader] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, run_id: str) -> Snapshot:
        """Raises UsageError or UnreadableRunError for what is no run of this folder."""
        with self._lock:
            reader = self._readers.pop(run_id, None) or RunReader(existing(self.runs_dir, run_id))
            if is_mirrored(reader.run_dir):
                mirror.want(reader.run_dir)
            self._readers[run_id] = reader
            if len(self._readers) > self.KEPT:
                self._readers.popitem(last=False)
            return reader.read(time.time())


def question_of(text: str) -> dict[str, Any]:
    """The question in a message of a browser; empty for what is none of ours."""
    if len(text) > MOST_QUESTION_CHARS:
        return {}
    try:
        message = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return {}
    return message if isinstance(message, dict) else {}


def answer(snapshot: Snapshot, judged: Judged, question: Question, others: Others) -> Answer | None:
    """The answer with its kind, or None to what is no question of ours."""
    kind = str(question.get("kind"))
    try:
        if kind == "compare":
            return replace(_compare(snapshot, question, others), kind=kind)
        if kind == "earlier":
            return replace(
                msgspec.convert(others.earlier.beside(snapshot), ready(Earlier), from_attributes=True), kind=kind
            )
        if kind == "predictions":
            return replace(_predictions(snapshot, question, _parent_of(snapshot, others)), kind=kind)
        respond = ANSWERS.get(kind)
        return None if respond is None else replace(respond(snapshot, judged, question), kind=kind)
    except MonitorError as problem:
        return Refused(asked=kind, message=str(problem))


def _compare(snapshot: Snapshot, question: Question, others: Others) -> Compared | NothingCompared:
    """This run beside the ones asked for, else its parent, else its newest child; with everything it could be."""
    families = others.family.parents(_names(question.get("with")))
    own_parent = families.get(snapshot.run_id)
    children = [run_id for run_id, parent in families.items() if parent == snapshot.run_id]
    wanted = [name for name in _names(question.get("with")) if name in families and name != snapshot.run_id]
    if not wanted:
        wanted = [run_id for run_id in (own_parent, *children[-1:]) if run_id in families][:1]
    candidates = Candidates(
        parent=own_parent,
        children=children,
        others=sorted(set(families) - {snapshot.run_id, own_parent or ""} - set(children)),
    )
    if not wanted:
        return NothingCompared(candidates=candidates)
    read = [others.read(run_id) for run_id in wanted[: MOST_RUNS - 1]]
    # A child is judged against its parent, whichever of the two is open.
    first = [read[0], snapshot] if families.get(read[0].run_id) == snapshot.run_id else [snapshot, read[0]]
    mode = _one_of(MODES, question.get("mode"))
    groups = groups_in(others.runs_dir, families)
    child, parent = first
    seeds = siblings(child, groups, others.read)
    related = is_child_of(child, parent)
    decided = decided_by_seeds(others.runs_dir, child.run_id, groups, time.time()) if related else None
    shown = compared([*first, *read[1:]], _number(question.get("epoch")), mode, seeds, decided)
    lines = seed_lines(parent, child, shown.epoch, groups, others.read)
    return replace(shown, candidates=candidates, beside=wanted, seed_lines=lines)


def _names(given: object) -> list[str]:
    return [str(name) for name in given[:MOST_RUNS]] if isinstance(given, list) else []


def _parent_of(snapshot: Snapshot, others: Others) -> Snapshot | None:
    """The parent, where it is a run of this folder that can be read."""
    parent = snapshot.launch.parent if snapshot.launch is not None else None
    try:
        return others.read(parent.run_id) if parent is not None else None
    except MonitorError:
        return None


def _predictions(snapshot: Snapshot, question: Question, parent: Snapshot | None) -> Predictions:
    wanted = PredictionsQuestion(
        epoch=_number(question.get("epoch")),
        chosen=_one_of(FILTERS, question.get("filter")),
        word=str(question.get("word") or "")[:200],
        watched=watched_ids(question.get("watched")),
        decoder=_one_of(DECODERS, question.get("decoder")),
    )
    return replace(predictions(snapshot, wanted, parent), asked=question.get("asked"))


def _clip(snapshot: Snapshot, _judged: Judged, question: Question) -> ClipHistory:
    return clip_history(snapshot, str(question.get("id")), _one_of(DECODERS, question.get("decoder")))


def _log(snapshot: Snapshot, _judged: Judged, question: Question) -> LogTail:
    run_dir, known = Path(snapshot.run_dir), question.get("known")
    wanted = LogQuestion(
        known=known if isinstance(known, int) else -1,
        source=str(question.get("source") or ""),
        word=str(question.get("word") or "")[:200],
        only_grave=question.get("only_grave") is True,
    )
    said = [each for each in (snapshot.state, snapshot.progress) if each is not None]
    error = next((each.error for each in said if each.error), None)
    trace = next((each.traceback for each in said if each.traceback), None)
    tail = log_tail(run_dir / LOG_FILE, wanted, ray_log.followed(run_dir, snapshot.state))
    gpu = gpu_shown(snapshot.gpu, _number(question.get("gpu_at")) or 0.0)
    return replace(
        tail,
        last_error=(error or "")[:MOST_TOLD] or None,
        traceback=(trace or "")[-MOST_TOLD:] or None,
        gpu=msgspec.UNSET if gpu is None else gpu,
        gpu_unread=gpu_unread(
            snapshot.gpu, snapshot.run, state_in_force(snapshot.state, snapshot.progress), snapshot.read_at
        ),
    )


def _one_of(names: tuple[str, ...], given: object) -> str:
    return given if isinstance(given, str) and given in names else names[0]


def _channels(snapshot: Snapshot, _judged: Judged, _question: Question) -> Channels:
    """The channels of messages about this run, with the result of the last test."""
    run_dir = Path(snapshot.run_dir)
    if is_archived(run_dir):
        raise RefusedError("No messages are sent about a run in an archive.")
    if is_mirrored(run_dir):
        raise RefusedError("Messages about this run are sent by its own host; there: vitalsigns notify.")
    folder, test = messages.project_of(run_dir), messages.tested(run_dir)
    results = test.results if test is not None else None
    supervised = messages.is_supervised(snapshot.launch)
    shown = channels(settings_for(folder), supervised, os.environ, str(folder), results)
    testing = test is not None and results is None and not test.problem
    return replace(shown, testing=testing, test_problem=test.problem if test is not None else "")


def _moment(snapshot: Snapshot, _judged: Judged, question: Question) -> Frame:
    """The frame of a past evaluation: judged as it was then, by the same rules and limits."""
    epoch = _number(question.get("epoch"))
    past = as_of(snapshot, -1.0 if epoch is None else epoch)
    then = judge_run(past, past.read_at)
    everything = Since(len(past.epochs), len(past.steps), past.life)
    return frame(past, then, past.read_at, since=everything, at=past.epochs[-1].epoch)


def _metrics(snapshot: Snapshot, _judged: Judged, question: Question) -> Metrics:
    at, group = _number(question.get("at")), question.get("group")
    wanted = MetricsQuestion(
        word=str(question.get("word") or "")[:200],
        group=group if isinstance(group, str) else None,
        pinned=_texts(question.get("pinned"), MOST_PINNED),
        most=_whole(question.get("most"), MOST_CHARTS),
        keys=_texts(question.get("keys"), MOST_DRAWN),
        first=_whole(question.get("first") or 1, MOST_DRAWN),
        axis=_one_of(AXES, question.get("axis")),
        across=str(question.get("across") or ""),
        span=_span(question.get("range")),
        columns=_whole(question.get("columns"), MOST_COLUMNS),
    )
    found = metrics(snapshot if at is None else as_of(snapshot, at), wanted)
    return replace(found, asked=question.get("asked"))


def _texts(given: object, most: int) -> list[str]:
    return [text for text in given[:most] if isinstance(text, str)] if isinstance(given, list) else []


def _whole(given: object, most: int) -> int:
    """A count from 1 to `most`."""
    number = _number(given)
    return most if number is None else max(1, min(most, int(number)))


def _span(given: object) -> tuple[float, float] | None:
    """The two ends of a range."""
    ends = [_number(end) for end in given] if isinstance(given, list) and len(given) == 2 else [None]
    first, *rest = ends
    return (first, rest[0]) if first is not None and rest[0] is not None and first < rest[0] else None


ANSWERS: dict[str, Callable[[Snapshot, Judged, Question], OfOneRun]] = {
    "channels": _channels,
    "clip": _clip,
    "moment": _moment,
    "log": _log,
    "metrics": _metrics,
}


def _number(value: object) -> float | None:
    """A number that can be an epoch; a browser may send any other."""
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not abs(value) < MOST_EPOCHS:
        return None
    return float(value)
