"""`token_dominance`: one word, or one sentence, for everything."""

import msgspec

from monitor.rules.result import NotApplicable, NotEnoughData
from monitor.rules.token_dominance import TokenDominance
from monitor.run_dir import Clip, Decode
from monitor.run_dir.counted import Counting
from tests.snapshots import check, curve, first_fired, found, snapshot

RULE = TokenDominance()


def output(top, unique, distinct, **more):
    count = len(unique)
    return snapshot(
        top_token=["REGEN"] * count,
        top_token_ratio=top,
        unique_hypothesis_ratio=unique,
        distinct_token_ratio=distinct,
        **more,
    )


def test_varied_output_is_quiet():
    assert first_fired(RULE, output([0.08] * 30, [0.97] * 30, [0.9] * 30)) == (None, None)


def test_one_sign_alone_is_quiet():
    """A small corpus says a common word often, and says it in different sentences."""
    assert first_fired(RULE, output([0.6] * 30, [0.9] * 30, [0.9] * 30)) == (None, None)


def test_a_word_that_is_as_common_in_the_targets_is_no_sign():
    clips = tuple(Clip(clip_id=str(n), reference="REGEN REGEN REGEN WIND", split="val") for n in range(4))
    assert first_fired(RULE, output([0.75] * 30, [0.9] * 30, [0.1] * 30, clips=clips)) == (None, None)


def test_a_model_that_finds_one_word_after_the_other_is_quiet():
    seen = output([0.9] * 12, [0.1] * 12, curve(12, lambda e: 0.01 * 1.2**e))
    assert first_fired(RULE, seen) == (None, None)


def test_a_model_that_says_next_to_nothing_is_another_flags():
    assert first_fired(RULE, output([1.0] * 30, [0.1] * 30, [0.01] * 30, length_ratio=[0.1] * 30)) == (None, None)


def test_few_evaluations_and_missing_fields_are_said():
    assert isinstance(check(RULE, output([0.9] * 2, [0.1] * 2, [0.1] * 2)), NotEnoughData)
    assert isinstance(check(RULE, snapshot(val_wer=[0.9] * 9, unique_hypothesis_ratio=[0.1] * 9)), NotApplicable)


def test_two_signs_are_a_warning_and_three_are_critical():
    assert found(RULE, output([0.1] * 20, [0.1] * 20, [0.1] * 20)).severity == "warning"
    finding = found(RULE, output([0.9] * 20, [0.1] * 20, [0.02] * 20))
    assert finding.severity == "critical"
    assert finding.line == (
        "Predictions hardly vary: 90 % of all words are REGEN, 10 % of predictions differ, "
        "2 % of the vocabulary is predicted. Since the first evaluation."
    )
    assert first_fired(RULE, output([0.9] * 20, [0.1] * 20, [0.02] * 20)) == (6, 7)


LETTERS = "ABCDEFGHIJKLMNOPQRST"
REFERENCES = [f"{word} WIND {word} NORD" for word in LETTERS]
LONG = f"{' '.join(LETTERS)} WIND NORD"
"""A sentence with all words: neither one word nor few words show that it is said for everything."""


def predicted(hypotheses, references=REFERENCES, epochs=8):
    """A run that logs predictions and nothing about them, as its reader counts them."""
    clips = tuple(Clip(clip_id=str(n), reference=each, split="val") for n, each in enumerate(references))
    said = [hypotheses(epoch) for epoch in range(1, epochs + 1)]
    decodes = tuple(Decode(epoch=float(at), split="val", hypotheses=each) for at, each in enumerate(said, 1))
    bare = snapshot(val_loss=[2.0] * epochs, clips=clips, decodes=decodes)
    counting = Counting()
    run = counting.run(bare.run, clips)
    return msgspec.structs.replace(bare, run=run, epochs=counting.epochs(bare.epochs, decodes, run))


def test_the_same_long_sentence_for_nearly_every_clip_is_said():
    finding = found(RULE, predicted(lambda e: [LONG] * 19 + ["WIND"]))
    assert finding.severity == "warning"
    assert finding.line == f"Predictions hardly vary: 19 of 20 predictions are “{LONG}”. Since the first evaluation."
    assert "all 20 predictions are" in found(RULE, predicted(lambda e: [LONG] * 20)).line


def test_one_short_sentence_for_all_is_said_however_few_its_words_are():
    line = found(RULE, predicted(lambda e: ["A"] * 20)).line
    assert line == "Predictions hardly vary: all 20 predictions are “A”. Since the first evaluation."


def test_one_sentence_is_quiet_where_fewer_say_it_where_it_is_empty_and_where_the_targets_are_alike():
    assert found(RULE, predicted(lambda e: [LONG] * 17 + REFERENCES[17:])) is None
    assert found(RULE, predicted(lambda e: [""] * 20)) is None
    assert found(RULE, predicted(lambda e: ["NO"] * 20, references=["NO"] * 18 + ["YES"] * 2)) is None


def test_predictions_that_are_all_the_same_are_never_said_to_differ():
    signs = found(RULE, predicted(lambda e: ["A B", "A C"] * 10)).line
    assert "2 different sentences in 20 predictions" in signs
    assert "differ" not in found(RULE, predicted(lambda e: ["A A A A"] * 20)).line
