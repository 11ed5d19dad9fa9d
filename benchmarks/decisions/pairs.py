"""Real parents and children of our own trainer: what waiting brought, and what each option brought.

`python -m benchmarks.decisions.pairs FOLDER` trains them (about 40 minutes of one core; what is there already is kept)
and writes FOLDER/pairs.json. A parent is trained to its planned end. The options are those that the product gives at
its LOOKs and STOPs; each is trained from scratch for as many epochs, as a restart would.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from monitor.diagnosis import prescriptions
from monitor.diagnosis.prescriptions.prescription import Prescription
from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import judge
from monitor.diagnosis.wait_or_restart import Recorded
from monitor.run_dir import Snapshot
from monitor.run_dir.reader import RunReader
from monitor.run_dir.replay import as_of

KEPT = Path(__file__).with_name("pairs.json")
SHIPPED = Path(prescriptions.__path__[0]) / "measured.json"
SMALL = {"epochs": 40, "beam_width": 0, "device": "cpu"}
PARENTS: dict[str, dict[str, Any]] = {
    **{f"digits-{seed}": {"data": "digits", "preset": "broken", "seed": seed, **SMALL} for seed in (0, 1, 2)},
    "digits-wide": {"data": "digits", "preset": "broken", "hidden_dim": 256, "train_images": 120, **SMALL},
    **{f"signs-{seed}": {"preset": "broken", "seed": seed, "train_clips": 150, **SMALL} for seed in (0, 1, 2)},
    "signs-many": {"preset": "broken", "train_clips": 300, "signers": 6, **SMALL},
}
GRAVE = ("STOP", "LOOK")


class Pair(msgspec.Struct, kw_only=True):
    """One parent and one child. Curves: `[epoch, train loss, val loss, train WER, val WER, seconds]` an evaluation.

    `flagged`: the parent's epoch at which a grave word, `word`, first gave the option.
    """

    parent: str
    option: str
    changes: dict[str, list[Any]]
    task: str
    train_clips: int
    flagged: float
    word: str
    planned: float
    parent_curve: list[list[float | None]]
    child_curve: list[list[float | None]]


def read_pairs(path: Path = KEPT) -> list[Pair]:
    """Raises OSError where the file is missing, msgspec.DecodeError where it is damaged."""
    return msgspec.json.decode(path.read_bytes(), type=list[Pair])


def bests(pair: Pair) -> tuple[float, float]:
    """(the parent's lowest val WER, the child's)."""
    parent, child = (
        min(row[4] for row in curve if row[4] is not None) for curve in (pair.parent_curve, pair.child_curve)
    )
    return parent, child


def ratio(pair: Pair) -> float:
    """The child's best by the parent's: below 1 where the change helped."""
    parent, child = bests(pair)
    return child / parent


def measured(pairs: Sequence[Pair]) -> list[Recorded]:
    """What the product ships as its own figures, by task, clips, length and option."""
    found: dict[tuple[str, int, float, str], list[float]] = {}
    for pair in pairs:
        found.setdefault((pair.task, pair.train_clips, pair.planned, pair.option), []).append(round(ratio(pair), 3))
    return [Recorded(*key, ratios) for key, ratios in found.items()]


def make(folder: Path) -> Iterator[Pair]:
    """Each pair once its child is trained; runs that are complete in `folder` are not trained again."""
    for name, settings in PARENTS.items():
        parent = _trained(folder / name, settings)
        given = _options(parent)
        if not given:
            sys.stderr.write(f"{name}: no option in {len(parent.epochs)} evaluations; no pair.\n")
        for option, flagged, word in given:
            after = {key: pair[1] for key, pair in option.changes.items()}
            child = _trained(folder / f"{name}-{option.id}", {**settings, **after})
            yield Pair(
                parent=name,
                option=option.id,
                changes=option.changes,
                task=parent.run.data.name if parent.run is not None else "",
                train_clips=parent.run.data.clips.get("train", 0) if parent.run is not None else 0,
                flagged=flagged,
                word=word,
                planned=float(settings["epochs"]),
                parent_curve=_curve(parent),
                child_curve=_curve(child),
            )


def _trained(run_dir: Path, settings: Mapping[str, Any]) -> Snapshot:
    """The finished run of these settings, trained now unless it is there. Raises CalledProcessError."""
    if run_dir.exists() and len(kept := RunReader(run_dir).read(time.time()).epochs) >= settings["epochs"]:
        sys.stderr.write(f"{run_dir.name}: there already, {len(kept)} evaluations\n")
    else:
        words = [word for key, value in settings.items() for word in (f"--{key}", str(value))]
        began = time.monotonic()
        command = [sys.executable, "-m", "trainer", *words, "--output_dir", str(run_dir)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"})
        sys.stderr.write(f"{run_dir.name}: trained in {time.monotonic() - began:.0f} s\n")
    return RunReader(run_dir).read(time.time())


def _options(parent: Snapshot) -> list[tuple[Prescription, float, str]]:
    """Each option that restarts the parent, with the epoch at which a grave word first gave it, and that word."""
    found: dict[str, tuple[Prescription, float, str]] = {}
    for record in parent.epochs[:-1]:
        seen = as_of(parent, record.epoch)
        diagnosis = judge(seen, seen.read_at).diagnosis
        for option in prescribe(seen, diagnosis) if diagnosis.verdict in GRAVE else ():
            if option.changes:
                found.setdefault(option.id, (option, record.epoch, diagnosis.verdict))
    return list(found.values())


def _curve(run: Snapshot) -> list[list[float | None]]:
    return [
        [r.epoch, r.train_loss, r.val_loss, r.train_wer, r.val_wer, None if r.seconds is None else round(r.seconds, 2)]
        for r in run.epochs
    ]


def keep(pairs: Sequence[Pair]) -> None:
    """Replaces the recorded pairs, and the figures that the product ships."""
    KEPT.write_text("[\n" + ",\n".join(map(_rounded, pairs)) + "\n]\n", encoding="utf-8")
    figures = msgspec.json.format(msgspec.json.encode(measured(read_pairs())), indent=1)
    SHIPPED.write_bytes(figures + b"\n")


def _rounded(pair: Pair) -> str:
    """One line; four digits of a number are enough."""
    curves = {
        name: [[None if value is None else float(f"{value:.4g}") for value in row] for row in getattr(pair, name)]
        for name in ("parent_curve", "child_curve")
    }
    return msgspec.json.encode(msgspec.structs.replace(pair, **curves)).decode()


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.decisions.pairs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the runs are trained")
    parser.add_argument(
        "--keep", action="store_true", help="put the pairs beside this module, their figures into the product"
    )
    args = parser.parse_args()
    folder = args.folder
    folder.mkdir(parents=True, exist_ok=True)
    pairs: list[Pair] = []
    for pair in make(folder):
        pairs.append(pair)
        (folder / "pairs.json").write_bytes(msgspec.json.encode(pairs))
        sys.stderr.write(f"{len(pairs)} pairs: {folder / 'pairs.json'}\n")
    if args.keep:
        keep(pairs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
