"""Importing a table of epochs: what is read, in which unit, and what is said about it."""

import json
import math
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import MonitorError, UnreadableRunError, UsageError
from monitor.importers.store import Imported, keep
from monitor.importers.table import propose, read_table, records
from monitor.reader import RunReader


def understood(tmp_path, text, **how):
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    table = read_table(path)
    uses = propose(table, **how)
    return {use.field: use for use in uses}, records(table, uses)


def test_a_plain_csv_becomes_epochs_with_their_gap(tmp_path):
    uses, found = understood(tmp_path, "epoch,train_loss,val_loss,val_wer\n1,3.5,3.6,0.98\n2,2.5,3.1,0.9\n")
    assert list(uses) == ["epoch", "train_loss", "val_loss", "val_wer"]
    assert [epoch.epoch for epoch in found.epochs] == [1, 2]
    assert found.epochs[1].gap == pytest.approx(0.6)
    assert found.epochs[1].val_wer == 0.9
    assert found.notes == ()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Epoch;Train Loss;Val WER (%)\n1;3,5;98,0\n2;2,5;90,0\n", id="semicolons and decimal commas"),
        pytest.param("epoch\ttrain/loss\tval/wer_pct\n1\t3.5\t98.0\n2\t2.5\t90\n", id="tabs and a percent name"),
        pytest.param(
            "| Epoch | Train loss | Val WER |\n|---|---:|---|\n| 1 | 3.5 | 98.0 % |\n| 2 | 2.5 | 90 % |", id="md"
        ),
        pytest.param("\ufeff\nepoch,loss,wer\n1,3.5,98\n2,2.5,90\n", id="byte order mark, and a WER of 98"),
    ],
)
def test_other_ways_to_write_the_same_table_are_understood(tmp_path, text):
    uses, found = understood(tmp_path, text)
    assert uses["val_wer"].scale == 0.01
    assert [round(epoch.val_wer, 4) for epoch in found.epochs] == [0.98, 0.9]
    assert [epoch.train_loss for epoch in found.epochs] == [3.5, 2.5]


def test_a_wer_above_one_stays_a_fraction(tmp_path):
    uses, found = understood(tmp_path, "epoch,val_wer\n1,1.48\n2,0.99\n")
    assert uses["val_wer"].scale == 1.0
    assert found.epochs[0].val_wer == 1.48


def test_the_user_may_say_the_unit(tmp_path):
    _, found = understood(tmp_path, "epoch,val_wer\n1,1.48\n2,0.99\n", percent=True)
    assert found.epochs[1].val_wer == pytest.approx(0.0099)


def test_the_users_mapping_wins_over_the_names(tmp_path):
    uses, found = understood(tmp_path, "epoch,loss,ctc\n1,3,5\n", wanted={"val_loss": "loss", "train_loss": "ctc"})
    assert uses["val_loss"].column == "loss"
    assert (found.epochs[0].train_loss, found.epochs[0].val_loss) == (5, 3)


def test_missing_cells_stay_missing_and_non_finite_ones_survive(tmp_path):
    _, found = understood(tmp_path, "epoch,train_loss,val_loss\n1,nan,-\n2,2.0,inf\n3,1.0,\n")
    first, second, third = found.epochs
    assert math.isnan(first.train_loss) and first.val_loss is None
    assert second.val_loss == math.inf
    assert third.val_loss is None and third.gap is None


def test_columns_without_a_field_are_kept_under_their_own_names(tmp_path):
    _, found = understood(tmp_path, "epoch,val_loss,bleu\n1,3,12.5\n")
    assert found.epochs[0].metrics == {"bleu": 12.5}


def test_repeated_and_missing_epochs_are_said(tmp_path):
    _, found = understood(tmp_path, "epoch,val_loss\n1,3\n,2\n1,2.5\n")
    assert [(epoch.epoch, epoch.val_loss) for epoch in found.epochs] == [(1, 2.5)]
    assert found.notes == ("Line 3 has no epoch and was left out.", "Epoch 1 stands there twice; line 4 is kept.")


def test_without_an_epoch_column_lines_are_counted_and_that_is_said(tmp_path):
    _, found = understood(tmp_path, "train_loss,val_loss\n3,3\n2,3\n")
    assert [epoch.epoch for epoch in found.epochs] == [1, 2]
    assert "counted" in found.notes[0]


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("", UnreadableRunError, "holds no table"),
        ("only a title\n", UnreadableRunError, "holds no table"),
        ("a,b\n1,2\n", UsageError, "--map val_loss=COLUMN"),
    ],
)
def test_what_is_no_table_of_epochs_is_one_sentence(tmp_path, text, error, says):
    with pytest.raises(error, match=says):
        understood(tmp_path, text)


def test_a_table_whose_epochs_are_no_numbers_is_refused(tmp_path):
    with pytest.raises(UnreadableRunError, match="No line of the table has an epoch"):
        understood(tmp_path, "epoch,val_loss\nx,3\n", wanted={"epoch": "epoch"})


def test_a_binary_file_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "events.out"
    path.write_bytes(b"\x00\x01\x02")
    with pytest.raises(UnreadableRunError, match="not a text file"):
        read_table(path)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=300), st.binary(max_size=300)))
def test_no_content_brings_a_traceback(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "table"
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
    try:
        table = read_table(path)
        records(table, propose(table))
    except MonitorError as problem:
        assert str(problem).endswith((".", "COLUMN"))


def test_an_import_never_touches_a_run_of_the_same_name(tmp_path):
    _, found = understood(tmp_path, "epoch,val_loss\n1,3\n")
    first = keep(tmp_path / "runs", Imported("my run", found.epochs, "from a test"), now=1.0)
    second = keep(tmp_path / "runs", Imported("my run", found.epochs, "from a test"), now=2.0)
    assert (first, second) == ("my-run", "my-run-2")
    assert RunReader(tmp_path / "runs" / first).read(3.0).run.created_at == 1.0


def monitor(*words, stdin=""):
    return subprocess.run(
        [sys.executable, "-m", "monitor", *map(str, words)], input=stdin, capture_output=True, text=True, timeout=60
    )


def test_the_verb_shows_its_mapping_writes_only_when_told_and_the_run_is_judged(tmp_path):
    path = tmp_path / "old run.csv"
    rows = [f"{epoch},{5 / epoch:.3f},{3 + epoch / 10:.3f},{95}" for epoch in range(1, 31)]
    path.write_text("epoch,train_loss,val_loss,wer\n" + "\n".join(rows))
    runs = tmp_path / "runs"
    asked = monitor("import", path, "--runs", runs)
    assert asked.returncode == 64 and "--yes" in asked.stderr
    assert "percent → fraction" in asked.stdout and not runs.exists()
    shown = json.loads(monitor("import", path, "--runs", runs, "--json").stdout)
    assert shown["run_id"] is None and shown["epochs"] == 30 and not runs.exists()
    done = json.loads(monitor("import", path, "--runs", runs, "--json", "--yes").stdout)
    assert done["run_id"] == "old-run"
    assert monitor("check", runs / "old-run").returncode in (1, 2)
    assert "old-run" in monitor("list", "--runs", runs).stdout


def test_a_file_that_is_not_there_is_one_sentence_and_exit_code_3(tmp_path):
    done = monitor("import", tmp_path / "nowhere.csv")
    assert done.returncode == 3
    assert done.stderr.startswith("error: ") and "Traceback" not in done.stderr
