"""`blank_collapse`: mostly empty predictions, not a mostly blank output."""

from monitor.rules.blank_collapse import BlankCollapse
from monitor.rules.result import NotApplicable, NotEnoughData
from monitor.run_dir import Clip, Decode
from tests.snapshots import check, curve, first_fired, found, snapshot

RULE = BlankCollapse()


def said(ratio, empty=None, deleted=None, **more):
    count = len(ratio)
    columns = {"length_ratio": ratio, "empty_ratio": empty or [0.0] * count, **more}
    if deleted is not None:
        columns |= {"val_deletions": [round(100 * share) for share in deleted], "val_tokens": [100] * count}
    return snapshot(**columns)


def test_a_peaky_model_with_97_percent_blank_frames_and_all_words_is_quiet():
    assert found(RULE, said([0.97] * 30, blank_ratio=[0.97] * 30)) is None


def test_an_all_blank_start_that_finds_its_words_is_quiet_all_the_way():
    assert first_fired(RULE, said(curve(20, lambda e: 0.0 if e < 5 else min(0.95, 0.1 * (e - 4))))) == (None, None)


def test_one_empty_evaluation_is_quiet():
    assert first_fired(RULE, said(curve(30, lambda e: 0.0 if e == 15 else 0.9))) == (None, None)


def test_without_counts_and_decodes_it_does_not_apply():
    assert isinstance(check(RULE, snapshot(val_loss=[1.0] * 9)), NotApplicable)
    assert isinstance(check(RULE, said([0.1, 0.1])), NotEnoughData)


def test_a_model_that_stays_silent_is_critical_with_its_numbers():
    seen = said([0.2] * 20, empty=[0.5] * 20, deleted=[0.8] * 20, blank_ratio=[0.95] * 20)
    assert first_fired(RULE, seen) == (6, 7)
    finding = found(RULE, seen)
    assert finding.severity == "critical"
    assert "20 words for every 100 in the targets, 50 % of predictions empty, 80 %" in finding.line
    assert finding.now["b*"] == 0.84
    one = found(RULE, said([0.01] * 20, empty=[0.9] * 20, deleted=[0.9] * 20, blank_ratio=[0.95] * 20))
    assert "1 word for every 100 in the targets" in one.line


def test_too_few_words_without_many_deletions_is_only_a_warning():
    assert found(RULE, said([0.35] * 20, deleted=[0.6] * 20)).severity == "warning"


def test_a_collapse_in_the_middle_of_a_good_run_is_found():
    first, _ = first_fired(RULE, said(curve(40, lambda e: 0.9 if e < 20 else 0.1), empty=None, deleted=[0.9] * 40))
    assert 20 <= first <= 22


def samples(hypotheses):
    clips = tuple(Clip(clip_id=str(n), reference="A B C D") for n in range(len(hypotheses)))
    return snapshot(val_loss=[1.0] * 9, clips=clips, decodes=(Decode(epoch=55, hypotheses=hypotheses),))


def test_printed_samples_give_an_estimate_that_is_said_as_such():
    finding = found(RULE, samples(["", "A", ""]))
    assert finding.severity == "warning"
    assert "1 word out for 12 in, from 3 printed samples, not the whole set" in finding.line


def test_printed_samples_of_which_none_is_empty_are_short_and_not_empty():
    finding = found(RULE, samples(["A", "B", "A B"]))
    assert finding.title == "Predictions too short"
    assert finding.line.startswith("Predictions are too short: 4 words out for 12 in")
    assert found(RULE, samples(["", "", "A"])).title == RULE.title


def test_a_length_ratio_beyond_all_measure_is_a_sentence():
    assert check(RULE, said([1e308] * 9)).line == "∞ words out for every 100 in the targets."
    assert check(RULE, said([1e9] * 9)).line == "1e11 words out for every 100 in the targets."


def test_good_samples_are_quiet():
    assert found(RULE, samples(["A B C D", "A B C", "A X C D"])) is None


def test_what_is_empty_in_the_targets_too_is_right():
    clips = tuple(Clip(clip_id=str(n), reference="A B" if n % 2 else "") for n in range(10))
    assert found(RULE, said([0.96] * 20, empty=[0.5] * 20, clips=clips)) is None
    assert found(RULE, said([0.96] * 20, empty=[0.6] * 20, clips=clips)) is not None
    assert found(RULE, said([0.96] * 20, empty=[0.5] * 20)) is not None


def test_what_is_short_now_is_no_more_critical_because_it_was_empty_before():
    silent, short = [0.2] * 12, [0.6] * 4
    seen = said([*silent, *short], empty=[0.9] * 12 + [0.0] * 4)
    finding = found(RULE, seen)
    assert (finding.title, finding.severity) == ("Predictions too short", "warning")
    assert found(RULE, said(silent, empty=[0.9] * 12)).severity == "critical"


def test_counts_that_stop_or_are_not_finite_bring_nothing_down():
    seen = said([0.9] * 19 + [None], empty=[None] * 19 + [0.0])
    assert check(RULE, seen).line == "0 % of predictions empty."
    assert check(RULE, said([0.9] * 20)).line == "90 words out for every 100 in the targets."
    for odd in (float("nan"), float("inf")):
        check(RULE, said([0.9] * 18 + [odd, odd], empty=[0.95] * 20))
