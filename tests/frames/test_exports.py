"""A run in other tools' formats: what their readers find there is what the run holds."""

import csv
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from monitor.commands.cli import main
from monitor.frames.exports import SINKS, Export
from monitor.run_dir.errors import RefusedError
from monitor.writer import RunWriter
from tests import fake_runs, foreign, kinds_of_runs

CONFIG = {"lr": 1e-3, "api_key": "sk-1234567890abcdef"}


@pytest.fixture
def run_dir(tmp_path):
    with RunWriter(tmp_path / "r", config=CONFIG) as run:
        for epoch in (1, 2, 3):
            run.log_step(10 * epoch, train_loss=4.0 / epoch)
            run.log_epoch(epoch, step=10 * epoch, train_loss=3.0 / epoch, val_loss=float("nan") if epoch == 2 else 1.5)
    return tmp_path / "r"


def scalars(out):
    found = EventAccumulator(str(out), size_guidance={"scalars": 0}).Reload()
    return {tag: [(each.step, each.value) for each in found.Scalars(tag)] for tag in found.Tags()["scalars"]}


def test_tensorboard_reads_each_number_at_its_step(run_dir, tmp_path):
    assert main(["export", str(run_dir), "--to", "tensorboard", "--out", str(tmp_path / "out")]) == 0
    read = scalars(tmp_path / "out")
    assert read["train_loss"] == [(10, 3.0), (20, 1.5), (30, 1.0)] and read["step/train_loss"][0] == (10, 4.0)
    assert read["val_loss"][1][1] != read["val_loss"][1][1], "what was not finite stays so"
    assert "1234567890" not in (tmp_path / "out" / "settings.txt").read_text()


def test_what_goes_out_as_events_comes_in_as_the_same_evaluations(tmp_path):
    source = kinds_of_runs.ctc_broken(tmp_path / "runs")
    Export(source, "tensorboard", tmp_path / "out").step(0.0)
    epochs = fake_runs.read(source).epochs
    assert main(["import", str(tmp_path / "out"), "--runs", str(tmp_path / "back"), "--name", "back", "--yes"]) == 0
    back = fake_runs.read(tmp_path / "back" / "back").epochs
    assert [epoch.epoch for epoch in back] == [epoch.epoch for epoch in epochs]
    for name in ("train_loss", "val_loss", "val_wer"):
        assert [getattr(epoch, name) for epoch in back] == pytest.approx([getattr(epoch, name) for epoch in epochs])


def test_a_followed_run_gives_each_number_once(tmp_path):
    with RunWriter(tmp_path / "r") as run:
        run.log_epoch(1, train_loss=1.0)
        export = Export(tmp_path / "r", "tensorboard", tmp_path / "out")
        first = export.step(0.0)
        assert export.step(0.0) == 0 and not export.is_over
        run.log_epoch(2, train_loss=0.5)
        assert export.step(0.0) == first
    export.step(0.0)
    export.close()
    assert export.is_over
    assert scalars(tmp_path / "out")["train_loss"] == [(1, 1.0), (2, 0.5)]


@pytest.mark.parametrize(("kind", "load"), [("csv", pd.read_csv), ("parquet", pd.read_parquet)])
def test_tables_are_those_of_the_run(run_dir, tmp_path, kind, load):
    export = Export(run_dir, kind, tmp_path / "out")
    export.step(0.0)
    table = load(tmp_path / "out" / f"epochs.{kind}")
    table = table.set_index("epoch") if "epoch" in table.columns else table
    assert table["train_loss"].tolist() == [3.0, 1.5, 1.0] and list(table.index) == [1, 2, 3]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"epochs.{kind}", f"steps.{kind}"]


def test_a_spreadsheet_runs_no_text_of_a_run_as_a_formula(tmp_path):
    said = ['=HYPERLINK("http://there/")', "+1", "-2", "@SUM(A1)", "hello = you", None]
    with RunWriter(tmp_path / "r") as run:
        run.log_epoch(1, val_loss=-1.5, **{"=cmd|' /C calc'!A0": 1.0})
        run.log_decodes(1, [text or "" for text in said], references=["hello"] * len(said))
    for kind in ("csv", "parquet"):
        Export(tmp_path / "r", kind, tmp_path / kind).step(0.0)
    with (tmp_path / "csv" / "decodes.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["hypothesis"] for row in rows] == [f"'{text}" for text in said[:4]] + ["hello = you", ""]
    with (tmp_path / "csv" / "epochs.csv").open() as file:
        [row] = csv.DictReader(file)
    assert row["'=cmd|' /C calc'!A0"] == "1.0" and row["val_loss"] == "-1.5"
    kept = pd.read_parquet(tmp_path / "parquet" / "decodes.parquet")
    assert kept["hypothesis"].tolist() == [text or "" for text in said]


def test_a_missing_library_is_named_with_what_to_install(run_dir, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(SINKS["mlflow"], "library", "mlflow_that_is_not_there")
    assert main(["export", str(run_dir), "--to", "mlflow", "--out", str(tmp_path / "out")]) == 5
    assert "pip install mlflow_that_is_not_there" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_over_or_into_any_run(run_dir, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "link").symlink_to(run_dir)
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with RunWriter(tmp_path / "other"):
        pass
    inside = (run_dir, run_dir / "out", tmp_path / "link", tmp_path / "link" / "out", tmp_path / "other" / "a" / "b")
    for out in (tmp_path / "full", tmp_path / "dangling", tmp_path / "full" / "mine.txt", *inside):
        with pytest.raises(RefusedError, match="choose another"):
            Export(run_dir, "csv", out)


def test_records_that_nobody_adds_to_are_exported_once_also_with_follow(tmp_path):
    path = foreign.table(tmp_path / "made")
    assert main(["import", str(path), "--runs", str(tmp_path / "runs"), "--name", "old", "--yes"]) == 0
    words = [
        "export",
        "old",
        "--runs",
        str(tmp_path / "runs"),
        "--to",
        "csv",
        "--out",
        str(tmp_path / "out"),
        "--follow",
    ]
    assert main(words) == 0


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_followed_export_with_what_it_has(sign, tmp_path):
    with RunWriter(tmp_path / "r") as run:
        run.log_epoch(1, train_loss=1.0)
        words = ["export", str(tmp_path / "r"), "--to", "tensorboard", "--out", str(tmp_path / "out"), "--follow"]
        process = subprocess.Popen([sys.executable, "-m", "monitor", *words], stdout=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("out/settings.txt")):
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.3)
        process.send_signal(sign)
        assert process.communicate(timeout=120)[0].startswith("Exported 2 numbers of r to")
    assert process.returncode == 0
