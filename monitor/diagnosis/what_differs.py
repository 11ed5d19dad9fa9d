"""What differs between a child and its parent, as far as both wrote it down: relation, settings, seed, code. Pure."""

from __future__ import annotations

from typing import Any

from monitor.diagnosis.comparison import counted, data_seed, same_code
from monitor.diagnosis.seed_groups import SEED_NAMES
from monitor.run_dir import Snapshot
from monitor.run_dir.field_names import plain

REGULARISING = ("dropout", "decay", "augment", "mixup", "cutmix", "smoothing", "mask", "noise")
"""Parts of the names of settings that raise train loss when they are raised."""
DATA_SEED_NAMES = frozenset({"data_seed", "dataset_seed", "split_seed"})
"""Names of the seed that draws or splits the data: another one may make another validation set."""


def is_child_of(child: Snapshot, parent: Snapshot) -> bool:
    """Whether it was started as a child of that run; two runs that were only named side by side are not."""
    link = child.launch.parent if child.launch is not None else None
    return link is not None and link.run_id == parent.run_id


def is_another_seed(parent: Snapshot, child: Snapshot) -> bool:
    """Whether the two differ in their seed and in nothing else that is known."""
    if what_else_differs(parent, child):
        return False
    differing = {plain(key) for key in _changes(parent, child)}
    return bool(differing) and differing <= SEED_NAMES


def draws_other_data(parent: Snapshot, child: Snapshot) -> bool:
    """Whether the seed of the data differs, so that the two may have been scored on other samples."""
    made = [data_seed(run) for run in (parent.run, child.run) if run is not None]
    if len(made) == 2 and None not in made:  # a corpus of our own trainer: what it was made of is known
        return made[0] != made[1]
    return any(plain(key) in DATA_SEED_NAMES for key in _changes(parent, child))


def what_else_differs(parent: Snapshot, child: Snapshot) -> str:
    """Why a change of settings alone cannot have the credit, or ""."""
    link = child.launch.parent if child.launch is not None else None
    if not same_code(parent.launch, child.launch):
        added, removed = counted(link.code_diff if link is not None else "")
        lines = f" (+{added} −{removed})" if added or removed else ""
        return f"The code changed too{lines}"
    resumed = [run.run_id for run in (parent, child) if run.state is not None and run.state.code_line]
    if resumed:
        return f"{' and '.join(resumed)} went on with changed code"
    if link is not None and link.how == "restart_warm":
        return "It started warm from the parent's weights and has trained longer at equal epoch"
    return "The seed of the data differs" if draws_other_data(parent, child) else ""


def regularises_more(parent: Snapshot, child: Snapshot) -> bool:
    """Whether a setting that raises train loss by itself was raised, or switched on."""
    return any(
        any(part in plain(key) for part in REGULARISING) and _is_more(before, after)
        for key, (before, after) in _changes(parent, child).items()
    )


def _is_more(before: object, after: object) -> bool:
    if isinstance(before, (int, float)) and isinstance(after, (int, float)):
        return after > before
    return before in (None, "", "none", "off") and after not in (None, "", "none", "off", 0)


def _changes(parent: Snapshot, child: Snapshot) -> dict[str, tuple[Any, Any]]:
    """Setting → (of the parent, of the child), as the child was started with them, else as the two runs say."""
    if is_child_of(child, parent) and child.launch is not None and child.launch.parent is not None:
        return {key: (pair[0], pair[1]) for key, pair in child.launch.parent.changes.items() if len(pair) == 2}
    before, after = (run.config if run is not None else {} for run in (parent.run, child.run))
    keys = before.keys() | after.keys()
    return {key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}
