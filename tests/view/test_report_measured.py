"""The sentences and tables of a report about what was measured, from small curves whose answer is known."""

import math

import pytest

from monitor.diagnosis.verdict import judge
from monitor.run_dir import Clip, Decode, Snapshot, Step
from monitor.view.report.blocks import Bullets, Code, Figure, Table, Text
from monitor.view.report.measured import chance, heading_for, observations, progress, samples, statistics
from tests.snapshots import NOW, snapshot

OVERFITS = {
    "train_loss": [3.0, 2.0, 1.0, 0.5, 0.2],
    "val_loss": [3.1, 2.4, 2.0, 2.2, 2.6],
    "gap": [0.1, 0.4, 1.0, 1.7, 2.4],
    "val_wer": [0.95, 0.9, 0.8, 0.8, 0.85],
    "lr": [1e-3, 1e-3, 5e-4, 5e-4, 1e-4],
    "length_ratio": [0.1, 0.4, 0.6, 0.8, 0.9],
    "empty_ratio": [0.9, 0.4, 0.2, 0.1, 0.0],
}


def said(about, seen: Snapshot) -> list[str]:
    """Every sentence of a part."""
    blocks = about(seen, judge(seen, NOW)) if about in (observations, heading_for) else about(seen)
    return [line for each in blocks if isinstance(each, Bullets) for line in each.items]


def test_a_run_that_overfits_is_told_number_by_number():
    assert said(observations, snapshot(**OVERFITS)) == [
        "Well: train loss falls, 3.00 → 0.20 (epochs 1 to 5).",
        "Watch: val loss was lowest at epoch 3 (2.00) and is 30.0 % above that now (2.60).",
        "Not well: the gap between val and train loss widens: +0.10 at epoch 1 → +2.40 at epoch 5; "
        "it passed 1 between epochs 3 and 4.",
        "Watch: val WER 95.0 % → 85.0 %, −10.0 points in 4 epochs; best 80.0 % at epoch 3.",
        "Well: at its best val WER was 11.2 points better than what one constant sentence scores (91.2 %).",
        "Well: 0.90 words come out for each target word, 0.0 % of the predictions empty.",
        "The learning rate went 0.001 → 0.0001; the best val WER is of epoch 3.",
    ]


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        ({"val_loss": [3.1, 2.0]}, "Well: val loss is at its best, 2.00 (epoch 2), from 3.10."),
        (
            {"val_loss": [3.1, 2.4, 2.4]},
            "Watch: val loss is at its best, 2.40, which it had at epoch 2 already.",
        ),
        (
            {"gap": [-0.2, 0.1, 0.2]},
            "Well: the gap between val and train loss stays below 1: "
            "from where it was first above zero, +0.10 at epoch 2 → +0.20 at epoch 3.",
        ),
        (
            {"gap": [3.0, 2.9, 2.8]},
            "Not well: the gap between val and train loss is above its limit: +3.00 at epoch 1 → +2.80 at epoch 3; "
            "at its first evaluation, epoch 1, it was above 1 already.",
        ),
        (
            {"gap": [0.1, 2.9, 0.3]},
            "Watch: the gap between val and train loss is below 1 now: +0.10 at epoch 1 → +0.30 at epoch 3; "
            "it passed 1 between epochs 1 and 2.",
        ),
        (
            {"val_loss": [2.0, 1.9, math.nan]},
            "Not well: val loss is NaN since epoch 3; at epoch 2 it was 1.90.",
        ),
        ({"gap": [math.inf]}, "Not well: the gap between val and train loss is ∞ since epoch 1."),
        ({"length_ratio": [0.7]}, "Not well: 0.70 words come out for each target word."),
        (
            {"val_wer": [0.5, 0.9]},
            "Not well: val WER 50.0 % → 90.0 %, +40.0 points in 1 epoch; best 50.0 % at epoch 1.",
        ),
        (
            {"val_wer": [0.9, 0.5], "train_wer": [0.9, 0.2]},
            "Val WER minus train WER at the end: 30.0 points.",
        ),
    ],
)
def test_one_curve_one_sentence(columns, line):
    lines = said(observations, snapshot(**columns))
    assert line in lines, lines


@pytest.mark.parametrize("columns", [{"val_loss": [2.0]}, {"gap": [0.2]}, {"lr": [1e-3, 1e-3]}, {"train_loss": [2.0]}])
def test_one_value_or_none_that_moves_says_nothing(columns):
    assert said(observations, snapshot(**columns)) == []


def test_the_table_has_the_columns_that_were_measured_and_the_figures_their_yardsticks():
    _, table, losses, rates = statistics(snapshot(**OVERFITS))
    assert isinstance(table, Table) and "blank" not in table.columns
    assert table.columns == ("epoch", "train loss", "val loss", "gap", "val WER", "words out / in", "learning rate")
    assert table.rows[0] == ("1", "3.00", "3.10", "+0.10", "95.0 %", "0.10", "0.001")
    assert isinstance(losses, Figure) and isinstance(rates, Figure) and rates.percent and not losses.percent
    drawn = [(line.name, line.points[-1], line.dashed) for line in (*losses.lines, *rates.lines) if line.points]
    assert drawn == [
        ("val", (5.0, 2.6), False),
        ("train", (5.0, 0.2), False),
        ("chance loss", (5.0, 5.7), True),
        ("val", (5.0, 0.85), False),
        ("constant sentence", (5.0, 0.912), True),
    ]
    assert list(statistics(snapshot())) == []


def test_what_chance_scores_and_how_far_the_run_is_from_it():
    constant, loss, blank = said(chance, snapshot(**OVERFITS, blank_ratio=[0.9, 0.9, 0.9, 0.9, 0.86]))
    assert constant.startswith("One constant sentence (MORGEN REGEN) scores 91.2 % WER; saying nothing scores 100 %.")
    assert constant.endswith("This run's best is 80.0 %, its last 85.0 %.")
    assert loss.endswith(
        "This run starts at 3.10 and reaches 2.00: a skill of 0.65, where 0 is chance and 1 is perfect."
    )
    assert blank == "A correct output would be blank in 84.0 % of its frames; this run's is in 86.0 %."


def test_what_the_table_does_not_say():
    over = snapshot(val_loss=[1.0, 1.0, 1.0], run={"config": {"epochs": 2}})
    assert [each.text for each in progress(over) if isinstance(each, Text)] == [
        "2 epochs were planned; it is at epoch 3."
    ]
    steps = tuple(
        Step(step=at, at=NOW, train_loss=loss) for at, loss in ((10, 3.0), (30, 1.0), (40, 2.0), (50, math.nan))
    )
    [told] = progress(snapshot(steps=steps))
    assert told == Text("No evaluation was logged. Train loss 3.00 at step 10 → 2.00 at step 40, lowest 1.00.")
    assert list(progress(snapshot(val_loss=[1.0, 1.0], run={"config": {"epochs": 2}}))) == []


def test_predictions_stand_under_their_targets_word_by_word():
    clips = tuple(Clip(clip_id=name, split="val", reference=text) for name, text in (("a", "X Y Z"), ("b", "X")))
    decodes = (Decode(epoch=4.0, at=NOW, split="val", hypotheses=["X Q Z", ""], clip_ids=["a", "b"]),)
    _, counts, first, second = samples(snapshot(clips=clips, decodes=decodes))
    assert counts.text.startswith("2 clips: 3 words out for 4 in, 1 of the predictions empty.")
    assert first == Code("a  (3 words in, 3 out)\nTarget: X Y Z\nPred:   X Q Z\n          S")
    assert second == Code("b  (1 word in, 0 out)\nTarget: X\nPred:   (EMPTY)")
    assert list(samples(snapshot())) == []


def test_where_it_is_heading_is_not_said_of_what_runs_away():
    falls = [3.0 - 0.1 * epoch for epoch in range(20)]
    assert said(heading_for, snapshot(gap=falls))[0].startswith("The gap: ")
    runs_away = snapshot(gap=falls, train_loss=[1.0] * 18 + [math.nan] * 2)
    assert said(heading_for, runs_away) == []
