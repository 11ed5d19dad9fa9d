"""The summary of a run that nobody keeps one for: the same here and by a process of its own."""

import sys

import pytest

from monitor.diagnosis import summaries
from monitor.diagnosis.summaries import summary_of
from monitor.run_dir.errors import UnreadableRunError
from tests.fake_runs import overfitting


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
