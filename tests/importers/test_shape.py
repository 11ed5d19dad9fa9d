"""The shape of a line: what is asked once for all lines that differ in their digits only."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.importers.free_text.shape import LONGEST_SHAPE, StepLine, by_shape, without_digits


@given(st.text())
def test_only_the_digits_0_to_9_are_taken_away(line):
    assert without_digits(line) == "".join(letter for letter in line if letter not in "0123456789")


def test_half_a_character_and_digits_of_other_scripts_stay():
    assert without_digits("a1\ud8002٣") == "a\ud800٣"


def test_lines_of_one_shape_are_asked_once_with_zeros_for_their_digits():
    asked = []
    look = by_shape(lambda shape: asked.append(shape) or "loss" in shape)
    assert [look("loss 2.1"), look("loss 9.7"), look("acc 0.5"), look("loss 2.10")] == [True, True, False, True]
    assert asked == ["loss 0.0", "acc 0.0", "loss 0.00"]


def test_a_line_too_long_to_be_remembered_is_asked_for_itself():
    asked = []
    look = by_shape(lambda shape: asked.append(shape))
    for _ in range(2):
        look("7" * (LONGEST_SHAPE + 1))
    assert asked == ["7" * (LONGEST_SHAPE + 1)] * 2


def like(first, second):
    return StepLine(first.encode()).is_like(second.encode())


def test_a_line_of_the_same_epoch_is_like_another():
    assert like("Epoch 3 step 10 loss 2.1", "Epoch 3 step 200 loss 12.03")
    assert like("step 10 loss 2.1", "step 900 loss 0.4")


def test_a_line_of_another_epoch_or_of_other_words_is_not():
    assert not like("Epoch 3 step 10 loss 2.1", "Epoch 4 step 10 loss 2.1")
    assert not like("Epoch 3 step 10 loss 2.1", "Epoch 13 step 10 loss 2.1")
    assert not like("Epoch 3 step 10 loss 2.1", "Epoch 3 step 10 acc 2.1")


def test_an_epoch_is_found_where_no_such_word_stands_behind_or_before_it():
    for line in (
        "[{}/25][20/60] loss 2.1",
        "TRAIN Batch {}/100 loss 2.1",
        "第 {} 轮 loss 2.1",
        "loss 2.1 in {} Epochs",
    ):
        assert like(line.format(3), line.format(3).replace("2.1", "0.4"))
        assert not like(line.format(3), line.format(4)), line


def test_a_long_line_and_torn_bytes_are_compared_as_well():
    long = b"Epoch 3 " + b"x" * LONGEST_SHAPE + b"\xff\xe9 loss 2.1"
    assert StepLine(long).is_like(long.replace(b"2.1", b"0.4"))
    assert not StepLine(long).is_like(long.replace(b"Epoch 3", b"Epoch 4"))
