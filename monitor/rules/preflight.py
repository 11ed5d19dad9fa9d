"""What was wrong with the clips before the first epoch, and what a checkpoint could not learn by heart."""

from __future__ import annotations

from monitor.rules.result import Finding, Result
from monitor.rules.rule import Rule
from monitor.rules.thresholds import Limits, Thresholds
from monitor.run_dir import Severity, Snapshot

BY_HEART = "by-heart"


class PreflightLimits(Limits, frozen=True):
    """The share of all clips that were left out."""

    preflight_warning_ratio: float = 0.01
    preflight_critical_ratio: float = 0.1


class PreflightCheck(Rule):
    """Watches the share of clips that had to be left out, and the measurement "five clips by heart" where one was made.

    There is no guard: both are known before the first evaluation, or hold for any.
    It cannot tell whether what was left out would have mattered.
    """

    name = "preflight"
    title = "Clips left out, or not learnable"
    place = 30
    limits = PreflightLimits
    before_guard = True

    def check(self, snapshot: Snapshot, thresholds: Thresholds, now: float) -> Result:
        """Critical where five clips were not learnt by heart; else by the share of clips that were left out."""
        limits = thresholds.of(PreflightLimits)
        data = snapshot.run.data if snapshot.run is not None else None
        probe = next((probe for probe in snapshot.probes if probe.name == BY_HEART), None)
        if probe is not None and probe.stance == "for":
            return self._finding("critical", probe.line, limits, {"WER": probe.numbers.get("WER", 1.0)})
        if data is None or not data.clips:
            return self.not_applicable("data in run.json: clips per split, and what was left out")
        gone, kept = sum(data.left_out.values()), sum(data.clips.values())
        share = gone / max(1, gone + kept)
        if share <= limits.preflight_warning_ratio:
            more = f"; {gone} were left out" if gone else ""
            return self.quiet(f"{kept} clips{more}.")
        severity: Severity = "critical" if share > limits.preflight_critical_ratio else "warning"
        why = ", ".join(
            f"{reason} ({count})" for reason, count in sorted(data.left_out.items(), key=lambda item: -item[1])
        )
        line = f"{gone} of {gone + kept} clips were left out before epoch 1: {why}."
        return self._finding(severity, line, limits, {"left out": float(gone), "share": share})

    def _finding(
        self, severity: Severity, line: str, limits: PreflightLimits, numbers: dict[str, float | str]
    ) -> Finding:
        return self.finding(
            severity,
            line,
            None,
            now=numbers,
            limits={"share (warning)": limits.preflight_warning_ratio, "critical": limits.preflight_critical_ratio},
            remedy="Mend the clips, or the labels, loss and network that cannot learn five of them, before all else.",
            cannot_tell="Whether what was left out would have mattered.",
        )
