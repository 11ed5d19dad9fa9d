# ruff: noqa: E501 — lines stand as a script prints them
"""The reader's check of itself: what it doubts, and that it does not doubt what fits."""

from dataclasses import dataclass, field

import pytest

from monitor.importers.following import Following
from monitor.importers.formats.registry import detect
from monitor.importers.free_text.doubts import Doubts
from monitor.importers.free_text.proposal import propose_log, sentence
from monitor.importers.free_text.scan import scan
from monitor.importers.importing import Asked, plan
from monitor.importers.live import About, FollowedRun
from monitor.launcher.attaching import confirm
from monitor.run_dir import Reading, Run, decode
from monitor.supervisor.feed import SourceFeed
from tests.importers.printed import PRINTED


def said_of(tmp_path, text):
    path = tmp_path / "train.log"
    path.write_text(text, encoding="utf-8")
    found = scan(path)
    return sentence(found, propose_log(found), path.name)


FITS = "".join(f"Epoch {n}/30 | train loss {9 / n:.3f} | val loss {10 / n:.3f}\n" for n in range(1, 12))
TWICE = "".join(f"Epoch {n}/30\nvalid: loss {9 / n:.3f}\nvalid: loss {8 / n:.3f}\n" for n in range(1, 12))


WENET = "".join(
    f"Epoch {n} TRAIN info lr 1.0e-04 rank 0\nTRAIN | steps/sec 1.02| Batch {n}/100 loss {9 / (n + 1):.3f} lr 1.0e-04 rank 0\n"
    f"CV | Batch {n}/10 loss {9.6 / (n + 1):.3f} history loss {9.8 / (n + 1):.3f} rank 0\n"
    f"Epoch {n} CV info lr 1.0e-04 cv_loss {9.1 / (n + 1):.3f} rank 0 acc 0.3{n}\n"
    for n in range(8)
)


BELOW_A_STEP = "".join(
    f"epoch:{e} || iter:{i}0 || Loss:{26 - e - i / 10:.4f}\n->> pal1 conf loss:{3 - i / 9:.4f} || pal1 loc loss:4.95{i}3\n"
    for e in range(8)
    for i in range(3)
)
BY_BATCH_ID = PRINTED["a batch by its id, and the epoch's own line behind"][0]
BOOSTED = "".join(
    f"{n}:\tlearn: 0.95{n}8429\ttest: 0.82{n}5312\tbest: 0.8356368 (1)\ttotal: 17.5s\tremaining: 1h 39m\n"
    for n in range(1, 9)
)


def test_numbers_of_a_boosting_that_are_below_the_best_are_a_score(tmp_path):
    assert "The best so far, 0.8356368, is above the present 0.8285312: these" in said_of(tmp_path, BOOSTED)
    falling = BOOSTED.replace("best: 0.8356368", "best: 0.8015312")
    assert "Check" not in said_of(tmp_path, falling)


def test_a_bar_that_counts_beyond_its_total_is_not_the_loss_of_the_epoch(tmp_path):
    text, _ = PRINTED["a bar that counts beyond its total, and the epoch's own loss"]
    assert "Check" not in said_of(tmp_path, text)


def test_a_loss_that_is_named_otherwise_in_the_newest_start_is_not_lost_without_a_word(tmp_path):
    text = "".join(f"Epoch {n}/30 | loss {9 / n:.3f} | val loss {10 / n:.3f}\n" for n in range(1, 12))
    told = said_of(tmp_path, text + "Epoch 1/30 | total_loss 8.317 | val loss 9.310\n")
    assert "Left out: total loss (8.317 in epoch 1)" in told


def test_a_log_with_commas_in_its_first_line_is_no_table_of_epochs(tmp_path):
    path = tmp_path / "train.log"
    path.write_text("INFO:root:Epoch [6/6], Step [10/1549], Loss: 0.0490\nINFO:root:Epoch [6] Training Loss: 0.0607\n")
    assert detect(path).name == "log"


@pytest.mark.parametrize("text", [BELOW_A_STEP, BY_BATCH_ID])
def test_the_losses_of_a_step_are_not_doubted_for_another_of_the_epoch(tmp_path, text):
    assert "Check" not in said_of(tmp_path, text)


@pytest.mark.parametrize("text", [FITS, WENET])
def test_a_log_that_fits_is_not_doubted(tmp_path, text):
    said = said_of(tmp_path, text)
    assert "Check" not in said and ("val loss 9.10 → 1.14" in said or text is FITS)


def test_a_new_start_in_its_first_epoch_and_an_epoch_under_way_are_not_doubted(tmp_path):
    steps = "".join(f"Epoch 12/30 | step {n}/400 | loss {3 - n / 100:.3f}\n" for n in range(40))
    first = "Epoch 1/30 | train loss 9.1 | val loss 9.9\n"
    assert all("Check" not in said_of(tmp_path, FITS + more) for more in (steps, first, first + "val accuracy 0.3\n"))


def test_few_of_the_logs_that_are_read_right_are_doubted(tmp_path):
    doubted = []
    for name, (text, right) in PRINTED.items():
        path = tmp_path / "train.log"
        path.write_text(text, encoding="utf-8")
        if "again" not in right.get("said", "") and (doubts := scan(path).doubts):
            doubted.append((name, doubts))
    assert len(doubted) <= len(PRINTED) // 50, doubted


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        (TWICE, "two lines give another val loss, such as 0.818 and then 0.727 in epoch 11"),
        ("".join(f"Epoch {n}: val: 0.5{n} loss=1.{n}3 train acc=0.4\n" for n in range(1, 9)), "8 lines give two numbers for val loss"),
        (
            "".join(f"Epoch {n}: loss = 2.{n}1q0, acc = 9.{n}\n" for n in range(1, 9)),
            "In 8 lines a loss stands that was not read, first 'loss = 2.11q0'",
        ),
        (
            "".join(f"Epoch {n} train loss 3.{n}\n" for n in range(1, 9)) + "validation loss: 2.7\n",
            "The val loss was read of one of 8 epochs only",
        ),
        (
            "".join(f"Epoch {n} train loss 3.{n:02} val loss 2.{n // 5}\n" for n in range(1, 21)),
            "rows the val loss is the one of the row before",
        ),
        (
            "".join(f"Epoch {n}\nLoss: 0.9{n // 5}5, IoU: 0.4{n // 5}60\n" for n in range(1, 21)),
            "rows the train loss is the one of the row before",
        ),
        (
            "".join(
                f"epoch {n + 1}/9 loss 2.5{n}\nEpoch {n} train loss 3.{n}\nepoch {n + 1}/9 val loss 2.1\nEpoch {n} val loss 2.{n}\n"
                for n in range(8)
            ),
            "starts hold one or two epochs",
        ),
        (
            "epoch  train_loss  val_loss  note  dur\n"
            + "".join(f"{n}  1.{n}3  2.{n}4  {'better  again  x' if n > 4 else 'x'}  0.51\n" for n in range(1, 8)),
            "3 rows of the table left out",
        ),
        (
            FITS + "".join(f"loss = 0.{n}1q0\n" for n in range(1, 9)),
            "The last 8 lines with a loss gave no epoch and no step.",
        ),
        (
            "".join(f"Epoch {n}\nloss = 4.{n}4\nloss = 2.{n}1\nval loss = 3.{n}\n" for n in (1, 2, 3)),
            "In 3 epochs two lines give another loss, such as 4.34 and then 2.31 in epoch 3",
        ),
        (
            "".join(f"Epoch {n} (eval in 0.4s): train loss = 2.{n}4, recall = 0.{n}1\n" for n in (1, 2, 3)),
            "3 lines name an evaluation, and their recall is taken as the training's.",
        ),
        (FITS + "Epoch 3/30 | val auc 0.91\n", "Behind 11 evaluations a new start seems to begin with one, number 3."),
        (FITS + "Epoch 8/30 | train loss 1.125 | val loss 1.25\n", "a new start seems to begin with one, number 8."),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_in_the_proposal(tmp_path, text, doubt):
    assert doubt in said_of(tmp_path, text).partition("Check what was read: ")[2]


def test_import_says_it_too(tmp_path):
    path = tmp_path / "train.log"
    path.write_text(TWICE, encoding="utf-8")
    assert detect(path).name == "log"
    assert any("Check what was read: In 11 epochs two lines" in note for note in plan(path, Asked()).notes)


def followed_by(tmp_path, text, pieces=10):
    """What is doubted of a log in run.json as it grows."""
    path = tmp_path / "train.log"
    path.write_text(text, encoding="utf-8")
    about = About(
        path=path, format="log", name="x", mapping=propose_log(scan(path)).document(), reading=Reading(path=str(path))
    )
    path.write_text("")
    feed = SourceFeed(Following(FollowedRun.begin(tmp_path / "runs", about, 0.0)))
    lines = text.splitlines(keepends=True)
    for begin in range(0, len(lines), pieces):
        with path.open("a", encoding="utf-8") as log:
            log.write("".join(lines[begin : begin + pieces]))
        feed.look(0.0)
        yield feed, decode((tmp_path / "runs/x/run.json").read_bytes(), Run).reading.doubts


@pytest.mark.parametrize("text", [FITS, *(PRINTED[name][0] for name in list(PRINTED)[:40])])
def test_a_log_that_fits_is_not_doubted_while_it_grows(tmp_path, text):
    assert {doubts for _, doubts in followed_by(tmp_path, text, pieces=3)} == {()}


def test_a_growing_log_is_doubted_once_it_holds_ten_epochs_and_again_at_twenty(tmp_path):
    text = "".join(f"Epoch {n}/50\nvalid: loss {9 / n:.3f}\nvalid: loss {8 / n:.3f}\n" for n in range(1, 26))
    said = [doubts for _, doubts in followed_by(tmp_path, text, pieces=3)]
    assert said[8] == ()
    told = [doubt for doubts in dict.fromkeys(said) for doubt in doubts]
    assert ["In 10 epochs" in told[0], "In 20 epochs" in told[1]] == [True, True]
    assert "two lines give another val loss" in told[0]


def test_what_a_person_has_confirmed_is_not_doubted_any_more(tmp_path):
    for _, doubts in (
        growing := followed_by(
            tmp_path,
            "".join(f"Epoch {n}/90\nvalid: loss {9 / n:.3f}\nvalid: loss {8 / n:.3f}\n" for n in range(1, 60)),
            3,
        )
    ):
        if doubts:
            confirm(tmp_path / "runs/x", "anna")
            break
    assert {doubts for _, doubts in growing} == {()}


@dataclass
class Row:
    epoch: float
    generation: int = 1
    cells: dict[str, str] = field(default_factory=dict)


def test_epochs_that_are_named_and_have_no_figures_are_doubted():
    doubts = Doubts(named={1.0, 2.0, 3.0, 4.0, 5.0, 6.0})
    assert doubts.sentences([Row(1.0), Row(2.0)]) == ["Lines name 6 epochs, and figures were read of 2."]
    assert doubts.sentences([Row(float(n)) for n in range(1, 7)]) == []


def test_a_validation_that_counts_its_epochs_one_further_is_said(tmp_path):
    lines = "".join(
        f"Train epoch {n - 1}: loss {9 / n:.3f}\nVal epoch {n}: val_loss {10 / n:.3f}\n" for n in range(1, 8)
    )
    said = "Epoch 0 has no figure of the validation and epoch 7 none of the training"
    assert said in said_of(tmp_path, lines) and said not in said_of(tmp_path, FITS)


def test_numbers_that_no_word_names_and_that_rise_are_doubted(tmp_path):
    rising = "".join(f"(:epoch, {n}, :trn, 0.{n}1, :tst, 0.{n}0)\n" for n in range(1, 8))
    assert "The numbers behind train rise from 0.11 to 0.71, and no word says" in said_of(tmp_path, rising)
    falling = "".join(f"epoch {n} train: {2 / n:.3f}, val: {3 / n:.3f}\n" for n in range(1, 8))
    assert "Check" not in said_of(tmp_path, falling)


def test_losses_by_step_of_which_none_was_read_are_named(tmp_path):
    steps = "".join(f"pass {n} of step {n}; gen.loss<{3 - n / 10:.3f}>\n" for n in range(1, 6))
    said = said_of(tmp_path, "Epoch 1/2 val loss 2.5\n" + steps + "Epoch 2/2 val loss 2.1\n")
    assert "5 lines give 'gen.loss' by step, line 2 first, and no step was read." in said


def test_a_train_loss_of_steps_beside_the_one_of_the_epoch_is_said(tmp_path):
    text = "".join(
        f"at epoch {n}\ntrain info: logloss loss:{1.9 / n:.4f}\neval info: auc:0.6{n}05\nstep 90 , total_loss: {2 / n:.4f}\n"
        for n in range(1, 5)
    )
    said = said_of(tmp_path, text)
    assert "total_loss is of the last step of each epoch, and logloss_loss of all of it, such as" in said


def test_evaluations_within_epochs_are_counted_with_their_epochs(tmp_path):
    text = "".join(
        f"Epoch {n // 4 + 1} step {n * 50}: train loss {9 / (n + 1):.3f}, val loss {10 / (n + 1):.3f}\n"
        for n in range(1, 16)
    )
    assert "Found 15 evaluations in 4 epochs in train.log: train loss" in said_of(tmp_path, text)
