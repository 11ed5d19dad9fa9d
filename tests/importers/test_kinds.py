"""Lines of a log that differ in their numbers only: what is kept and counted of each kind."""

from monitor.importers.free_text.kinds import KEPT, KEPT_LAST, LONGEST, MOST_KINDS, Kinds


def seen(*lines):
    kinds = Kinds()
    for number, line in enumerate(lines, 1):
        kinds.take(number, line)
    return kinds


def only(*lines):
    [kind] = seen(*lines)
    return kind


def test_lines_without_a_figure_or_without_a_measure_are_of_no_kind():
    kinds = seen("", "epoch 3", "loading the data", "took 3.5 s", "loss 3", "best val loss 2.1", "saved loss 2.1.pt")
    assert list(kinds) == [] and kinds.epochs == set()


def test_lines_that_differ_in_their_numbers_are_one_kind():
    kind = only("epoch 1 loss 2.5", "epoch 2 loss 1.25", "epoch 3 loss -1.5e-3")
    assert (kind.count, kind.epochs, kind.names_epoch, kind.names_step) == (3, {1, 2, 3}, True, False)
    assert kind.kept() == ((1, "epoch 1 loss 2.5"), (2, "epoch 2 loss 1.25"), (3, "epoch 3 loss -1.5e-3"))


def test_of_many_lines_the_first_and_the_last_are_kept():
    kind = only(*(f"loss {n}.5" for n in range(100)))
    assert [number for number, _ in kind.kept()] == [*range(1, KEPT + 1), *range(101 - KEPT_LAST, 101)]
    assert kind.count == 100


def test_memory_does_not_grow_with_kinds_or_with_the_length_of_a_line():
    kinds = seen(*(f"loss 2.5 {chr(97 + n % 26) * (n + 1)}" for n in range(MOST_KINDS + 100)))
    assert len(list(kinds)) == MOST_KINDS
    assert len(only("loss 2.5 " + "x" * 9 * LONGEST).kept()[0][1]) == LONGEST


def test_an_epoch_lower_than_the_one_before_is_a_fall_of_the_log_and_of_the_kind():
    kinds = seen("epoch 2 loss 2.5", "epoch 1 loss 2.5", "epoch 2 acc 0.5", "epoch 1 dice 0.5", "epoch 2 acc 0.5")
    assert (kinds.falls, [kind.falls for kind in kinds]) == (2, [1, 0, 0])


def test_lines_of_a_step_a_bar_and_a_part_of_an_epoch_are_told_apart_from_an_epochs():
    for line in ("step 10 loss 2.5", "loss 2.5 3.1it/s", "[ 20/60] loss 2.5", "{'epoch': 0.5, 'loss': 2.5}"):
        assert only(line).names_step, line
    assert not only("{'epoch': 2.0, 'loss': 2.5}").names_step
    assert only("100%|████| 20/20 loss 2.5").is_full and not only("90%|███ | 18/20 loss 2.5").is_full


def test_a_bar_of_keras_under_way_is_of_another_kind_than_a_full_one():
    kinds = seen("20/60 10ms/step loss: 2.5", "60/60 10ms/step loss: 2.0", "40/60 10ms/step loss: 2.2")
    assert sorted(kind.count for kind in kinds) == [1, 2]


def test_a_row_of_numbers_alone_is_of_a_table():
    assert only("1 2.5 3.5 0.5 12s").is_row and not only("epoch 1 loss 2.5 3.5 0.5").is_row


def test_of_several_that_are_trained_for_each_number_is_noted():
    assert only("fold 1 loss 2.5", "fold 2 loss 2.5", "fold 2 loss 2.0").of_many == {"fold": {1, 2}}
    assert only("loss 2.5").of_many == {}


def test_what_repeats_the_best_below_its_heading_is_passed_over():
    kinds = seen("Best results:", "val loss 1.5", "val loss 2.5")
    assert [kind.kept() for kind in kinds] == [((3, "val loss 2.5"),)]


def test_short_lines_that_name_a_validation_are_counted_and_the_first_is_shown():
    kinds = seen("Validating", "best val loss", "validation took 3 s", "evaluation done", "val " + "x" * 300)
    assert (kinds.validations, kinds.validation) == (2, "line 1 first ('Validating')")


def test_a_kind_gives_the_names_and_figures_of_the_lines_it_kept():
    kind = only("epoch 1 train loss 2.5", "epoch 2 train loss 1.5")
    assert [(figure.line, figure.value) for figure in kind.figures() if figure.value in (2.5, 1.5)] == [
        (1, 2.5),
        (2, 1.5),
    ]
    assert [number for number, _ in kind.pairs()] == [1, 2]
