"""Two more seeds, where a difference is within the noise: the same change again, as changes and as commands."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count, islice
from pathlib import Path
from typing import Any

from monitor.diagnosis.comparison import data_seed
from monitor.diagnosis.moment import ASKED
from monitor.run_dir import Snapshot
from monitor.run_dir.words import monitor_line

SEED, DATA_SEED = "seed", "data_seed"
MORE = 2


def seed_changes(parent: Snapshot, child: Snapshot, known: Iterable[Snapshot] = ()) -> tuple[dict[str, Any], ...]:
    """What to change of the parent for the child's change on two other seeds; empty where no seed can be set.

    `known`: further runs, whose seeds are not offered again.
    """
    launch, run = child.launch, child.run
    if launch is None or launch.parent is None or launch.parent.run_id != parent.run_id or run is None:
        return ()
    seed = run.config.get(SEED)
    if not isinstance(seed, int) or isinstance(seed, bool) or not launch.argv:
        return ()
    changes = {key: after for key, (_, after) in launch.parent.changes.items() if key != SEED}
    corpus_seed = data_seed(run)
    if corpus_seed is not None and DATA_SEED not in run.config:
        # An older run of our own trainer had one seed for all: its corpus stays.
        changes[DATA_SEED] = corpus_seed
    taken = {each.run.config.get(SEED) for each in (parent, *known) if each.run is not None}
    free = (seed + more for more in count(1) if seed + more not in taken)
    return tuple({**changes, SEED: each} for each in islice(free, MORE))


def more_seeds(parent: Snapshot, child: Snapshot, known: Iterable[Snapshot] = ()) -> tuple[str, ...]:
    """The same as commands for a terminal: each a child of the same parent. See `seed_changes`."""
    changes = seed_changes(parent, child, known)
    if not changes or child.launch is None or child.launch.parent is None:
        return ()
    expected = child.launch.parent.expected
    option = str(expected.get("prescription", ""))
    at = expected.get("epoch") if expected.get("epoch_by") == ASKED else None
    folder = Path(parent.run_dir)
    where = ["--runs", str(folder.parent)] if folder.is_absolute() else []
    begin = ["restart", parent.run_id, *where, *(["--option", option] if option else [])]
    end = [*(["--judge-at", f"{at:g}"] if isinstance(at, (int, float)) else []), "--keep-parent"]
    return tuple(
        monitor_line(*begin, *(word for key, value in each.items() for word in ("--set", f"{key}={value}")), *end)
        for each in changes
    )
