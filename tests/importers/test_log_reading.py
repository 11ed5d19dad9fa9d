"""A text log → epochs: what is understood, what is left alone, and that nothing in it stops the reading."""

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.importers.formats.registry import detect
from monitor.importers.free_text.epochs import EpochRows
from monitor.importers.free_text.proposal import epoch_of, propose_log, sentence, words
from monitor.importers.free_text.reader import LONGEST_LINE, read_line
from monitor.importers.free_text.reading import LogReading
from monitor.importers.free_text.scan import scan
from monitor.importers.free_text.terminal import LONGEST_BYTES, LogText
from monitor.run_dir.errors import UnreadableRunError, UsageError
from tests.logs import BLOCKS, FORMS, FUZZED, bar, mutated


def rows_of(text, basis="epochs", chunk=1 << 20):
    reading = LogReading(EpochRows(basis))
    data = text.encode()
    found = [row for at in range(0, len(data), chunk) for row in reading.feed(data[at : at + chunk]).rows]
    return [*found, *reading.close().rows]


def last_of_each(rows):
    return {row.epoch: dict(row.cells) for row in rows}


def written(tmp_path, text, name="train.log"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "line",
    [
        "Epoch loaded: 55 - test loss: 1.2, test WER: 20.1",
        "Best val WER: 90.8% at epoch 55",
        "Resuming from epoch 25",
        "Saved best checkpoint to runs/epoch_3.pt (epoch 3, val loss 4.2)",
        "early stopping at epoch 20",
        "Loading data from /data/phoenix (5672 clips)",
        "batch_size: 8, epochs: 60",
        "  File 'train.py', line 33, in main",
        "2026-11-25 07:08:39,123 INFO starting",
        "epoch time 34.2 s",
        "",
    ],
)
def test_a_line_that_only_mentions_an_epoch_begins_none(line):
    assert read_line(line).epoch is None


@pytest.mark.parametrize(
    ("line", "epoch", "values"),
    [
        (
            "Epoch 12/60 | train loss 3.71 | val loss 4.79 | WER 92.0%",
            12,
            {"train_loss": "3.71", "val_loss": "4.79", "val_wer": "92.0%"},
        ),
        ("[epoch 3] loss=1.5 val_loss=2.25", 3, {"loss": "1.5", "val_loss": "2.25"}),
        (
            '{"epoch": 3, "train": {"loss": 1.5}, "val": {"loss": NaN, "wer": 0.5}}',
            3,
            {"train_loss": "1.5", "val_loss": "nan", "val_wer": "0.5"},
        ),
        ("{'eval_loss': 0.6, 'eval_runtime': 3.2, 'epoch': 1.0}", 1, {"val_loss": "0.6"}),
        (
            "Epoch: 1, lr: 1.00e-03 - train loss: 1.73 - valid loss: 9.58e-01",
            1,
            {"lr": "1.00e-03", "train_loss": "1.73", "val_loss": "9.58e-01"},
        ),
        (
            "Train: loss 1.2 lr 1e-3 | Valid: loss 1.3 WER 12.5 %",
            None,
            {"train_loss": "1.2", "lr": "1e-3", "val_loss": "1.3", "val_wer": "12.5%"},
        ),
        (
            "epoch 7: loss (train) 1.2, loss (val) 1.3, WER (%) 92.0",
            7,
            {"train_loss": "1.2", "val_loss": "1.3", "val_wer": "92.0"},
        ),
        ("2026-11-25 07:08:39,123 INFO trainer: Epoch 3, average training loss: 3.71", 3, {"train_loss": "3.71"}),
        ("\x1b[32mEpoch 3\x1b[0m val loss \x1b[1m4.79\x1b[0m", 3, {"val_loss": "4.79"}),
        ("epoch 4 train loss nan val loss -inf", 4, {"train_loss": "nan", "val_loss": "-inf"}),
        ("Epoch 5 took 34.2s at 3.9it/s, eta 0:12:30, loss 1.0", 5, {"loss": "1.0"}),
        ("Test set: Average loss: 0.05, Accuracy: 9800/10000", None, {"test_loss": "0.05", "test_accuracy": "0.98"}),
    ],
)
def test_a_line_is_read_as_a_person_reads_it(line, epoch, values):
    said = read_line(line)
    assert (said.epoch, dict(said.values)) == (epoch, values)


def test_a_bar_under_way_speaks_of_a_part_of_its_epoch_and_a_full_one_of_all_of_it():
    assert read_line(bar(3, 45, 100, 1.23)).partial
    assert not read_line(bar(3, 100, 100, 1.23)).partial
    assert read_line("Epoch: [0][10/500]  Loss 6.9000 (7.0000)").values == (("loss", "7.0000"),)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_log_gives_the_same_sixty_epochs(tmp_path, form):
    path = written(tmp_path, FORMS[form](range(1, 61)))
    found = scan(path)
    mapping = propose_log(found)
    epochs = {row.epoch: epoch_of(row, mapping) for row in found.rows}
    assert sorted(epochs) == [float(epoch) for epoch in range(1, 61)]
    for epoch, record in epochs.items():
        assert record.train_loss == pytest.approx(5 - 0.04 * epoch, abs=0.006)
        assert record.val_loss == pytest.approx(6 - 0.02 * epoch, abs=0.006)
        assert record.val_wer == pytest.approx(1 - 0.002 * epoch, abs=0.0006)


def test_the_proposal_is_a_sentence_with_first_and_last_figures(tmp_path):
    found = scan(written(tmp_path, FORMS["one line"](range(1, 61))))
    said = sentence(found, propose_log(found), "train.log")
    assert said == "Found 60 epochs in train.log: train loss 4.96 → 2.60, val loss 5.98 → 4.80, val WER 99.8 → 88 %."


def test_a_share_without_a_percent_sign_is_taken_by_its_size_or_by_what_the_user_says(tmp_path):
    found = scan(written(tmp_path, "epoch 1 val_loss=2 wer=92.0\nepoch 2 val_loss=2 wer=91.0\n"))
    assert epoch_of(found.rows[-1], propose_log(found)).val_wer == pytest.approx(0.91)
    assert epoch_of(found.rows[-1], propose_log(found, percent=False)).val_wer == 91.0


def test_the_user_says_which_name_is_which_field(tmp_path):
    found = scan(written(tmp_path, "epoch 1 fit=3 dev gauge=2\nepoch 2 fit=2 dev gauge=1\n"))
    mapping = propose_log(found, {"val_loss": "dev gauge", "train_loss": "fit"})
    assert (epoch_of(found.rows[-1], mapping).train_loss, epoch_of(found.rows[-1], mapping).val_loss) == (2, 1)
    with pytest.raises(UsageError, match="val_loss=NAME"):
        propose_log(found)
    with pytest.raises(UsageError, match="There is no 'nothing' in the log"):
        propose_log(found, {"val_loss": "nothing"})


def test_what_stands_in_a_closing_summary_only_is_no_column_of_the_epochs(tmp_path):
    lines = [
        f"{{'loss': {3 - n / 10}, 'epoch': {n}.0}}\n{{'eval_loss': {4 - n / 10}, 'epoch': {n}.0}}" for n in (1, 2, 3)
    ]
    found = scan(written(tmp_path, "\n".join([*lines, "{'train_runtime': 9.1, 'train_loss': 9.9, 'epoch': 3.0}", ""])))
    uses = {use.field: use.column for use in propose_log(found).uses}
    assert uses == {"train_loss": "loss", "val_loss": "val_loss"}


def test_a_log_without_epochs_is_read_by_its_evaluations(tmp_path):
    text = "".join(
        f"iter {step}: loss {5 - step / 1000:.3f}, time 12ms\n"
        + (f"step {step}: train loss {5 - step / 1000:.3f}, val loss 4.5\n" if step % 500 == 0 else "")
        for step in range(0, 2001, 100)
    )
    found = scan(written(tmp_path, text))
    assert found.basis == "evaluations"
    assert [(row.epoch, row.step) for row in found.rows] == [(1, 0), (2, 500), (3, 1000), (4, 1500), (5, 2000)]
    assert sentence(found, propose_log(found), "x").startswith("Found 5 evaluations in x: train loss 5.00 → 3.00")


def test_an_epoch_number_that_falls_is_a_new_start_and_its_records_win():
    text = FORMS["one line"](range(1, 31)) + "Resuming from epoch 25\n" + FORMS["one line"](range(26, 41))
    rows = rows_of(text)
    assert [row.generation for row in rows if row.epoch in (25, 26, 30)] == [1, 1, 1, 2, 2]
    assert len(last_of_each(rows)) == 40


def test_an_epoch_that_broke_off_before_a_new_start_is_not_told():
    text = FORMS["headings"](range(1, 6)) + "Epoch 6/60\n  train loss: 1.0\n" + FORMS["headings"](range(1, 3))
    rows = rows_of(text)
    assert [(row.generation, row.epoch) for row in rows] == [(1, e) for e in (1, 2, 3, 4, 5)] + [(2, 1), (2, 2)]


def test_a_complete_epoch_is_told_before_the_next_one_begins():
    reading = LogReading(EpochRows("epochs"))
    first = reading.feed(FORMS["headings"](range(1, 3)).encode())
    assert [row.epoch for row in first.rows] == [1, 2]


def test_the_first_epoch_is_told_after_a_silence_once_it_holds_a_validation():
    rows = EpochRows("epochs")
    rows.take(read_line("Epoch 1/60"))
    rows.take(read_line("train loss: 4.0"))
    assert rows.settle() == []
    rows.take(read_line("val loss: 5.0"))
    assert [row.cells for row in rows.settle()] == [{"train_loss": "4.0", "val_loss": "5.0"}]
    assert rows.settle() == []


@pytest.mark.parametrize("block", BLOCKS)
def test_predictions_below_or_above_their_epoch_belong_to_it(block):
    reading = LogReading(EpochRows("epochs"))
    said = reading.feed(BLOCKS[block].encode())
    samples = [*said.samples, *reading.close().samples]
    assert [(sample.epoch, sample.reference, sample.hypothesis) for sample in samples] == [
        (1, "REGEN NORD", ""),
        (1, "SONNE", "SONNE"),
        (2, "REGEN NORD", "REGEN"),
        (2, "SONNE", "SONNE"),
    ]


@given(st.sampled_from(sorted(FORMS)), st.integers(1, 400), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_it_does_not_matter_in_which_pieces_a_log_arrives(form, piece, chance):
    text = FORMS[form](range(1, chance.randint(3, 9)))
    assert last_of_each(rows_of(text, chunk=piece)) == last_of_each(rows_of(text))


@given(st.sampled_from(sorted(FORMS)), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_a_reading_that_was_broken_off_goes_on_from_its_memory(form, where):
    data = (FORMS[form](range(1, 6)) + FORMS[form](range(4, 9))).encode()
    cut = int(len(data) * where)
    first = LogReading(EpochRows("epochs"))
    told = list(first.feed(data[:cut]).rows)
    second = LogReading(EpochRows("epochs", first.rows.memory()), first.memory())
    told += second.feed(data[cut - len(first.waiting) :]).rows
    told += second.close().rows
    whole = rows_of(data.decode())
    assert [(row.generation, row.epoch) for row in told] == [(row.generation, row.epoch) for row in whole]
    assert last_of_each(told) == last_of_each(whole)


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_line_is_read_without_complaint(line):
    said = read_line(line)
    assert all(float(text.rstrip("%")) is not None for _, text in said.values)


@given(st.binary(max_size=2000), st.integers(1, 50))
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_read_without_complaint(data, piece):
    reading = LogReading(EpochRows("epochs"))
    for at in range(0, len(data), piece):
        reading.feed(data[at : at + piece])
    reading.close()


def test_mutated_logs_neither_crash_nor_hang(tmp_path):
    """The long form: VITALSIGNS_FUZZ=10000 pytest tests/importers/test_log_reading.py -k mutated."""
    chance = random.Random(7)
    kinds = sorted(FORMS)
    slowest = 0.0
    for number in range(FUZZED):
        data = mutated(FORMS[kinds[number % len(kinds)]](range(1, 12)).encode(), chance)
        path = written(tmp_path, data, "fuzzed.log")
        began = time.process_time()
        try:
            found = scan(path)
            mapping = propose_log(found)
            sentence(found, mapping, path.name)
            assert all(epoch_of(row, mapping) is None or row.epoch >= 0 for row in found.rows)
        except (UnreadableRunError, UsageError) as problem:
            assert str(problem)
        slowest = max(slowest, time.process_time() - began)
    assert slowest < 20


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"  \n\n", "is empty"),
        (b"\x7fELF\0\0\1", "is a binary file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git-LFS pointer"),
    ],
)
def test_what_is_no_log_is_refused_in_one_sentence(tmp_path, content, said):
    with pytest.raises(UnreadableRunError, match=said) as told:
        scan(written(tmp_path, content))
    assert "\n" not in str(told.value)


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    for path in (tmp_path, tmp_path / "nothing.log"):
        with pytest.raises(UnreadableRunError, match=r"no regular file|There is no file"):
            scan(path)


def test_prose_without_any_epoch_is_refused_with_an_example(tmp_path):
    with pytest.raises(UnreadableRunError, match=r"epoch=3 val_loss=4\.8"):
        propose_log(scan(written(tmp_path, "Loading data\nReady in 3 s\n")))


def test_an_endless_line_keeps_memory_bounded_and_what_follows_is_read():
    text = LogText()
    lines = [line for _ in range(40) for line in text.feed(b"x1 " * 10_000)]
    assert len(text.waiting) <= LONGEST_BYTES + 30_000
    assert max(map(len, lines)) <= LONGEST_BYTES
    assert list(text.feed(b"tail\nEpoch 3 loss 1\n"))[-1] == b"Epoch 3 loss 1"


def test_a_long_line_costs_no_more_than_its_length():
    of_words = ("1" * 300_000, "a-" * 150_000, "1,234" * 60_000, "[" * 300_000, "loss " * 60_000, "1." * 150_000)
    a_command = f"a --bb {'x' * 200} --cc {'y' * 200} {'z ' * 3_700}"
    for evil in (*of_words, f"train loss{' ' * 7_900}1", a_command):
        began = time.process_time()
        read_line(evil)
        assert time.process_time() - began < 2, evil[:10]
    assert LONGEST_LINE < 300_000


def test_backspaces_of_a_bar_cost_no_more_than_their_number():
    took = []
    for count in (1_000, 50_000):  # one run of backspaces: each place of it was begun at, so the square of its length
        began = time.process_time()
        list(LogText().feed(b"10/20 [=>...] - loss: 2.1" + b"\x08" * count + b" 20/20 [====] - loss: 1.9\n"))
        took.append(time.process_time() - began)
    assert took[1] < 500 * max(took[0], 1e-3)


def test_an_epoch_of_step_lines_alone_is_never_passed_over(tmp_path):
    before = b"Epoch 1/40 loss=9.0\n" * 3000
    for line in (b"Epoch [%d/40], Step [%d/90], Loss: 2.5\n", b"\xff\xe9 \xc3( epoch %d step %d loss 2.5\n"):
        log = before + b"".join(line % (epoch, step) for epoch in range(2, 30) for step in range(95, 105))
        epochs = [row.epoch for row in scan(written(tmp_path, log)).rows]
        assert len(before) > 32_768 and epochs[-27:] == list(range(3, 30))


def test_a_count_of_epochs_that_is_no_number_begins_none(tmp_path):
    endless = "9" * 400
    log = f"Epochs:  20%|██        | {endless}/{endless} [00:12<00:14, loss=2.5]\nEpoch 3 loss 2.5 val_loss 3.0\n"
    assert [(row.epoch, row.generation) for row in scan(written(tmp_path, log)).rows] == [(3, 1)]


def test_what_a_bar_overwrites_is_passed_over():
    shown = list(LogText().feed(b"\r" + b"\r".join(bar(1, n, 100, 2.0).encode() for n in range(101)) + b"\ndone 1\r\n"))
    assert shown == [bar(1, 100, 100, 2.0).encode(), b"done 1"]


@pytest.mark.parametrize(
    ("cut", "kept"),
    [
        ("Epoch 3/9 - loss: 1.91 - val_loss: 2.1", {"loss": "1.91"}),  # of 2.10 or 2.19
        ("Epoch 3/9 - loss: 1.91 - val_loss: 2.", {"loss": "1.91"}),
        ("Epoch 3/9 - loss: 1.9", None),
        ("Epoch 3/9 - loss: 1.91 - val_loss: 12.10", {"loss": "1.91", "val_loss": "12.10"}),
    ],
)
def test_a_number_that_the_end_of_the_log_cuts_off_is_no_figure(tmp_path, cut, kept):
    whole = "Epoch 1/9 - loss: 3.21 - val_loss: 3.50\nEpoch 2/9 - loss: 2.21 - val_loss: 2.50\n"
    rows = scan(written(tmp_path, whole + cut)).rows
    assert [dict(row.cells) for row in rows[2:]] == ([kept] if kept else [])


def test_the_source_of_a_program_is_no_log(tmp_path):
    path = written(tmp_path, '"""Prints lines like Epoch 3/20  train loss 0.412."""\n', "train.py")
    with pytest.raises(UnreadableRunError, match="the source of a program and no log"):
        detect(path)


def test_how_a_log_is_read_names_its_metrics_and_what_is_kept_beside_them(tmp_path):
    text = "".join(
        f"Epoch {e}: train_loss {3 / e:.3f} val_loss {3.1 / e:.3f} val_acc 0.{e} foo {e}\n" for e in (1, 2, 3)
    )
    said = words(propose_log(scan(written(tmp_path, text))))
    assert said == (
        "train_loss as train loss, val_loss as val loss, val_acc as val accuracy; under their own names foo."
    )


def test_before_an_epoch_has_ended_no_score_is_said_to_be_of_the_validation_and_no_evaluation_to_be_counted(tmp_path):
    bars = "".join(f" {n}/900 ━━━━ 3:24 19ms/step - acc: 0.{n} - loss: 0.9 - val_mse: 0.3\n" for n in (100, 200, 300))
    said = words(propose_log(scan(written(tmp_path, f"Epoch 1/5\n{bars}"))), ended=False)
    assert said == "loss as train loss, val_mse as val MSE, acc as accuracy."
    dicts = "".join(f"{{'loss': {3 / n:.2f}, 'learning_rate': 0.1, 'epoch': 0.{n}}}\n" for n in (1, 2, 3))
    said = words(propose_log(scan(written(tmp_path, dicts))), ended=False)
    assert said == "loss as train loss, lr as learning rate."
