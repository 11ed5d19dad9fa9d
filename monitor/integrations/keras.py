"""A callback for Keras 3, whatever its backend.

    model.fit(x, y, validation_data=…, epochs=60, callbacks=[VitalsignsCallback("runs/mine")])

`loss`, `val_loss` and metrics such as `val_wer` arrive under these names; `names` maps others.
A stop ends the fit after the current batch and saves the whole model; `resume_from()` names it afterwards.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from keras.callbacks import Callback

from monitor.integrations.reporter import Reporter
from monitor.run_dir import CHECKPOINTS_DIR, ModelInfo

LAST = "last.keras"
STEPS_BETWEEN = 10


class VitalsignsCallback(Callback):  # type: ignore[misc,unused-ignore]
    """Writes the run directory of one fit. Arguments: see `monitor.integrations.reporter.Reporter`.

    Keras' batch losses are running means of the epoch so far; a step record keeps them as they are.
    """

    def __init__(self, run_dir: str | Path | None = None, **options: Any) -> None:
        super().__init__()
        self.reporter = Reporter(run_dir, **options)
        self._epoch = self._step = 0
        self._stopping = False

    @property
    def writer(self) -> Any:
        """The RunWriter, e.g. for `log_decodes` in a callback of your own."""
        return self.reporter.writer

    def resume_from(self) -> str | None:
        """The saved model to load, where this start is a resume; else None. Epochs begin at `initial_epoch()`."""
        return self.reporter.resume_from()

    def on_train_begin(self, logs: Any = None) -> None:
        """Opens the run, with the planned epochs."""
        self.reporter.open(
            epochs=self.params.get("epochs"),
            steps_per_epoch=self.params.get("steps"),
            model=ModelInfo(name=self.model.name, parameters=self.model.count_params()),
            config={"optimizer": _named(self.model.optimizer), "loss": str(getattr(self.model, "loss", ""))},
            units={"loss": "as logged", "wer": "fraction"},
        )

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Keeps the number of the epoch, from 0."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Gives a sign of life, logs each tenth step, and saves and ends the fit once a stop was requested."""
        self._step += 1
        self.writer.heartbeat(phase="training", epoch=self._epoch + 1, step=self._step)
        if self._step % STEPS_BETWEEN == 0:
            share = (batch + 1) / (self.params.get("steps") or batch + 1)
            others = {name: value for name, value in (logs or {}).items() if name not in ("loss", "epoch", "step")}
            loss = (logs or {}).get("loss")
            self.writer.log_step(self._step, epoch=self._epoch + share, train_loss=loss, **others)
        if self.writer.should_stop() and not self._stopping:
            self._stopping = True
            self._save()
            self.model.stop_training = True

    def on_test_begin(self, logs: Any = None) -> None:
        """Says that the run evaluates."""
        self.writer.heartbeat(phase="evaluating")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Logs the evaluation of epoch `epoch` + 1; nothing after a stop in the middle of it."""
        if not self._stopping:
            rate = getattr(self.model.optimizer, "learning_rate", None)
            self.reporter.evaluated(epoch + 1, {"lr": float(rate) if rate is not None else None, **(logs or {})})

    def on_train_end(self, logs: Any = None) -> None:
        """Closes the run."""
        self.writer.finish("stopped" if self._stopping else "finished")

    def _save(self) -> None:
        folder = self.writer.run_dir
        if folder is None:
            return
        self.writer.heartbeat(phase="saving")
        path = Path(folder) / CHECKPOINTS_DIR / LAST
        path.parent.mkdir(parents=True, exist_ok=True)
        self.model.save(path)
        self.writer.saved_checkpoint(path, self._epoch)

    def initial_epoch(self) -> int:
        """Epochs that are done, for `fit(initial_epoch=…)` of a resumed run."""
        return self.reporter.epochs_done()


def _named(optimizer: Any) -> dict[str, Any]:
    return {} if optimizer is None else dict(optimizer.get_config())
