"""A run as it was after one of its evaluations. Rules are pure, so that is exact."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

import msgspec

from monitor.run_dir.columns import values_of
from monitor.run_dir.errors import UsageError
from monitor.run_dir.records import Epoch, Snapshot, Step


def _known(steps: Sequence[Step], row: Epoch) -> Sequence[Step]:
    """The steps made by the time of an evaluation: by their epoch, else by the clock, else by their number."""

    def _is_known(epoch: float, at: float, step: int) -> bool:
        if epoch:
            return epoch <= row.epoch
        if at and row.at:
            return at <= row.at
        return not row.step or step <= row.step

    known = list(map(_is_known, *(values_of(steps, name) for name in ("epoch", "at", "step"))))
    count = sum(known)
    # The first ones, unless clocks were set back.
    return steps[:count] if all(known[:count]) else tuple(compress(steps, known))


def as_of(snapshot: Snapshot, epoch: float) -> Snapshot:
    """The snapshot after the last evaluation up to `epoch`. Nothing written later is in it, nor which process lived.

    Raises UsageError where there was no evaluation yet.
    """
    epochs = tuple(record for record in snapshot.epochs if record.epoch <= epoch)
    if not epochs:
        first = f"its first is of epoch {snapshot.epochs[0].epoch:g}" if snapshot.epochs else "it has none"
        raise UsageError(f"{snapshot.run_id} had no evaluation at epoch {epoch:g} yet; {first}.")
    until, last = epochs[-1].at, epochs[-1].epoch
    act = snapshot.away_act
    return msgspec.structs.replace(
        snapshot,
        read_at=until or snapshot.read_at,
        epochs=epochs,
        steps=_known(snapshot.steps, epochs[-1]),
        decodes=tuple(decode for decode in snapshot.decodes if decode.epoch <= last),
        probes=tuple(probe for probe in snapshot.probes if until and probe.at <= until),
        alerts=(),
        acknowledged=frozenset(),
        away=None,
        away_act=act if act is not None and until and act.at <= until else None,
        overlaps=tuple(epoch for epoch in snapshot.overlaps if epoch <= last),
        renamed=tuple(each for each in snapshot.renamed if each.until < last),
        resumed_at=tuple(epoch for epoch in snapshot.resumed_at if epoch <= last),
        gpu=None,
        silent_secs=None,
        progress=None,
        planned=snapshot.progress.epochs if snapshot.progress is not None else None,
        state=None,
        trainer_liveness=None,
        supervisor_liveness=None,
        follower_liveness=None,
        problems=(),
    )
