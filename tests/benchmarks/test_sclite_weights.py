"""sclite's weights against the fewest errors: never fewer, and the same figure as jiwer where weights are equal."""

import jiwer
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.sclite_weights import errors

sentences = st.lists(st.sampled_from(["A", "B", "C", "D"]), min_size=1, max_size=9)


@given(sentences, sentences)
def test_equal_weights_are_jiwers_and_sclites_never_count_fewer(reference, hypothesis):
    out = jiwer.process_words(" ".join(reference), " ".join(hypothesis))
    fewest = errors(reference, hypothesis, gap=1, swap=1)
    assert fewest == out.substitutions + out.deletions + out.insertions
    assert errors(reference, hypothesis) >= fewest


def test_the_weights_can_cost_an_error():
    """Five swapped words cost 20; keeping the two words in common costs 18 and counts six errors."""
    reference, hypothesis = ["F", "C", "D", "A", "E"], ["G", "E", "H", "F", "C"]
    assert errors(reference, hypothesis, gap=1, swap=1) == 5
    assert errors(reference, hypothesis) == 6
