"""What a person decides about one run: kept in its folder, with who and when, and noted."""

import pytest

from monitor.launcher.run_settings import judge_by, set_policy
from monitor.run_dir import AWAY_FILE, METRIC_FILE, Away, MetricChoice, files
from monitor.run_dir.audit import read as audit_of
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.metric import WER


@pytest.fixture
def run_dir(runs_made):
    (runs_made / "a").mkdir()
    return runs_made / "a"


def kept(run_dir):
    return files.read_document(run_dir / METRIC_FILE, MetricChoice, files.UNREADABLE)


def test_a_choice_of_a_metric_and_its_being_taken_back_are_kept(run_dir):
    judge_by(run_dir, WER, "anna", 7.0)
    assert kept(run_dir) == MetricChoice(metric=WER, by="anna", at=7.0)
    judge_by(run_dir, None, "ben", 8.0)
    assert kept(run_dir) == MetricChoice(metric=None, by="ben", at=8.0)


def test_a_policy_is_kept(run_dir):
    policy = Away(do="stop_and_fix", budget_hours=3.0, at=1.0, by="anna")
    set_policy(run_dir, policy)
    assert files.read_document(run_dir / AWAY_FILE, Away, files.UNREADABLE) == policy
    assert [(act.verb, act.run_id, act.result) for act in audit_of(run_dir.parent)] == [("away", "a", "done")]


def test_a_folder_that_is_gone_is_refused_and_noted(run_dir):
    run_dir.rmdir()
    for act in (lambda: judge_by(run_dir, None, "anna", 7.0), lambda: set_policy(run_dir, Away())):
        with pytest.raises(RefusedError, match="changed"):
            act()
    assert [(act.verb, act.result) for act in audit_of(run_dir.parent)] == [("metric", "refused"), ("away", "refused")]
