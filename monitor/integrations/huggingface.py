"""A callback for Hugging Face's `transformers.Trainer`.

    trainer = Trainer(model, args, …, callbacks=[VitalsignsCallback("runs/mine")])
    trainer.train(resume_from_checkpoint=callback.resume_from())

Each evaluation becomes one record; its train loss is the mean of what was logged since the one before. What is
evaluated after the training, or as `test_…`, is no evaluation of the run: it is kept as a measurement of its own.
A stop is the Trainer's own: it ends after the current step and saves a checkpoint.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from monitor.integrations.reporter import Reporter, Watched, wanted_by_any
from monitor.run_dir import ModelInfo

STEP_FIELDS = frozenset({"loss", "learning_rate", "grad_norm", "epoch", "step"})
NO_MEASURE = ("runtime", "samples_per_second", "steps_per_second", "total_flos")


class VitalsignsCallback(TrainerCallback):  # type: ignore[misc,unused-ignore]
    """Writes the run directory of one training. Arguments: see `monitor.integrations.reporter.Reporter`.

    The loss is Hugging Face's, a mean over what the model averages, so `units` is "as logged".
    """

    def __init__(self, run_dir: str | Path | None = None, **options: Any) -> None:
        self.reporter = Reporter(run_dir, **options)
        self._losses: list[tuple[int, float]] = []
        self._last_step = 0
        self._evaluated_at = -1
        self._logged: dict[str, Any] = {}
        """What was measured at that step: of several validation sets, each is evaluated by itself."""
        self._stopping = self._is_over = False

    @property
    def writer(self) -> Any:
        """The RunWriter, e.g. for `log_decodes` in `compute_metrics`."""
        return self.reporter.writer

    def resume_from(self) -> str | None:
        """What to give to `trainer.train(resume_from_checkpoint=…)`; None where there is nothing to go on from."""
        return self.reporter.resume_from()

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        """Opens the run; a Trainer that trains again goes on in it."""
        self._last_step, self._is_over = state.global_step, False
        found = {} if model is None else {"model": _about(model)}
        self.reporter.open(
            writes=state.is_world_process_zero,
            config=args.to_dict(),
            epochs=max(1, round(state.num_train_epochs)),
            units={"loss": "as logged", "wer": "fraction"},
            watched=_watched(args),
            **found,
        )

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """Logs the numbers of a step; without a `loss` among them nothing."""
        logs = logs or {}
        if "loss" not in logs:
            return
        self._losses.append((state.global_step - self._last_step, float(logs["loss"])))
        self._last_step = state.global_step
        self.writer.log_step(
            state.global_step,
            epoch=state.epoch,
            train_loss=logs["loss"],
            lr=logs.get("learning_rate"),
            grad_norm=logs.get("grad_norm"),
            **{name: value for name, value in logs.items() if name not in STEP_FIELDS and _is_number(value)},
        )

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, Any] | None = None, **_: Any) -> None:
        """Logs an evaluation; one of the test split, or after the training, as a probe."""
        measured = {name: value for name, value in (metrics or {}).items() if not name.endswith(NO_MEASURE)}
        is_test = any(name.startswith("test_") for name in measured)
        if is_test or self._is_over:
            self.writer.log_probe("test" if is_test else "after_training", measured)
            return
        if state.global_step != self._evaluated_at:
            self._evaluated_at, self._logged = state.global_step, {}
        steps = sum(count for count, _ in self._losses)
        if steps:
            self._logged["train_loss"] = sum(count * loss for count, loss in self._losses) / steps
        self._losses.clear()
        self._logged |= measured
        self.reporter.evaluated(state.epoch or 0.0, self._logged, state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """Gives a sign of life, and has the Trainer save and stop once a stop was requested of any process."""
        self.writer.heartbeat(phase="training", epoch=int(state.epoch or 0) + 1, step=state.global_step)
        if wanted_by_any(self.writer.should_stop()) and not self._stopping:
            self._stopping = True
            control.should_save = True
            control.should_training_stop = True
        return control

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Reports the Trainer's checkpoint of this step."""
        path = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        self.writer.saved_checkpoint(path.absolute(), int(state.epoch or 0))

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Closes the run: as stopped where that was requested, else as finished."""
        self._is_over = True
        self.writer.finish("stopped" if self._stopping else "finished")


def _watched(args: Any) -> Watched | None:
    """By which metric the best checkpoint is chosen."""
    name = getattr(args, "metric_for_best_model", None)
    if not name:
        return None
    name = name if name.startswith("eval_") else f"eval_{name}"
    return name, "score" if args.greater_is_better else "error"


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _about(model: Any) -> ModelInfo:
    trained = sum(each.numel() for each in model.parameters() if each.requires_grad)
    return ModelInfo(name=type(model).__name__, parameters=trained)
