"""Decoding: greedy against its definition, the beam against all paths, and what a user's filter does."""

import itertools
import math
from collections import defaultdict

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.decoding import Adjustment, adjusted, beam, confidences, greedy


def log_probs(rows):
    """Probabilities (T, C) of one clip → (T, 1, C)."""
    return torch.tensor(rows, dtype=torch.float64).log()[:, None]


def collapse(path):
    return tuple(token for token, _ in itertools.groupby(path) if token != 0)


def by_all_paths(frames):
    """Labelling → its log-probability, summed over every path. frames (T, C)."""
    total = defaultdict(float)
    for path in itertools.product(range(frames.shape[1]), repeat=len(frames)):
        total[collapse(path)] += math.exp(sum(frames[time, token] for time, token in enumerate(path)))
    return total


@settings(max_examples=80, deadline=None)
@given(st.integers(1, 5), st.integers(2, 4), st.integers(0, 10_000))
def test_the_beam_finds_the_labelling_that_all_paths_together_make_likeliest(frames, classes, seed):
    clip = torch.from_numpy(np.random.default_rng(seed).normal(0, 2, size=(frames, 1, classes))).log_softmax(dim=2)
    found = tuple(beam(clip, torch.tensor([frames]), width=200)[0])
    paths = by_all_paths(clip[:, 0].numpy())
    assert paths[found] == pytest.approx(max(paths.values()), rel=1e-9)


def test_the_beam_sees_what_greedy_misses():
    """The blank leads every frame, but the paths that say A together outweigh the one that says nothing."""
    clip = log_probs([[0.6, 0.4], [0.6, 0.4]])
    assert greedy(clip, torch.tensor([2])) == [[]]
    assert beam(clip, torch.tensor([2])) == [[1]]


def test_an_equal_neighbour_needs_a_blank_between():
    sure = [[0.02, 0.98], [0.98, 0.02], [0.02, 0.98]]
    assert beam(log_probs(sure), torch.tensor([3])) == greedy(log_probs(sure), torch.tensor([3])) == [[1, 1]]
    held = [[0.02, 0.98]] * 3
    assert beam(log_probs(held), torch.tensor([3])) == greedy(log_probs(held), torch.tensor([3])) == [[1]]


def test_frames_behind_a_clips_end_are_not_decoded():
    clip = log_probs([[0.1, 0.9], [0.9, 0.1], [0.1, 0.9]])
    assert beam(clip, torch.tensor([2])) == greedy(clip, torch.tensor([2])) == [[1]]


def test_nothing_is_adjusted_by_default():
    clip = torch.randn(20, 3, 6).log_softmax(dim=2)
    lengths = torch.tensor([20, 11, 5])
    assert not Adjustment().is_on
    assert adjusted(clip, lengths, Adjustment()) == greedy(clip, lengths)


def test_a_blank_penalty_brings_out_words_that_stand_just_below_the_blank():
    clip = log_probs([[0.6, 0.4], [0.9, 0.1]])
    assert adjusted(clip, torch.tensor([2]), Adjustment(blank_penalty=1.0)) == [[1]]


def test_the_confidence_filter_does_not_punish_length():
    short, long = log_probs([[0.1, 0.9]]), log_probs([[0.1, 0.9], [0.9, 0.1]] * 10)
    assert confidences(short, torch.tensor([1])) == pytest.approx([0.9])
    assert confidences(long, torch.tensor([20])) == pytest.approx([0.9])
    assert adjusted(long, torch.tensor([20]), Adjustment(min_confidence=0.89)) == [[1] * 10]
    assert adjusted(long, torch.tensor([20]), Adjustment(min_confidence=0.91)) == [[]]


def test_a_silent_clip_is_sure_of_its_silence():
    assert confidences(log_probs([[0.9, 0.1]]), torch.tensor([1])) == [1.0]
