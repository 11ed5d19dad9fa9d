"""Two more seeds, where a difference is within the noise: the same change again, as commands."""

from __future__ import annotations

import shlex

from monitor.run_dir import Snapshot

SEED = "seed"
MORE = 2


def more_seeds(parent: Snapshot, child: Snapshot) -> tuple[str, ...]:
    """The child's change on two other seeds, each a child of the same parent; empty where no seed can be set."""
    launch, run = child.launch, child.run
    if launch is None or launch.parent is None or launch.parent.run_id != parent.run_id or run is None:
        return ()
    seed = run.config.get(SEED)
    if not isinstance(seed, int) or isinstance(seed, bool) or not launch.argv:
        return ()
    link = launch.parent
    changes = {key: after for key, (_, after) in link.changes.items() if key != SEED}
    option = str(link.expected.get("prescription", ""))
    named = [f"--option {shlex.quote(option)}"] if option else []
    sets = [f"--set {shlex.quote(f'{key}={value}')}" for key, value in changes.items()]
    at = link.expected.get("epoch")
    judged = [f"--judge-at {at:g}"] if isinstance(at, (int, float)) else []
    begin = f"python -m monitor restart {shlex.quote(parent.run_id)}"
    return tuple(
        " ".join([begin, *named, *sets, f"--set {SEED}={seed + more}", *judged, "--keep-parent"])
        for more in range(1, MORE + 1)
    )
