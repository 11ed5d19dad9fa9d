"""A callback for Ray Tune: each trial of a sweep is a run, and the sweep is one row of the list.

    watch = VitalsignsCallback("runs", sweep="lr-search")
    tune.Tuner(train, run_config=tune.RunConfig(callbacks=[watch], stop=watch), …).fit()

It works in the process that calls `fit`: the trainable is left as it is, and workers may be on other machines. What a
trial reports becomes an evaluation. As `stop` it ends a trial that a person stops, after its next report.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ray.tune import Callback, Stopper
from ray.tune.result import AUTO_RESULT_KEYS, DEBUG_METRICS, DEFAULT_EXPERIMENT_INFO_KEYS, DONE, SHOULD_CHECKPOINT

from monitor.integrations.reporter import Reporter
from monitor.run_dir import RUN_DIR_VARIABLE
from monitor.run_dir.errors import UsageError
from monitor.run_dir.words import TERMINAL_CODES
from monitor.writer.run_writer import TRACEBACK_CHARACTERS

OF_TUNE = {*AUTO_RESULT_KEYS, *DEBUG_METRICS, *DEFAULT_EXPERIMENT_INFO_KEYS, DONE, SHOULD_CHECKPOINT}
"""What Tune itself adds to a report."""


class VitalsignsCallback(Callback, Stopper):  # type: ignore[misc,unused-ignore]
    """Writes a run directory `<sweep>-<trial id>` for each trial into `runs_dir`.

    `sweep`: its name, one for each sweep. `options`: see `monitor.integrations.reporter.Reporter`; `config` is added to
    the trial's own. A report with the number `epoch` is the evaluation of that epoch, any other of Tune's iteration.
    Raises UsageError below `monitor start`, which would give all trials one folder.
    """

    def __init__(self, runs_dir: str | Path, sweep: str, **options: Any) -> None:
        if os.environ.get(RUN_DIR_VARIABLE):
            raise UsageError("A sweep has a folder for each trial: start it without `monitor start`.")
        self._runs_dir, self._sweep, self._options = Path(runs_dir).absolute(), sweep, options
        self._trials: dict[str, Reporter] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Tune stores its callbacks; open runs stay with this process."""
        return {**self.__dict__, "_trials": {}}

    def __call__(self, trial_id: str, result: Mapping[str, Any]) -> bool:
        """As a stopper: whether a person has asked for the end of this trial."""
        return trial_id in self._trials and self._trials[trial_id].writer.should_stop()

    def stop_all(self) -> bool:
        """As a stopper: a stop of one trial never ends the sweep."""
        return False

    def on_trial_start(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        """Opens its run; a trial that Tune had paused goes on in the same."""
        if trial.trial_id in self._trials:
            return
        about = {"units": {"loss": "as logged"}, **self._options}
        about["config"] = {**self._options.get("config", {}), **trial.config, "sweep": self._sweep}
        run_dir = self._runs_dir / f"{self._sweep}-{trial.trial_id}"
        # The same trial, which Tune tries again or has restored.
        reporter = Reporter(run_dir, **{"resume": run_dir.exists(), **about})
        reporter.open()
        self._trials[trial.trial_id] = reporter

    def on_trial_result(self, iteration: int, trials: Any, trial: Any, result: dict[str, Any], **info: Any) -> None:
        """Logs a report as an evaluation, at its own `epoch` or else at Tune's iteration."""
        numbers = {name: value for name, value in result.items() if name not in OF_TUNE and _is_number(value)}
        epoch = numbers.pop("epoch", result["training_iteration"])
        self._trials[trial.trial_id].evaluated(epoch, numbers)

    def on_trial_complete(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        """Closes its run: as stopped where that was requested, else as finished."""
        reporter = self._trials.get(trial.trial_id)
        if reporter is not None:
            reporter.writer.finish("stopped" if reporter.writer.should_stop() else "finished")

    def on_trial_error(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        """Closes its run as failed, with the traceback that Tune has kept."""
        reporter = self._trials.get(trial.trial_id)
        if reporter is not None:
            told = _traceback_of(trial.error_file)
            reporter.writer.finish("failed", told.rpartition("\n")[2], traceback=told)

    def on_trial_recover(self, iteration: int, trials: Any, trial: Any, **info: Any) -> None:
        """It has failed and is tried again: another start of its run."""
        self.on_trial_error(iteration, trials, trial)
        self._trials.pop(trial.trial_id, None)

    def on_experiment_end(self, trials: Any, **info: Any) -> None:
        """Trials that Tune has left in the middle."""
        for reporter in self._trials.values():
            reporter.writer.finish("stopped")


def _traceback_of(path: str | None) -> str:
    """What Tune wrote of a trial's error: a traceback whose last line is the error."""
    try:
        text = Path(path or "").read_text(encoding="utf-8", errors="replace")
        return TERMINAL_CODES.sub("", text).strip()[-TRACEBACK_CHARACTERS:]
    except OSError:
        return "The trial failed; Tune has not kept why."


def _is_number(value: Any) -> bool:
    return hasattr(value, "__float__") and not isinstance(value, bool)
