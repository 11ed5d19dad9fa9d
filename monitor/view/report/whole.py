"""A run's report from its directory alone: every section in order, as blocks."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.diagnosis.prescriptions.prescription import Considered, Prescription
from monitor.diagnosis.verdict import Judged
from monitor.run_dir import ChildOutcome, Snapshot
from monitor.run_dir.status import Status, is_over
from monitor.view.report import judged as follows
from monitor.view.report import measured
from monitor.view.report.blocks import Block, Heading, Text


def report_of(
    snapshot: Snapshot,
    judged: Judged,
    status: Status,
    options: Sequence[Prescription],
    considered: Sequence[Considered] = (),
    came: ChildOutcome | None = None,
) -> tuple[Block, ...]:
    """Verdict first, then what was measured, what follows from it, and the way ahead.

    `came`: the outcome of the change that this run was started with, where it is a child.
    """
    name = snapshot.run.name if snapshot.run and snapshot.run.name else snapshot.run_id
    return (
        Heading(f"Run {snapshot.run_id}" + (f" ({name})" if name != snapshot.run_id else ""), 1),
        Text(f"{status.word}. {status.evidence}"),
        *measured.descent(snapshot, came),
        *measured.progress(snapshot),
        *follows.verdict(snapshot, judged, options),
        *measured.statistics(snapshot),
        *measured.observations(snapshot, judged),
        *measured.chance(snapshot),
        *measured.samples(snapshot),
        *follows.red_flags(judged),
        *follows.causes(snapshot, judged.diagnosis),
        *follows.healthy_beside_this(snapshot, judged),
        *follows.options(options),
        *follows.considered(considered),
        *follows.expected(snapshot, options),
        *(() if is_over(snapshot) else measured.heading_for(snapshot, judged)),
        *follows.way_ahead(snapshot, judged, options),
        *follows.origin(snapshot, judged),
    )
