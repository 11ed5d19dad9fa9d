"""A callback for Lightning's Trainer (`lightning` 2.x, or `pytorch_lightning`).

    trainer = Trainer(max_epochs=60, callbacks=[VitalsignsCallback("runs/mine")])
    trainer.fit(model, train_loader, val_loader)

What the module logs as `train_loss`, `val_loss`, `val_wer` … arrives under these names; `names` maps others.
A stop ends the fit after the current step with a checkpoint of Lightning's own; `ckpt_path=callback.resume_from()`
goes on from it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from monitor.integrations.reporter import Reporter, Watched
from monitor.run_dir import CHECKPOINTS_DIR, ModelInfo

if "pytorch_lightning" in sys.modules and "lightning" not in sys.modules:
    from pytorch_lightning import Callback
else:
    from lightning.pytorch import Callback

LAST = "last.ckpt"


class VitalsignsCallback(Callback):  # type: ignore[misc,unused-ignore]
    """Writes the run directory of one fit. Arguments: see `monitor.integrations.reporter.Reporter`."""

    def __init__(self, run_dir: str | Path | None = None, **options: Any) -> None:
        self.reporter = Reporter(run_dir, **options)
        self._stopping = False
        self._told: tuple[float, str] | None = None
        """When it was written, and the path: `last.ckpt` is one file that is written over."""
        self._saved_epoch = 0

    @property
    def writer(self) -> Any:
        """The RunWriter, e.g. for `log_decodes` in the module's `on_validation_epoch_end`."""
        return self.reporter.writer

    def resume_from(self) -> str | None:
        """What to give to `trainer.fit(ckpt_path=…)`: the last checkpoint of a run that is resumed, else None."""
        return self.reporter.resume_from()

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Opens the run on rank 0, for a fit alone."""
        if stage != "fit":
            return
        epochs = trainer.max_epochs if trainer.max_epochs and trainer.max_epochs > 0 else None
        parameters = sum(each.numel() for each in pl_module.parameters() if each.requires_grad)
        self.reporter.open(
            writes=trainer.is_global_zero,
            watched=_watched(trainer),
            config=dict(pl_module.hparams),
            epochs=epochs,
            model=ModelInfo(name=type(pl_module).__name__, parameters=parameters),
            units={"loss": "as logged", "wer": "fraction"},
        )

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Gives a sign of life, logs as often as the Trainer does, and ends the fit after a requested stop.
        `outputs` are what `training_step` returned: a loss, or a mapping with `loss`."""
        step, epoch = trainer.global_step, trainer.current_epoch
        self.writer.heartbeat(phase="training", epoch=epoch + 1, step=step)
        if step and step % trainer.log_every_n_steps == 0:
            loss = outputs.get("loss") if isinstance(outputs, Mapping) else outputs
            self.writer.log_step(step, epoch=_progress(trainer, batch_idx), train_loss=_number(loss), lr=_rate(trainer))
        # Every process must leave after the same step.
        wanted = trainer.strategy.reduce_boolean_decision(self.writer.should_stop(), all=False)
        if wanted and not self._stopping:
            self._stopping = True
            self._save(trainer)
            trainer.should_stop = True

    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        """Says that the run evaluates."""
        self.writer.heartbeat(phase="evaluating")

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Logs a validation in the middle of an epoch; that at its end is logged by `on_train_epoch_end`."""
        done, batches = trainer.fit_loop.epoch_loop.batch_progress.current.processed, trainer.num_training_batches
        if not trainer.sanity_checking and done < batches and not self._stopping:
            # Several validations an epoch: the others come before the epoch's own averages.
            self._evaluated(trainer, trainer.current_epoch + done / batches)

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        """Logs the epoch with its last validation, unless a stop cut it short."""
        if not self._stopping:
            self._evaluated(trainer, trainer.current_epoch + 1)

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """Closes the run: as stopped where that was requested, else as finished."""
        if not self._stopping:
            self._tell_newest(trainer)  # some are written after the last epoch has been reported
        self.writer.finish("stopped" if self._stopping else "finished")

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        """Closes the run: as stopped by Ctrl-C, else as failed with the error."""
        interrupted = isinstance(exception, KeyboardInterrupt)
        error = f"{type(exception).__name__}: {exception}"
        self.writer.finish("stopped" if interrupted else "failed", None if interrupted else error)

    def on_save_checkpoint(self, trainer: Any, pl_module: Any, checkpoint: dict[str, Any]) -> None:
        """Keeps which epoch the checkpoint is of; its path is known once it is written."""
        self._saved_epoch = trainer.current_epoch + 1

    def _evaluated(self, trainer: Any, epoch: float) -> None:
        logged = {name: value for name, value in trainer.callback_metrics.items() if not name.endswith("_step")}
        whole = {name.removesuffix("_epoch"): _number(value) for name, value in logged.items()}
        self.reporter.evaluated(epoch, {"lr": _rate(trainer), **whole}, trainer.global_step)
        self._tell_newest(trainer)

    def _tell_newest(self, trainer: Any) -> None:
        newest = max(_checkpoints(trainer), default=None)
        if newest is not None and newest != self._told:
            self._told = newest
            self.writer.saved_checkpoint(newest[1], self._saved_epoch)

    def _save(self, trainer: Any) -> None:
        """Lightning's own checkpoint, with its place in the epoch. All processes take part."""
        folder = trainer.strategy.broadcast(str(self.writer.run_dir or trainer.default_root_dir))
        path = Path(folder) / CHECKPOINTS_DIR / LAST
        self.writer.heartbeat(phase="saving")
        trainer.save_checkpoint(path)
        self.writer.saved_checkpoint(path, trainer.current_epoch + 1)


def _watched(trainer: Any) -> Watched | None:
    """By which metric the trainer keeps its best checkpoint, or else stops early; a loss only if nothing else is."""
    callbacks = [*trainer.checkpoint_callbacks, *trainer.early_stopping_callbacks]
    names = [(each.monitor, each.mode) for each in callbacks if getattr(each, "monitor", None)]
    name, mode = next((one for one in names if not one[0].endswith("loss")), (None, ""))
    return None if name is None else (name.removesuffix("_epoch"), "score" if mode == "max" else "error")


def _checkpoints(trainer: Any) -> Iterator[tuple[float, str]]:
    """(when it was written, path) of each checkpoint that lies on the disk."""
    for callback in trainer.checkpoint_callbacks:
        for name in ("last_model_path", "best_model_path"):
            path = Path(getattr(callback, name, "") or "")
            if path.name and path.exists():
                yield path.stat().st_mtime, str(path)


def _progress(trainer: Any, batch_idx: int) -> float:
    return float(trainer.current_epoch + (batch_idx + 1) / max(1, trainer.num_training_batches))


def _rate(trainer: Any) -> float | None:
    groups = trainer.optimizers[0].param_groups if trainer.optimizers else []
    return float(groups[0]["lr"]) if groups else None


def _number(value: Any) -> Any:
    return value.item() if hasattr(value, "item") and getattr(value, "numel", lambda: 1)() == 1 else value
