# ruff: noqa: E501 — lines stand as a script prints them
"""The second look at a log: quiet where a log is read right, a sentence where the reader was made blind in one place."""

from dataclasses import dataclass, field

import pytest

from monitor.importers.free_text import counting, epochs, reader
from monitor.importers.free_text.figures import figures
from monitor.importers.free_text.line import Walk
from monitor.importers.free_text.proposal import propose_log, sentence
from monitor.importers.free_text.scan import scan
from monitor.importers.free_text.witness import Witness

EPOCHS = range(1, 9)
PLAIN = "".join(
    f"Epoch {n}/8 | train loss {9.13 / n:.3f} | val loss {10.7 / n:.3f} | val acc {0.31 + n / 30:.3f}\n" for n in EPOCHS
)
HEADED = "".join(f"Epoch {n}\nloss: {9.13 / n:.3f}\nValidating...\nloss: {10.7 / n:.3f}\n" for n in EPOCHS)
BY_STEP = "".join(
    f"iteration {n * 100} | lm loss: {9.131 / n:.4f}\nvalidation loss at iteration {n * 100} | lm loss value: {10.71 / n:.4f}\n"
    for n in EPOCHS
)
STEPS = "".join(
    "".join(f"Epoch {n}/8 step {b}/50 loss {9.5 / n - b / 100:.3f}\n" for b in (10, 20, 30, 40, 50))
    + f"Epoch {n}/8 mean loss {9.13 / n:.3f} val loss {10.7 / n:.3f}\n"
    for n in EPOCHS
)
BARS = "".join(
    f"100%|██████████| 211/211 [00:31<00:00,  6.71it/s, loss={9.131 / n:.4f}]\nval loss: {10.71 / n:.4f}\n"
    for n in EPOCHS
)
KERAS = "".join(
    f"Epoch {n}/8\n 80/100 [====>.] - 0s 12ms/step - loss: {9.5 / n:.4f}\n"
    f"100/100 [=====] - 3s 12ms/step - loss: {9.131 / n:.4f} - val_loss: {10.71 / n:.4f}\n"
    for n in EPOCHS
)
CSLR = "".join(f"\tMean training loss: {40.491 / n:.5f}.\nEpoch {n}, dev {92.18 / n:.2f}%\n" for n in EPOCHS)


def doubts_of(tmp_path, text):
    path = tmp_path / "train.log"
    path.write_text(text, encoding="utf-8")
    return " ".join(scan(path).doubts)


@pytest.mark.parametrize("text", [PLAIN, HEADED, BY_STEP, STEPS, CSLR, KERAS])
@pytest.mark.parametrize(
    "more",
    [
        "",
        "Epoch 9/8 | train loss 1.01\n",
        "saving the best model, val loss 0.777\n" * 5,
        "Early stopping, best iteration is:\n[5] val loss: 0.4321\n",
        "Test results: accuracy 0.7312\n",
    ],
)
def test_what_is_read_right_and_what_stands_beside_it_are_not_doubted(tmp_path, text, more):
    assert doubts_of(tmp_path, text + more) == ""


def test_evaluations_below_bars_that_no_line_numbers_are_not_doubted(tmp_path):
    assert doubts_of(tmp_path, BARS) == "" and len(scan_rows(tmp_path, BARS)) == 8


@pytest.mark.parametrize(
    ("text", "blind", "said"),
    [
        (HEADED, (reader, "heading_of", lambda line: ""), "8 lines name a validation, line 3 first ('Validating...')"),
        (
            BARS,
            (counting.StepCount, "_passes_again", lambda *_: False),
            "8 lines give a val loss, line 2 first, and 1 evaluation was read.",
        ),
        (
            BY_STEP,
            (epochs.EpochRows, "_comes_first", lambda *_: False),
            "The lm loss 4.5655 of step 100 stands in line 3, which names step 200.",
        ),
    ],
)
def test_a_reader_made_blind_in_one_place_says_so(tmp_path, monkeypatch, text, blind, said):
    before = scan_rows(tmp_path, text)
    owner, name, worse = blind
    monkeypatch.setattr(owner, name, worse)
    assert scan_rows(tmp_path, text) != before
    assert said in doubts_of(tmp_path, text)


def scan_rows(tmp_path, text):
    path = tmp_path / "train.log"
    path.write_text(text, encoding="utf-8")
    return scan(path).rows


def test_a_figure_knows_its_split_its_epoch_and_what_is_no_measurement():
    found = figures("[03/14 08:01:10] Epoch 3/60: train loss 2.13 (2.40), val: wer 45.6 % best 31.2 %, lr 0.001, 12.5s")
    assert [(each.what, each.values, each.epoch) for each in found] == [
        ("train loss", (2.13, 2.4), 3),
        ("val wer", (45.6,), 3),
    ]
    assert [each.split for each in figures("loss 2.1 (train) 2.4 (valid)")] == [""]
    assert figures("step 1,200: eval_loss=0.4321")[0].step == 1200


@dataclass
class Row:
    epoch: float
    generation: int = 1
    step: float | None = None
    cells: dict[str, str] = field(default_factory=dict)


def told_by(lines, rows, **how):
    witness = Witness()
    for number, line in enumerate(lines, 1):
        witness.take(number, line)
    return list(witness.sentences(rows, (), ended=True, **{"by_epoch": True, **how}))


NAMED = [f"Epoch {n} | val loss {10 / n:.3f}" for n in range(1, 7)]


def rows_of(starts):
    return [Row(n, start, cells={"val_loss": f"{10 / n:.3f}"}) for n, start in zip(range(1, 7), starts, strict=True)]


def test_a_bar_that_another_line_was_glued_to_says_nothing_of_its_split():
    line = "Validation: |          | 0/? [00:00<?, ?it/s] INFO Epoch 245: v_loss 1.995e+00  loss 4.176e-01"
    assert [(each.split, each.epoch) for each in figures(line) if each.name == "loss"] == [("", 245)]


def test_a_score_is_not_looked_for_among_the_losses_of_another_epoch(tmp_path):
    text = "".join(
        f"Epoch: {n}, trloss: {9.1 / n:.4f}, valloss: {7.265 / n:.4f}, valmcx_acc: 0.{n}181\n" for n in EPOCHS
    )
    assert "valmcx" not in doubts_of(tmp_path, text.replace("0.8181", "0.9081"))


def test_starts_that_no_line_with_figures_shows_are_said():
    said = "3 starts were read, and the epochs that lines with figures name, 1 to 6, fall nowhere."  # of a reader's own count
    assert told_by(NAMED, rows_of([1, 1, 2, 2, 3, 3])) == [said]
    assert told_by(NAMED, rows_of([1] * 6)) == []
    twice = [Row(row.epoch, start, cells=row.cells) for start in (1, 2) for row in rows_of([1] * 6)]
    assert told_by(NAMED * 2, twice) == []


def test_evaluations_that_were_counted_though_their_lines_name_epochs_are_said():
    lines = [line.replace("Epoch ", "Epoch 30") for line in NAMED]
    assert told_by(lines, rows_of([1] * 6), by_epoch=False) == [
        "6 lines give a val loss of epochs 301 to 306, line 1 first, and 6 evaluations were counted."
    ]
    assert told_by(NAMED, rows_of([1] * 6), by_epoch=False) == []


def test_one_of_two_figures_of_each_row_that_was_not_taken_is_said():
    lines = [
        line
        for n in range(1, 5)
        for line in ("Training Data", f"accuracy: 0.6{n}3", "Later Data", f"accuracy: 0.5{n}3")
    ]
    rows = [Row(n, cells={"val_accuracy": f"0.5{n}3"}) for n in range(1, 5)]
    assert told_by(lines, rows) == [
        "4 of 8 lines with a figure of 'accuracy' were not taken, line 2 first: 0.613.",
    ]
    both = [Row(row.epoch, cells={**row.cells, "train_accuracy": f"0.6{n}3"}) for n, row in enumerate(rows, 1)]
    assert told_by(lines, both) == []


def test_a_batch_taken_where_its_mean_stands_behind_in_brackets_is_said(tmp_path, monkeypatch):
    text = "".join(
        f"Epoch: [{n}]  [207/208]  loss: {9.5 / n:.4f} ({9.131 / n:.4f})\nEpoch: [{n}] val loss: {10.71 / n:.4f}\n"
        for n in EPOCHS
    )
    assert doubts_of(tmp_path, text) == ""
    monkeypatch.setattr(Walk, "_is_change", lambda *_: True)
    assert "of epoch 8 stands before another number, (1.1414), in line" in doubts_of(tmp_path, text)


def test_fewer_starts_than_the_epochs_of_one_kind_of_line_show_are_said():
    lines = [f"Epoch {n} | val loss {10 / n:.3f}" for n in (1, 2, 3, 1, 2, 3)]
    rows = [Row(n, cells={"val_loss": f"{10 / n:.3f}"}) for n in (1, 2, 3)]
    said = "1 start was read, and the epochs that lines of one kind name fall once."
    assert said in told_by(lines, rows)
    twice = [*rows, *(Row(row.epoch, 2, cells=row.cells) for row in rows)]
    assert told_by(lines, twice) == []


def test_a_figure_that_was_read_as_one_of_another_epoch_is_said():
    lines = [f"Epoch {n} | val accuracy 0.{7131 + 17 * n}" for n in range(1, 7)]
    right = [Row(n, cells={"val_acc": f"0.{7131 + 17 * n}"}) for n in range(1, 7)]
    assert told_by(lines, right) == []
    late = [Row(n, cells={"val_acc": f"0.{7131 + 17 * (n - 2)}"}) for n in range(3, 9)]
    assert "The val accuracy 0.7148 in line 1, which names epoch 1, was read as of epoch 3." in told_by(lines, late)
    # counted from 0 by the reader and from 1 by the line: no doubt of this sort
    shifted = [Row(n + 1, cells={"val_acc": f"0.{7131 + 17 * n}"}) for n in range(1, 7)]
    assert not any("was read as of" in said for said in told_by(lines, shifted))


def test_what_was_left_out_seldom_is_a_fact_and_no_doubt(tmp_path):
    log = tmp_path / "train.log"
    epochs = "".join(f"Epoch {n} | train loss {9 / n:.4f} | val loss {10 / n:.4f}\n" for n in range(1, 9))
    log.write_text("initial perplexity: 981.25\n" + epochs)
    found = scan(log)
    assert found.doubts == () and found.left_out == ("initial ppl (1 line, line 1 first: 981.25)",)
    said = sentence(found, propose_log(found), log.name)
    assert said.endswith(" Left out: initial ppl (1 line, line 1 first: 981.25).")
    log.write_text(epochs)
    assert scan(log).left_out == ()


def test_a_loss_that_some_evaluations_lack_is_counted_in_the_sentence(tmp_path):
    log = tmp_path / "train.log"
    val = {n: f" | val loss {10 / n:.4f}" for n in (3, 6, 9, 12)}
    log.write_text("".join(f"Epoch {n} | train loss {9 / n:.4f}{val.get(n, '')}\n" for n in range(1, 13)))
    found = scan(log)
    said = sentence(found, propose_log(found), log.name)
    assert said == "Found 12 epochs in train.log: train loss 9.00 → 0.75, val loss 3.33 → 0.83 (in 4 of 12)."


def test_a_name_without_a_meaning_beside_figures_that_were_taken_is_not_lost_without_a_word(tmp_path):
    log = tmp_path / "train.log"
    line = "Validating Epoch: {n}, accuracy: 0.9{n}77, S: 0.94{n}3 (0.9611), lr: 0.00{n}11, time: 2.5{n}\n"
    log.write_text("".join(line.format(n=n) for n in range(1, 6)))
    assert scan(log).left_out == ("s (5 lines, line 1 first: 0.9413)",)
    log.write_text("".join(line.format(n=n).replace("(0.9611)", "(unchanged)") for n in range(1, 6)))
    assert scan(log).left_out == ("s (5 lines, line 1 first: 0.9413)",)  # what stands in brackets may be anything


def test_the_loss_of_a_final_test_is_kept_beside_that_of_the_validation(tmp_path):
    log = tmp_path / "train.log"
    lines = [f"Epoch {n} | train loss {9 / n:.4f} | val loss {10 / n:.4f}" for n in range(1, 6)]
    log.write_text("\n".join([*lines, "Test loss: 2.3456", ""]))
    found = scan(log)
    mapping = propose_log(found)
    assert "test_loss" in mapping.beside and found.rows[-1].cells["test_loss"] == "2.3456"


def test_evaluations_of_many_models_are_said_to_be_no_one_training():
    lines = [f"Subject: {n}   seed 1   valid_acc: 0.8{n}13   valid_loss: 0.6{n}9" for n in range(1, 7)]
    rows = [Row(n, cells={"val_acc": f"0.8{n}13", "val_loss": f"0.6{n}9"}) for n in range(1, 7)]
    said = "6 lines give a valid_acc of 6 subjects: these are not one training."
    assert said in told_by(lines, rows, by_epoch=False)
    of_one = [line.replace(f"Subject: {n}", "Subject: 1") for n, line in enumerate(lines, 1)]
    nowhere = "No line names an epoch or a step, and none is of the training: these may be of as many models."
    assert told_by(of_one, rows, by_epoch=False) == [nowhere]
    trained = [Row(row.epoch, cells={**row.cells, "train_loss": "0.5"}) for row in rows]
    assert told_by(of_one, trained, by_epoch=False) == []


def test_a_validation_that_no_word_announces_and_of_which_nothing_was_read_is_said():
    lines = [f"Epoch {n} loss {9.1 / n:.4f} vloss {9.9 / n:.4f}" for n in range(1, 7)]
    rows = [Row(n, cells={"loss": f"{9.1 / n:.4f}"}) for n in range(1, 7)]
    assert "6 lines give a val loss; no figure was read of it." in told_by(lines, rows)
    read = [Row(n, cells={"loss": f"{9.1 / n:.4f}", "val_loss": f"{9.9 / n:.4f}"}) for n in range(1, 7)]
    assert told_by(lines, read) == []


def test_rows_of_a_table_that_no_line_of_names_explains_are_said_to_be_left_out(tmp_path):
    rows = "".join(f"{n}    {7.77 / n:.4f}    {6.31 / n:.4f}    0.{n}871\n" for n in EPOCHS)
    assert "8 rows of numbers below each other were not taken, line 9 first." in doubts_of(tmp_path, PLAIN + rows)
