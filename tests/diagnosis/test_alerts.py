"""Findings over time: each opens once, gets worse once, ends once, whoever restarts in between."""

import math
import subprocess
import sys
import time

import pytest

from monitor.diagnosis.alerts import AlertBook, open_alerts, summarise
from monitor.diagnosis.summaries import summary_of
from monitor.diagnosis.verdict import judge
from monitor.rules.result import Finding
from monitor.run_dir import SUMMARY_FILE, Run, Summary, encode
from monitor.run_dir.reader import RunReader
from monitor.view.rows import RowBook
from monitor.view.tiles import first_tiles
from monitor.writer import RunWriter
from tests.diagnosis.test_verdict import OVERFITS
from tests.snapshots import NOW, beating, snapshot


def finding(severity="warning", rule="gap", onset=33.0):
    return Finding(rule=rule, title=rule, severity=severity, line=f"{rule} is {severity}.", onset=onset, fired=onset)


@pytest.fixture
def run_dir(tmp_path):
    (tmp_path / "run.json").write_bytes(encode(Run(run_id="r")))
    return tmp_path


def events(run_dir):
    return [(alert.alert_id, alert.event, alert.severity) for alert in RunReader(run_dir).read(NOW).alerts]


def test_nothing_found_is_nothing_written(run_dir):
    assert AlertBook(run_dir, ()).update((), 1.0, 1.0) == []
    assert events(run_dir) == []


def test_a_finding_is_told_once_however_often_it_is_seen(run_dir):
    book = AlertBook(run_dir, ())
    for epoch in range(33, 40):
        book.update((finding(),), 1.0, epoch)
    assert events(run_dir) == [("gap-33", "raised", "warning")]


def test_worse_is_told_better_is_not_and_the_end_is(run_dir):
    book = AlertBook(run_dir, ())
    for found in [(finding(),), (finding("critical"),), (finding("warning"),), (finding("critical"),), ()]:
        book.update(found, 1.0, 40.0)
    assert events(run_dir) == [
        ("gap-33", "raised", "warning"),
        ("gap-33", "worse", "critical"),
        ("gap-33", "resolved", "critical"),
    ]
    assert open_alerts(RunReader(run_dir).read(NOW).alerts) == {}


def test_a_new_supervisor_goes_on_where_the_killed_one_was(run_dir):
    AlertBook(run_dir, ()).update((finding(), finding(rule="overfitting")), 1.0, 33.0)
    known = RunReader(run_dir).read(NOW).alerts
    AlertBook(run_dir, known).update((finding("critical"),), 2.0, 34.0)
    assert [event for _, event, _ in events(run_dir)] == ["raised", "raised", "resolved", "worse"]


def test_what_could_not_be_written_is_told_next_time(run_dir, monkeypatch):
    book = AlertBook(run_dir, ())

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(book._file, "append", full)
    with pytest.raises(OSError, match="No space left"):
        book.update((finding(),), 1.0, 33.0)
    monkeypatch.undo()
    book.update((finding(),), 2.0, 34.0)
    assert events(run_dir) == [("gap-33", "raised", "warning")]


def test_the_summary_holds_what_a_list_needs():
    seen = snapshot(**OVERFITS, gap=[0.1 * n for n in range(40)], **beating(epochs=100))
    summary = summarise(seen, judge(seen, NOW), NOW)
    assert (summary.verdict, summary.worst_rule, summary.worst_severity) == ("STOP", "overfitting", "critical")
    assert (summary.epoch, summary.epochs, summary.val_wer, summary.wer_constant) == (40, 100, 0.5, 0.912)
    assert len(summary.gap_series) == 40


def test_the_summary_of_an_empty_run_is_whole():
    summary = summarise(snapshot(), judge(snapshot(), NOW), NOW)
    assert (summary.verdict, summary.epoch, summary.gap_series) == ("TOO EARLY", 0.0, [])


def test_a_run_that_was_copied_is_as_old_as_its_last_record(tmp_path):
    with RunWriter(tmp_path / "run") as run:
        run.log_epoch(1, train_loss=1.0, val_loss=1.0, at=1000.0)
    assert summary_of(tmp_path / "run").updated_at == 1000.0


DIES = """
import os, sys
from monitor.writer import RunWriter
run = RunWriter(sys.argv[1], epochs=9)
for epoch in range(1, 6):
    run.log_epoch(epoch, train_loss=1.0 / epoch, val_loss=2.0 / epoch)
os._exit(9)
"""


def test_a_lost_runs_row_is_of_its_last_record_whatever_its_supervisor_had_seen(tmp_path):
    run_dir = tmp_path / "run"
    subprocess.run([sys.executable, "-c", DIES, str(run_dir)], check=False)
    stale = Summary(run_id="run", verdict="LOOK", epoch=3.0, val_loss=0.9, updated_at=NOW)
    (run_dir / SUMMARY_FILE).write_bytes(encode(stale))
    (row,) = RowBook(tmp_path).rows(time.time())
    assert (row.state, row.verdict, row.epoch) == ("lost", "LOST", 5)


def test_the_summary_says_what_was_counted_and_names_the_worst_flag_as_the_page_does(tmp_path):
    """A run without blanks: its empty output is no blank collapse."""
    references = [f"{letter} WIND" for letter in "ABCDEFGHIJKLMNOPQRST"]
    with RunWriter(tmp_path / "run") as run:
        for epoch in range(1, 10):
            run.log_decodes(epoch, [""] * 19 + ["A"], references=references)
            run.log_epoch(epoch, val_loss=2 / epoch, val_wer=0.98)
    summary = summary_of(tmp_path / "run")
    assert (summary.worst_rule, summary.worst_title) == ("blank_collapse", "Predictions mostly empty")
    shown = {label: yard for label, _, yard in first_tiles(summary)}
    assert "from 20 logged clips" in shown["val WER"] and shown["words out / in"] == "from 20 logged clips"
    (row,) = RowBook(tmp_path).rows(NOW)
    assert row.worst == "Predictions mostly empty"


def test_the_list_names_the_critical_gap_and_not_the_hint_that_decided_the_word():
    epochs = range(1, 31)
    seen = snapshot(
        train_loss=[0.3 + 3.7 * math.exp(-e / 4) for e in epochs],
        val_loss=[0.8 + 3.2 * math.exp(-e / 3) + max(0, 0.11 * (e - 8)) for e in epochs],
        val_wer=[0.3 + 0.7 * math.exp(-e / 14) for e in epochs],
        **beating(epochs=100),
    )
    judged = judge(seen, NOW)
    assert (judged.diagnosis.verdict, judged.diagnosis.worst.rule) == ("KEEP GOING", "overconfident")
    summary = summarise(seen, judged, NOW)
    assert (summary.worst_rule, summary.worst_severity) == ("gap", "critical")


def test_the_list_shows_val_loss_of_a_run_that_has_nothing_else_to_be_judged_by():
    seen = snapshot(val_loss=[2.0, 1.5, 1.8])
    kept = summarise(seen, judge(seen, NOW), NOW)
    assert kept.metric is not None
    assert (kept.metric.name, kept.metric_value, kept.metric_best, kept.metric_best_epoch) == ("val_loss", 1.8, 1.5, 2)
    assert summarise(snapshot(train_loss=[1.0]), judge(seen, NOW), NOW).metric is None
