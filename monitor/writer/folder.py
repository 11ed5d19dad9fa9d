"""A run directory taken for writing, and what stands in it before the first step."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from monitor.run_dir import (
    CONTROL_DIR,
    EPOCHS_FILE,
    GENERATION_VARIABLE,
    LAUNCH_FILE,
    PROBES_DIR,
    PROGRESS_FILE,
    RUN_FILE,
    DataInfo,
    Environment,
    Floors,
    ModelInfo,
    Probe,
    Progress,
    Run,
    check_run_id,
    decode,
    encode,
    files,
    opening,
)
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.metric import Metric
from monitor.run_dir.metric_given import checked, joined
from monitor.run_dir.processes import RunLock
from monitor.writer.fields import WER_FIELDS, plain


def take_folder(run_dir: Path, lock: RunLock | None, resume: bool) -> None:
    """Makes the folder and takes its lock; without `lock` a supervisor has it. Raises RefusedError."""
    try:
        opening.make_folder(run_dir)
        if lock is not None:
            lock.acquire()
            taken = (run_dir / RUN_FILE).exists() or (run_dir / EPOCHS_FILE).exists()
            if taken and not resume:
                lock.release()
                raise RefusedError(
                    f"{run_dir} already holds a run. Choose another folder, or pass resume=True to go on with it."
                )
        opening.make_folder(run_dir / CONTROL_DIR)
    except OSError as problem:
        raise RefusedError(
            f"Cannot write the run directory {run_dir}: {problem.strerror or problem}. "
            "Choose a folder that you may write to."
        ) from problem


def next_generation(run_dir: Path, supervised: bool, resume: bool) -> int:
    """1 for a first start; a supervisor passes the number, else it is one more than the last start's."""
    if supervised:
        return int(os.environ.get(GENERATION_VARIABLE) or 1)
    if not resume:
        return 1
    last = files.read_document(run_dir / PROGRESS_FILE, Progress, files.UNREADABLE)
    return last.generation + 1 if last is not None else 2


def describe(run_id: str, given: dict[str, Any]) -> Run:
    """run.json, of what RunWriter was given.

    Raises UsageError for metrics that cannot be declared so, TypeError, ValueError or RecursionError for the rest.
    """
    units = given["units"]
    run = Run(
        run_id=run_id,
        name=given["name"] or run_id,
        created_at=time.time(),
        config=plain(given["config"] or {}),
        config_schema=plain(given["config_schema"] or {}),
        model=given["model"] or ModelInfo(),
        data=given["data"] or DataInfo(),
        floors=given["floors"] or Floors(),
        metrics=_declared(given["metrics"] or ()),
        units={"loss": "nats per token", "wer": "fraction"} if units is None else _as_stored(units),
        gap_basis=given["gap_basis"],
        warmup_epochs=float(given["warmup_epochs"]),
        environment=_environment(given["device"]),
        notes=given["notes"],
    )
    decode(encode(run), Run)  # what no reader would accept is refused now
    return run


def wer_in_percent(given: dict[str, Any]) -> bool:
    """Whether the script logs word error rates in percent, as its units or a declaration of one say."""
    in_units = (given["units"] or {}).get("wer") == "percent"
    return in_units or any(m.name in WER_FIELDS and m.unit == "percent" for m in given["metrics"] or ())


def _declared(metrics: Iterable[Metric]) -> list[Metric]:
    """As run.json holds them: word error rates, which records hold as fractions, as such."""
    return [_as_fraction(metric) if metric.name in WER_FIELDS else metric for metric in checked(metrics)]


def _as_fraction(metric: Metric) -> Metric:
    chance, target = (None if each is None else metric.fraction(each) for each in (metric.chance, metric.target))
    return replace(metric, unit="fraction", chance=chance, target=target)


def _as_stored(units: Mapping[str, str]) -> dict[str, str]:
    return {**units, "wer": "fraction"} if units.get("wer") == "percent" else dict(units)


def write_first(run_dir: Path, run: Run, supervised: bool) -> list[str]:
    """run.json, and launch.json where no launcher has written one. Raises OSError or TypeError.

    Returns what a resumed run declares otherwise than its first start, as sentences.
    """
    told: list[str] = []
    if not (run_dir / RUN_FILE).exists():
        files.replace(run_dir / RUN_FILE, encode(run))
    elif run.metrics:
        told = _add_metrics(run_dir, run.metrics)
    if not supervised:
        _write_launch(run_dir, run)
    return told


def _add_metrics(run_dir: Path, now: list[Metric]) -> list[str]:
    """Adds what a resumed run declares anew; the other fields of run.json stay."""
    first = files.read_document(run_dir / RUN_FILE, Run, files.UNREADABLE)
    if first is None:
        return []
    metrics, told = joined(first.metrics, now)
    if metrics != first.metrics:
        files.replace(run_dir / RUN_FILE, encode(replace(first, metrics=metrics)))
    return told


def _environment(device: str | None) -> Environment:
    torch = sys.modules.get("torch")
    # A device may be named that this torch cannot reach: then its name is not known, and nothing fails.
    on_gpu = torch is not None and device is not None and device.startswith("cuda") and torch.cuda.is_available()
    return Environment(
        device=device,
        device_name=str(torch.cuda.get_device_name(device)) if torch is not None and on_gpu else None,
        python=platform.python_version(),
        torch=str(torch.__version__) if torch is not None else None,
        host=platform.node(),
    )


def _write_launch(run_dir: Path, run: Run) -> None:
    """What a terminal started, so that the page can start it again; unsealed where no key can be kept."""
    # Here and not above: a supervised run needs none of it, and it is a third of the writer's import.
    from monitor.run_dir.launch import Order, launch_of
    from monitor.run_dir.seal import write_sealed

    order = Order([sys.executable, *sys.orig_argv[1:]], Path.cwd(), how="foreground")
    launch = launch_of(order, run.run_id, run.created_at)
    try:
        write_sealed(run_dir, launch)
    except (RefusedError, OSError):
        files.create(run_dir / LAUNCH_FILE, encode(launch))


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
