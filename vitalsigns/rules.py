"""What a rule of one's own is written with; docs/rules.md shows how."""

from monitor.diagnosis.own_rules.contract import Finding, Quiet
from monitor.run_dir import Epoch, Snapshot

__all__ = ["Epoch", "Finding", "Quiet", "Snapshot"]
