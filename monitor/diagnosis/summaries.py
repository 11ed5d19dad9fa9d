"""A run's summary for the list: its supervisor's file, or, for a run without one, judged here and remembered."""

from __future__ import annotations

import contextlib
import functools
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from monitor.run_dir import (
    CLIPS_FILE,
    DECODES_FILE,
    EPOCHS_FILE,
    METRIC_FILE,
    RUN_FILE,
    STEPS_FILE,
    SUMMARY_FILE,
    MetricChoice,
    Summary,
    check_schema,
    decode,
    encode,
    encode_line,
    files,
    schema_of,
)
from monitor.run_dir.metric import LOSS, WER, Metric
from monitor.run_dir.processes import HOME
from monitor.run_dir.words import PACKAGE

REMEMBERED_RUNS = 4096
MOST_SECS = 600.0
JUDGED_FROM = (EPOCHS_FILE, STEPS_FILE, CLIPS_FILE, DECODES_FILE)
QUICK_BYTES = 8 * 2**20
LEAST_AHEAD = 100
"""So many runs are worth the start of a second process."""


def summary_of(run_dir: Path, is_lost: bool = False, ahead: Ahead | None = None) -> Summary:
    """The summary of a run, for its row. `is_lost`: no process keeps the summary any more, and none has seen the end:
    the run is judged anew. `ahead`: another process that may have judged it already.

    Raises MonitorError for a run that cannot be read.
    """
    kept = None if is_lost else files.read_document(run_dir / SUMMARY_FILE, Summary, files.UNREADABLE)
    choice = files.read_document(run_dir / METRIC_FILE, MetricChoice, files.UNREADABLE)
    if kept is not None and (choice is None or _follows(kept, choice)):
        return kept
    try:
        records = next(path for name in (EPOCHS_FILE, STEPS_FILE) if (path := run_dir / name).exists()).stat()
    except (StopIteration, OSError):
        # Nothing to judge; but a run of a newer Vitalsigns must not look like an empty one.
        with contextlib.suppress(OSError, ValueError):
            check_schema(schema_of(files.read_bytes(run_dir / RUN_FILE) or b"{}"), str(run_dir / RUN_FILE))
        return Summary(run_id=run_dir.name)
    judged = ahead.of(run_dir) if ahead is not None and kept is None else None
    return judged or _judged(run_dir, records.st_mtime, records.st_size, choice.at if choice is not None else 0.0)


def is_quick(run_dir: Path) -> bool:
    """Whether `summary_of` takes a moment only: a process keeps the summary, or there is little to judge."""
    if (run_dir / SUMMARY_FILE).exists():
        return True
    return _is_short(run_dir)


def _is_short(run_dir: Path) -> bool:
    sizes = (path.stat().st_size for name in JUDGED_FROM if (path := run_dir / name).exists())
    return sum(sizes) < QUICK_BYTES


def _follows(kept: Summary, choice: MetricChoice) -> bool:
    """Whether a summary is by the metric that a person has chosen: no supervisor makes that of an ended run anew."""
    if choice.at > kept.updated_at:
        return False
    return choice.metric is None or choice.metric.name == (kept.metric.name if kept.metric is not None else LOSS)


def scored(summary: Summary) -> tuple[Metric, float | None, tuple[float, float] | None, float | None]:
    """(primary metric or the loss, its newest value, (best value, its epoch), chance); of WER where it names none."""
    if summary.metric is None:
        best = None if summary.best_val_wer is None else (summary.best_val_wer, summary.best_val_wer_epoch or 0.0)
        return WER, summary.val_wer, best, summary.wer_constant
    best = None if summary.metric_best is None else (summary.metric_best, summary.metric_best_epoch or 0.0)
    return summary.metric, summary.metric_value, best, summary.metric_chance


@functools.lru_cache(maxsize=REMEMBERED_RUNS)
def _judged(run_dir: Path, changed_at: float, _size: int, _chosen_at: float) -> Summary:
    """Judged as of its last record: no process writes a summary for imported and foreground runs."""
    apart = None if _is_short(run_dir) else _judged_apart(run_dir, changed_at)
    return apart or _judged_here(run_dir, changed_at)


def _judged_apart(run_dir: Path, changed_at: float) -> Summary | None:
    """The same of a long run by a process of its own, which gives its memory back and holds up no page; None where
    nothing comes of it."""
    command = [sys.executable, "-m", f"{PACKAGE}.diagnosis.summaries", str(run_dir), repr(changed_at)]
    try:
        said = subprocess.run(
            command, cwd=HOME, stdin=subprocess.DEVNULL, capture_output=True, timeout=MOST_SECS, check=True
        )
        return decode(said.stdout, Summary)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def _judged_here(run_dir: Path, changed_at: float) -> Summary:
    # Imported here: a list of runs that all have their file must not wait for numpy.
    from monitor.diagnosis.alerts import summarise
    from monitor.diagnosis.judging import judge_run
    from monitor.run_dir.reader import RunReader

    snapshot = RunReader(run_dir).read(changed_at)
    # A copy's files are new, its records are not.
    told_at = snapshot.epochs[-1].at if snapshot.epochs else 0.0
    return summarise(snapshot, judge_run(snapshot, changed_at), told_at or changed_at)


class Ahead:
    """Runs of a large folder without a kept summary, judged by a second process while this one reads the rest.

    What it has not judged yet, or fails at, is judged here: the caller comes from the end of `run_dirs` and meets it.
    """

    def __init__(self, run_dirs: Sequence[Path]) -> None:
        self._found: dict[Path, Summary] = {}
        self._process: subprocess.Popen[bytes] | None = None
        if len(run_dirs) >= LEAST_AHEAD and (os.cpu_count() or 1) > 1:
            with contextlib.suppress(OSError):
                command = [sys.executable, "-m", f"{PACKAGE}.diagnosis.summaries"]
                self._process = subprocess.Popen(
                    command, cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
                )
                for act in (self._ask, self._hear):
                    threading.Thread(target=act, args=(run_dirs,), daemon=True).start()

    def _ask(self, run_dirs: Sequence[Path]) -> None:
        assert self._process is not None and self._process.stdin is not None
        with contextlib.suppress(OSError), self._process.stdin as asked:
            asked.write(msgspec.json.encode([os.path.abspath(each) for each in run_dirs]))  # noqa: PTH100

    def _hear(self, run_dirs: Sequence[Path]) -> None:
        """A line a run comes, in their order."""
        assert self._process is not None and self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError):  # the pipe is closed under it at the end
            for run_dir, line in zip(run_dirs, self._process.stdout, strict=False):
                summary = decode(line, Summary)
                if summary.run_id == run_dir.name and summary.verdict:
                    self._found[run_dir] = summary

    def of(self, run_dir: Path) -> Summary | None:
        """The process's summary of this run; None where it has not come to it."""
        return self._found.pop(run_dir, None)

    def end(self) -> None:
        """Kills the second process, if it runs, and waits for it; what it found stays."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()


def nobody_keeps(run_dir: str) -> bool:
    """Whether a run has evaluations and no summary, and is no long one, which has a process of its own."""
    try:
        size = os.stat(f"{run_dir}/{EPOCHS_FILE}").st_size  # noqa: PTH116 - thousands of these a look
    except OSError:
        return False
    return size < QUICK_BYTES and not os.path.lexists(f"{run_dir}/{SUMMARY_FILE}")


def judge_for_another() -> None:
    """Prints the summary of each run that is asked for on standard input, an empty one where it cannot be read."""
    for name in msgspec.json.decode(sys.stdin.buffer.read(), type=list[str]):
        run_dir = Path(name)
        found = Summary(run_id=run_dir.name, verdict="")
        with contextlib.suppress(Exception):
            found = summary_of(run_dir)
        sys.stdout.buffer.write(encode_line(found))
        sys.stdout.buffer.flush()


def main(run_dir: str, changed_at: str) -> None:
    """Prints the summary of a long run for `summary_of`, at low priority."""
    with contextlib.suppress(AttributeError, OSError):  # there is no such call on Windows
        os.nice(10)
    sys.stdout.buffer.write(encode(_judged_here(Path(run_dir), float(changed_at))))


if __name__ == "__main__":
    main(*sys.argv[1:]) if sys.argv[1:] else judge_for_another()
