"""The trainer in several workers of a Ray, which start and meet by Ray Train's TorchTrainer (`--ray_workers`).

This process only waits for them. It is imported where it is asked for: Ray takes a second, and need not be installed.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from monitor.run_dir import GENERATION_VARIABLE, RUN_DIR_VARIABLE
from monitor.run_dir.errors import UsageError

HOME = Path(__file__).resolve().parent.parent
INSTALL = "pip install 'ray[train]'"
STORE = "ray"
"""In the run directory: what Ray Train itself writes down. The nodes share that folder."""
MARKS = (RUN_DIR_VARIABLE, GENERATION_VARIABLE, "VITALSIGNS_RUNS")
"""What a supervisor tells the process that it started, and the workers must know."""


def train_on_ray(argv: list[str], workers: int, device: str, run_dir: Path) -> None:
    """Trains what `argv` asks for in that many workers; returns at their end. Each has a GPU for itself where the
    cluster has so many and `device` is not cpu.

    Raises UsageError where Ray is missing or too small for it, and what a worker has raised.
    """
    try:
        import ray
        from ray.train import RunConfig, ScalingConfig
        from ray.train.torch import TorchConfig, TorchTrainer
    except ImportError as problem:
        raise UsageError(f"--ray_workers needs Ray ({problem}): {INSTALL}") from None
    # The workers are processes that Ray has started anywhere: they find the code where this one has found it.
    path = os.pathsep.join([str(HOME), *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        # Never one of our own: it would listen on every address.
        ray.init("auto", runtime_env={"env_vars": {"PYTHONPATH": path}}, log_to_driver=True)
    except ConnectionError:
        raise UsageError(
            "--ray_workers: there is no Ray to join here. Start the run as its job: python -m monitor start --on ray …"
        ) from None
    signal.signal(signal.SIGINT, signal.default_int_handler)  # Ray Train ends its workers at Ctrl-C
    try:
        uses_gpu = device != "cpu" and ray.cluster_resources().get("GPU", 0) >= workers
        _refuse_too_many(workers, ray.cluster_resources())
        marks = {name: os.environ[name] for name in MARKS if name in os.environ}
        TorchTrainer(
            _work,
            train_loop_config={"argv": [*argv, "--output_dir", str(run_dir)], "marks": marks, "cwd": str(Path.cwd())},
            torch_config=TorchConfig(backend="nccl" if uses_gpu else "gloo"),
            scaling_config=ScalingConfig(num_workers=workers, use_gpu=uses_gpu),
            run_config=RunConfig(name=STORE, storage_path=str(run_dir.absolute())),
        ).fit()
    finally:
        ray.shutdown()


def _refuse_too_many(workers: int, has: dict[str, Any]) -> None:
    """Ray itself would wait for ever."""
    if has.get("CPU", 0) < workers:
        raise UsageError(
            f"--ray_workers {workers}: this Ray has {has.get('CPU', 0):g} CPUs, and each worker takes one."
        )


def _work(about: dict[str, Any]) -> None:
    """In a worker: the same training that torchrun would start. A stop comes through the run's folder."""
    os.environ.update(about["marks"])
    os.chdir(about["cwd"])
    from trainer import arguments
    from trainer.run import run
    from trainer.stopping import StopSignals

    run(arguments.parse(about["argv"]), StopSignals())
