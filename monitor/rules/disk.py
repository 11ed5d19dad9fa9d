"""Room on the disk for the next checkpoints."""

from __future__ import annotations

from monitor.rules.result import Finding, NotApplicable, Quiet, Result
from monitor.rules.thresholds import Thresholds
from monitor.run_dir import Severity, Snapshot
from monitor.run_dir.status import bytes_words, status_of


class Disk:
    """Watches the free room on the run's disk against the size of its checkpoints, as its trainer last told them.

    There is no guard: a checkpoint that does not fit is lost in the first epoch as in the last.
    It cannot tell what else is writing on that disk, or how fast.
    """

    name = "disk"
    title = "Little room for checkpoints"

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        progress = snapshot.progress
        if progress is None or progress.disk_free_bytes is None or not progress.checkpoint_bytes:
            return NotApplicable(self.name, self.title, "disk_free_bytes and checkpoint_bytes in progress.json")
        fit = progress.disk_free_bytes / progress.checkpoint_bytes
        free, taken = map(bytes_words, (progress.disk_free_bytes, progress.checkpoint_bytes))
        said = f"{free} free, a checkpoint takes {taken}"
        if not status_of(snapshot).live:
            return Quiet(self.name, self.title, "The run has ended.")
        if fit >= thresholds.disk_warning_checkpoints:
            return Quiet(self.name, self.title, f"{said}.")
        severity: Severity = "critical" if fit < thresholds.disk_critical_checkpoints else "warning"
        at = float(progress.epoch)
        return Finding(
            rule=self.name,
            title=self.title,
            severity=severity,
            line=f"Room for {int(fit)} more checkpoints: {said}.",
            onset=at,
            fired=at,
            critical_since=at if severity == "critical" else None,
            now={
                "free, bytes": float(progress.disk_free_bytes),
                "a checkpoint, bytes": float(progress.checkpoint_bytes),
            },
            limits={
                "checkpoints (warning)": thresholds.disk_warning_checkpoints,
                "checkpoints (critical)": thresholds.disk_critical_checkpoints,
            },
            remedy="Free some room now; records wait in memory meanwhile, a checkpoint that does not fit is left out.",
            cannot_tell="What else is writing on that disk, or how fast.",
        )
