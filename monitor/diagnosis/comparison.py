"""Runs side by side at equal epochs: what differs in their settings, and what each measured.

Deliberately without a verdict: whether a difference is more than noise needs a paired interval over the clips.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from monitor.run_dir import Epoch, Run, Snapshot
from monitor.run_dir.field_names import plain
from monitor.run_dir.metric import Metric, read

MEASURES = ("val_wer", "val_loss", "gap")
ROWS = 12
MADE_CORPORA = ("synthetic", "digits")
"""Corpora of our own trainer that follow from a seed."""


class CodeState(Protocol):
    """The code of one start, as a launch.json or a look at the disk has it."""

    @property
    def script_sha256(self) -> str | None:
        """Hash of the script; None where the command names none."""

    @property
    def git_commit(self) -> str | None:
        """Commit of the working tree; None outside git."""

    @property
    def git_diff(self) -> str | None:
        """What differs from that commit, cut where it is long."""

    @property
    def git_tree(self) -> str | None:
        """git's hash of all tracked files, edits included."""

    @property
    def local_files(self) -> Mapping[str, str]:
        """Path → hash of the code near the script that git does not hold."""

    @property
    def imported(self) -> Mapping[str, str]:
        """Path → hash of each Python file that the script imports; empty where that is not known."""

    @property
    def git_others(self) -> str | None:
        """One hash of git's other files that the script may read."""


@dataclass(frozen=True)
class Comparison:
    """`epochs`: those that every run has evaluated. `values[measure][run]` follows them; `metric`: what decides.

    `settings`: key → one value per run, for keys that differ, or the commands where no key is known to;
    `not_comparable`: why, if the runs measure differently.
    """

    run_ids: tuple[str, ...]
    epochs: tuple[float, ...]
    values: dict[str, tuple[tuple[float | None, ...], ...]]
    settings: dict[str, tuple[Any, ...]]
    code_differs: bool
    not_comparable: str
    metric: Metric | None = None


def compare(snapshots: Sequence[Snapshot]) -> Comparison:
    """The comparison of two or more runs; pure."""
    # Imported here: a list of runs needs this module for its code alone, and must not wait for numpy.
    from monitor.diagnosis.moment import common_metric
    from monitor.rules.arithmetic.series import thin
    from monitor.rules.evaluations import measured, validation

    metric = common_metric(*snapshots[:2]) if len(snapshots) > 1 else None
    measures = dict.fromkeys([*([metric.name] if metric is not None else []), *MEASURES])
    tables = [{record.epoch: record for record in measured(each, validation).epochs} for each in snapshots]
    shared = sorted(set.intersection(*(set(table) for table in tables)))
    epochs = tuple(thin(shared, ROWS))
    return Comparison(
        run_ids=tuple(snapshot.run_id for snapshot in snapshots),
        epochs=epochs,
        values={name: tuple(_column(table, epochs, name) for table in tables) for name in measures},
        settings=_settings(snapshots),
        code_differs=not all(same_code(snapshots[0].launch, each.launch) for each in snapshots),
        not_comparable=obstacle(snapshots),
        metric=metric,
    )


def _column(table: dict[float, Epoch], epochs: Sequence[float], name: str) -> tuple[float | None, ...]:
    return tuple(read(table[epoch], name) for epoch in epochs)


def _settings(snapshots: Sequence[Snapshot]) -> dict[str, tuple[Any, ...]]:
    """What differs in what the runs wrote down, and in what a child of one of them was started with, as a script need
    not write down its settings; where that is nothing, the commands."""
    configs = [dict(snapshot.run.config) if snapshot.run else {} for snapshot in snapshots]
    has_written = [bool(config) for config in configs]
    written = {plain(key) for config in configs for key in config}
    places = {snapshot.run_id: place for place, snapshot in enumerate(snapshots)}
    links = [
        (place, places[launch.parent.run_id], launch.parent.changes)
        for place, launch in enumerate(snapshot.launch for snapshot in snapshots)
        if launch is not None and launch.parent is not None and launch.parent.run_id in places
    ]
    for child, parent, changes in links:
        if not configs[child] and has_written[parent]:  # it failed before it wrote any down
            configs[child] = {**configs[parent], **{key: pair[1] for key, pair in changes.items() if len(pair) == 2}}
            continue
        for key, pair in changes.items():
            if plain(key) not in written and len(pair) == 2:
                configs[parent].setdefault(key, pair[0])
                configs[child][key] = pair[1]
    for child, parent, _ in [link for _ in links for link in links]:  # what it was not started with is its parent's
        inherited = {key: value for key, value in configs[parent].items() if plain(key) not in written}
        configs[child] = {**inherited, **configs[child]}
    commands = [" ".join(snapshot.launch.argv) if snapshot.launch is not None else "" for snapshot in snapshots]
    return _differing(configs) or (_differing([{"command": each} for each in commands]) if all(commands) else {})


def _differing(configs: list[dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    keys = list(dict.fromkeys(key for config in configs for key in config))
    rows = {key: tuple(config.get(key) for config in configs) for key in keys}
    return {key: row for key, row in rows.items() if any(value != row[0] for value in row)}


def same_code(before: CodeState | None, after: CodeState | None) -> bool:
    """Whether two starts had the same code, as far as both wrote it down.

    Where both know which files they import, these decide, and git's other files that a run may read: a README or a
    script that the run does not import is no part of it. Else git's tree decides where both have it: it is the same
    before and after edits are committed.
    A file outside git that only one of them has does not count: what did not change cannot refer to it. Nor does a
    commit or a script that only one of them wrote down: what is not known has not changed.
    """
    if before is None or after is None:
        return before is after
    is_known = bool(before.imported and after.imported)
    if is_known and before.imported != after.imported:
        return False
    if is_known and before.git_others and after.git_others and before.git_others != after.git_others:
        return False
    if before.script_sha256 and after.script_sha256 and before.script_sha256 != after.script_sha256:
        return False
    shared = before.local_files.keys() & after.local_files.keys()
    compared = {name for name in shared if not (is_known and name.endswith(".py"))}
    if any(before.local_files[name] != after.local_files[name] for name in compared):
        return False
    if is_known:
        return True
    if before.git_tree and after.git_tree:
        return before.git_tree == after.git_tree
    if not (before.git_commit and after.git_commit):
        return True
    return (before.git_commit, before.git_diff) == (after.git_commit, after.git_diff)


def changed_names(before: CodeState, after: CodeState) -> list[str]:
    """Files that differ between two starts, as far as both wrote down which they had; sorted."""
    pairs = [(before.imported, after.imported), (before.local_files, after.local_files)]
    return sorted({name for one, other in pairs for name in one.keys() & other.keys() if one[name] != other[name]})


def counted(diff: str) -> tuple[int, int]:
    """Lines that a diff adds and takes away."""
    lines = diff.splitlines()
    added = sum(line.startswith("+") and not line.startswith("+++ ") for line in lines)
    return added, sum(line.startswith("-") and not line.startswith("--- ") for line in lines)


def validation_set(run: Run | None) -> tuple[object, ...]:
    """What tells one validation set from another, as far as run.json knows: runs with the same may be compared."""
    if run is None:
        return ()
    return run.data.name, run.data.clips.get("val"), run.data.tokens.get("val"), data_seed(run)


def data_seed(run: Run) -> object:
    """The seed of a corpus that our own trainer made; older runs had one seed for all. None for any other corpus."""
    config = run.config
    made = config.get("data") in MADE_CORPORA and "eval_clips" in config
    return config.get("data_seed", config.get("seed")) if made else None


def obstacle(snapshots: Sequence[Snapshot]) -> str:
    """Why the numbers must not be set against each other, or "" if nothing speaks against it."""
    runs = [snapshot.run for snapshot in snapshots if snapshot.run is not None]
    if len({validation_set(run) for run in runs}) > 1:
        seeds = list(dict.fromkeys(data_seed(run) for run in runs))
        seeded = [f", data seed {seed}" if len(seeds) > 1 and seed is not None else "" for seed in map(data_seed, runs)]
        sizes = " and ".join(
            f"{run.data.name or '?'} ({run.data.clips.get('val', '?')} clips{seed})"
            for run, seed in zip(runs, seeded, strict=True)
        )
        return f"The validation sets differ: {sizes}."
    if len({run.units.get("loss") for run in runs}) > 1:
        return "The losses are in different units."
    if len({run.units.get("wer") for run in runs}) > 1:
        return "The error rates are computed differently."
    return ""
