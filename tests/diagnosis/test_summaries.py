"""The summary of a run that nobody keeps one for: the same here and by a process of its own."""

import sys

import pytest

from monitor.diagnosis import summaries
from monitor.diagnosis.glances import Glances
from monitor.diagnosis.summaries import summary_of
from monitor.run_dir import SUMMARY_FILE
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.reader import list_runs
from tests.fake_runs import all_blank, healthy, newer_schema, not_a_number, overfitting, seldom_validated
from tests.supervised import wait_for


@pytest.fixture
def long_run(tmp_path, monkeypatch):
    """A run that counts as long, whatever its size."""
    monkeypatch.setattr(summaries, "QUICK_BYTES", 1)
    return overfitting(tmp_path)


def test_a_long_run_is_judged_by_a_process_of_its_own_and_says_the_same(long_run, monkeypatch):
    wanted = summaries._judged_here(long_run, (long_run / "epochs.jsonl").stat().st_mtime)
    assert wanted.verdict and wanted.worst_rule
    monkeypatch.setattr(summaries, "_judged_here", lambda *_: pytest.fail("it was judged here"))
    assert summary_of(long_run) == wanted


def test_where_no_process_can_be_started_it_is_judged_here(long_run, monkeypatch):
    wanted = summaries._judged_here(long_run, (long_run / "epochs.jsonl").stat().st_mtime)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert summary_of(long_run) == wanted


def test_a_long_run_that_cannot_be_read_says_why(long_run):
    (long_run / "run.json").write_text('{"schema_version": 99}')
    with pytest.raises(UnreadableRunError, match="newer Vitalsigns"):
        summary_of(long_run)


@pytest.fixture
def folder(tmp_path):
    """Runs that nobody keeps a summary of, one that cannot be read, and one whose summary is kept."""
    for make in (healthy, overfitting, all_blank, not_a_number, newer_schema):
        make(tmp_path).joinpath(SUMMARY_FILE).unlink(missing_ok=True)
    kept = seldom_validated(tmp_path)
    (kept / SUMMARY_FILE).write_text('{"run_id": "seldom-validated", "verdict": "STOP", "reason": "as it was kept"}')
    return tmp_path


def listed(folder):
    summaries._judged.cache_clear()
    return {name: repr(seen) for name, _, seen in Glances(folder).all(list_runs(folder), 2e9)}  # as text: NaN


def test_of_many_runs_those_without_a_summary_are_judged_by_a_second_process_and_say_the_same(folder, monkeypatch):
    wanted = listed(folder)
    assert (
        len(wanted) == 6
        and "as it was kept" in wanted["seldom-validated"]
        and "newer Vitalsigns" in wanted["newer-schema"]
    )
    monkeypatch.setattr(summaries, "LEAST_AHEAD", 1)
    here = summaries._judged_here
    only = [folder / "newer-schema"]  # says why it cannot be read
    monkeypatch.setattr(
        summaries, "_judged_here", lambda each, at: here(each, at) if each in only else pytest.fail(f"{each}, here")
    )
    said_of = summaries.Ahead.of

    def patiently(ahead, run_dir):
        wait_for(lambda: run_dir in only or run_dir in ahead._found)
        return said_of(ahead, run_dir)

    monkeypatch.setattr(summaries.Ahead, "of", patiently)
    assert listed(folder) == wanted


def test_what_the_second_process_has_not_judged_yet_is_judged_here_and_says_the_same(folder, monkeypatch):
    wanted = listed(folder)
    monkeypatch.setattr(summaries, "LEAST_AHEAD", 1)
    monkeypatch.setattr(summaries.Ahead, "of", lambda ahead, run_dir: None)
    assert listed(folder) == wanted


@pytest.mark.parametrize("executable", ["/nowhere/python", "/bin/true", "/bin/echo"])
def test_a_second_process_that_fails_costs_nothing_but_time(folder, monkeypatch, executable):
    wanted = listed(folder)
    monkeypatch.setattr(summaries, "LEAST_AHEAD", 1)
    monkeypatch.setattr(sys, "executable", executable)
    assert listed(folder) == wanted
