"""The rule that `rules new` writes: a good one as it stands."""

from types import SimpleNamespace

from monitor.diagnosis.own_rules.template import SlowEpochs
from vitalsigns.rules import Finding, Quiet


def checked(*seconds):
    rows = [SimpleNamespace(epoch=float(epoch), seconds=secs) for epoch, secs in enumerate(seconds, 1)]
    return SlowEpochs().check(SimpleNamespace(epochs=rows))


def test_few_epochs_with_a_time_are_not_compared():
    assert checked() == Quiet("0 epochs with a time are too few to compare.")
    assert checked(60.0, None, 60.0, 60.0, None, 600.0) == Quiet("4 epochs with a time are too few to compare.")


def test_steady_epochs_and_one_slow_one_are_quiet():
    assert checked(*[60.0] * 5) == checked(60.0, 600.0, 60.0, 60.0, 60.0) == Quiet("An epoch takes 60 s.")
    assert checked(*[60.0] * 4, 600.0) == Quiet("An epoch takes 60 s.")
    assert checked(*[60.0] * 4, 180.0, 180.0) == Quiet("An epoch takes 60 s."), "three times is not more than that"


def test_two_slow_epochs_at_the_end_are_a_warning_since_the_first_of_them():
    assert checked(600.0, *[60.0] * 5, 200.0, 250.0) == Finding(
        severity="warning",
        line="An epoch takes 250 s; 60 s is usual.",
        since=7.0,
        now={"seconds": 250.0, "usual": 60.0},
        limits={"times the usual": 3.0},
        remedy="Look at the memory, the disk and the other jobs of the machine.",
        cannot_tell="Which of them it is.",
    )


def test_a_person_may_set_its_thresholds():
    assert set(SlowEpochs.thresholds) == {"times", "least_epochs", "in_a_row"} and SlowEpochs.name == "slow_epochs"
