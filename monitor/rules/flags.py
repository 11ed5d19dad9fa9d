"""From an open episode to a finding: the part that is the same in every rule."""

from __future__ import annotations

from monitor.rules.arithmetic.series import Array
from monitor.rules.episodes import Episode
from monitor.rules.result import Finding, Numbers, Rule
from monitor.run_dir import Severity


def flag(
    rule: Rule,
    epochs: Array,
    episode: Episode,
    line: str,
    *,
    now: Numbers,
    limits: Numbers,
    remedy: str,
    cannot_tell: str,
    severity: Severity | None = None,
) -> Finding:
    """The finding of an episode; `line` gets its "since". `severity` where a rule never says more than that."""
    critical = episode.critical_at if severity in (None, "critical") else None
    return Finding(
        rule=rule.name,
        title=rule.title,
        severity=severity or episode.severity,
        line=f"{line} Since epoch {epochs[episode.onset]:g}.",
        onset=float(epochs[episode.onset]),
        fired=float(epochs[episode.fired]),
        critical_since=None if critical is None else float(epochs[critical]),
        now=now,
        limits=limits,
        remedy=remedy,
        cannot_tell=cannot_tell,
    )
