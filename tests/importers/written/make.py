"""How the small files beside this one were written, by the real tools: `python make.py TOOL FOLDER`, where installed.

mlflow 3.x, trackio, swanlab 0.10 and 0.6, clearml 2.1, tensorboardX 2.6; `neptune` needs the sources of
neptune-exporter on the path, `tensorboard_csv` a TensorBoard server that shows what `tensorboardx` wrote. Databases are
kept packed: nearly all of their pages are empty. The figures are those of tests/foreign.py.
"""

from __future__ import annotations

import datetime
import decimal
import os
import sys
import urllib.request
from pathlib import Path

TRAIN_LOSS = [4.0, 3.2, 2.6, 2.1, 1.8, 1.5]
VAL_LOSS = [4.1, 3.5, 3.0, 2.8, 2.75, 2.8]
VAL_WER = [1.04, 0.95, 0.9, 0.85, 0.84, 0.86]
LR = [1e-3, 1e-3, 5e-4, 5e-4, 2.5e-4, 2.5e-4]
NAMES = ("train_loss", "val_loss", "val_wer", "lr")
ROWS = [
    (epoch, dict(zip(NAMES, row, strict=True)))
    for epoch, row in enumerate(zip(TRAIN_LOSS, VAL_LOSS, VAL_WER, LR, strict=True), 1)
]
SETTINGS = {"learning_rate": 0.001}
STEPS_PER_EPOCH = 20
RUNS = {"gentle-owl": ROWS, "other": ROWS[:3]}


def mlflow(folder: Path) -> None:
    import mlflow

    mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
    for name, rows in RUNS.items():
        with mlflow.start_run(run_name=name):
            mlflow.log_params(SETTINGS)
            for epoch, row in rows:
                odd = {"odd": float("nan") if epoch == 2 else float("-inf")} if name == "other" else {}
                mlflow.log_metrics(row | odd, step=epoch)


def trackio(folder: Path) -> None:
    os.environ["TRACKIO_DIR"] = str(folder)
    import trackio

    for name, rows in RUNS.items():
        trackio.init(project="speech", name=name, config=SETTINGS, embed=False, auto_log_cpu=False, auto_log_gpu=False)
        for epoch, row in rows:
            odd = {"odd": float("nan") if epoch == 2 else float("-inf")} if name == "other" else {}
            trackio.log({**row, **odd, "epoch": epoch}, step=STEPS_PER_EPOCH * epoch)
        trackio.finish()


def swanlab(folder: Path) -> None:
    import swanlab

    swanlab.init(
        project="speech", experiment_name="gentle-owl", config=SETTINGS, mode="offline", logdir=str(folder / "swanlog")
    )
    for epoch, row in ROWS:
        odd = float("nan") if epoch == 2 else 0.0
        swanlab.log({**row, "epoch": epoch, "odd": odd}, step=STEPS_PER_EPOCH * epoch)
    swanlab.finish()


def clearml(folder: Path) -> None:
    os.environ["CLEARML_CACHE_DIR"] = str(folder)
    from clearml import Task

    Task.set_offline(True)
    task = Task.init(
        project_name="speech",
        task_name="gentle-owl",
        auto_connect_frameworks=False,
        auto_resource_monitoring=False,
        auto_connect_streams=False,
        auto_connect_arg_parser=False,
    )
    task.connect(SETTINGS)
    for epoch, row in ROWS:
        step = STEPS_PER_EPOCH * epoch
        for (title, series), name in zip([("loss", "train"), ("loss", "val"), ("wer", "val")], NAMES[:3], strict=True):
            task.get_logger().report_scalar(title, series, row[name], step)
        task.get_logger().report_scalar("lr", "lr", row["lr"], step)
        task.get_logger().report_scalar("epoch", "epoch", epoch, step)
    task.close()


def tensorboardx(folder: Path) -> None:
    from tensorboardX import SummaryWriter

    writer = SummaryWriter(str(folder / "gentle-owl"))
    for epoch, row in ROWS:
        for name, value in {**row, "epoch": epoch}.items():
            writer.add_scalar(name, value, STEPS_PER_EPOCH * epoch)
        writer.add_text("note", "no number", STEPS_PER_EPOCH * epoch)
    writer.close()


def tensorboard_csv(folder: Path) -> None:
    """From `tensorboard --logdir FOLDER --port 6006`; its page gives a saved file this name."""
    for name in (*NAMES, "epoch"):
        address = f"http://127.0.0.1:6006/data/plugin/scalars/scalars?run=gentle-owl&tag={name}&format=csv"
        with urllib.request.urlopen(address) as answer:
            (folder / f"run-gentle-owl-tag-{name}.csv").write_bytes(answer.read())


def neptune(folder: Path) -> None:
    import pyarrow
    from neptune_exporter import model
    from neptune_exporter.storage.parquet_writer import ParquetWriter

    for run_id, (name, epochs) in zip(("RUN-1", "RUN-2"), RUNS.items(), strict=True):
        rows = [{"attribute_path": "sys/name", "attribute_type": "string", "string_value": name}]
        rows.append({"attribute_path": "params/learning_rate", "attribute_type": "float", "float_value": 0.001})
        for metric in NAMES:
            for epoch, row in epochs:
                at = datetime.datetime(2025, 1, 1, 0, epoch, tzinfo=datetime.UTC)
                series = {"attribute_path": f"metrics/{metric}", "attribute_type": "float_series", "timestamp": at}
                rows.append({**series, "step": decimal.Decimal(epoch), "float_value": row[metric]})
        whole = [{each.name: None for each in model.SCHEMA} | row for row in rows]
        whole = [row | {"project_id": "team/speech", "run_id": run_id} for row in whole]
        with ParquetWriter(folder).run_writer("team/speech", run_id) as run:
            run.save(pyarrow.RecordBatch.from_pylist(whole, schema=model.SCHEMA))


if __name__ == "__main__":
    place = Path(sys.argv[2]).absolute()
    place.mkdir(parents=True, exist_ok=True)
    globals()[sys.argv[1]](place)
