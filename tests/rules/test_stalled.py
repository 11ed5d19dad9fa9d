"""`stalled`: silence measured against the run's own pace."""

import pytest

from monitor.rules.result import NotApplicable, NotEnoughData
from monitor.rules.stalled import Stalled
from monitor.run_dir import State
from tests.snapshots import NOW, beating, check, found, snapshot

RULE = Stalled()


def test_a_beating_run_is_quiet():
    assert found(RULE, snapshot(**beating())) is None


def test_a_slow_run_may_be_silent_for_three_of_its_own_steps():
    assert found(RULE, snapshot(**beating(step_secs=300.0, heartbeat_at=NOW - 800))) is None


def test_a_fast_run_may_be_silent_for_a_minute():
    assert found(RULE, snapshot(**beating(step_secs=0.01, heartbeat_at=NOW - 55))) is None


def test_a_long_evaluation_is_measured_against_the_epoch():
    slow = beating(phase="evaluating", epoch_secs=600.0, heartbeat_at=NOW - 1500)
    assert found(RULE, snapshot(**slow)) is None


def test_where_only_every_fifth_epoch_says_something_three_times_five_are_waited_for():
    def every_fifth(silent):
        told = beating(step_secs=None, epoch_secs=60.0, heartbeat_at=NOW - silent)
        return snapshot(epochs=[5, 10, 15], val_loss=[3.0] * 3, **told)

    assert found(RULE, every_fifth(600)) is None
    assert "its evaluations come every 5 min" in found(RULE, every_fifth(1000)).line


@pytest.mark.parametrize("outcome", ["finished", "stopped", "failed"])
def test_an_ended_run_is_quiet(outcome):
    assert found(RULE, snapshot(**beating(outcome=outcome, heartbeat_at=NOW - 10_000))) is None


def test_a_resumed_run_that_has_not_yet_come_to_its_first_heartbeat_is_not_called_silent():
    silent = {**beating(heartbeat_at=NOW - 840), "supervisor_liveness": "alive"}
    trainer = silent["progress"].process
    resumed = State(state="starting", generation=2, trainer=trainer, supervisor=trainer)
    assert isinstance(check(RULE, snapshot(**silent, state=resumed)), NotEnoughData)
    first = State(state="running", generation=1, trainer=trainer, supervisor=trainer)
    assert found(RULE, snapshot(**silent, state=first)) is not None


def test_before_any_pace_is_known_that_is_said_and_records_without_a_process_do_not_count():
    assert isinstance(check(RULE, snapshot(**beating(step_secs=None, epoch_secs=None))), NotEnoughData)
    assert isinstance(check(RULE, snapshot(val_loss=[1.0] * 9)), NotApplicable)


def test_a_silent_living_process_is_a_warning_with_the_pace_beside_it():
    finding = found(RULE, snapshot(**beating(heartbeat_at=NOW - 840)))
    assert finding.severity == "warning"
    assert finding.line == "No sign of life for 14 min, a step takes 0.4 s. The process is alive."


def test_a_process_that_is_gone_without_a_word_is_critical():
    seen = snapshot(**{**beating(heartbeat_at=NOW - 840), "trainer_liveness": "gone"})
    finding = found(RULE, seen)
    assert finding.severity == "critical" and "left no outcome" in finding.line
