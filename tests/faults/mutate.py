"""Run directories as a sick disk, a foreign tool or a hostile hand would leave them: seeded, so a case can be repeated.

`furnished` writes a run with every file that a run can have; a mutator changes one of its files;
`whole_lines` is the independent word on which records must still be found.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from monitor.run_dir import (
    ACKS_DIR,
    ALERTS_FILE,
    CONTROL_DIR,
    LAUNCH_FILE,
    OUTCOME_FILE,
    PROBES_DIR,
    PROGRESS_FILE,
    STATE_FILE,
    SUMMARY_FILE,
    Alert,
    ChildOutcome,
    Launch,
    Parent,
    Probe,
    Progress,
    State,
    StopStage,
    Summary,
    control,
    decode,
    encode,
    encode_line,
)
from monitor.run_dir.processes import identify

AT = 1_700_000_000.0

EVIL: tuple[Any, ...] = (
    None,
    True,
    "",
    "nan",
    "-inf",
    "no number",
    -1,
    0,
    1e308,
    -1e308,
    1e-320,
    10**18,
    10**30,
    -(10**30),
    [],
    {},
    [None],
    ["a"] * 50,
    {"": {"": []}},
    "\x00\x1b[31m\u202e",
    "<script>alert(1)</script>",
    "x" * 20_000,
    "Ω" * 300,
)
RAW_EVIL = (
    b"[" * 5000,
    b'{"a":' * 3000 + b"1" + b"}" * 3000,
    b'"\\ud800"',
    b"NaN",
    b"-Infinity",
    b"1" * 5000,
    b"\xff\xfe",
    b"\x00" * 4096,
)


def furnished(run_dir: Path, word: str) -> None:
    """Adds to a fake run what supervisor, page and people write. `word`: the state that state.json tells."""
    gone = msgspec.structs.replace(identify(), start_ticks=1)
    progress = decode((run_dir / PROGRESS_FILE).read_bytes(), Progress)
    over = word in ("stopped", "finished", "failed")
    told = msgspec.structs.replace(progress, process=gone, outcome=word if over else None)  # type: ignore[arg-type]
    (run_dir / PROGRESS_FILE).write_bytes(encode(told))
    stop = StopStage(asked_at=AT, asked_by="anna", stage_at=AT) if word in ("stopping", "stopped") else None
    state = State(state=word, supervisor=gone, trainer=gone, started_at=AT, updated_at=AT, stop=stop)  # type: ignore[arg-type]
    (run_dir / STATE_FILE).write_bytes(encode(state))
    parent = Parent(run_id="parent", changes={"dropout": [0.3, 0.5]}, expected={"text": "WER falls", "epoch": 20})
    argv = ["python", "train.py", "--dropout", "0.5", "--out", "{run_dir}"]
    work = run_dir.parent.parent / "work"  # small: each plan of a restart looks for what the run wrote there
    work.mkdir(exist_ok=True)
    (work / "saved.pt").write_bytes(b"weights")
    launch = Launch(
        run_id=run_dir.name, created_at=AT, argv=argv, cwd=str(work), parent=parent, thresholds={"gap_limit": 1.0}
    )
    (run_dir / LAUNCH_FILE).write_bytes(encode(launch))
    alert = Alert(alert_id="gap-9", event="raised", rule="gap", severity="critical", at=AT, epoch=9.0, line="gap 1.3")
    (run_dir / ALERTS_FILE).write_bytes(encode_line(alert) * 2)
    (run_dir / SUMMARY_FILE).write_bytes(encode(Summary(run_id=run_dir.name, gap_series=[0.1, 0.4], val_wer=0.5)))
    outcome = ChildOutcome(run_id=run_dir.name, parent_id="parent", word="HELPED", line="better", low=-0.1, high=0.0)
    (run_dir / OUTCOME_FILE).write_bytes(encode(outcome))
    for folder in (PROBES_DIR, ACKS_DIR, CONTROL_DIR):
        (run_dir / folder).mkdir(exist_ok=True)
    probe = Probe(name="sweep", title="Sweep", line="blank −2 helps", numbers={"wer": 0.4}, rows=[{"penalty": 1}])
    (run_dir / PROBES_DIR / "sweep.json").write_bytes(encode(probe))
    (run_dir / ACKS_DIR / "gap-9.json").write_bytes(b"{}")
    asked = control.request(run_dir, "stop", generation=1, asked_by="anna", now=AT)
    control.answer(run_dir, asked, "refused", "Taken back.", AT)
    control.request(run_dir, "stop", generation=1, asked_by="anna", now=AT)


def mutate(run_dir: Path, seed: random.Random) -> str:
    """Changes one to three files of a run; returns what was done, in words that repeat it."""
    return "; ".join(_mutate_one(run_dir, seed) for _ in range(seed.choice((1, 1, 1, 2, 3))))


def _mutate_one(run_dir: Path, seed: random.Random) -> str:
    paths = sorted(path for path in run_dir.rglob("*") if path.is_file() and not path.is_symlink())
    if not paths:
        return "nothing left to change"
    path = seed.choice(paths)
    how = seed.choice(MUTATORS)
    how(path, seed)
    return f"{how.__name__.strip('_')} {path.relative_to(run_dir)}"


def _truncate(path: Path, seed: random.Random) -> None:
    os.truncate(path, seed.randint(0, path.stat().st_size))


def _zero_tail(path: Path, seed: random.Random) -> None:
    size = path.stat().st_size
    os.truncate(path, seed.randint(0, size))
    os.truncate(path, size + seed.choice((0, 7, 4096)))


def _flip(path: Path, seed: random.Random) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(min(len(data), seed.choice((1, 3, 20)))):
        data[seed.randrange(len(data))] = seed.randrange(256)
    path.write_bytes(data)


def _cut_out(path: Path, seed: random.Random) -> None:
    data = path.read_bytes()
    begin, end = sorted(seed.randint(0, len(data)) for _ in range(2))
    path.write_bytes(data[:begin] + data[end:])


def _put_in(path: Path, seed: random.Random) -> None:
    data, place = path.read_bytes(), 0
    place = seed.randint(0, len(data))
    noise = seed.choice((b"\n", b"\r\n", b"\n\n\n", seed.randbytes(9), *RAW_EVIL))
    path.write_bytes(data[:place] + noise + data[place:])


def _repeat_block(path: Path, seed: random.Random) -> None:
    data = path.read_bytes()
    begin, end = sorted(seed.randint(0, len(data)) for _ in range(2))
    path.write_bytes(data[:end] + data[begin:end] + data[end:])


def _reorder(path: Path, seed: random.Random) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    seed.shuffle(lines)
    path.write_bytes(b"".join(lines))


def _empty(path: Path, seed: random.Random) -> None:
    path.write_bytes(b"")


def _remove(path: Path, seed: random.Random) -> None:
    path.unlink()


def _other_kind(path: Path, seed: random.Random) -> None:
    """Something that is no regular file under the name of one."""
    path.unlink()
    seed.choice(
        (path.mkdir, lambda: os.mkfifo(path), lambda: path.symlink_to(path), lambda: path.symlink_to("/dev/zero"))
    )()


def _evil_value(path: Path, seed: random.Random) -> None:
    """The same JSON with one value replaced, renamed or left out: what a type checker never sees."""
    lines = path.read_bytes().split(b"\n")
    full = [place for place, line in enumerate(lines) if line.strip()]
    if not full:
        return
    place = seed.choice(full)
    try:
        value = json.loads(lines[place])
    except (ValueError, RecursionError):
        return
    spots = list(_spots(value))
    if not spots:
        return
    holder, key = seed.choice(spots)
    if seed.random() < 0.1 and isinstance(holder, dict):
        holder[str(key).upper()] = holder.pop(key)
    elif seed.random() < 0.1:
        holder[key] = "@@raw@@"
    else:
        holder[key] = seed.choice(EVIL)
    raw = seed.choice(RAW_EVIL)
    lines[place] = json.dumps(value).encode().replace(b'"@@raw@@"', raw.replace(b"\n", b""))
    path.write_bytes(b"\n".join(lines))


def _spots(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) in a JSON value."""
    if isinstance(value, dict):
        return [(value, key) for key in value] + [spot for item in value.values() for spot in _spots(item)]
    if isinstance(value, list):
        return [(value, place) for place in range(len(value))] + [spot for item in value for spot in _spots(item)]
    return []


MUTATORS: tuple[Callable[[Path, random.Random], None], ...] = (
    _truncate,
    _zero_tail,
    _flip,
    _cut_out,
    _put_in,
    _repeat_block,
    _reorder,
    _empty,
    _remove,
    _other_kind,
    *(_evil_value,) * 8,
)


def whole_lines(path: Path) -> list[bytes]:
    """Complete lines of a file that are one JSON object each, found without the product's help."""
    if not path.is_file():
        return []
    data = path.read_bytes()
    found = []
    for line in data[: data.rfind(b"\n") + 1].split(b"\n"):
        try:
            if isinstance(json.loads(line), dict):
                found.append(line)
        except (ValueError, RecursionError):
            continue
    return found


def copy_of(template: Path, target: Path) -> Path:
    """A fresh copy of a furnished run."""
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(template, target)
    return target
