"""Every threshold in one typed place; a run's launch.json freezes the ones in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from monitor.run_dir.errors import UsageError


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Units stand in the names; `_ratio` are fractions. docs/rules.md gives each one's source."""

    guard_epochs: float = 5.0
    guard_evaluations: int = 3
    guard_many_evaluations: int = 5
    """So many evaluations lift the guard of `guard_epochs` too: fine-tuning evaluates several times an epoch."""
    warning_epochs: float = 2.0
    critical_epochs: float = 3.0
    hysteresis_ratio: float = 0.2

    gap_limit: float = 1.0
    """In the run's own loss unit: the limit people ask for."""
    gap_of_val_critical_ratio: float = 0.50
    gap_of_unigram_critical_ratio: float = 0.40

    overfitting_rise_ratio: float = 0.01
    overfitting_scatters: float = 1.5
    """Times the scatter of the recent val losses: a rise within it is noise."""
    overfitting_learnt_ratio: float = 0.03
    """Of what val loss had fallen by: a rise that gives back less is not worth a word."""
    overfitting_rise_large_ratio: float = 0.15
    """A rise of so much counts however much had been learnt before."""
    overfitting_rise_critical_ratio: float = 0.10
    overfitting_gap_ratio: float = 0.05
    overfitting_gap_critical_ratio: float = 0.50
    overfitting_train_fall_ratio: float = 0.05
    overfitting_wer_step_ratio: float = 0.01
    overfitting_flat_evaluations: int = 2
    overfitting_flat_ratio: float = 0.5
    """Share of the evaluations since the best val loss in which the error rate made no step."""

    val_rise_warning_ratio: float = 0.05
    val_rise_critical_ratio: float = 0.10
    val_rise_scatters: float = 2.0
    """Times the scatter of the recent val losses: a rise within it is noise."""
    trend_p_value: float = 0.05
    trend_evaluations: int = 8

    wer_step: float = 0.01
    """One point of WER: what counts as an improvement."""
    wer_step_ratio: float = 0.02

    chance_margin: float = 0.02
    chance_skill: float = 0.20
    chance_critical_epochs: float = 25.0

    empty_length_warning_ratio: float = 0.7
    empty_length_critical_ratio: float = 0.4
    empty_share_warning_ratio: float = 0.05
    empty_share_critical_ratio: float = 0.25
    empty_deletions_critical_ratio: float = 0.7

    dominance_top_ratio: float = 0.4
    dominance_times_usual: float = 3.0
    dominance_unique_ratio: float = 0.3
    dominance_distinct_ratio: float = 0.2

    information_warning_ratio: float = 0.5
    information_critical_ratio: float = 0.25

    flow_warning_ratio: float = 1e-6
    flow_critical_ratio: float = 1e-8
    flow_clipped_ratio: float = 0.9
    flow_zero_ratio: float = 0.9
    flow_least_rate_ratio: float = 0.05
    """Of the peak learning rate: below it steps are small on purpose."""

    scorer_same_evaluations: int = 5
    scorer_loss_fall_ratio: float = 0.05
    scorer_least_words_ratio: float = 0.3

    divergence_band_evaluations: int = 5
    divergence_rise_ratio: float = 0.3
    divergence_spreads: float = 6.0
    divergence_learnt_ratio: float = 0.05

    filter_warning: float = 0.01
    filter_critical: float = 0.05

    wer_target_ratio: float = 0.6
    wer_target_epoch: float = 60.0

    mismatch_evaluations: int = 4
    mismatch_factor: float = 3.0
    mismatch_far_factor: float = 30.0
    mismatch_spread: float = 0.35
    """Of the logarithm of the ratio, from its least to its largest."""

    forecast_evaluations: int = 6
    forecast_window: int = 12

    spike_band_evaluations: int = 5
    spike_rise_ratio: float = 0.5
    spike_spreads: float = 6.0
    spike_told_evaluations: int = 5

    swing_evaluations: int = 12
    swing_turns_ratio: float = 0.7
    swing_width_ratio: float = 0.1

    disk_warning_checkpoints: float = 3.0
    disk_critical_checkpoints: float = 1.0

    preflight_warning_ratio: float = 0.01
    preflight_critical_ratio: float = 0.1

    plateau_warning_evaluations: int = 10
    plateau_critical_evaluations: int = 20

    non_finite_warning_ratio: float = 0.001
    non_finite_critical_ratio: float = 0.01
    non_finite_critical_in_a_row: int = 3

    stalled_pace: float = 3.0
    """Times the median step (or epoch) time."""
    stalled_least_secs: float = 60.0


DEFAULTS = Thresholds()


def frozen(values: Mapping[str, float]) -> Thresholds:
    """The thresholds that a run's launch.json has kept. What this version does not know or take is left out."""
    kept = {name: value for name, value in values.items() if _is_taken(name, value)}
    return from_mapping(kept) if kept else DEFAULTS


def _is_taken(name: str, value: float) -> bool:
    try:
        from_mapping({name: value})
    except UsageError:
        return False
    return True


def from_mapping(values: Mapping[str, Any]) -> Thresholds:
    """The thresholds with some replaced. Raises UsageError that names the one that is wrong."""
    try:
        return msgspec.convert(dict(values), Thresholds, strict=False)
    except msgspec.ValidationError as problem:
        known = ", ".join(Thresholds.__struct_fields__)
        raise UsageError(f"Thresholds: {problem}. Known ones: {known}.") from problem
