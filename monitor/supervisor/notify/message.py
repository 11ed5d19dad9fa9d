"""The words of a message, complete in itself: at night, on a phone, no link needs to work. Pure but for `wait`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from monitor.diagnosis.causes import lowered
from monitor.diagnosis.ledger import children_of
from monitor.diagnosis.prescriptions.choosing import WAIT, first_to_try, next_step
from monitor.diagnosis.prescriptions.memory import HALF_BATCH
from monitor.diagnosis.prescriptions.prescription import Prescription
from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import Diagnosis, Judged
from monitor.rules.gap_limit import gap_limit_of
from monitor.rules.primary import best_of, chance_of, last_of, primary_of
from monitor.run_dir import AwayAct, Snapshot
from monitor.run_dir.checkpoints import saves_checkpoints
from monitor.run_dir.launch import generation_of
from monitor.run_dir.planned import planned_epochs
from monitor.run_dir.serving import ssh_line
from monitor.run_dir.status import ENDED_WORDS, Status
from monitor.run_dir.words import age, clock, epoch_of, limit, monitor_line, number, plain, points, steady
from monitor.supervisor.notify.pending import Item
from monitor.view.report.numbers import known

LINES_SHOWN = 4


@dataclass(frozen=True)
class Scene:
    """The moment that the message is about. `port`, `base`: of the page that serves this folder, if one does. `wait`
    tells why waiting is better than the first option, "" where that is not known."""

    snapshot: Snapshot
    judged: Judged
    status: Status
    port: int | None = None
    base: str = ""
    away: AwayAct | None = None
    wait: Callable[[], str] = str


@dataclass(frozen=True)
class Message:
    """What is sent, as plain text. `title`: one line."""

    title: str
    body: str


def compose(items: list[Item], scene: Scene) -> Message:
    """One message about everything that is to be sent, the gravest first."""
    if scene.status.word in ENDED_WORDS:
        parts = _ended(items, scene)
    elif all(item.of == "start" for item in items):
        parts = _started(scene)
    else:
        parts = _running(items, scene)
    return Message(steady(_title(items, scene)), steady("\n".join(part for part in parts if part)))


def _title(items: list[Item], scene: Scene) -> str:
    snapshot = scene.snapshot
    host = _host(snapshot)
    epoch = epoch_of(snapshot.epochs[-1].epoch if snapshot.epochs else 0.0, planned_epochs(snapshot))
    at = clock(snapshot.read_at, snapshot.read_at)
    where = f"{snapshot.run_id}{f' on {host}' if host else ''}"
    return f"{_word(items, scene)} · {where} (epoch {epoch}, {at})"


def _word(items: list[Item], scene: Scene) -> str:
    if scene.status.word in ENDED_WORDS:
        return scene.status.word.upper()
    still_stands = scene.judged.diagnosis.as_of is not None
    if still_stands or any(item.of in ("raised", "worse", "away") for item in items):
        return scene.judged.diagnosis.verdict
    return "STARTED" if all(item.of == "start" for item in items) else "RECOVERED"


def _running(items: list[Item], scene: Scene) -> Iterator[str]:
    diagnosis = scene.judged.diagnosis
    if any(item.of in ("raised", "worse", "away") for item in items):
        yield diagnosis.reason
    else:
        yield f"{diagnosis.verdict} now. {diagnosis.reason}"
    yield from _lines(items, diagnosis)
    yield _numbers(scene)
    yield _to_try(scene)
    yield _done(scene)
    yield from _commands(scene)
    yield _page(scene)
    yield "Next message only if this gets worse, recovers or ends."


def _started(scene: Scene) -> Iterator[str]:
    run, progress = scene.snapshot.run, scene.snapshot.progress
    epochs = f"{progress.epochs} epochs" if progress is not None and progress.epochs else ""
    known_parts = [run.model.name if run else "", run.data.name if run else "", epochs]
    yield "Training has begun: " + (", ".join(part for part in known_parts if part) or scene.status.evidence)
    yield f"From the server: {_command(scene, 'stop')}"
    yield _page(scene)
    yield "Next message only if something is wrong, or when it ends."


def _ended(items: list[Item], scene: Scene) -> Iterator[str]:
    diagnosis = scene.judged.diagnosis
    yield diagnosis.reason
    yield from _lines([item for item in items if item.of in ("raised", "worse")], diagnosis)
    yield _numbers(scene)
    yield _away_words(scene)
    yield _to_try(scene)
    yield from _commands(scene)
    yield _page(scene)
    yield "This was the last message about this run, unless it is resumed."


def _lines(items: list[Item], diagnosis: Diagnosis) -> Iterator[str]:
    """What is reported and does not stand in the reason already; of an open finding the numbers of now."""
    now = {finding.rule: finding.line for finding in diagnosis.findings}
    lines = [f"Resolved: {item.line}" for item in items if item.of == "resolved" and item.line]
    also = [now.get(item.rule, item.line) for item in items if item.of in ("raised", "worse")]
    lines += [f"Also: {line}" for line in also if line not in diagnosis.reason]
    yield from lines[:LINES_SHOWN]
    if len(lines) > LINES_SHOWN:
        yield f"And {len(lines) - LINES_SHOWN} more."


def _numbers(scene: Scene) -> str:
    """The newest numbers, each beside its yardstick."""
    snapshot = scene.snapshot
    gap, val = (known(snapshot, name) for name in ("gap", "val_loss"))
    parts = []
    metric, value, best = primary_of(snapshot), last_of(snapshot), best_of(snapshot)
    if metric is not None and value is not None and best is not None:
        level = chance_of(snapshot, metric)
        chance = f"{level.who} {metric.error_text(level.error)}, " if level is not None and not level.assumed else ""
        low = f"best {metric.text(best[0])} at epoch {plain(best[1])}"
        parts.append(f"{metric.heading} {metric.text(value)} ({chance}{low})")
    if gap:
        parts.append(f"Gap {number(gap[-1][1])} (limit {limit(gap_limit_of(scene.snapshot, scene.judged.thresholds))})")
    if val:
        lowest, epoch = min((value, at) for at, value in val)
        parts.append(f"Val loss {number(val[-1][1])} (best {number(lowest)} at epoch {plain(epoch)})")
    ratio = known(snapshot, "length_ratio")
    if ratio:
        parts.append(f"{points(ratio[-1][1])} words out per 100 in the targets")
    return ". ".join(parts) + "." if parts else "No evaluation was recorded."


def _to_try(scene: Scene) -> str:
    if wait := scene.wait():
        return f"{WAIT} {wait}"
    diagnosis, first = scene.judged.diagnosis, _first_option(scene)
    if diagnosis.failure is not None:
        return f"What to try: {diagnosis.next_step}"
    said = next_step(diagnosis, prescribe(scene.snapshot, diagnosis), children_of(scene.snapshot))[0]
    # What a child has tried, and what stands for a flag that does not hold now, is worded as on the page.
    if first is None or lowered(first.title) not in said:
        return said
    flags = f" ({first.flags})" if first.flags else ""
    return f"What to try: {first.title}{flags}. Expected: {first.expected}."


def _first_option(scene: Scene) -> Prescription | None:
    return first_to_try(prescribe(scene.snapshot, scene.judged.diagnosis))


def _done(scene: Scene) -> str:
    """What has been done about it, and what happens without further action."""
    if _was_acted_upon(scene):
        return _away_words(scene)
    progress, epochs, planned = scene.snapshot.progress, scene.snapshot.epochs, planned_epochs(scene.snapshot)
    left = ""
    if progress is not None and planned and progress.epoch_secs and epochs:
        secs = (planned - epochs[-1].epoch) * progress.epoch_secs
        left = f"Left alone it runs another {age(secs)}. " if secs > 0 else ""
    return f"{left}Nothing has been stopped."


def _was_acted_upon(scene: Scene) -> bool:
    """Whether the away policy has stopped this start of the run."""
    return scene.away is not None and scene.away.generation == generation_of(
        scene.snapshot.state, scene.snapshot.progress
    )


def _away_words(scene: Scene) -> str:
    act = scene.away
    if act is None:
        return ""
    at = clock(act.at, scene.snapshot.read_at)
    text = f"By your away policy this run was asked to stop at {at} (epoch {plain(act.epoch)})"
    text += ", saving a checkpoint first" if saves_checkpoints(scene.snapshot) else ""
    text += f": {act.line}" if act.line else "."
    if act.child_id:
        text += f" Started in its place with the first prescribed change: {act.child_id}."
    elif act.problem:
        text += f" No child was started: {act.problem}"
    return text


def _commands(scene: Scene) -> Iterator[str]:
    first = _first_option(scene)
    can_start = scene.snapshot.launch is not None and scene.snapshot.launch.how not in ("import", "foreground")
    acted, live = _was_acted_upon(scene), scene.status.live and scene.status.word != "followed"
    child_id = scene.away.child_id if acted and scene.away is not None else None
    lines = []
    if live and not acted:
        lines.append(_command(scene, "stop"))
    elif can_start and (acted or scene.status.word in ENDED_WORDS - {"finished"}):
        lines.append(_command(scene, "resume"))
    if child_id:
        lines.append(_command(scene, "show", run_id=child_id))
    elif can_start and first is not None and first.changes:
        # Resumed as it was, it runs out of memory again.
        lines.insert(0 if first.id == HALF_BATCH else len(lines), _command(scene, "restart", "--fix"))
    else:
        lines.append(_command(scene, "diagnose"))
    yield "From the server:"
    yield from (f"  {line}" for line in lines)


def _command(scene: Scene, verb: str, *more: str, run_id: str = "") -> str:
    """A line for the terminal, about this run or another one of its folder."""
    runs = Path(scene.snapshot.run_dir).absolute().parent
    return monitor_line(verb, run_id or scene.snapshot.run_id, *more, "--runs", runs)


def _page(scene: Scene) -> str:
    """Where the page is, without its token; nothing where none is served."""
    if scene.port is None:
        return ""
    link = f"http://127.0.0.1:{scene.port}{scene.base}/?run={scene.snapshot.run_id}"
    return f"The page, from your laptop: {ssh_line(scene.port)}\n  then {link}"


def _host(snapshot: Snapshot) -> str:
    state, progress = snapshot.state, snapshot.progress
    process = (state.trainer if state else None) or (progress.process if progress else None)
    return process.host if process else snapshot.run.environment.host if snapshot.run else ""
