"""What to do about losses that break: settings where the run has them, else an edit or a look for a person."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from monitor.diagnosis.prescriptions.prescription import Changes, Config, Prescription, flags, restart
from monitor.rules.primary import best_of
from monitor.run_dir import Snapshot
from monitor.run_dir.columns import values_of
from monitor.run_dir.field_names import plain as bare
from monitor.run_dir.words import count, plain

FINITE = "finite losses past the place at which they broke"
IN_ITS_BAND = "a train loss that stays where it was before it ran away"
KEPT = "what had been learnt is kept past the epoch at which it was lost"
SETTINGS: dict[str, tuple[str, ...]] = {
    "rate": ("learning_rate", "lr", "base_lr", "max_lr", "peak_lr", "optimizer_lr", "optim_lr"),
    "clip": ("clip_norm", "max_grad_norm", "grad_clip", "clip_grad", "clip_grad_norm", "gradient_clip_val", "clip"),
    "precision": ("amp", "use_amp", "fp16", "bf16", "half", "mixed_precision", "precision", "dtype"),
}
"""What a setting sets → its names in people's scripts, the likeliest first."""


def against_divergence(snapshot: Snapshot, config: Config) -> list[Prescription | None]:
    """A lower rate, clipping, full precision, the last good checkpoint, and the batch itself."""
    return [
        _lower_rate(snapshot, config),
        _clipping(snapshot, config),
        _full_precision(snapshot, config),
        _last_good_checkpoint(snapshot),
        _the_batch(snapshot),
    ]


def against_losing_it(snapshot: Snapshot, config: Config) -> list[Prescription | None]:
    """The last good checkpoint, a lower rate, clipping: for what is at chance again while its losses are finite."""
    again = "it is lost at the same epoch again: then look at the data and the schedule there"
    back = _last_good_checkpoint(snapshot)
    best = best_of(snapshot)
    saved = snapshot.progress.checkpoint_epoch if snapshot.progress is not None else None
    good = saved is not None and best is not None and saved <= best[1]
    where = f" (epoch {saved} is saved)" if good else ""
    return [
        back
        and replace(
            back,
            title=f"Go on from the last checkpoint before it was lost{where}",
            expected=f"{KEPT}, together with one of the changes below",
            disproved_by="it is lost at once: then the weights in it have lost it already",
            note="" if good else "No checkpoint from before is recorded here: look in the run's own folder.",
        ),
        replace(_lower_rate(snapshot, config), expected=KEPT, disproved_by=again),
        replace(_clipping(snapshot, config), expected=KEPT, disproved_by=again),
    ]


def _lower_rate(snapshot: Snapshot, config: Config) -> Prescription:
    key, rate = _number_of(config, "rate")
    return _option(
        snapshot,
        "lower_rate",
        "A third of the learning rate",
        {key: [rate, float(f"{rate / 3:.3g}")]} if rate else {},
        cost="slower at first",
        disproved_by="it breaks at the same batch again: then look at that batch, not at the rate",
        code_edit="Look for where the optimiser gets its rate; a longer warm-up does the same for the first epochs.",
    )


def _clipping(snapshot: Snapshot, config: Config) -> Prescription:
    key, norm = _number_of(config, "clip")
    return _option(
        snapshot,
        "tighter_clip",
        "A fifth of the clip norm" if norm else "Clip the gradients",
        {key: [norm, norm / 5]} if norm else {},
        cost="none worth naming",
        disproved_by="it breaks again although every step is clipped: then the rate or the batch is the cause",
        code_edit="Between backward and step: torch.nn.utils.clip_grad_norm_(parameters, 1.0), or the like of it.",
    )


def _number_of(config: Config, setting: str) -> tuple[str, float]:
    """(key, value) of a setting; ("", 0) unless it is a finite number above 0."""
    key = _key_of(config, setting)
    value = config.get(key)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < math.inf:
        return key, value
    return "", 0


def _full_precision(snapshot: Snapshot, config: Config) -> Prescription | None:
    """Nothing where the run says that it has full precision already."""
    key = _key_of(config, "precision")
    full = _without_mixed_precision(config[key]) if key else None
    if key and full is None:
        return None
    return _option(
        snapshot,
        "full_precision",
        "Full precision (fp32) instead of mixed",
        {key: [config[key], full]} if key else {},
        cost="an epoch takes longer, and more memory",
        disproved_by="it breaks in full precision too: then it is no overflow",
        code_edit="Look for autocast, GradScaler, half() or bfloat16; where there is none, this is not the reason.",
    )


def _last_good_checkpoint(snapshot: Snapshot) -> Prescription | None:
    """None of a run that was broken from its first record on: there is nothing to go back to."""
    known = snapshot.progress
    saved = known.checkpoint_epoch if known is not None and known.checkpoint is not None else None
    broke = _first_broken(snapshot)
    good = saved is not None and (broke is None or saved < broke)
    finite_steps = any(step.train_loss is not None and math.isfinite(step.train_loss) for step in snapshot.steps)
    if broke is not None and broke <= snapshot.epochs[0].epoch and not (good or finite_steps):
        return None
    where = f" (epoch {saved} is saved)" if good else ""
    return Prescription(
        id="last_good_checkpoint",
        title=f"Go on from the last checkpoint before it broke{where}",
        changes={},
        command=None,
        expected=f"{_expected(snapshot)}, together with one of the changes above",
        cost="the epochs since then",
        disproved_by="it breaks at once: then the weights in it are broken already",
        note="" if good else "No checkpoint from before is recorded here: look in the run's own folder.",
    )


def _the_batch(snapshot: Snapshot) -> Prescription:
    step = _first_broken_step(snapshot)
    epoch = _first_broken(snapshot)
    at = f"step {step}" if step is not None else f"epoch {plain(epoch)}" if epoch is not None else "the break"
    return Prescription(
        id="look_at_batch",
        title=f"Look at the batch of {at}",
        changes={},
        command=None,
        expected="an input or target that no other batch has: empty, huge, NaN, or shorter than its target",
        cost="a look, no training",
        disproved_by="the batch is like the others: then the optimisation, not the data",
        note=f"{count(_broken_steps(snapshot), 'logged step')} are not finite." if step is not None else "",
    )


def _expected(snapshot: Snapshot) -> str:
    broken = _first_broken(snapshot) is not None or _first_broken_step(snapshot) is not None
    return FINITE if broken else IN_ITS_BAND


def _first_broken(snapshot: Snapshot) -> float | None:
    """The epoch of the first evaluation whose loss is not finite."""
    losses = ((record.epoch, (record.train_loss, record.val_loss)) for record in snapshot.epochs)
    return next((epoch for epoch, both in losses if any(v is not None and not math.isfinite(v) for v in both)), None)


def _first_broken_step(snapshot: Snapshot) -> int | None:
    losses = enumerate(values_of(snapshot.steps, "train_loss"))
    place = next((place for place, loss in losses if loss is not None and not math.isfinite(loss)), None)
    return None if place is None else snapshot.steps[place].step


def _broken_steps(snapshot: Snapshot) -> int:
    return sum(loss is not None and not math.isfinite(loss) for loss in values_of(snapshot.steps, "train_loss"))


def _option(
    snapshot: Snapshot, name: str, title: str, changes: Changes, *, cost: str, disproved_by: str, code_edit: str
) -> Prescription:
    """A change where the run has the setting, else an edit of the script."""
    return Prescription(
        id=name,
        title=title,
        changes=changes,
        command=restart(snapshot, changes, name),
        expected=_expected(snapshot),
        cost=cost,
        disproved_by=disproved_by,
        flags=flags(changes),
        code_edit="" if changes else code_edit,
    )


def _key_of(config: Config, setting: str) -> str:
    """The key of `config` that sets this, whatever its case and punctuation; "" where there is none."""
    by_plain = {bare(key): key for key in reversed(list(config))}
    return next((by_plain[name] for name in SETTINGS[setting] if name in by_plain), "")


def _without_mixed_precision(value: Any) -> Any:
    """The value of the same kind that means full precision; None where it is that already, or not understood."""
    if isinstance(value, bool):
        return False if value else None
    if value == 16:
        return 32
    if not isinstance(value, str):
        return None
    word = value.lower()
    if word in ("fp16", "bf16"):
        return "no"
    half = {"16-mixed": "32-true", "bf16-mixed": "32-true", "float16": "float32", "bfloat16": "float32", "16": "32"}
    return half.get(word)
