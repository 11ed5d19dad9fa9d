"""Chance floors: each against a slow and obvious twin that enumerates every path or every sentence."""

import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.run_dir import floors
from monitor.run_dir.floors import Targets

WORDS = ("<blank>", "REGEN", "SONNE", "WIND")


def collapse(path):
    """The token list of a CTC path: repeats merged, then blanks dropped."""
    return [symbol for symbol, _ in itertools.groupby(path) if symbol]


def slow_loss(targets, odds):
    """Mean NLL / L of a static distribution (index 0 is the blank), by adding up every path that collapses right."""
    losses = []
    for target, frames in zip(targets.tokens, targets.frames, strict=True):
        total = sum(
            math.prod(odds[symbol] for symbol in path)
            for path in itertools.product(range(len(odds)), repeat=frames)
            if collapse(path) == list(target)
        )
        losses.append(-math.log(total) / len(target))
    return float(np.mean(losses))


def slow_distance(left, right):
    """Levenshtein by its recursive definition."""
    if not left or not right:
        return len(left) + len(right)
    return min(
        slow_distance(left[1:], right) + 1,
        slow_distance(left, right[1:]) + 1,
        slow_distance(left[1:], right[1:]) + (left[0] != right[0]),
    )


SMALL = Targets(tokens=[[1, 2], [2, 2], [3], [1, 2, 1]], frames=[4, 5, 3, 6])


def test_an_empty_split_has_no_floors():
    assert floors.compute(SMALL, Targets([], []), WORDS).loss_unigram is None
    assert floors.compute(Targets([], []), SMALL, WORDS).wer_constant is None


def test_a_clip_without_any_valid_path_is_left_out_of_the_loss_floors():
    impossible = Targets(tokens=[*SMALL.tokens, [1, 1]], frames=[*SMALL.frames, 2])
    assert floors.loss_uniform(impossible, 4) == floors.loss_uniform(SMALL, 4)
    assert floors.loss_static(impossible, np.full(3, 1 / 3)) == floors.loss_static(SMALL, np.full(3, 1 / 3))


def test_the_best_blank_ratio_is_one_frame_per_token():
    assert floors.blank_ratio(Targets(tokens=[[1, 2], [3]], frames=[10, 20])) == pytest.approx(0.9)


def test_the_uniform_loss_counts_every_path():
    assert floors.loss_uniform(SMALL, 4) == pytest.approx(slow_loss(SMALL, [0.25] * 4))


@pytest.mark.parametrize("odds", [[1 / 3, 1 / 3, 1 / 3], [0.7, 0.2, 0.1]], ids=["flat", "unigram"])
def test_the_static_loss_is_the_lowest_that_any_blank_probability_gives(odds):
    losses = [slow_loss(SMALL, [blank, *((1 - blank) * np.array(odds))]) for blank in np.linspace(0.02, 0.98, 97)]
    assert floors.loss_static(SMALL, np.array(odds)) == pytest.approx(min(losses), abs=2e-4)


@settings(max_examples=40, deadline=None)
@given(
    target=st.lists(st.integers(1, 3), min_size=1, max_size=3),
    slack=st.integers(0, 2),
    blank=st.floats(0.05, 0.95),
)
def test_the_forward_recursion_equals_adding_up_all_paths(target, slack, blank):
    frames = len(target) + floors.repeats(target) + slack
    split, odds = Targets([target], [frames]), np.array([0.5, 0.3, 0.2])
    fast = floors._PaddedTargets.of(split).losses(blank, odds)[0]
    assert fast == pytest.approx(slow_loss(split, [blank, *((1 - blank) * odds)]), rel=1e-9)


def test_a_very_long_clip_does_not_underflow():
    target = [1 + number % 3 for number in range(200)]
    loss = floors.loss_static(Targets([target], [5000]), np.full(3, 1e-4))
    assert math.isfinite(loss)


def test_a_token_that_train_never_shows_leaves_the_unigram_loss_finite():
    result = floors.compute(Targets([[1, 2]], [6]), Targets([[3]], [4]), WORDS)
    assert math.isfinite(result.loss_unigram)


def test_knowing_the_frequencies_never_scores_worse_than_not_on_its_own_corpus():
    skewed = Targets(tokens=[[1]] * 9 + [[2]], frames=[3] * 10)
    result = floors.compute(skewed, skewed, WORDS)
    assert result.loss_unigram < result.loss_flat < result.loss_uniform


@settings(max_examples=50, deadline=None)
@given(
    sentence=st.lists(st.integers(1, 3), max_size=4),
    targets=st.lists(st.lists(st.integers(1, 3), max_size=5), min_size=1, max_size=4),
)
def test_edit_distances_follow_the_recursive_definition(sentence, targets):
    fast = floors.edit_distances([sentence], targets)
    assert fast.tolist() == [[slow_distance(sentence, target) for target in targets]]


def test_the_constant_sentence_is_no_worse_than_any_of_two_words():
    train = Targets(tokens=[[1, 2], [1, 2, 3], [1, 3], [2, 1, 2]], frames=[9] * 4)
    counts = floors.token_counts(train, 4)
    best = min(
        floors.wer_of_constant(list(words), train)
        for length in (1, 2)
        for words in itertools.product((1, 2, 3), repeat=length)
    )
    assert floors.wer_of_constant(floors.constant_sentence(train.tokens, counts), train) <= best


def test_saying_nothing_scores_one_hundred_percent():
    assert floors.wer_of_constant([], SMALL) == 1.0


def test_the_constant_sentence_is_chosen_on_train_and_scored_on_val():
    train, val = Targets([[1, 1]] * 5, [9] * 5), Targets([[2, 2], [1, 1]], [9, 9])
    result = floors.compute(train, val, WORDS)
    assert (result.constant_sentence, result.wer_constant) == ("REGEN REGEN", 0.5)


def test_skill_is_zero_at_the_unigram_floor_and_one_at_no_loss():
    assert (floors.skill(5.7, 5.7), floors.skill(0.0, 5.7)) == (0.0, 1.0)


def test_the_entropy_is_that_of_the_train_tokens_in_nats():
    even = Targets([[1, 2]], [6])
    assert floors.compute(even, even, WORDS).unigram_entropy == pytest.approx(math.log(2))


def test_five_hundred_clips_of_a_large_vocabulary_take_no_minute():
    rng = np.random.default_rng(0)
    tokens = [rng.integers(1, 1232, size=rng.integers(1, 20)).tolist() for _ in range(500)]
    split = Targets(tokens, [int(rng.integers(40, 70)) for _ in tokens])
    started = time.process_time()
    floors.compute(split, split, [str(number) for number in range(1232)])
    assert time.process_time() - started < 30.0


def test_a_correct_output_carries_the_information_the_formula_says():
    assert floors.correct_information(0.5, 0.0) == pytest.approx(math.log(2))
    # One frame in four is one of two words, each as often: by hand over the three symbols.
    by_hand = -(0.75 * math.log(0.75) + 2 * 0.125 * math.log(0.125))
    assert floors.correct_information(0.75, math.log(2)) == pytest.approx(by_hand)
