"""Made folders that are large in one way each: many runs, many epochs, many steps, many decodes.

Every run is made by the writer or copied from one that is, so that any checkout reads them.
"""

from __future__ import annotations

import math
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from monitor.diagnosis.alerts import summarise
from monitor.diagnosis.verdict import judge
from monitor.run_dir import (
    CLIPS_FILE,
    DECODES_FILE,
    EPOCHS_FILE,
    LAUNCH_FILE,
    PROGRESS_FILE,
    STATE_FILE,
    STEPS_FILE,
    SUMMARY_FILE,
    Clip,
    Decode,
    Epoch,
    Launch,
    Progress,
    State,
    Step,
    encode,
    encode_line,
    files,
)
from monitor.run_dir.reader import RunReader
from monitor.writer import RunWriter

BEGAN = 1_750_000_000.0
WITHOUT_SUMMARY = 10
"""Every tenth run was imported or run in a terminal: nobody keeps its summary."""
SEEDS = 5
"""So many runs in a row differ in their seed alone."""
WORDS = ("MORGEN", "REGEN", "NORD", "SUED", "WIND", "SCHNEE", "WOLKE", "SONNE", "FROST", "NEBEL")


def many_runs(runs: Path, count: int, epochs: int = 30) -> Path:
    """`count` ended runs; returns the folder of runs."""
    runs.mkdir(parents=True, exist_ok=True)
    pattern = pattern_of(runs.parent, epochs)
    _say(f"{count:,} runs")
    for place in range(count):
        _copy(pattern, runs, place)
    return runs


def pattern_of(place: Path, epochs: int) -> dict[str, bytes]:
    """File name → content of one run, named PATTERN, with what a supervisor adds."""
    with RunWriter(place / "PATTERN", config={"lr": 1e-3}, epochs=epochs) as run:
        for each in _epochs(epochs):
            run.log_epoch(**{key: value for key, value in _told(each).items() if key not in ("at", "gap")})
    snapshot = RunReader(run.run_dir).read(BEGAN)
    found = {path.name: path.read_bytes() for path in run.run_dir.iterdir() if path.is_file()}
    found[SUMMARY_FILE] = encode(summarise(snapshot, judge(snapshot, BEGAN), BEGAN))
    found[STATE_FILE] = encode(State(state="finished", updated_at=BEGAN, ended_at=BEGAN, exit_code=0))
    return found


def _copy(pattern: dict[str, bytes], runs: Path, place: int) -> None:
    name = f"run-{place:05d}"
    folder = runs / name
    folder.mkdir()
    for file, data in pattern.items():
        if place % WITHOUT_SUMMARY == 0 and file in (SUMMARY_FILE, STATE_FILE):
            continue
        data = data.replace(b"PATTERN", name.encode())
        if file == PROGRESS_FILE:
            progress = files.read_document(runs.parent / "PATTERN" / PROGRESS_FILE, Progress)
            assert progress is not None
            data = encode(replace(progress, heartbeat_at=BEGAN + 3600 * place))
        if file == LAUNCH_FILE:
            launch = files.read_document(runs.parent / "PATTERN" / LAUNCH_FILE, Launch)
            assert launch is not None
            argv = ["python", "train.py", f"--lr={place // SEEDS}", f"--seed={place % SEEDS}"]
            data = encode(replace(launch, run_id=name, argv=argv, created_at=BEGAN + place, seal=""))
        (folder / file).write_bytes(data)


def long_run(runs: Path, epochs: int = 0, steps: int = 0) -> Path:
    """One ended run of many evaluations or many steps; returns its folder."""
    name = f"epochs-{epochs}" if epochs else f"steps-{steps}"
    _say(f"one run of {epochs or steps:,} {'epochs' if epochs else 'steps'}")
    with RunWriter(runs / name, config={"lr": 1e-3}, epochs=epochs or 20) as run:
        pass
    _write(run.run_dir / EPOCHS_FILE, (encode_line(each) for each in _epochs(epochs or 20)))
    _write(run.run_dir / STEPS_FILE, (encode_line(each) for each in _steps(steps)))
    return run.run_dir


def many_decodes(runs: Path, clips: int, decodes: int) -> Path:
    """One ended run that has decoded `clips` clips `decodes` times; returns its folder."""
    _say(f"one run of {clips:,} clips, decoded {decodes} times")
    noise = random.Random(2)
    with RunWriter(runs / f"clips-{clips}", config={"lr": 1e-3}, epochs=decodes) as run:
        pass
    asked = [" ".join(noise.choices(WORDS, k=noise.randint(3, 9))) for _ in range(clips)]
    lines = (encode_line(Clip(clip_id=f"val-{n:05d}", reference=text)) for n, text in enumerate(asked))
    _write(run.run_dir / CLIPS_FILE, lines)
    _write(run.run_dir / EPOCHS_FILE, (encode_line(each) for each in _epochs(decodes)))
    _write(run.run_dir / DECODES_FILE, (encode_line(each) for each in _decodes(asked, decodes, noise)))
    return run.run_dir


def _decodes(asked: list[str], count: int, noise: random.Random) -> Iterator[Decode]:
    for epoch in range(1, count + 1):
        wrong = 0.2 + 0.7 * math.exp(-epoch / 30)
        said = [" ".join(word for word in text.split() if noise.random() > wrong) for text in asked]
        yield Decode(epoch=epoch, step=epoch * 100, at=BEGAN + epoch * 60, hypotheses=said)


def _epochs(count: int) -> Iterator[Epoch]:
    """A run that learns for a third of its time and then learns by heart."""
    noise = random.Random(1)
    for epoch in range(1, count + 1):
        share = epoch / count
        train = 3.5 * math.exp(-6 * share) + 0.3 + noise.gauss(0, 0.02)
        gap = 0.1 + max(0.0, share - 0.33) + noise.gauss(0, 0.02)
        yield Epoch(
            epoch=epoch,
            step=epoch * 100,
            at=BEGAN + epoch * 60,
            train_loss=train,
            val_loss=train + gap,
            gap=gap,
            val_wer=0.25 + 0.7 * math.exp(-6 * share) + noise.gauss(0, 0.005),
            lr=1e-3,
            grad_norm=1 + noise.random(),
            seconds=60.0,
        )


def _steps(count: int) -> Iterator[Step]:
    noise = random.Random(1)
    for step in range(1, count + 1):
        yield Step(
            step=step,
            epoch=1 + 19 * step // count,
            at=BEGAN + step,
            train_loss=3 * math.exp(-3 * step / count) + noise.random() / 5,
            lr=1e-3,
            grad_norm=1 + noise.random(),
            clips_per_sec=40 + noise.random(),
        )


def _told(record: Epoch) -> dict[str, float]:
    values = {name: getattr(record, name) for name in record.__struct_fields__}
    return {name: value for name, value in values.items() if isinstance(value, (int, float)) and name != "generation"}


def _write(path: Path, lines: Iterator[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(lines)


def _say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} made: {text}\n")
