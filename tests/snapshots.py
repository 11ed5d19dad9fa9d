"""Snapshots for the tests of rules and judgement, from columns of numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from monitor.rules.result import Finding, Result
from monitor.rules.thresholds import DEFAULTS
from monitor.run_dir import Epoch, Floors, Identity, Progress, Run, Snapshot

FLOORS = Floors(wer_constant=0.912, loss_unigram=5.7, blank_ratio=0.84, constant_sentence="MORGEN REGEN")
PROCESS = Identity(host="h", boot_id="b", pid_namespace="n", pid=7, start_ticks=1)
NOW = 1_000_000.0


def snapshot(*, epochs: Sequence[float] | None = None, run: dict[str, Any] | None = None, **columns: Any) -> Snapshot:
    """`columns`: field of an Epoch → its values, one per evaluation; other names go to the Snapshot.

    The floors are the reference corpus's; `run` changes fields of run.json.
    """
    fields = {name: values for name, values in columns.items() if name in Epoch.__struct_fields__}
    others = {name: value for name, value in columns.items() if name not in fields}
    count = max((len(values) for values in fields.values()), default=0)
    at = list(epochs) if epochs is not None else list(range(1, count + 1))
    records = tuple(
        Epoch(epoch=float(at[place]), at=NOW, **{name: values[place] for name, values in fields.items()})
        for place in range(count)
    )
    return Snapshot(
        run_dir="runs/r",
        run_id="r",
        read_at=NOW,
        run=Run(run_id="r", **{"floors": FLOORS, **(run or {})}),
        epochs=records,
        **others,
    )


def beating(**fields: Any) -> dict[str, Any]:
    """A live foreground run, for the keyword arguments of `snapshot`."""
    known = {"heartbeat_at": NOW - 1, "process": PROCESS, "phase": "training", "step_secs": 0.4, **fields}
    return {"progress": Progress(**known), "trainer_liveness": "alive"}


def check(rule: Any, seen: Snapshot, now: float = NOW) -> Result:
    return rule.check(seen, DEFAULTS, now)


def found(rule: Any, seen: Snapshot, now: float = NOW) -> Finding | None:
    """The rule's finding, or None where it stays quiet for whatever reason."""
    result = check(rule, seen, now)
    return result if isinstance(result, Finding) else None


def first_fired(rule: Any, whole: Snapshot) -> tuple[float | None, float | None]:
    """(epoch of the first warning or critical, epoch of the first critical) when the run is watched live."""
    import msgspec

    first = critical = None
    for count in range(1, len(whole.epochs) + 1):
        finding = found(rule, msgspec.structs.replace(whole, epochs=whole.epochs[:count]))
        if finding is not None and first is None:
            first = whole.epochs[count - 1].epoch
        if finding is not None and finding.severity == "critical" and critical is None:
            critical = whole.epochs[count - 1].epoch
    return first, critical


def curve(count: int, of: Callable[[int], float | None]) -> list[float | None]:
    """`of(epoch)` for epochs 1 to `count`."""
    return [of(epoch) for epoch in range(1, count + 1)]
