"""Show one run: state with evidence, verdict, latest metrics with reference values, parent and command."""

from __future__ import annotations

from typing import Any

from monitor.commands.common import (
    DEFAULT_RUNS,
    JsonOption,
    RunArgument,
    RunsOption,
    console,
    elsewhere,
    find_run,
    print_json,
)
from monitor.commands.looking import Look, look_at, step_of
from monitor.commands.resume import way_back
from monitor.diagnosis.away import act_words
from monitor.diagnosis.crash_kinds.lines import LAST_LINE
from monitor.diagnosis.error_line import ENDED_BY, log_line
from monitor.diagnosis.failures import parent_to_go_on_with
from monitor.diagnosis.ledger import ChildBook, line_now
from monitor.rules.evaluations import last
from monitor.run_dir import Snapshot, words
from monitor.run_dir.errors import EXIT_OK
from monitor.run_dir.launch import command_of
from monitor.run_dir.planned import planned_epochs
from monitor.view.report.numbers import resumed_words, train_field
from monitor.view.state import nothing_read, reading_words
from monitor.view.tiles import tiles


def run(run: RunArgument, runs: RunsOption = DEFAULT_RUNS, as_json: JsonOption = False) -> int:
    """Exit code 0, whatever the state; that of `check` says how the run is."""
    look = look_at(find_run(runs, run))
    if as_json:
        print_json(_document(look))
    else:
        console().print("\n".join(lines(look)), soft_wrap=True)
    return EXIT_OK


def _document(look: Look) -> dict[str, Any]:
    """The same as JSON: small, and stable in its keys."""
    snapshot, diagnosis = look.snapshot, look.judged.diagnosis
    return {
        "run_id": snapshot.run_id,
        "run_dir": str(look.run_dir),
        "status": look.status,
        "verdict": diagnosis.verdict,
        "reason": diagnosis.reason,
        "next_step": step_of(look),
        "coverage": {"ran": diagnosis.checks_ran, "of": diagnosis.checks},
        "progress": snapshot.progress,
        "last": snapshot.epochs[-1] if snapshot.epochs else None,
        "floors": snapshot.run.floors if snapshot.run else None,
        "config": snapshot.run.config if snapshot.run else {},
        "reading": snapshot.run.reading if snapshot.run else None,
        "parent": snapshot.launch.parent if snapshot.launch else None,
        "command": _command(look),
        "error": snapshot.state.error if snapshot.state else None,
        "traceback": _traceback(snapshot),
        "problems": list(snapshot.problems),
    }


def lines(look: Look) -> list[str]:
    """The run in words."""
    snapshot, diagnosis, status = look.snapshot, look.judged.diagnosis, look.status
    coverage = f"{diagnosis.checks_ran} of {diagnosis.checks} checks ran."
    text = [
        f"{snapshot.run_id}: {status.text}. {status.evidence}",
        _left(look),
        "" if snapshot.away_act is None else f"The away policy {act_words(snapshot.away_act)}.",
        f"{diagnosis.verdict}  {diagnosis.reason}",
        *diagnosis.also,
        step_of(look),
        _way_back(look),
        "" if coverage in diagnosis.reason else coverage,
        *_progress(look),
        resumed_words(snapshot),
        *_numbers(look),
    ]
    if reading := reading_words(snapshot):
        text.append(reading)
    if snapshot.run and snapshot.run.reading and not snapshot.run.reading.confirmed_by:
        text.append(
            f"Confirm how its log is read: {words.monitor_line('attach', snapshot.run_id)}"
            f"{elsewhere(look.run_dir.parent)}"
        )
    text += _error(look)
    if trace := _traceback(snapshot):
        text += ["Last traceback:", *(f"  {line}" for line in trace.splitlines())]
    if snapshot.launch and snapshot.launch.parent:
        text.append(
            f"Child of {snapshot.launch.parent.run_id}: {_changes(snapshot.launch.parent.changes)}{_came(look)}"
        )
    if command := _command(look):
        text.append(f"Command: {command}")
    if snapshot.problems:
        first = snapshot.problems[0]
        text.append(f"{len(snapshot.problems)} unreadable: first {first.file}, line {first.line}: {first.reason}")
    return [line for line in text if line]


def _left(look: Look) -> str:
    """What a script that was stopped, or of which no end was seen, has left on disk to go on from."""
    state = look.snapshot.state if look.status.word in ("stopped", "lost") else None
    saved = state.saved if state is not None else None
    if saved is None:
        return ""
    return f"Newest checkpoint on disk: {saved}." if saved else "No checkpoint was found on disk."


def _way_back(look: Look) -> str:
    """Of a child that failed at once: how its parent goes on, and from where, or why not."""
    parent = parent_to_go_on_with(look.snapshot)
    return "" if parent is None else way_back(look.run_dir.parent, parent)


def _came(look: Look) -> str:
    """The outcome of the change, or when it is judged."""
    folder, run_id, at = look.run_dir.parent, look.snapshot.run_id, look.snapshot.read_at
    found = next(iter(ChildBook(folder).children([run_id], at)), None)
    if found is None:
        return ""
    return f". {found.word}: {line_now(found, folder, at)}"


def _error(look: Look) -> list[str]:
    """The error as it was kept, where neither the reason nor the traceback has the whole of it."""
    state = look.snapshot.state
    said = f"{look.judged.diagnosis.reason}\n{_traceback(look.snapshot) or ''}"
    error = state.error.rstrip(".:") if state is not None and state.error else ""
    if state is not None and state.signal is not None and error.startswith(ENDED_BY) and LAST_LINE not in error:
        return []  # the reason names the signal, and what it means
    return [f"Error: {words.sentence(error)}"] if error and error not in said and not log_line(look.snapshot) else []


def _traceback(snapshot: Snapshot) -> str | None:
    """Of the start that failed, never of an earlier one."""
    state, progress = snapshot.state, snapshot.progress
    if state is not None:
        return state.traceback if state.state == "failed" else None
    return progress.traceback if progress is not None and progress.outcome == "failed" else None


def _progress(look: Look) -> list[str]:
    progress = look.snapshot.progress
    if progress is None:
        return [nothing_read(look.snapshot, look.status)]
    planned = planned_epochs(look.snapshot) if progress.epochs else None
    of = f" of {planned:g}" if planned else ""
    if planned and progress.epochs and planned < progress.epochs:
        of += ", counted from 0"
    if progress.epochs and progress.epoch > progress.epochs:
        of = f", {progress.epochs} were planned"
    silent = words.ago(look.snapshot.read_at - progress.heartbeat_at)
    beat = f", last heartbeat {silent}" if progress.process is not None or progress.follower is not None else ""
    saved = f", checkpoint of epoch {progress.checkpoint_epoch}" if progress.checkpoint_epoch is not None else ""
    step = f", step {progress.step}" if progress.step else ""
    last = look.snapshot.epochs[-1].epoch if look.snapshot.epochs else 0.0
    if last and not look.status.live and last < progress.epoch:  # as everywhere else: its last evaluation
        return [f"Epoch {words.plain(last)}{of}; it ended in epoch {progress.epoch}{step}{beat}{saved}."]
    at = words.plain(last) if int(last) == progress.epoch else f"{progress.epoch}"
    return [f"Epoch {at}{of}{step}{beat}{saved}."]


def _numbers(look: Look) -> list[str]:
    """What the page's tiles show, as far as it is logged, and the newest train loss."""
    snapshot = look.snapshot
    shown = [(tile.label, tile.value, tile.yardstick) for tile in tiles(snapshot, look.judged)]
    field = train_field(snapshot)
    train, name = last(snapshot, field), "train loss" if field == "train_loss" else "train (eval)"
    has_tile = any(label == name for label, _, _ in shown)
    if train is not None and not has_tile:
        shown.append((name, words.number(train), "" if field == "train_loss" else "train loss in eval mode"))
    elif snapshot.steps and not has_tile:
        newest = snapshot.steps[-1]
        shown.append(("train loss", words.number(newest.train_loss), f"step {newest.step}"))
    lines = [
        f"{label:<14} {value:<8}{f'  ({yardstick})' if yardstick else ''}"
        for label, value, yardstick in shown
        if value != words.NOT_MEASURED
    ]
    return [line.rstrip() for line in lines]


def _changes(changes: dict[str, list[Any]]) -> str:
    changed = [f"{key} {pair[0]} → {pair[1]}" for key, pair in changes.items() if len(pair) == 2]
    return ", ".join(changed) or "nothing changed"


def _command(look: Look) -> str:
    launch = look.snapshot.launch
    return command_of(launch.argv, look.run_dir) if launch and launch.argv else ""
