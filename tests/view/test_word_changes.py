"""Words that turned right or wrong between two evaluations of the same clips."""

from monitor.diagnosis.alignment import aligned
from monitor.view.word_changes import word_changes


def lined(said, target="MORGEN REGEN NORD"):
    return {"clip": aligned(target.split(), said.split())}


def test_words_that_turned_right_and_wrong_are_counted():
    found = word_changes(lined("MORGEN WIND"), lined("REGEN NORD"), "Since epoch 1")
    assert (found.since, found.fixed, found.broken) == ("Since epoch 1", 2, 1)


def test_only_swaps_that_were_not_there_are_newly_confused():
    assert word_changes(lined("MORGEN WIND NORD"), lined("MORGEN WIND SUED"), "").confused == [("NORD", "SUED", 1)]
    assert word_changes(lined("MORGEN WIND NORD"), lined("MORGEN WIND NORD"), "").confused == []


def test_clips_of_other_targets_are_not_compared():
    assert word_changes(lined("MORGEN", target="MORGEN"), lined("MORGEN"), "") is None
    assert word_changes({}, lined("MORGEN"), "") is None
