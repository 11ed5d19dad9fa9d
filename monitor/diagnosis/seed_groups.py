"""Which runs of a folder are seeds of one another: the same command and code but for the seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from monitor.diagnosis.comparison import validation_set
from monitor.diagnosis.seed_spread import SeedGroup
from monitor.run_dir import RUN_FILE, Launch, Run, files
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.field_names import plain
from monitor.run_dir.launch import PLACEHOLDER, read_launch

SEED_NAMES = frozenset({"seed", "random_seed", "manual_seed", "global_seed"})
"""Names that scripts give the seed of a training; a data seed makes another corpus, and so another group."""


@dataclass(frozen=True)
class Member:
    """A run that may be one of several seeds: `key` is what all of them share, `seed` the text of its own.

    `code`: the files that it imports, "" where they are not known; `state`: git's state, which changes with any file.
    """

    run_id: str
    created_at: float
    key: str
    seed: str
    code: str = ""
    state: str = ""

    def is_like(self, other: Member) -> bool:
        """Whether the two differ in their seed alone, as far as both are known."""
        if self.key != other.key:
            return False
        return self.code == other.code if self.code and other.code else self.state == other.state


def member_of(launch: Launch | None) -> Member | None:
    """What of a start tells which runs are its seeds; None for one whose command is not known, or that began warm."""
    if launch is None or not launch.argv or (launch.parent is not None and launch.parent.how == "restart_warm"):
        return None
    command, seed = _without_seed(launch.argv, launch.run_id)
    return Member(
        run_id=launch.run_id,
        created_at=launch.created_at,
        key=_hash(command, launch.cwd, launch.script_sha256),
        seed=seed,
        code=_hash(sorted(launch.imported.items()), launch.git_others) if launch.imported else "",
        state=_hash(launch.git_tree or (launch.git_commit, launch.git_diff)),
    )


def _hash(*values: object) -> str:
    return hashlib.blake2b(repr(values).encode("utf-8", "replace"), digest_size=16).hexdigest()


def _without_seed(argv: Sequence[str], run_id: str) -> tuple[tuple[str, ...], str]:
    """(the command without its seed and without where it writes, the seed; "" for the script's own)."""
    kept: list[str] = []
    seed, place = "", 0
    while place < len(argv):
        name, is_joined, value = argv[place].partition("=")
        apart = not is_joined and name.startswith("-") and place + 1 < len(argv)
        value = argv[place + 1] if apart else value
        taken = argv[place : place + (2 if apart else 1)]
        if (is_joined or apart) and plain(name) in SEED_NAMES:
            seed = value
            place += len(taken)
        elif (is_joined or apart) and (PLACEHOLDER in value or value.rstrip("/").endswith(f"/{run_id}")):
            place += len(taken)
        else:
            kept.append(argv[place])
            place += 1
    return tuple(kept), seed


def grouped(members: Iterable[Member], validation_of: Callable[[str], str]) -> list[SeedGroup]:
    """The groups among these runs, of each seed its newest run. `validation_of`: a run's `set_of`, asked where needed.

    Runs that were scored on other validation clips are no seeds of each other.
    """
    found: dict[tuple[int, str], list[Member]] = {}
    for number, alike in enumerate(_alike(members)):
        by_seed = {each.seed: each for each in alike}
        if len(by_seed) > 1:
            for each in by_seed.values():
                found.setdefault((number, validation_of(each.run_id)), []).append(each)
    ordered = (sorted(group, key=lambda one: one.created_at) for group in found.values() if len(group) > 1)
    return [SeedGroup(tuple(each.run_id for each in group)) for group in ordered]


def _alike(members: Iterable[Member]) -> list[list[Member]]:
    """Runs that are like one another, the oldest first."""
    by_key: dict[str, list[list[Member]]] = {}
    for each in sorted(members, key=lambda one: one.created_at):
        sets = by_key.setdefault(each.key, [])
        mine = next((group for group in sets if any(each.is_like(one) for one in group)), None)
        if mine is None:
            sets.append([each])
        else:
            mine.append(each)
    return [group for sets in by_key.values() for group in sets]


def set_of(run: Run | None) -> str:
    """The same text for runs that were scored on the same validation clips."""
    return repr(validation_set(run))


def groups_in(runs_dir: Path, names: Iterable[str]) -> list[SeedGroup]:
    """The groups of a folder, by the launch.json of each run; what cannot be read is in none."""

    def _validation_of(run_id: str) -> str:
        return set_of(files.read_document(runs_dir / run_id / RUN_FILE, Run, files.UNREADABLE))

    return grouped(filter(None, (_member(runs_dir / name) for name in names)), _validation_of)


def _member(run_dir: Path) -> Member | None:
    try:
        return member_of(read_launch(run_dir))
    except (MonitorError, OSError):
        return None
