"""The steps of a text log: one count through all epochs, and the last line of a step."""

from monitor.importers.free_text.epochs import EpochRows
from monitor.importers.free_text.reading import LogReading
from monitor.importers.free_text.steps import StepBook


def steps_of(text, looks=5_000):
    reading, book = LogReading(EpochRows("epochs"), looks=looks), StepBook()
    told = [*reading.feed(text.encode()).steps, *reading.close().steps]
    return [step for each in told if (step := book.record(each, {"train_loss": "loss"})) is not None]


def test_a_hole_in_the_epochs_leaves_step_and_epoch_together():
    text = "".join(
        f"epoch: {epoch}/90, iter: {at}/40, loss: {9 - epoch / 10:.2f}\n"
        for epoch in (1, 2, 3, 60, 61)
        for at in ((20, 30) if epoch == 60 else (10, 20))
    )
    found = steps_of(text)
    assert [(step.step, step.epoch) for step in found[-4:]] == [
        (2380, 59.5),
        (2390, 59.75),
        (2410, 60.25),
        (2420, 60.5),
    ]


def test_epochs_of_different_lengths_are_counted_as_long_as_they_were():
    lengths = {1: 100, 2: 100, 3: 40, 4: 40}
    text = "".join(f"epoch: {epoch}/4, iter: {n}/{n}, loss: {5 - epoch}\n" for epoch, n in lengths.items())
    assert [step.step for step in steps_of(text)] == [100, 200, 240, 280]


def test_the_last_line_of_a_step_is_read_where_most_are_passed_over():
    text = "".join(f"step {step}: loss {3 + 1 / step:.6f}\n" for step in range(1, 9_001))
    found = steps_of(text, looks=50)
    assert len(found) < 9_000
    assert (found[-1].step, found[-1].train_loss) == (9_000, 3.000111)


def test_the_bar_of_a_test_loop_behind_the_trainings_is_no_step_of_it():
    def bar(at, total, loss):
        return f" [===>..]  Step: 12ms | Loss: {loss:.3f} | Acc: 40.000% (40/100) {at}/{total} "

    text = "".join(
        f"\nEpoch: {n}\n" + "\r".join(bar(at, 40, 2 - n / 2) for at in range(1, 41)) + "\n"
        + "\r".join(bar(at, 10, 9) for at in range(1, 11)) + "\n"
        for n in range(3)
    )  # fmt: skip
    found = steps_of(text)
    assert [step.train_loss for step in found] == [2.0] * 40 + [1.5] * 40 + [1.0] * 40
