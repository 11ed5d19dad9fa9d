"""`RunWriter`: one run directory, written by the loop that trains."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, get_args

import msgspec

from monitor.run_dir import (
    CLIPS_FILE,
    DECODES_FILE,
    EPOCHS_FILE,
    PROBES_DIR,
    RUN_DIR_VARIABLE,
    RUN_FILE,
    STEPS_FILE,
    Clip,
    DataInfo,
    Decode,
    Epoch,
    Floors,
    GapBasis,
    ModelInfo,
    Outcome,
    Phase,
    Record,
    Step,
    check_run_id,
    control,
    decode,
    encode_line,
    files,
    finite_or_word,
    held,
    opening,
)
from monitor.run_dir.errors import MonitorError, RefusedError
from monitor.run_dir.fractions import no_fractions
from monitor.run_dir.metric import Metric
from monitor.run_dir.metric_given import doubts
from monitor.run_dir.processes import RunLock
from monitor.writer.fields import gap_of, in_fractions, plain, split_known_and_extra
from monitor.writer.folder import describe, next_generation, take_folder, wer_in_percent, write_first
from monitor.writer.heartbeat import DISK, Heartbeat
from monitor.writer.null import NullRunWriter
from monitor.writer.queue import RecordQueue

MOST_WARNINGS = 20
POLL_SECS = 0.2
TRACEBACK_CHARACTERS = 4000

R = TypeVar("R", bound=Record)


class RunWriter(NullRunWriter):
    """Writes one run directory. Only rank 0 of a distributed run writes; the others get a silent one.

    A supervisor's VITALSIGNS_RUN_DIR wins over `run_dir`; the lock is then the supervisor's.
    `metrics` declares errors and scores; the primary one decides. `units`: what numbers mean; with `{"wer": "percent"}`
    the word error rates that are given are percent, and are stored as fractions.
    Raises MonitorError, in one sentence, for metrics that cannot be declared so and for a folder that cannot be used;
    nothing raises after that.
    """

    def __init__(
        self,
        run_dir: str | Path | None = None,
        *,
        config: Mapping[str, Any] | None = None,
        config_schema: Mapping[str, Any] | None = None,
        name: str | None = None,
        model: ModelInfo | None = None,
        data: DataInfo | None = None,
        floors: Floors | None = None,
        device: str | None = None,
        units: Mapping[str, str] | None = None,
        metrics: Sequence[Metric] | None = None,
        gap_basis: GapBasis = "train",
        warmup_epochs: float = 0.0,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        notes: str = "",
        resume: bool = False,
    ) -> None:
        self._muted = int(os.environ.get("RANK") or 0) != 0
        self._supervised = bool(os.environ.get(RUN_DIR_VARIABLE))
        self.run_dir: Path = Path(os.environ.get(RUN_DIR_VARIABLE) or run_dir or "").absolute()
        self._gap_basis = gap_basis
        self._warned: set[str] = set()
        self._stop_seen = False
        self._polled_at = -POLL_SECS
        self._pid = os.getpid()
        if self._muted:
            return
        if not run_dir and not self._supervised:
            raise RefusedError("No run directory: give one, e.g. RunWriter('runs/my-run').")
        given = {
            "name": name,
            "config": config,
            "config_schema": config_schema,
            "model": model,
            "data": data,
            "floors": floors,
            "device": device,
            "units": units,
            "metrics": metrics if metrics is None or isinstance(metrics, (list, tuple)) else [metrics],
            "gap_basis": gap_basis,
            "warmup_epochs": warmup_epochs,
            "notes": notes,
        }
        self._begin(given, {"epochs": epochs, "steps_per_epoch": steps_per_epoch}, resume)

    def _begin(self, given: dict[str, Any], planned: dict[str, Any], resume: bool) -> None:
        """Takes the folder and writes what stands in it before the first step. Raises MonitorError."""
        check_run_id(self.run_dir.name)
        self._lock = RunLock(self.run_dir)
        take_folder(self.run_dir, None if self._supervised else self._lock, resume)
        held.hold(self.run_dir)
        self.generation = next_generation(self.run_dir, self._supervised, resume)
        self._queue = RecordQueue(self.run_dir)
        self._clips: dict[str, int] = {}
        self._heartbeat = Heartbeat(self.run_dir, self.generation, self._queue, self._warn)
        try:
            run = describe(self.run_dir.name, given)
            self._in_percent = wer_in_percent(given)
            self._heartbeat.plan(**planned)
        except MonitorError:
            self._let_go()
            raise
        except (TypeError, ValueError, RecursionError) as odd:
            self._let_go()
            raise RefusedError(
                f"Cannot describe the run in {self.run_dir / RUN_FILE}: {odd}. Check what is given to RunWriter."
            ) from odd
        try:
            told = [*doubts(run.metrics), *write_first(self.run_dir, run, self._supervised)]
            self._heartbeat.begin()
        except (OSError, TypeError) as problem:
            self._let_go()
            raise RefusedError(
                f"Cannot write into the run directory {self.run_dir}: {problem}. "
                "Check its rights and the room on its disk."
            ) from problem
        for line in told:
            _say(line)

    # -- records -----------------------------------------------------------------------------------------------

    def log_epoch(self, epoch: float, **fields: Any) -> None:
        """One evaluation; `fields` are those of `run_dir.Epoch`, other numbers go into its `metrics`."""
        fields.setdefault("step", self._heartbeat.progress.step if not self._muted else 0)
        record = self._record(Epoch, {"epoch": epoch, **fields})
        if record is None:
            return
        if record.gap is None:
            record = msgspec.structs.replace(record, gap=gap_of(record, self._gap_basis))
        for name in sorted(no_fractions(record)):
            value = getattr(record, name)
            self._warn(f"{name} is {value:g}, and a fraction lies between 0 and 1: it is not judged", name)
        self._heartbeat.epoch(record.epoch)
        self._put(EPOCHS_FILE, record, sync=True)
        self._heartbeat.update(force=True, epoch=record.epoch, step=record.step, phase="training")

    def log_step(self, step: int, **fields: Any) -> None:
        """One logging step; `fields` are those of `run_dir.Step`, other numbers go into its `metrics`."""
        record = self._record(Step, {"step": step, **fields})
        if record is not None:
            self._put(STEPS_FILE, record)
            self._heartbeat.step(record.step, record.epoch or None)

    def log_clips(self, clips: Iterable[Clip]) -> None:
        """The sequences that will be decoded, once; later hypotheses follow their order within each split."""
        if self._muted:
            return
        try:
            for clip in clips:
                self._clips[clip.split] = self._clips.get(clip.split, 0) + 1
                self._put(CLIPS_FILE, clip)
        except (TypeError, AttributeError) as odd:
            self._warn(f"clips were left out: {odd}")

    def log_decodes(
        self,
        epoch: float,
        hypotheses: list[str],
        *,
        split: str = "val",
        references: list[str] | None = None,
        adjusted: list[str] | None = None,
        clip_ids: list[str] | None = None,
        step: int = 0,
    ) -> None:
        """Logs all hypotheses of one evaluation. `references` names the clips on the first call, if `log_clips` did
        not.

        `adjusted`: the same clips by your own decoder, where it filters or weighs; `hypotheses` are without.
        """
        if self._muted:
            return
        try:
            said = list(map(plain, hypotheses))
            by_user = None if adjusted is None else list(map(plain, adjusted))
            ids = None if clip_ids is None else list(map(plain, clip_ids))
            if references is not None and split not in self._clips:
                texts = list(map(plain, references))
                names = ids or [f"{split}-{number:04d}" for number in range(len(texts))]
                self.log_clips(
                    Clip(clip_id=name, reference=text, split=split)  # type: ignore[arg-type]
                    for name, text in zip(names, texts, strict=False)
                )
        except TypeError as odd:
            self._warn(f"decodes were left out: {odd}")
            return
        record = self._record(
            Decode,
            {
                "epoch": epoch,
                "step": step or self._heartbeat.progress.step,
                "split": split,
                "hypotheses": said,
                "adjusted": by_user,
                "clip_ids": ids,
            },
        )
        if record is not None:
            self._put(DECODES_FILE, record)

    def log_probe(self, name: str, values: Mapping[str, Any]) -> None:
        """One measurement that is no time series, e.g. the final test figures: `probes/<name>.json`."""
        if self._muted:
            return
        try:
            folder = self.run_dir / PROBES_DIR
            opening.make_folder(folder)
            content = msgspec.json.encode(finite_or_word(plain(values)))
            files.replace(folder / f"{check_run_id(name)}.json", content)
        except (OSError, MonitorError, TypeError, ValueError, RecursionError) as problem:
            self._warn(f"probe {name} was not written: {problem}")

    # -- life --------------------------------------------------------------------------------------------------

    def heartbeat(self, phase: Phase | None = None, epoch: int | None = None, step: int | None = None) -> None:
        """A sign of life from the loop; call it as often as you like, the disk sees two a second at most."""
        if not self._muted:
            self._heartbeat.update(phase=phase, epoch=epoch, step=step)

    def saved_checkpoint(self, path: str | Path, epoch: int) -> None:
        """A checkpoint is complete on disk."""
        if not self._muted:
            self._heartbeat.update(
                force=True,
                checkpoint=str(path),
                checkpoint_at=time.time(),
                checkpoint_epoch=epoch,
                checkpoint_bytes=_size(path),
            )

    def should_stop(self) -> bool:
        """Whether a stop of this run was requested. Cheap: the folder is looked at five times a second at most."""
        if self._muted or self._stop_seen:
            return self._stop_seen
        now = time.monotonic()
        self._heartbeat.asked(now)
        if now - self._polled_at >= POLL_SECS:
            self._polled_at = now
            self._heartbeat.update()
            self._stop_seen = control.stop_wanted(self.run_dir, self.generation)
            if self._stop_seen:
                self._heartbeat.update(force=True, phase="stopping")
        return self._stop_seen

    def finish(self, outcome: Outcome = "finished", error: str | None = None, *, traceback: str | None = None) -> None:
        """The last word: the outcome is on disk when this returns, unless the disk is full."""
        if self._muted or self._heartbeat.progress.outcome is not None:
            return
        if outcome not in get_args(Outcome):
            self._warn(f"outcome {outcome!r} is none of {', '.join(get_args(Outcome))}")
            outcome = "failed" if error else "finished"
        self._queue.flush()
        self._heartbeat.update(force=True, phase="ended", outcome=outcome, error=error, traceback=traceback)
        if not self._supervised:
            self._answer_requests(outcome)
        self._queue.close()
        self._heartbeat.close()
        self._let_go()

    def __enter__(self) -> RunWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or (isinstance(error, SystemExit) and not error.code):
            self.finish("stopped" if self._stop_seen else "finished")
        elif isinstance(error, KeyboardInterrupt):
            self.finish("stopped")
        else:
            import traceback  # here: a run that does not fail need not load it

            whole = "".join(traceback.format_exception(error)).strip()
            said = "".join(traceback.format_exception_only(error)).strip()
            self.finish("failed", said, traceback=whole[-TRACEBACK_CHARACTERS:])

    # -- beneath -----------------------------------------------------------------------------------------------

    def _record(self, kind: type[R], fields: dict[str, Any]) -> R | None:
        """The record, with numbers of any library made plain; what does not fit is left out with a warning."""
        if self._muted:
            return None
        known, extra = split_known_and_extra(kind, fields, self._warn)
        known.setdefault("at", time.time())
        known.setdefault("generation", self.generation)
        if self._in_percent:
            known = in_fractions(known)
        if extra:
            known["metrics"] = {**known.get("metrics", {}), **extra}
        try:
            return kind(**known)
        except TypeError as problem:
            self._warn(f"a record was left out: {problem}")
            return None

    def _put(self, file: str, record: Record, *, sync: bool = False) -> None:
        if os.getpid() != self._pid:
            return  # a forked worker has a copy of this object, but only one process writes
        try:
            line = encode_line(record)
            if type(record) is not Step:  # which holds nothing but numbers that were made here
                decode(line, type(record))  # what no reader would accept is reported now, not found missing later
        except (TypeError, ValueError, OverflowError) as odd:
            self._warn(f"a record for {file} was left out: {odd}")
            return
        problem = self._queue.put(file, line, sync=sync)
        if problem is not None:
            self._warn(f"records wait for the disk: {problem}", DISK)

    def _let_go(self) -> None:
        self._lock.release()
        held.let_go(self.run_dir)

    def _answer_requests(self, outcome: Outcome) -> None:
        for asked in control.pending(self.run_dir, self.generation):
            done = asked.verb == "stop" and outcome == "stopped"
            try:
                control.answer(self.run_dir, asked, "done" if done else "expired", "", time.time())
            except (OSError, ValueError) as problem:
                self._warn(f"a request was not answered: {problem}")

    def _warn(self, text: str, about: str = "") -> None:
        """Logs each warning once, and a bounded number of them: a script that repeats a mistake must not fill its log.

        `about` makes several texts one warning; by default the part before the colon does.
        """
        what = about or text.partition(":")[0]
        if what not in self._warned and len(self._warned) < MOST_WARNINGS:
            self._warned.add(what)
            more = "" if len(self._warned) < MOST_WARNINGS else "; further ones are not reported"
            _say(f"{text} (training goes on; reported once{more})")


def _say(text: str) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):  # full disk, closed, or none at all
        sys.stderr.write(f"vitalsigns: {text}\n")
        sys.stderr.flush()


def _size(path: str | Path) -> int | None:
    """Bytes of a file, or of everything in a folder: some frameworks save one."""
    try:
        place = Path(path)
        if place.is_dir():
            return sum(each.stat().st_size for each in place.rglob("*") if each.is_file())
        return place.stat().st_size
    except OSError:
        return None
