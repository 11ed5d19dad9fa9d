"""SpeechBrain: a Brain that can be watched and stopped, and a train logger.

    class ASR(WatchedBrain, sb.Brain): …                 # before sb.Brain
    brain = ASR(…); brain.watch("runs/mine", config=hparams)
    brain.fit(epoch_counter, train_set, valid_set)

In the recipe's `on_stage_end`, where it calls `train_logger.log_stats(...)`, call `brain.logger.log_stats` with the
same arguments, or make it the recipe's `train_logger`.
A stop ends the fit after the current batch; a recipe with a checkpointer gets one of SpeechBrain's own
intra-epoch checkpoints, from which its next start goes on by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from speechbrain.utils.train_logger import TrainLogger

from monitor.integrations.reporter import Reporter, wanted_by_any
from monitor.run_dir import ModelInfo
from monitor.writer import NullRunWriter

STEPS_BETWEEN = 10
EPOCH_NAMES = frozenset({"epoch", "epochs", "current epoch", "current_epoch", "epoch_number"})


class VitalsignsLogger(TrainLogger):  # type: ignore[misc,unused-ignore]
    """Takes what recipes give to their train logger. SpeechBrain's WER is in percent: say so with `wer_in_percent`."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def log_stats(
        self,
        stats_meta: Mapping[str, Any],
        train_stats: Mapping[str, Any] | None = None,
        valid_stats: Mapping[str, Any] | None = None,
        test_stats: Mapping[str, Any] | None = None,
        verbose: bool = False,
    ) -> None:
        """One epoch. Test figures, which recipes log after the training, are kept as a measurement of their own."""
        if test_stats is not None:
            self._reporter.writer.log_probe("test", {name: _last(value) for name, value in test_stats.items()})
            return
        logged = {name: _last(value) for name, value in stats_meta.items()}
        for split, stats in (("train", train_stats), ("val", valid_stats)):
            logged |= {f"{split}_{name}": _last(value) for name, value in (stats or {}).items()}
        # Half of SpeechBrain's own recipes write "Epoch".
        name = next((name for name in stats_meta if name.strip().lower() in EPOCH_NAMES), None)
        epoch = None if name is None else logged.pop(name)
        if epoch is not None:
            self._reporter.evaluated(float(epoch), logged)


class WatchedBrain:
    """Mixed in before `sb.Brain`: reports each batch, and ends a fit when a stop is requested."""

    reporter: Reporter | None = None
    logger: VitalsignsLogger
    stopped = False

    def watch(self, run_dir: str | Path | None = None, *, wer_in_percent: bool = True, **options: Any) -> None:
        """Call before `fit`. Arguments: see `monitor.integrations.reporter.Reporter`."""
        self.reporter = Reporter(run_dir, wer_in_percent=wer_in_percent, **options)
        self.logger = VitalsignsLogger(self.reporter)

    @property
    def writer(self) -> NullRunWriter:
        """The RunWriter, e.g. for `log_decodes` in `on_stage_end`; silent before the fit and without `watch`."""
        return self.reporter.writer if self.reporter is not None else NullRunWriter()

    def fit(self, epoch_counter: Any, *args: Any, **kwargs: Any) -> None:
        """SpeechBrain's fit, arguments as its own; the run is opened before it and closed however it ends."""
        self._open(epoch_counter)
        with self.writer as run, self._watched():  # says how it ended, whatever ends it
            try:
                super().fit(epoch_counter, *args, **kwargs)  # type: ignore[misc]
            except _Stopped:
                self.stopped = True
            run.finish("stopped" if self.stopped else "finished")

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Within it the recipe's own `on_fit_batch_end` is called first, whether or not it calls its parent's."""
        brain: Any = self
        own = brain.on_fit_batch_end

        def _with_report(batch: Any, outputs: Any, loss: Any, should_step: bool) -> None:
            own(batch, outputs, loss, should_step)
            self._after_batch(loss, should_step)

        brain.on_fit_batch_end = _with_report
        try:
            yield
        finally:
            del brain.on_fit_batch_end

    def _after_batch(self, loss: Any, should_step: bool) -> None:
        brain: Any = self
        step = brain.optimizer_step
        self.writer.heartbeat(phase="training", step=step)
        if should_step and step % STEPS_BETWEEN == 0:
            self.writer.log_step(step, train_loss=loss)
        if wanted_by_any(self.writer.should_stop()):
            self._save()
            raise _Stopped

    def _open(self, epoch_counter: Any) -> None:
        brain: Any = self
        if self.reporter is None:
            return
        parameters = sum(each.numel() for each in brain.modules.parameters() if each.requires_grad)
        limit = getattr(epoch_counter, "limit", None) or (
            len(epoch_counter) if hasattr(epoch_counter, "__len__") else None
        )
        self.reporter.open(
            epochs=limit,
            model=ModelInfo(name=type(self).__name__, parameters=parameters),
            units={"loss": "as logged", "wer": "fraction"},
        )

    def _save(self) -> None:
        brain: Any = self
        if brain.checkpointer is None:
            return
        self.writer.heartbeat(phase="saving")
        brain._save_intra_epoch_ckpt()
        newest = brain.checkpointer.find_checkpoint(max_key=None, min_key=None)
        if newest is not None:
            self.writer.saved_checkpoint(newest.path, int(newest.meta.get("epoch", 0)))


class _Stopped(Exception):  # noqa: N818 - no error, a way out
    """Leaves SpeechBrain's loop between two batches; never seen outside `fit`."""


def _last(value: Any) -> Any:
    """Recipes log one number, or a list of them."""
    return value[-1] if isinstance(value, (list, tuple)) and value else value
