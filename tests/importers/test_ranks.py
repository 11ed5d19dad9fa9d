"""A number in front of a log's lines: its process, where many lines have one and it does not count the lines."""

from monitor.importers.free_text.ranks import FEWEST, LOOKED_AT, Ranks

OF_TWO = [f"{rank}: Epoch {n}/8 loss 2.{rank}" for n in (1, 2, 3) for rank in (1, 0)]


def read(lines, one=None):
    one = one or Ranks()
    return [one.own(line) for line in lines]


def test_lines_without_a_number_in_front_stay():
    lines = ["", "Epoch 1/8 loss 2.4", "12:30 started", "1:2 ratio"]
    assert read(lines * 20) == lines * 20


def test_numbers_that_only_grow_count_the_lines():
    lines = [f"{n}: epoch {n} loss 2.{n}" for n in range(20)]
    assert read(lines) == lines


def test_the_least_process_counts_and_its_number_is_taken_away():
    assert read([*OF_TWO, "1: Epoch 4/8 loss 2.1", "0: Epoch 4/8 loss 2.0", "no number"])[-3:] == [
        "",
        "Epoch 4/8 loss 2.0",
        "no number",
    ]


def test_a_log_whose_first_process_is_1_reads_that_one():
    lines = [f"{rank}: step {n} loss 2.0" for n in range(4) for rank in (1, 2)]
    assert read(lines)[-2:] == ["step 3 loss 2.0", ""]


def test_fewer_numbered_lines_than_others_or_than_four_say_nothing():
    few = OF_TWO[: FEWEST - 1]
    assert read(few) == few
    mixed = [line for each in OF_TWO for line in (each, "x", "y")]
    assert read(mixed) == mixed


def test_numbers_before_lines_that_tell_of_no_training_are_no_processes():
    lines = [f"{rank}: hello world" for _ in range(9) for rank in (1, 0)]
    assert read(lines) == lines


def test_after_the_first_lines_nothing_is_looked_for_any_more():
    assert read(["plain"] * LOOKED_AT + OF_TWO * 200)[LOOKED_AT:] == OF_TWO * 200


def test_what_was_found_goes_on_from_its_memory():
    first = Ranks()
    read(OF_TWO, first)
    assert read(["1: Epoch 5/8 loss 1.9", "0: Epoch 5/8 loss 1.8"], Ranks(first.memory())) == ["", "Epoch 5/8 loss 1.8"]
    half = Ranks()
    read(OF_TWO[:3], half)
    assert read(OF_TWO[3:], Ranks(half.memory())) == read(OF_TWO, Ranks())[3:]
