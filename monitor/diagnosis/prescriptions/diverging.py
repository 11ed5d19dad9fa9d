"""What to do about losses that break: settings where the run has them, else an edit or a look for a person."""

from __future__ import annotations

import math
from dataclasses import replace

from monitor.diagnosis.prescriptions.prescription import Changes, Config, Prescription, flags, restart
from monitor.diagnosis.prescriptions.setting_names import key_of, without_mixed_precision
from monitor.rules.primary import best_of
from monitor.run_dir import Snapshot
from monitor.run_dir.columns import values_of
from monitor.run_dir.words import count, plain

FINITE = "finite losses past the place at which they broke"
IN_ITS_BAND = "a train loss that stays where it was before it ran away"
KEPT = "what had been learnt is kept past the epoch at which it was lost"


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
    key = key_of(config, "rate")
    rate = config.get(key) if key is not None else None
    usable = isinstance(rate, (int, float)) and not isinstance(rate, bool) and 0 < rate < math.inf
    return _option(
        snapshot,
        "lower_rate",
        "A third of the learning rate",
        {key: [rate, float(f"{rate / 3:.3g}")]} if key is not None and usable else {},  # type: ignore[operator]
        cost="slower at first",
        disproved_by="it breaks at the same batch again: then look at that batch, not at the rate",
        code_edit="Look for where the optimiser gets its rate; a longer warm-up does the same for the first epochs.",
    )


def _clipping(snapshot: Snapshot, config: Config) -> Prescription:
    key = key_of(config, "clip")
    norm = config.get(key) if key is not None else None
    usable = isinstance(norm, (int, float)) and not isinstance(norm, bool) and 0 < norm < math.inf
    return _option(
        snapshot,
        "tighter_clip",
        "A fifth of the clip norm" if usable else "Clip the gradients",
        {key: [norm, norm / 5]} if key is not None and usable else {},  # type: ignore[operator]
        cost="none worth naming",
        disproved_by="it breaks again although every step is clipped: then the rate, or the batch",
        code_edit="Between backward and step: torch.nn.utils.clip_grad_norm_(parameters, 1.0), or the like of it.",
    )


def _full_precision(snapshot: Snapshot, config: Config) -> Prescription | None:
    """Nothing where the run says that it has full precision already."""
    key = key_of(config, "precision")
    full = without_mixed_precision(config[key]) if key is not None else None
    if key is not None and full is None:
        return None
    return _option(
        snapshot,
        "full_precision",
        "Full precision (fp32) instead of mixed",
        {key: [config[key], full]} if key is not None else {},
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
