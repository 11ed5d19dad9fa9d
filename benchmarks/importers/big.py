"""Long made files: how long an import takes, and how much memory its process needs at most."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from tests.foreign import leveldb_log, wandb_history

COMMAND = """
import sys
from monitor.commands.cli import main
code = main(sys.argv[1:])
used = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
sys.stderr.write(used.split()[1])
sys.exit(code)
"""
"""The command, and the most memory that its own process held; what rusage says counts the parent's too."""
EVALUATED_EVERY = 5000
"""Steps between two evaluations."""


def measure_size(mib: int, names: Collection[str] = ()) -> list[dict[str, Any]]:
    """One row per format (of all, or of these): seconds and peak memory of `python -m monitor import`."""
    with tempfile.TemporaryDirectory() as place:
        wanted = {name: make for name, make in MAKERS.items() if not names or name in names}
        return [_measured(name, make, Path(place), mib) for name, make in wanted.items()]


def _measured(name: str, make: Callable[[Path, int], Path], place: Path, mib: int) -> dict[str, Any]:
    folder = place / name
    folder.mkdir()
    path = make(folder, mib << 20)
    command = [sys.executable, "-c", COMMAND, "import", str(path), "--yes", "--json", "--runs", str(place / "runs")]
    begun = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"importing {path.name} failed: {done.stderr}")
    told = json.loads(done.stdout)
    for file in folder.rglob("*"):
        if file.is_file():
            file.unlink()
    return {
        "format": told["format"],
        "MiB": mib,
        "seconds": round(time.monotonic() - begun, 1),
        "peak MiB": round(int(done.stderr.split()[-1]) / 1024),
        "evaluations": told["epochs"],
        "steps": told["steps"],
    }


def _events() -> Iterator[dict[str, float]]:
    """A run without end: steps with a train loss, now and then an evaluation."""
    noise = random.Random(1)
    step = 0
    while True:
        step += 1
        epoch = step / EVALUATED_EVERY
        yield {"step": step, "epoch": epoch, "train_loss": 3 + noise.random(), "lr": 1e-3, "grad_norm": noise.random()}
        if step % EVALUATED_EVERY == 0:
            yield {"step": step, "epoch": epoch, "val_loss": 3 + noise.random(), "val_wer": noise.random()}


def _write(path: Path, size: int, lines: Iterator[str], before: str = "", after: str = "") -> Path:
    with path.open("w") as file:
        file.write(before)
        while file.tell() < size:
            file.write("".join(next(lines) for _ in range(1000)))
        file.write(after)
    return path


def table(folder: Path, size: int) -> Path:
    names = ("epoch", "step", "train_loss", "val_loss", "lr", "grad_norm")
    noise = random.Random(1)
    lines = (
        f"{n},{n * 10},{3 + noise.random():.6f},{3 + noise.random():.6f},0.001,{noise.random():.6f}\n" for n in _count()
    )
    return _write(folder / "history.csv", size, lines, ",".join(names) + "\n")


def _count() -> Iterator[int]:
    number = 0
    while True:
        number += 1
        yield number


def json_lines(folder: Path, size: int) -> Path:
    return _write(folder / "log.jsonl", size, (json.dumps(event) + "\n" for event in _events()))


def hugging_face(folder: Path, size: int) -> Path:
    renamed = {"train_loss": "loss", "val_loss": "eval_loss", "val_wer": "eval_wer", "lr": "learning_rate"}
    entries = ({renamed.get(name, name): value for name, value in event.items()} for event in _events())
    lines = (json.dumps(entry, indent=2) + ",\n" for entry in entries)
    return _write(folder / "trainer_state.json", size, lines, '{"log_history": [\n', '{"epoch": 1e9}]}\n')


def fairseq(folder: Path, size: int) -> Path:
    def line(event: dict[str, float]) -> str:
        part = "valid" if "val_loss" in event else "train_inner"
        told = {
            "epoch": int(event["epoch"]) + (part != "valid"),
            f"{'valid_' if part == 'valid' else ''}num_updates": str(event["step"]),
        }
        loss = {"valid_loss": str(event["val_loss"])} if part == "valid" else {"loss": str(event["train_loss"])}
        return f"2024-01-01 00:00:00 | INFO | {part} | {json.dumps({**told, **loss})}\n"

    return _write(folder / "train.log", size, (line(event) for event in _events()))


def mlflow(folder: Path, size: int) -> Path:
    run = folder / "mlruns" / "0" / "run"
    for name in ("metrics", "params", "tags"):
        (run / name).mkdir(parents=True)
    (run / "meta.yaml").write_text("status: 3\n")
    noise = random.Random(1)
    for name in ("train_loss", "val_loss"):
        lines = (f"{1_700_000_000_000 + n} {3 + noise.random()} {n}\n" for n in _count())
        _write(run / "metrics" / name, size // 2, lines)
    return run


def wandb(folder: Path, size: int) -> Path:
    path = folder / "run-big.wandb"
    events = _events()
    records = [wandb_history({**next(events), "_step": n}) for n in range(20_000)]
    once = leveldb_log(records)
    # The same steps again and again would be restarts: only their count matters here, so they are numbered on.
    with path.open("wb") as file:
        file.write(
            leveldb_log(wandb_history({**next(events), "_step": n}) for n in range(size * len(records) // len(once)))
        )
    return path


def tensorboard(folder: Path, size: int) -> Path:
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    path = folder / "events.out.tfevents.1.made"
    with path.open("wb") as file:
        writer = RecordWriter(file)
        for event in _events():
            step = int(event.pop("step"))
            values = [Summary.Value(tag=tag, simple_value=value) for tag, value in event.items()]
            writer.write(Event(wall_time=step, step=step, summary=Summary(value=values)).SerializeToString())
            if step % 1000 == 0 and file.tell() > size:
                break
    return path


MAKERS: dict[str, Callable[[Path, int], Path]] = {
    "table": table,
    "jsonl": json_lines,
    "hugging-face": hugging_face,
    "fairseq": fairseq,
    "mlflow": mlflow,
    "wandb": wandb,
    "tensorboard": tensorboard,
}
