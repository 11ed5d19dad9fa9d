"""Room on the disk for the next checkpoints."""

from __future__ import annotations

from monitor.rules.result import Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import Limits, Thresholds
from monitor.run_dir import Severity, Snapshot, words
from monitor.run_dir.status import status_of


class DiskLimits(Limits, frozen=True):
    """How many checkpoints, each as large as the last one, must still fit on the disk."""

    disk_warning_checkpoints: float = 3.0
    disk_critical_checkpoints: float = 1.0


class Disk(Rule):
    """Watches the free room on the run's disk against the size of its checkpoints, as its trainer last reported them.

    There is no guard: a checkpoint that does not fit is lost in the first epoch as in the last.
    It cannot tell what else is writing on that disk, or how fast.
    """

    name = "disk"
    title = "Little room for checkpoints"
    place = 70
    limits = DiskLimits
    before_guard = True
    live_only = True

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """By free bytes over the size of a checkpoint; quiet once the run has ended, not applicable without both."""
        limits = thresholds.of(DiskLimits)
        progress = snapshot.progress
        if progress is None or progress.disk_free_bytes is None or not progress.checkpoint_bytes:
            return self.not_applicable("disk_free_bytes and checkpoint_bytes in progress.json")
        fit = progress.disk_free_bytes / progress.checkpoint_bytes
        free, taken = map(words.size, (progress.disk_free_bytes, progress.checkpoint_bytes))
        said = f"{free} free, a checkpoint takes {taken}"
        if not status_of(snapshot).live:
            return self.quiet("The run has ended.")
        if fit >= limits.disk_warning_checkpoints:
            return self.quiet(f"{said}.")
        severity: Severity = "critical" if fit < limits.disk_critical_checkpoints else "warning"
        return self.finding(
            severity,
            f"Room for {int(fit)} more checkpoints: {said}.",
            float(progress.epoch),
            now={
                "free, bytes": float(progress.disk_free_bytes),
                "a checkpoint, bytes": float(progress.checkpoint_bytes),
            },
            limits={
                "checkpoints (warning)": limits.disk_warning_checkpoints,
                "checkpoints (critical)": limits.disk_critical_checkpoints,
            },
            remedy="Free some room now; records wait in memory meanwhile, a checkpoint that does not fit is left out.",
            cannot_tell="What else is writing on that disk, or how fast.",
        )
