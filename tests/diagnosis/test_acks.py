"""Acknowledging an alert, and the summary of a run for the list."""

import json

import pytest

from monitor.diagnosis.acks import acknowledge
from monitor.diagnosis.summaries import summary_of
from monitor.run_dir import ACKS_DIR, ALERTS_FILE, RUN_FILE, SUMMARY_FILE, Alert, Summary, encode, encode_line
from monitor.run_dir.errors import MonitorError, RefusedError, UsageError
from tests.fake_runs import empty, healthy, overfitting

OPEN = Alert(alert_id="gap-3", event="raised", rule="gap", severity="warning", at=1.0)


@pytest.fixture
def run_dir(tmp_path):
    folder = healthy(tmp_path)
    (folder / ALERTS_FILE).write_bytes(encode_line(OPEN))
    return folder


def test_what_a_run_does_not_have_is_refused_with_what_it_has(run_dir, tmp_path):
    with pytest.raises(UsageError, match=r"healthy has no alert 'stalled'; its alerts: gap-3\."):
        acknowledge(run_dir, "stalled", "anna", 2.0)
    with pytest.raises(UsageError, match=r"its alerts: none is open\."):
        acknowledge(empty(tmp_path), "gap", "anna", 2.0)
    assert not (run_dir / ACKS_DIR).exists()


@pytest.mark.parametrize("named", ["gap", "gap-3"])
def test_an_alert_is_named_by_its_id_or_by_the_rule_of_an_open_one(run_dir, named):
    assert acknowledge(run_dir, named, "anna", 2.0) == ("gap-3", True)
    kept = json.loads((run_dir / ACKS_DIR / "gap-3.json").read_text())
    assert kept == {"alert_id": "gap-3", "at": 2.0, "by": "anna"}


def test_twice_is_once_and_the_first_one_is_kept(run_dir):
    acknowledge(run_dir, "gap", "anna", 2.0)
    assert acknowledge(run_dir, "gap", "bob", 3.0) == ("gap-3", False)
    assert json.loads((run_dir / ACKS_DIR / "gap-3.json").read_text())["by"] == "anna"


def test_a_folder_that_cannot_be_made_is_refused_in_a_sentence(run_dir):
    (run_dir / ACKS_DIR).write_text("in the way")
    with pytest.raises(RefusedError, match="nothing was acknowledged"):
        acknowledge(run_dir, "gap", "anna", 2.0)


def test_a_folder_without_records_has_an_empty_summary(tmp_path):
    (tmp_path / "new").mkdir()
    assert summary_of(tmp_path / "new") == Summary(run_id="new")


def test_the_supervisors_file_is_taken_as_it_is(run_dir):
    told = Summary(run_id="healthy", verdict="LOOK")
    (run_dir / SUMMARY_FILE).write_bytes(encode(told))
    assert summary_of(run_dir) == told


@pytest.mark.parametrize("make", [healthy, overfitting])
def test_without_a_file_or_with_a_broken_one_the_run_is_judged_here(tmp_path, make):
    run_dir = make(tmp_path)
    judged = summary_of(run_dir)
    assert judged.run_id == run_dir.name and judged.verdict
    (run_dir / SUMMARY_FILE).write_text("{")
    assert summary_of(run_dir) == judged


def test_a_newer_run_without_records_does_not_look_like_an_empty_one(tmp_path):
    (tmp_path / RUN_FILE).write_text(json.dumps({"schema_version": 99, "run_id": "r"}))
    with pytest.raises(MonitorError, match="newer"):
        summary_of(tmp_path)
