"""`RunWriter`: the only way a training loop writes a run directory, and how it learns that it should stop.

    with RunWriter("runs/mine", config=vars(args), epochs=60) as run:
        for epoch in range(1, 61):
            ...
            run.log_epoch(epoch, train_loss=train_loss, val_loss=val_loss, val_wer=wer)
            if run.should_stop():
                break

After construction nothing here raises into training: what cannot be written waits in a bounded backlog,
is counted in progress.json, and is written when the disk has room again.
There is no thread: the heartbeat comes from the loop's own calls, so that a hung trainer looks hung.
"""

from __future__ import annotations

import collections
import contextlib
import os
import platform
import statistics
import sys
import time
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

from monitor import control, files, opening
from monitor.errors import MonitorError, RefusedError
from monitor.launch import Order, launch_of
from monitor.processes import RunLock, identify
from monitor.run_dir import (
    CLIPS_FILE,
    CONTROL_DIR,
    DECODES_FILE,
    EPOCHS_FILE,
    GENERATION_VARIABLE,
    LAUNCH_FILE,
    PROBES_DIR,
    PROGRESS_FILE,
    RUN_DIR_VARIABLE,
    RUN_FILE,
    STEPS_FILE,
    Clip,
    DataInfo,
    Decode,
    Environment,
    Epoch,
    Floors,
    GapBasis,
    Launch,
    ModelInfo,
    Outcome,
    Phase,
    Probe,
    Progress,
    Record,
    Run,
    Step,
    check_run_id,
    decode,
    encode,
    encode_line,
    finite_or_word,
)

BACKLOG_RECORDS = 10_000
HEARTBEAT_SECS = 0.5
POLL_SECS = 0.2
PACE_STEPS = 50
TRACEBACK_CHARACTERS = 4000

R = TypeVar("R", bound=Record)


class NullRunWriter:
    """Has every method of RunWriter and does nothing: for ranks other than 0, and for runs nobody watches."""

    run_dir: Path | None = None
    generation = 1

    def log_epoch(self, epoch: float, **fields: Any) -> None: ...
    def log_step(self, step: int, **fields: Any) -> None: ...
    def log_clips(self, clips: Iterable[Clip]) -> None: ...
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
    ) -> None: ...
    def log_probe(self, name: str, values: Mapping[str, Any]) -> None: ...
    def heartbeat(self, phase: Phase | None = None, epoch: int | None = None, step: int | None = None) -> None: ...
    def saved_checkpoint(self, path: str | Path, epoch: int) -> None: ...
    def finish(
        self, outcome: Outcome = "finished", error: str | None = None, *, traceback: str | None = None
    ) -> None: ...

    def should_stop(self) -> bool:
        return False

    def __enter__(self) -> NullRunWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class RunWriter(NullRunWriter):
    """Writes one run directory. Only rank 0 of a distributed run writes; the others get a silent one.

    A supervisor's VITALSIGNS_RUN_DIR wins over `run_dir`; the lock is then the supervisor's.
    Raises MonitorError, in one sentence, for a folder that cannot be used; nothing raises after that.
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
        gap_basis: GapBasis = "train",
        warmup_epochs: float = 0.0,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        resume: bool = False,
    ) -> None:
        self._muted = int(os.environ.get("RANK") or 0) != 0
        self._supervised = bool(os.environ.get(RUN_DIR_VARIABLE))
        self.run_dir: Path = Path(os.environ.get(RUN_DIR_VARIABLE) or run_dir or "").absolute()
        self._gap_basis = gap_basis
        self._warned = False
        self._stop_seen = False
        self._polled_at = -POLL_SECS
        self._pid = os.getpid()
        self._pace = _Pace()
        if self._muted:
            return
        if not run_dir and not self._supervised:
            raise RefusedError("No run directory: give one, e.g. RunWriter('runs/my-run').")
        check_run_id(self.run_dir.name)
        self._lock = RunLock(self.run_dir)
        self._take_folder(resume)
        self.generation = self._next_generation(resume)
        self._outbox = Outbox(self.run_dir)
        self._clips: dict[str, int] = {}
        self._progress = Progress(heartbeat_at=time.time(), generation=self.generation, process=identify())
        self._written_at = 0.0
        try:
            run = Run(
                run_id=self.run_dir.name,
                name=name or self.run_dir.name,
                created_at=time.time(),
                config=_plain(config or {}),
                config_schema=_plain(config_schema or {}),
                model=model or ModelInfo(),
                data=data or DataInfo(),
                floors=floors or Floors(),
                units={"loss": "nats per token", "wer": "fraction"} if units is None else dict(units),
                gap_basis=gap_basis,
                warmup_epochs=float(warmup_epochs),
                environment=_environment(device),
            )
            planned = self._fitting({"epochs": epochs, "steps_per_epoch": steps_per_epoch})
            self._progress = msgspec.structs.replace(self._progress, **planned)
            decode(encode(run), Run)  # what no reader would take is told now
        except (TypeError, ValueError, RecursionError) as odd:
            self._lock.release()
            raise RefusedError(
                f"Cannot describe the run in {self.run_dir / RUN_FILE}: {odd}. Check what is given to RunWriter."
            ) from odd
        self._open(run)

    # -- opening -----------------------------------------------------------------------------------------------

    def _take_folder(self, resume: bool) -> None:
        """Makes the folder and takes its lock. Raises RefusedError."""
        try:
            opening.make_folder(self.run_dir)
            if not self._supervised:
                self._lock.acquire()
                taken = (self.run_dir / RUN_FILE).exists() or (self.run_dir / EPOCHS_FILE).exists()
                if taken and not resume:
                    self._lock.release()
                    raise RefusedError(
                        f"{self.run_dir} already holds a run. "
                        "Choose another folder, or pass resume=True to go on with it."
                    )
            opening.make_folder(self.run_dir / CONTROL_DIR)
        except OSError as problem:
            raise RefusedError(
                f"Cannot write the run directory {self.run_dir}: {problem.strerror or problem}. "
                "Choose a folder that you may write to."
            ) from problem

    def _next_generation(self, resume: bool) -> int:
        if self._supervised:
            return int(os.environ.get(GENERATION_VARIABLE) or 1)
        if not resume:
            return 1
        try:
            return decode(files.read_bytes(self.run_dir / PROGRESS_FILE) or b"", Progress).generation + 1
        except (OSError, ValueError):
            return 2

    def _open(self, run: Run) -> None:
        try:
            if not (self.run_dir / RUN_FILE).exists():
                files.replace(self.run_dir / RUN_FILE, encode(run))
            if not self._supervised:
                files.create(self.run_dir / LAUNCH_FILE, encode(_foreground_launch(run)))
            files.replace(self.run_dir / PROGRESS_FILE, encode(self._progress))
        except (OSError, TypeError) as problem:
            self._lock.release()
            raise RefusedError(
                f"Cannot write into the run directory {self.run_dir}: {problem}. "
                "Check its rights and the room on its disk."
            ) from problem

    # -- records -----------------------------------------------------------------------------------------------

    def log_epoch(self, epoch: float, **fields: Any) -> None:
        """One evaluation; `fields` are those of `run_dir.Epoch`, other numbers go into its `metrics`."""
        fields.setdefault("step", self._progress.step if not self._muted else 0)
        record = self._record(Epoch, {"epoch": epoch, **fields})
        if record is None:
            return
        if record.gap is None:
            record = msgspec.structs.replace(record, gap=gap_of(record, self._gap_basis))
        self._pace.epoch(time.monotonic())
        self._put(EPOCHS_FILE, record, sync=True)
        self._tell(force=True, epoch=record.epoch, step=record.step, phase="training")

    def log_step(self, step: int, **fields: Any) -> None:
        """One logging step; `fields` are those of `run_dir.Step`."""
        record = self._record(Step, {"step": step, **fields})
        if record is not None:
            self._put(STEPS_FILE, record)
            self._tell(step=record.step, epoch=record.epoch or None)

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
        """All hypotheses of one evaluation. `references` names the clips on the first call, if `log_clips` did not.

        `adjusted`: the same clips as your own decoder says them, where it filters or weighs; `hypotheses` is without.
        """
        if self._muted:
            return
        try:
            said = list(map(_plain, hypotheses))
            by_user = None if adjusted is None else list(map(_plain, adjusted))
            ids = None if clip_ids is None else list(map(_plain, clip_ids))
            if references is not None and split not in self._clips:
                texts = list(map(_plain, references))
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
                "step": step or self._progress.step,
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
            content = msgspec.json.encode(finite_or_word(_plain(values)))
            files.replace(folder / f"{check_run_id(name)}.json", content)
        except (OSError, MonitorError, TypeError, ValueError, RecursionError) as problem:
            self._warn(f"probe {name} was not written: {problem}")

    # -- life --------------------------------------------------------------------------------------------------

    def heartbeat(self, phase: Phase | None = None, epoch: int | None = None, step: int | None = None) -> None:
        """A sign of life from the loop; call it as often as you like, the disk sees two a second at most."""
        if not self._muted:
            self._tell(phase=phase, epoch=epoch, step=step)

    def saved_checkpoint(self, path: str | Path, epoch: int) -> None:
        """A checkpoint is complete on disk."""
        if not self._muted:
            self._tell(
                force=True,
                checkpoint=str(path),
                checkpoint_at=time.time(),
                checkpoint_epoch=epoch,
                checkpoint_bytes=_size(path),
            )

    def should_stop(self) -> bool:
        """Whether somebody asked this run to stop. Cheap: the folder is looked at five times a second at most."""
        if self._muted or self._stop_seen:
            return self._stop_seen
        now = time.monotonic()
        if now - self._polled_at >= POLL_SECS:
            self._polled_at = now
            self._tell()
            self._stop_seen = control.stop_wanted(self.run_dir, self.generation)
            if self._stop_seen:
                self._tell(force=True, phase="stopping")
        return self._stop_seen

    def finish(self, outcome: Outcome = "finished", error: str | None = None, *, traceback: str | None = None) -> None:
        """The last word: the outcome is on disk when this returns, unless the disk is full."""
        if self._muted or self._progress.outcome is not None:
            return
        if outcome not in get_args(Outcome):
            self._warn(f"outcome {outcome!r} is none of {', '.join(get_args(Outcome))}")
            outcome = "failed" if error else "finished"
        self._outbox.flush()
        self._tell(force=True, phase="ended", outcome=outcome, error=error, traceback=traceback)
        if not self._supervised:
            self._answer_requests(outcome)
        self._outbox.close()
        self._lock.release()

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
            whole = "".join(traceback.format_exception(error)).strip()
            said = "".join(traceback.format_exception_only(error)).strip()
            self.finish("failed", said, traceback=whole[-TRACEBACK_CHARACTERS:])

    # -- beneath -----------------------------------------------------------------------------------------------

    def _record(self, kind: type[R], fields: dict[str, Any]) -> R | None:
        """The record, with numbers of any library made plain; what does not fit is left out with a warning."""
        if self._muted:
            return None
        known, extra = _sorted_out(kind, fields, self._warn)
        known.setdefault("at", time.time())
        known.setdefault("generation", self.generation)
        if extra and "metrics" in kind.__struct_fields__:
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
            decode(line, type(record))  # what no reader would take is told now, not found missing later
        except (TypeError, ValueError) as odd:
            self._warn(f"a record for {file} was left out: {odd}")
            return
        problem = self._outbox.put(file, line, sync=sync)
        if problem is not None:
            self._warn(f"records wait for the disk: {problem}")

    def _tell(self, *, force: bool = False, **changes: Any) -> None:
        """Replaces progress.json, at most twice a second unless `force`."""
        if os.getpid() != self._pid or self._progress.outcome is not None:
            return
        given = self._fitting(changes)
        self._pace.step(given.get("step"), time.monotonic())
        self._progress = msgspec.structs.replace(
            self._progress,
            heartbeat_at=time.time(),
            step_secs=self._pace.step_secs(),
            epoch_secs=self._pace.epoch_secs(),
            backlog=self._outbox.waiting,
            dropped=self._outbox.dropped,
            **given,
        )
        changed_phase = "phase" in given
        if not force and not changed_phase and time.monotonic() - self._written_at < HEARTBEAT_SECS:
            return
        self._written_at = time.monotonic()
        try:
            self._progress = msgspec.structs.replace(self._progress, disk_free_bytes=files.free_bytes(self.run_dir))
            files.replace(self.run_dir / PROGRESS_FILE, encode(self._progress))
        except OSError as problem:
            self._warn(f"the heartbeat was not written: {problem}")

    def _fitting(self, changes: dict[str, Any]) -> dict[str, Any]:
        """What progress.json can hold of `changes`, made plain; one odd value must not spoil every later heartbeat."""
        known, _ = _sorted_out(Progress, changes, self._warn)
        fitting = {name: _plain(value) for name, value in known.items()}
        phase = fitting.get("phase", "training")
        if phase not in get_args(Phase):
            self._warn(f"phase {phase!r} is none of {', '.join(get_args(Phase))}")
            del fitting["phase"]
        return fitting

    def _answer_requests(self, outcome: Outcome) -> None:
        for asked in control.pending(self.run_dir, self.generation):
            done = asked.verb == "stop" and outcome == "stopped"
            try:
                control.answer(self.run_dir, asked, "done" if done else "expired", "", time.time())
            except (OSError, ValueError) as problem:
                self._warn(f"a request was not answered: {problem}")

    def _warn(self, text: str) -> None:
        if not self._warned:
            self._warned = True
            with contextlib.suppress(OSError, ValueError, AttributeError):  # full disk, closed, or none at all
                sys.stderr.write(f"vitalsigns: {text} (training goes on; said once)\n")
                sys.stderr.flush()


def gap_of(record: Epoch, basis: GapBasis) -> float | None:
    """val_loss minus the train loss that the run's gap basis names; None where either is missing."""
    other = record.train_eval_loss if basis == "eval" else record.train_loss
    return None if other is None or record.val_loss is None else record.val_loss - other


def write_probe(run_dir: Path, probe: Probe) -> Path:
    """Keeps what was measured of a checkpoint, beside a run that may still be going on. Raises RefusedError."""
    folder = run_dir / PROBES_DIR
    path = folder / f"{check_run_id(probe.name)}.json"
    try:
        opening.make_folder(folder)
        files.replace(path, encode(probe))
    except OSError as problem:
        raise RefusedError(f"Cannot write {path}: {problem.strerror or problem}. Check rights and room.") from problem
    return path


def _size(path: str | Path) -> int | None:
    """Bytes of a file, or of everything in a folder: some frameworks save one."""
    try:
        place = Path(path)
        if place.is_dir():
            return sum(each.stat().st_size for each in place.rglob("*") if each.is_file())
        return place.stat().st_size
    except OSError:
        return None


class Outbox:
    """The append-only files of one run, and the bounded backlog of lines that the disk would not take."""

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir
        self._files: dict[str, files.AppendFile] = {}
        self._backlog: collections.deque[tuple[str, bytes, bool]] = collections.deque()
        self.dropped = 0

    @property
    def waiting(self) -> int:
        return len(self._backlog)

    def put(self, file: str, line: bytes, *, sync: bool) -> OSError | None:
        """Writes what waits, then `line`. Returns the problem if `line` has to wait."""
        self._backlog.append((file, line, sync))
        problem = self.flush()
        while len(self._backlog) > BACKLOG_RECORDS:
            self._backlog.popleft()
            self.dropped += 1
        return problem

    def flush(self) -> OSError | None:
        while self._backlog:
            file, line, sync = self._backlog[0]
            if file not in self._files:
                self._files[file] = files.AppendFile(self._run_dir / file)
            try:
                self._files[file].append(line, sync=sync)
            except OSError as problem:
                return problem
            self._backlog.popleft()
        return None

    def sync(self) -> None:
        """What is on its way to the disk gets there. Raises OSError."""
        for file in self._files.values():
            file.sync()

    def close(self) -> None:
        for file in self._files.values():
            file.close()


class _Pace:
    """Median seconds of the last steps and epochs, from the monotonic clock."""

    def __init__(self) -> None:
        self._steps: collections.deque[float] = collections.deque(maxlen=PACE_STEPS)
        self._epochs: collections.deque[float] = collections.deque(maxlen=9)
        self._last_step: tuple[int, float] | None = None
        self._last_epoch = time.monotonic()

    def step(self, step: int | None, at: float) -> None:
        if step is None:
            return
        if self._last_step is not None and step > self._last_step[0]:
            self._steps.append((at - self._last_step[1]) / (step - self._last_step[0]))
        if self._last_step is None or step != self._last_step[0]:
            self._last_step = (step, at)

    def epoch(self, at: float) -> None:
        self._epochs.append(at - self._last_epoch)
        self._last_epoch = at

    def step_secs(self) -> float | None:
        return statistics.median(self._steps) if self._steps else None

    def epoch_secs(self) -> float | None:
        return statistics.median(self._epochs) if self._epochs else None


def _sorted_out(kind: type[Record], fields: dict[str, Any], warn: Any) -> tuple[dict[str, Any], dict[str, float]]:
    """(fields of the record, other numbers). Tensors and numpy scalars become floats; what cannot is left out."""
    known: dict[str, Any] = {}
    extra: dict[str, float] = {}
    kinds = _kinds(kind)
    for name, value in fields.items():
        if value is None:
            continue
        value = value.detach() if hasattr(value, "detach") else value  # a loss that still has its graph
        try:
            if name not in kinds:
                extra[name] = float(value)
            elif name == "metrics":
                known[name] = {str(key): float(number) for key, number in value.items()}
            else:
                known[name] = kinds[name](value)
        except (TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError) as problem:
            # The value itself is not shown: showing it may fail as making a number of it did.
            warn(f"{name} ({type(value).__name__}) was left out: {problem}")
    return known, extra


_kinds_of: dict[type, dict[str, Any]] = {}


def _kinds(kind: type[Record]) -> dict[str, Any]:
    """For each field, what makes a plain value of whatever a script hands over."""
    if kind not in _kinds_of:
        makers = {}
        for name, hint in get_type_hints(kind).items():
            text = str(hint)
            makers[name] = (
                float if "float" in text and "dict" not in text
                else int if "int" in text and "dict" not in text
                else (lambda value: value)
            )  # fmt: skip
        _kinds_of[kind] = makers
    return _kinds_of[kind]


def _plain(value: Any) -> Any:
    """JSON-able copy: what is no plain value becomes its text, so that a config never breaks a start."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        # A file name that is no UTF-8 holds lone surrogates, which no JSON takes.
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    for plain in (int, float):
        # Also of a subclass: numpy's float64 is a float, and no encoder takes it.
        if isinstance(value, plain):
            return plain(value)
    try:
        item = value.item()  # a scalar of numpy or torch
    except (AttributeError, TypeError, ValueError, RuntimeError):
        return str(value)
    return item if isinstance(item, (bool, int, float, str)) else str(value)


def _environment(device: str | None) -> Environment:
    torch = sys.modules.get("torch")
    on_gpu = torch is not None and device is not None and device.startswith("cuda")
    return Environment(
        device=device,
        device_name=str(torch.cuda.get_device_name(device)) if torch is not None and on_gpu else None,
        python=platform.python_version(),
        torch=str(torch.__version__) if torch is not None else None,
        host=platform.node(),
    )


def _foreground_launch(run: Run) -> Launch:
    """What a terminal started, so that the page can start it again."""
    order = Order([sys.executable, *sys.orig_argv[1:]], Path.cwd(), how="foreground")
    return launch_of(order, run.run_id, run.created_at)
