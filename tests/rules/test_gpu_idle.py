"""`gpu_idle`: a GPU that is idle most of the time although its data is there."""

import math

import pytest

from monitor.diagnosis.verdict import judge
from monitor.rules.gpu_idle import GpuIdle
from monitor.rules.result import NotApplicable, NotEnoughData, Quiet
from monitor.run_dir import GpuHistory, Progress, Step
from tests.snapshots import NOW, PROCESS, beating, check, found, snapshot

RULE = GpuIdle()


def gpu(*busy, every=5.0, gpus=("cuda:0",), until=NOW):
    """The newest readings of a GPU, the last of them `until`."""
    at = [until - every * (len(busy) - 1 - place) for place in range(len(busy))]
    return GpuHistory(gpus=list(gpus), every_secs=every, at=at, busy_ratio=list(busy))


def waiting(ratio, until=NOW):
    return tuple(Step(step=n, epoch=n / 100, at=until - 5.0 * (50 - n), data_wait_ratio=ratio) for n in range(51))


def run(history, **more):
    return snapshot(val_loss=[2.0, 1.9], gpu=history, **{**beating(epoch=2), **more})


def test_a_busy_gpu_and_one_that_is_idle_for_a_while_are_quiet():
    assert found(RULE, run(gpu(*[0.85] * 200))) is None
    assert found(RULE, run(gpu(*[0.85] * 180, *[0.0] * 20))) is None
    assert isinstance(check(RULE, run(gpu(*[0.31] * 200))), Quiet)


def test_one_that_waits_for_its_data_is_told_by_another_rule():
    idle = run(gpu(*[0.1] * 200), steps=waiting(0.5))
    assert check(RULE, idle).line == "The GPU is 10.0 % busy; training waits for data 50.0 % of its time."


def test_without_a_gpu_or_its_use_nothing_is_judged():
    assert isinstance(check(RULE, run(None)), NotApplicable)
    assert isinstance(check(RULE, run(gpu(*[None] * 200))), NotApplicable), "a MIG slice has no use of its own"
    assert isinstance(check(RULE, run(gpu(*[math.nan] * 200))), NotApplicable)
    assert isinstance(check(RULE, run(GpuHistory(at=[NOW], busy_ratio=[0.1] * 900))), NotEnoughData)


def test_few_readings_and_old_ones_are_not_judged():
    few = check(RULE, run(gpu(*[0.1] * 50)))
    assert isinstance(few, NotEnoughData) and (few.have, few.need, few.of) == (50, 96, "readings of the GPU")
    assert check(RULE, run(gpu(*[0.1] * 200, until=NOW - 700))).line == "The GPU was last read 12 min ago."


ENDED = Progress(heartbeat_at=NOW, process=PROCESS, outcome="finished", epoch=2)


def test_of_a_run_that_has_ended_all_readings_count_however_old():
    evaluated_last = run(gpu(*[0.85] * 300, *[0.0] * 130, until=NOW - 90_000), progress=ENDED)
    assert check(RULE, evaluated_last).line == "The GPU was 59.3 % busy."
    waited = run(gpu(*[0.1] * 200), steps=waiting(0.5), progress=ENDED)
    assert check(RULE, waited).line == "The GPU was 10.0 % busy; training waited for data 50.0 % of its time."
    assert isinstance(check(RULE, run(gpu(*[0.1] * 50), progress=ENDED)), NotEnoughData)
    idle = run(gpu(*[0.12] * 720, every=10.0, until=NOW - 90_000), progress=ENDED)
    assert found(RULE, idle).line == (
        "The GPU was 12.0 % busy on average over the 2 h in which it was read, below 30.0 %; "
        "how long training waited for data was not logged."
    )
    diagnosis = judge(idle, NOW).diagnosis
    assert diagnosis.verdict == "ENDED" and "GPU" not in diagnosis.reason
    assert [finding.rule for finding in diagnosis.findings] == ["gpu_idle"]


@pytest.mark.parametrize(
    ("more", "line"),
    [
        (
            {"steps": waiting(0.02)},
            "The GPU is 12.0 % busy on average over the last 10 min, below 30.0 %; "
            "training waits for data 2.0 % of its time.",
        ),
        (
            {"data_wait_ratio": [0.9, 0.01]},
            "The GPU is 12.0 % busy on average over the last 10 min, below 30.0 %; "
            "training waits for data 1.0 % of its time.",
        ),
        (
            {},
            "The GPU is 12.0 % busy on average over the last 10 min, below 30.0 %; "
            "how long training waits for data is not logged.",
        ),
    ],
)
def test_an_idle_gpu_is_told_with_what_it_waits_for(more, line):
    finding = found(RULE, run(gpu(*[0.9] * 100, *[0.12] * 130), **more))
    assert (finding.line, finding.severity, finding.onset) == (line, "info", 2.0)


def test_several_gpus_and_a_long_record_are_judged_alike():
    several = found(RULE, run(gpu(*[0.1] * 130, gpus=("cuda:0", "cuda:1"))))
    assert several.line.startswith("The 2 GPUs are 10.0 % busy")
    assert found(RULE, run(gpu(*[0.1] * 40, every=80.0))) is not None, "an entry is the mean of 80 s"


def test_it_never_says_more_than_info_and_changes_no_verdict():
    idle = run(gpu(*[0.01] * 200))
    assert judge(idle, NOW).diagnosis.verdict == judge(run(None), NOW).diagnosis.verdict
