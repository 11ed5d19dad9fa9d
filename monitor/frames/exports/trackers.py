"""MLflow, W&B (offline) and Trackio, written with their own libraries into a folder; nothing is sent anywhere."""

from __future__ import annotations

import os
from typing import Any

from monitor.frames.exports.points import Point, by_step, settings
from monitor.frames.exports.sink import Sink
from monitor.run_dir import Snapshot
from monitor.run_dir.status import LIVE_WORDS, Word

PROJECT = "vitalsigns"
MLFLOW_BATCH = 1000
"""Numbers that MLflow takes at once."""
MLFLOW_PARAMS = 100
LONGEST_PARAM = 6000
MLFLOW_ENDED = {"failed": "FAILED", "lost": "FAILED", "stopped": "KILLED"}


class Mlflow(Sink):
    """`mlflow ui --backend-store-uri sqlite:///OUT/mlflow.db` shows it."""

    library = "mlflow"

    def begin(self, config: dict[str, Any]) -> None:
        """Makes the database, an experiment and a run in it; a setting longer than 6,000 characters is cut."""
        super().begin(config)
        import mlflow
        from mlflow.entities import Param

        self._client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{self.out / 'mlflow.db'}")
        experiment = self._client.create_experiment(PROJECT, artifact_location=(self.out / "artifacts").as_uri())
        self._run = self._client.create_run(experiment, run_name=self.name).info.run_id
        params = [Param(key, str(value)[:LONGEST_PARAM]) for key, value in settings(config).items()]
        for start in range(0, len(params), MLFLOW_PARAMS):
            self._client.log_batch(self._run, params=params[start : start + MLFLOW_PARAMS])

    def write(self, points: list[Point], snapshot: Snapshot) -> None:
        """In batches, as MLflow takes 1,000 numbers at once."""
        from mlflow.entities import Metric

        metrics = [Metric(point.name, point.value, int(1000 * point.at), point.step) for point in points]
        for start in range(0, len(metrics), MLFLOW_BATCH):
            self._client.log_batch(self._run, metrics=metrics[start : start + MLFLOW_BATCH])

    def close(self, word: Word) -> None:
        """A run that lives stays RUNNING there; failed and lost are FAILED, stopped is KILLED."""
        if word not in LIVE_WORDS:
            self._client.set_terminated(self._run, MLFLOW_ENDED.get(word, "FINISHED"))


class WandbOffline(Sink):
    """`wandb sync OUT/wandb/offline-run-*` sends it, if you want that."""

    library = "wandb"

    def begin(self, config: dict[str, Any]) -> None:
        """Makes an offline run in OUT/wandb."""
        super().begin(config)
        import wandb

        self._run = wandb.init(
            project=PROJECT,
            name=self.name,
            config=settings(config),
            dir=str(self.out),
            mode="offline",
            settings=wandb.Settings(console="off", disable_git=True, save_code=False, silent=True),
        )
        # Its own step may not go back, but an evaluation comes later than the steps that it belongs to.
        self._run.define_metric("*", step_metric="at_step")

    def write(self, points: list[Point], snapshot: Snapshot) -> None:
        """The run's own step and time are kept as `at_step` and `_timestamp`."""
        for step, at, values in by_step(points):
            self._run.log({**values, "at_step": step, "_timestamp": at})

    def close(self, word: Word) -> None:
        """W&B knows an exit code alone."""
        self._run.finish(exit_code=1 if word in ("failed", "lost") else 0)


class Trackio(Sink):
    """`TRACKIO_DIR=OUT trackio show --project vitalsigns` shows it."""

    library = "trackio"

    def begin(self, config: dict[str, Any]) -> None:
        """Makes a run in OUT, without measuring this machine."""
        super().begin(config)
        os.environ["TRACKIO_DIR"] = str(self.out)
        import trackio

        # The load of this machine is none of the run's.
        self._run = trackio.init(
            project=PROJECT,
            name=self.name,
            config=settings(config),
            embed=False,
            auto_log_cpu=False,
            auto_log_gpu=False,
        )

    def write(self, points: list[Point], snapshot: Snapshot) -> None:
        """Trackio dates the numbers itself: by when they are exported."""
        for step, _, values in by_step(points):
            self._run.log(values, step=step)

    def close(self, word: Word) -> None:
        """Trackio does not keep how a run ended."""
        self._run.finish()
