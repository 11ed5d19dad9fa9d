"""A run as DataFrames: what was logged, its types and units; and as a figure."""

import ast
import json
import math
import re
import subprocess
import sys

import msgspec
import pandas as pd
import pytest

from monitor import frames
from monitor.run_dir.errors import UnreadableRunError
from monitor.view import palette
from monitor.writer import RunWriter
from tests import fake_runs, kinds_of_runs
from tests.supervised import ROOT


def test_a_run_that_has_logged_nothing_has_empty_tables(tmp_path):
    run = frames.read(fake_runs.empty(tmp_path))
    assert len(run.epochs) == len(run.steps) == len(run.decodes) == len(run.alerts) == len(run.findings) == 0
    assert run.plot().layout.xaxis.title.text == "step"
    assert "<b>empty:" in run._repr_html_()


def test_what_is_no_run_is_an_error_that_names_it(tmp_path):
    with pytest.raises(UnreadableRunError, match="nothing"):
        frames.read(tmp_path / "nothing")


def test_only_what_was_logged_is_a_column_with_its_type_and_unit(tmp_path):
    with RunWriter(tmp_path / "r", units={"loss": "bits", "val_cer": "fraction"}) as run:
        run.log_epoch(1, train_loss=1.5)
        run.log_epoch(2, train_loss=1.25, val_loss=2.0, val_cer=0.5, val_tokens=12)
    table = frames.read(tmp_path / "r").epochs
    assert list(table.index) == [1.0, 2.0] and table.index.name == "epoch"
    assert {"train_loss", "val_loss", "gap", "val_tokens", "val_cer"} <= set(table.columns)
    assert "val_wer" not in table.columns and "blank_ratio" not in table.columns
    assert table.dtypes[["train_loss", "val_cer"]].tolist() == [float, float]
    assert table["val_tokens"].dtype == "Int64" and table["val_tokens"].isna().tolist() == [True, False]
    assert isinstance(table["at"].dtype, pd.DatetimeTZDtype) and str(table["at"].dt.tz) == "UTC"
    units = table.attrs["units"]
    assert (units["train_loss"], units["gap"], units["val_cer"]) == ("bits", "bits", "fraction")


@pytest.mark.parametrize("kind", kinds_of_runs.KINDS)
def test_every_number_is_the_one_of_the_records(tmp_path, kind):
    run_dir = kind(tmp_path)
    run, snapshot = frames.read(run_dir), fake_runs.read(run_dir)
    assert len(run.epochs) == len(snapshot.epochs) and len(run.steps) == len(snapshot.steps)
    for (epoch, row), record in zip(run.epochs.iterrows(), snapshot.epochs, strict=True):
        known = {**msgspec.structs.asdict(record), **record.metrics}
        assert epoch == record.epoch
        for name in set(row.index) - {"at"}:
            value = known.get(name)
            assert pd.isna(row[name]) if value is None or value != value else row[name] == value
    numbers = {name for record in snapshot.epochs for name in record.metrics}
    assert numbers <= set(run.epochs.columns)


def test_predictions_have_their_reference_and_their_errors(tmp_path):
    with RunWriter(tmp_path / "r") as run:
        run.log_decodes(1, ["A B C", "", "X Y"], references=["A C", "D", ""])
    table = frames.read(tmp_path / "r").decodes
    assert table["hypothesis"].tolist() == ["A B C", "", "X Y"]
    assert table["errors"].tolist() == [1, 1, 2] and table["words"].tolist() == [2, 1, 0]
    assert set(table["split"]) == {"val"} and set(table["epoch"]) == {1.0}


def test_errors_over_words_are_the_logged_error_rate(tmp_path):
    run = frames.read(kinds_of_runs.ctc_healthy(tmp_path))
    sums = run.decodes.groupby("epoch")[["errors", "words"]].sum()
    rates = (sums["errors"] / sums["words"]).astype(float)
    assert rates.to_numpy() == pytest.approx(run.epochs["val_wer"].to_numpy())


def test_findings_are_those_of_the_judgement_now_and_then(tmp_path):
    run = frames.read(kinds_of_runs.ctc_broken(tmp_path))
    assert {"overfitting", "gap"} <= set(run.findings.index)
    assert run.findings.loc["gap", "severity"] == "critical"
    assert run.findings.loc["gap", "now"]["gap"] == pytest.approx(run.epochs["gap"].iloc[-1])
    assert not {f.rule for f in run.judge(at=5).diagnosis.findings} & {"overfitting", "gap"}


def test_refresh_reads_what_was_added_and_no_byte_twice(tmp_path):
    with RunWriter(tmp_path / "r") as run:
        run.log_epoch(1, train_loss=1.0)
        seen = frames.read(tmp_path / "r")
        assert len(seen.epochs) == 1
        before = seen._reader.bytes_read
        run.log_epoch(2, train_loss=0.5)
        assert len(seen.refresh().epochs) == 2
    size = (tmp_path / "r" / "epochs.jsonl").stat().st_size
    assert before < seen._reader.bytes_read == size


def test_a_folder_is_a_table_of_runs_with_the_settings_that_differ(tmp_path):
    for name, rate in (("a", 1e-3), ("b", 1e-4)):
        with RunWriter(tmp_path / name, config={"lr": rate, "model": "cnn", "hf_token": f"hf_{name}1234567890"}) as run:
            run.log_epoch(1, train_loss=1.0, val_loss=2.0, val_wer=0.5)
    fake_runs.newer_schema(tmp_path)
    table = frames.runs(tmp_path)
    assert table.index.tolist() == ["a", "b", "newer-schema"]
    assert table["config.lr"].tolist()[:2] == [1e-3, 1e-4] and "config.model" not in table.columns
    assert "1234567890" not in table.to_string(), "a secret is hidden, so the two do not differ"
    assert table.loc["a", "val_wer"] == 0.5 and table.loc["a", "problem"] == ""
    assert "newer" in table.loc["newer-schema", "problem"] and math.isnan(table.loc["newer-schema", "val_wer"])
    assert len(frames.runs(tmp_path / "none")) == 0


def test_the_figure_has_the_curves_in_the_colours_of_the_page(tmp_path):
    figure = frames.read(kinds_of_runs.seldom_validated(tmp_path)).plot()
    lines = {trace.name: trace for trace in figure.data}
    assert set(lines) == {"train loss", "val loss", "val WER"}
    assert len(lines["train loss"].x) == 80 and len(lines["val loss"].x) == 16
    assert lines["val loss"].line.color == palette.light("val")
    steps = frames.read(kinds_of_runs.steps_only(tmp_path)).plot()
    assert len(steps.data[0].x) == 400 and steps.layout.xaxis.title.text == "step"


def test_text_of_a_run_is_escaped_in_a_notebook(tmp_path):
    with RunWriter(tmp_path / "r", name="<b>r</b>") as run:
        run.log_epoch(1, train_loss=1.0)
    (tmp_path / "r").rename(tmp_path / "<img src=x>")
    shown = frames.read(tmp_path / "<img src=x>")._repr_html_()
    assert "<img src=x>" not in shown and "&lt;img" in shown


def test_nothing_but_this_room_loads_pandas():
    code = "import sys, monitor.view.frame, monitor.diagnosis.verdict; print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_example_of_the_documentation_runs(tmp_path, monkeypatch):
    text = (ROOT / "docs" / "for-scripts.md").read_text(encoding="utf-8")
    (example,) = [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "vitalsigns.read" in block]
    kinds_of_runs.ctc_broken(tmp_path / "runs").rename(tmp_path / "runs" / "demo")
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "for-scripts.md", "exec"), {})


def test_the_notebook_runs_and_shows_what_it_says():
    """Each cell as a notebook would run it; the values of the last lines are what it would show."""
    notebook = json.loads((ROOT / "examples" / "notebook.ipynb").read_text(encoding="utf-8"))
    names, shown = {}, []
    for cell in (each for each in notebook["cells"] if each["cell_type"] == "code"):
        *before, last = ast.parse(cell["source"]).body
        exec(compile(ast.Module(before, []), "notebook", "exec"), names)
        if isinstance(last, ast.Expr):
            shown.append(eval(compile(ast.Expression(last.value), "notebook", "eval"), names))
        else:
            exec(compile(ast.Module([last], []), "notebook", "exec"), names)
    page, (tail, units), findings, verdicts, runs, figure = shown
    assert "gap" in findings.index and tail["gap"].iloc[-1] > 1 and units["gap"]
    assert verdicts[0] != verdicts[1] and verdicts[1] in page._repr_html_()
    assert runs["config.lr"].to_dict() == {"high": 0.2, "low": 0.02}
    assert {trace.name for trace in figure.data} >= {"train loss", "val loss"}


def test_a_run_in_a_notebook_is_small_and_has_no_script(tmp_path):
    shown = frames.read(kinds_of_runs.ctc_broken(tmp_path))._repr_html_()
    assert shown.count("<svg") == 2 and len(shown) < 30_000 and "<script" not in shown
