"""Red flags, one a file. `RULES` is the explicit order in which they are checked and listed."""

from __future__ import annotations

from monitor.rules.at_chance import AtChance
from monitor.rules.blank_collapse import BlankCollapse
from monitor.rules.decode_filter import DecodeFilter
from monitor.rules.disk import Disk
from monitor.rules.divergence import Divergence
from monitor.rules.gap import Gap
from monitor.rules.gap_forecast import GapForecast
from monitor.rules.gradient_flow import GradientFlow
from monitor.rules.loss_spike import LossSpike
from monitor.rules.low_information import LowInformation
from monitor.rules.non_finite import NonFinite
from monitor.rules.oscillation import Oscillation
from monitor.rules.overconfident import Overconfident
from monitor.rules.overfitting import Overfitting
from monitor.rules.preflight import PreflightCheck
from monitor.rules.result import Result, Rule
from monitor.rules.scorer_failure import ScorerFailure
from monitor.rules.stalled import Stalled
from monitor.rules.thresholds import Thresholds
from monitor.rules.token_dominance import TokenDominance
from monitor.rules.train_val_mismatch import TrainValMismatch
from monitor.rules.val_loss_rising import ValLossRising
from monitor.rules.wasted_lr import WastedRate
from monitor.rules.wer_plateau import WerPlateau
from monitor.rules.wer_target import WerTarget
from monitor.run_dir import Snapshot

RULES: tuple[Rule, ...] = (
    ScorerFailure(),
    TrainValMismatch(),
    PreflightCheck(),
    NonFinite(),
    Divergence(),
    Stalled(),
    Disk(),
    AtChance(),
    BlankCollapse(),
    TokenDominance(),
    LowInformation(),
    DecodeFilter(),
    GradientFlow(),
    WerTarget(),
    WerPlateau(),
    Overfitting(),
    Gap(),
    GapForecast(),
    ValLossRising(),
    Overconfident(),
    Oscillation(),
    LossSpike(),
    WastedRate(),
)
"""In order of precedence: what stands higher suppresses contradicting advice below it."""


def evaluate(snapshot: Snapshot, thresholds: Thresholds, now: float) -> tuple[Result, ...]:
    """Every rule's answer, in the order of RULES. Pure."""
    return tuple(rule.check(snapshot, thresholds, now) for rule in RULES)
