"""What a tab may ask over its socket, and who answers. Reading only: nothing here can change a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from monitor.diagnosis import Judged, judge
from monitor.errors import MonitorError
from monitor.replay import as_of
from monitor.run_dir import Snapshot
from monitor.view.frame import frame
from monitor.view.predictions import FILTERS, Wish, clip_history, predictions, watched_ids
from monitor.view.series import Since

Question = Mapping[str, Any]


def answer(snapshot: Snapshot, judged: Judged, question: Question) -> dict[str, Any] | None:
    """The answer with its kind, or None to what is no question of ours."""
    kind = str(question.get("kind"))
    respond = ANSWERS.get(kind)
    if respond is None:
        return None
    try:
        return {"kind": kind, **respond(snapshot, judged, question)}
    except MonitorError as problem:
        return {"kind": "refused", "asked": kind, "message": str(problem)}


def _predictions(snapshot: Snapshot, _judged: Judged, question: Question) -> dict[str, Any]:
    wish = Wish(
        epoch=_number(question.get("epoch")),
        chosen=_one_of(FILTERS, question.get("filter")),
        word=str(question.get("word") or "")[:200],
        watched=watched_ids(question.get("watched")),
    )
    return {**predictions(snapshot, wish), "asked": question.get("asked")}


def _clip(snapshot: Snapshot, _judged: Judged, question: Question) -> dict[str, Any]:
    return clip_history(snapshot, str(question.get("id")))


def _one_of(names: tuple[str, ...], given: object) -> str:
    return given if isinstance(given, str) and given in names else names[0]


def _moment(snapshot: Snapshot, judged: Judged, question: Question) -> dict[str, Any]:
    """The frame of a past evaluation: judged as it was then, by the same rules and limits."""
    epoch = _number(question.get("epoch"))
    past = as_of(snapshot, -1.0 if epoch is None else epoch)
    then = judge(past, past.read_at)
    everything = Since(len(past.epochs), len(past.steps), past.life)
    return frame(past, then, past.read_at, since=everything, at=past.epochs[-1].epoch)


ANSWERS: dict[str, Callable[[Snapshot, Judged, Question], dict[str, Any]]] = {
    "predictions": _predictions,
    "clip": _clip,
    "moment": _moment,
}


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
