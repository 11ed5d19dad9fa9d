"""The report: every section of the analysis that this product began with, from the run directory alone."""

import math
import re
from pathlib import Path

import pytest

from monitor.diagnosis.prescriptions.choosing import next_step
from monitor.diagnosis.prescriptions.registry import consider, prescribe
from monitor.diagnosis.verdict import judge
from monitor.run_dir import Clip, Decode, Floors, Launch, Parent, Step
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import status_of
from monitor.view.report.blocks import Figure, Heading, Line
from monitor.view.report.chart import chart
from monitor.view.report.judged import healthy_rows
from monitor.view.report.markdown import to_markdown
from monitor.view.report.page import to_html
from monitor.view.report.whole import report_of
from tests.snapshots import NOW, beating, curve, snapshot

ROOT = Path(__file__).resolve().parent.parent.parent


def blocks_of(seen):
    judged = judge(seen, NOW)
    options, considered = prescribe(seen, judged.diagnosis), consider(seen, judged.diagnosis)
    return report_of(seen, judged, status_of(seen), options, considered)


def sections(blocks):
    return [block.text for block in blocks if isinstance(block, Heading) and block.level == 2]


@pytest.fixture(scope="module")
def reference():
    return blocks_of(RunReader(ROOT / "examples" / "reference-run").read(2_000_000_000.0))


@pytest.fixture(scope="module")
def text(reference):
    return to_markdown(reference).replace("\\", "")


def section(text, title):
    found = re.search(rf"^## {re.escape(title)}.*?\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no section {title!r}"
    return found[1]


def test_it_has_every_section(reference):
    assert sections(reference) == [
        "Verdict",
        "Training statistics",
        "Observations",
        "What chance scores",
        "Predictions at epoch 55",
        "Red flags",
        "Root causes, most likely first",
        "Healthy beside this run",
        "Options, one bundle per restart",
        "Considered, and not suggested now",
        "Expected results",
        "Where it is heading",
        "Recommended path",
        "Not checked",
        "Configuration",
    ]


AUTHORS_POINTS = [
    ("Training statistics", "| 32 | 3.82 | 4.78 | +0.96 | 92.0 % | 92.2 % | – |"),
    ("Training statistics", "| 60 | 2.36 | 5.29 | +2.93 | 82.7 % | 92.1 % | 0.000209 |"),
    ("Observations", "train loss falls, 44.6 → 2.36"),
    ("Observations", "val loss was lowest at epoch 32 (4.78) and is 10.7 % above that now (5.29)"),
    ("Observations", "+0.17 at epoch 10 → +2.93 at epoch 60; it passed 1 between epochs 32 and 50"),
    ("Observations", "train WER 100.0 % → 82.7 %, −17.3 points"),
    ("Observations", "val WER 100.0 % → 92.1 %, −7.9 points"),
    ("Observations", "Val WER minus train WER at the end: 9.4 points"),
    ("Observations", "The learning rate went 0.0003 → 0.000209"),
    ("Predictions at epoch 55", "4 words out for 35 in, 1 of the predictions empty"),
    ("Predictions at epoch 55", "Pred:   (EMPTY)"),
    ("Predictions at epoch 55", "(12 words in, 2 out)"),
    ("Red flags", "WER 92.1 % after 60 epochs"),
    ("Red flags", "Predictions are mostly empty"),
    ("Red flags", "Val loss is 2.93 above train loss"),
    ("Red flags", "Val loss is 10.7 % above its best (4.78, epoch 32) and still rising"),
    ("Root causes", "Too much model, or too little variety in the data"),
    ("Root causes", "27 million parameters on 4,376 clips are 6,170 a clip"),
    ("Healthy beside this run", "| gap of the losses | below 1 | +2.93 | BAD |"),
    ("Healthy beside this run", "| val WER | below 60.0 % by epoch 60 | 92.1 % at epoch 60 | BAD |"),
    ("Healthy beside this run", "| words out / in | about 1 | 4 for 35 in 3 printed clips | BAD |"),
    ("Healthy beside this run", "| train loss | falls | 44.6 → 2.36 | OK |"),
    ("Considered", "--dropout 0.5 --weight_decay 0.001"),
    ("Considered", "hidden_dim 512 → 256"),
    ("Considered", "A lower confidence threshold, or none"),
    ("Considered", "--learning_rate 0.001 --dropout 0.4 --weight_decay 0.0005"),
    ("Expected results", "| this run now | 60 | 92.1 % | 2.93 |"),
    ("Recommended path", "1. Stop this run"),
    ("Recommended path", "Decode again with the blank lowered"),
    ("Recommended path", "val loss, the gap (limit 1.00)"),
    ("Recommended path", "The smaller network first, as a baseline"),
]
"""(section, words) of each statement of the author's analysis: table, observations, samples, problems, causes,
options 1 to 4, expected results, red flags, action plan, healthy beside this run, way ahead."""


@pytest.mark.parametrize(("where", "words"), AUTHORS_POINTS, ids=[words[:40] for _, words in AUTHORS_POINTS])
def test_it_states_what_the_author_stated(text, where, words):
    assert words in section(text, where)


AUTHORS_MISSED = [
    ("Verdict", "always saying MORGEN WOLKE REGION REGEN scores 91.2 %"),
    ("Verdict", "More regularisation is not suggested: a model at chance has nothing to regularise"),
    ("Observations", "at its best val WER was 0.4 points better than what one constant sentence scores"),
    ("What chance scores", "equally likely words 7.14. This run starts at 7.19 and reaches 4.78: a skill of 0.16"),
    ("Considered", "shrinks weights by 1.2 % over the whole run instead of 0.12 %: close to no effect"),
    ("Considered", "a threshold of -8 or less filters nothing"),
    ("Options", "a sign lasts about 12 frames, and a model that shrinks time 16-fold has none of it left"),
    ("Root causes", "Train WER is still 82.7 %: the train set is not learnt either"),
]


@pytest.mark.parametrize(("where", "words"), AUTHORS_MISSED, ids=[words[:40] for _, words in AUTHORS_MISSED])
def test_it_states_what_the_author_missed(text, where, words):
    assert words in section(text, where)


def test_what_stands_first_is_time_resolution_and_not_regularisation(text):
    options = section(text, "Options, one bundle per restart")
    assert "Keep more time steps inside the model" in options and "--dropout" not in options


def test_a_run_without_records_still_has_a_verdict_and_nothing_made_up():
    assert sections(blocks_of(snapshot(**beating())))[:1] == ["Verdict"]
    assert not {"Training statistics", "Expected results", "Recommended path"} & set(sections(blocks_of(snapshot())))


def test_a_healthy_run_is_offered_nothing():
    seen = snapshot(
        train_loss=curve(30, lambda e: 0.9 + 4 / e),
        val_loss=curve(30, lambda e: 1 + 4 / e),
        val_wer=curve(30, lambda e: max(0.2, 0.9 - 0.03 * e)),
        **beating(),
    )
    found = sections(blocks_of(seen))
    assert "Options, one bundle per restart" not in found and "Red flags" not in found
    assert "Healthy beside this run" in found


def rows(**columns):
    seen = snapshot(**columns, **beating())
    return {row[0]: row[1:] for row in healthy_rows(seen, judge(seen, NOW))}


def test_a_status_follows_from_the_number_beside_it():
    """No rule speaks yet, or still: neither makes a bad number good, nor a good one bad."""
    high = rows(train_loss=[3.0, 2.0, 1.0], val_loss=[3.0, 1.0, 3.367], gap=[0.0, 0.5, 0.9])
    assert high["val loss"][1:] == ("236.7 % above its best", "WATCH")
    assert high["gap of the losses"] == ("below 1", "+0.90", "OK")
    held = rows(train_loss=[1.0] * 20, val_loss=[2.5] * 19 + [1.9])
    assert "gap of the losses" not in held, "no gap was logged"
    held = rows(train_loss=[1.0] * 20, val_loss=[2.5] * 19 + [1.9], gap=[1.5] * 19 + [0.9])
    assert held["gap of the losses"][1:] == ("+0.90", "WATCH")


def test_a_goal_stands_in_the_report_only_where_somebody_set_one():
    assert "val WER" not in rows(val_wer=[0.3, 0.2, 0.128] * 10)
    launch = Launch(run_id="r", created_at=1.0, thresholds={"wer_target_ratio": 0.2})
    assert rows(val_wer=[0.3, 0.2, 0.128], launch=launch)["val WER"] == (
        "below 20.0 % by epoch 60",
        "12.8 % at epoch 3",
        "OK",
    )


HOSTILE = "<script>alert(1)</script> | `x` [a](javascript:alert(1))"


def hostile():
    return snapshot(
        val_wer=[0.95] * 30,
        val_loss=[5.0] * 30,
        clips=(Clip(clip_id=HOSTILE, reference=f"A {HOSTILE}"),),
        decodes=(Decode(epoch=30.0, hypotheses=[HOSTILE]),),
        launch=Launch(run_id="r", created_at=1.0, argv=["python", HOSTILE]),
        run={"config": {HOSTILE: HOSTILE}, "name": HOSTILE},
    )


def test_what_a_run_says_is_never_markup():
    page = to_html(blocks_of(hostile()))
    assert "<script" not in page and "&lt;script&gt;" in page and "<a " not in page
    outside = re.sub(r"^(`{3,})\n.*?^\1$", "", to_markdown(blocks_of(hostile())), flags=re.MULTILINE | re.DOTALL)
    assert "<script" not in outside.replace("\\<", "") and "[a](" not in outside


def test_the_page_stands_alone_with_its_figures(reference):
    page = to_html(reference)
    assert page.count("<svg") == 2 and "constant sentence" in page
    assert not re.search(r"https?://|<script|<link|src=|url\(", page)


def test_a_figure_needs_two_points_and_leaves_out_what_is_not_finite():
    assert chart(Figure("Loss", (Line("val", ((1.0, 2.0),)),))) == ""
    drawn = chart(Figure("Loss", (Line("val", ((1.0, 2.0), (2.0, float("nan")), (3.0, 1.0), (4.0, float("inf")))),)))
    assert drawn.count("<polyline") == 1 and "nan" not in drawn and "inf" not in drawn
    assert chart(Figure("Flat", (Line("val", ((1.0, 0.0), (1.0, 0.0))),))).startswith("<figure>")


def test_a_wild_first_value_does_not_flatten_the_rest(reference):
    loss = next(block for block in reference if isinstance(block, Figure))
    drawn = chart(loss)
    assert "wild values at the edge" in drawn
    labels = [float(label) for label in re.findall(r'text-anchor="end">([\d.]+)<', drawn)]
    assert max(labels) < 10


def test_long_sentences_go_on_below():
    words = " ".join(f"WORD{number}" for number in range(40))
    seen = snapshot(
        val_wer=[0.95] * 6,
        clips=(Clip(clip_id="c", reference=words),),
        decodes=(Decode(epoch=6.0, hypotheses=[words.replace("WORD7 ", "")]),),
    )
    lines = to_markdown(blocks_of(seen)).splitlines()
    shown = [line for line in lines if line.startswith(("Target:", "Pred:"))]
    assert len(shown) > 4 and max(map(len, shown)) <= 110
    assert " ".join(line.removeprefix("Target:").strip() for line in shown if line.startswith("Target:")) == words


def test_the_page_beside_the_authors_analysis_quotes_the_report_word_for_word(text):
    page = (ROOT / "docs" / "reference-report.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")][2:]
    quotes = [quote.replace("\\|", "|") for row in rows for quote in re.findall(r"`([^`]+)`", row)]
    assert len(rows) > 15 and len(quotes) > 25
    ours = {"python -m trainer.diagnose RUN"}
    assert [quote for quote in quotes if quote not in text and quote not in ours] == []


BY_LOSS = {
    "train_loss": curve(30, lambda e: 5 / e),
    "val_loss": curve(30, lambda e: 2 + 0.05 * abs(e - 10)),
    "run": {"floors": Floors(), "config": {"lr": 0.1, "dropout": 0.1, "weight_decay": 0.0, "hidden_dim": 128}},
}


def test_a_run_without_an_error_rate_is_told_nothing_of_one():
    said = to_markdown(blocks_of(snapshot(**BY_LOSS))).partition("## Not checked")[0]
    assert "WER" not in said
    assert [line for line in said.splitlines() if "decides whether" in line] == [
        "No metric is logged: val loss decides whether an option helped; a smaller gap alone is no help."
    ]
    assert "words out /" not in said and "Watch val loss, the gap (limit 1.00)." in said
    with_errors = to_markdown(blocks_of(snapshot(**BY_LOSS, val_wer=[0.5] * 30)))
    assert (
        "WER decides whether" in with_errors
        and "Watch val WER, val loss" in with_errors
        and "words out" not in with_errors
    )


def test_a_gap_that_was_always_above_its_limit_is_not_said_to_have_passed_it():
    steady = {"train_eval_loss": [0.3] * 9, "val_loss": [2.0] * 9, "gap": [1.7] * 9, "run": {"gap_basis": "eval"}}
    said = to_markdown(blocks_of(snapshot(train_loss=[2.5] * 9, **steady)))
    assert "is above its limit: +1.70 at epoch 1 → +1.70 at epoch 9; at its first evaluation, epoch 1," in said
    assert "train loss, eval mode" in said
    figure = next(b for b in blocks_of(snapshot(train_loss=[2.5] * 9, **steady)) if isinstance(b, Figure))
    assert [line.points[0][1] for line in figure.lines if line.name == "train"] == [0.3]


def test_a_gap_that_came_back_below_its_limit_was_above_it():
    seen = snapshot(train_loss=[1.0] * 9, val_loss=[1.2] * 9, gap=[0.2] * 4 + [1.5] * 2 + [0.2] * 3)
    said = to_markdown(blocks_of(seen))
    assert "Watch: the gap between val and train loss is below 1 now" in said and "between epochs 4 and 5" in said


def test_a_val_loss_that_stays_at_its_best_is_not_above_it():
    said = to_markdown(blocks_of(snapshot(val_loss=[2.0, 1.5, 1.5, 1.5, 1.5])))
    assert "Watch: val loss is at its best, 1.50, which it had at epoch 2 already." in said


def observed(begins, **columns):
    said = to_markdown(blocks_of(snapshot(**columns)))
    return next(line for line in said.splitlines() if begins in line)


def test_the_change_of_a_metric_has_the_sign_of_its_values():
    assert "83.0 % → 99.0 %, +16.0 points in 7 epochs" in observed(": val WER", val_wer=[0.83] * 4 + [0.99] * 4)
    assert "80.0 % → 20.0 %, −60.0 points in 6 epochs" in observed(
        "Well: val WER", val_wer=[0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2]
    )


def test_a_reward_that_only_scatters_is_neither_well_nor_not():
    reward = [-855 + 400 * abs(math.sin(7.3 * place**2)) for place in range(40)]
    only = {"metrics": [{"val_reward": value} for value in reward], "val_loss": [2.0] * 40}
    assert observed(": val reward", **only).startswith("- Watch: ")


def test_a_metric_that_rose_for_long_after_its_best_is_not_well_however_low_it_began():
    after = [0.61 + 0.002 * place for place in range(23)]
    falls = [0.83 - 0.0129 * place for place in range(17)]
    assert observed(": val WER", val_wer=[*falls, *after]).startswith("- Not well: ")
    assert observed(": val WER", val_wer=[*falls, *([0.61, 0.612] * 11)]).startswith("- Well: ")


def test_words_are_not_well_under_an_open_flag_that_predictions_are_too_short():
    short = {"val_loss": curve(20, lambda e: 3 / e), "val_wer": [0.6] * 20, "empty_ratio": [0.0] * 20}
    assert observed("words come out", **short, length_ratio=[1.0] * 20).startswith("- Well: ")
    back = [1.0] * 8 + [0.5] * 8 + [0.72] * 4
    assert observed("words come out", **short, length_ratio=back).startswith("- Not well: 0.72 words")
    shorter = [1.0] * 16 + [0.72] * 4
    assert observed("words come out", **short, length_ratio=shorter).startswith("- Well: 0.72 words")


def test_where_it_is_heading_ends_with_the_plan():
    falls = {"val_loss": curve(20, lambda e: 3 / e), "val_wer": curve(20, lambda e: 0.9 - 0.02 * e)}

    def heading(planned):
        return to_markdown(blocks_of(snapshot(**falls, **beating(epochs=planned))))

    assert "by epoch 30 " in heading(60) and "by epoch 23 " in heading(23)
    assert "Where it is heading" not in heading(20)


def test_what_is_not_finite_now_is_not_well_whatever_it_was_before():
    lost = {
        "train_loss": [2.0, 1.5, 1.0, 0.6, math.nan, math.nan],
        "val_loss": [2.0, 1.4, 1.1, 0.7, math.nan, math.nan],
    }
    assert "train loss is NaN since epoch 5; at epoch 4 it was 0.60" in observed("Not well: train loss", **lost)
    assert "val loss is NaN since epoch 5; at epoch 4 it was 0.70" in observed("Not well: val loss", **lost)
    assert "Where it is heading" not in sections(blocks_of(snapshot(**lost)))


def test_a_train_loss_that_moves_by_a_thousandth_does_not_fall():
    stands = {"train_loss": curve(15, lambda e: 1 - 0.0001 * e), "val_loss": [1.0] * 15}
    assert observed("train loss hardly moves", **stands).startswith("- Watch: ")
    assert "| train loss | falls | 1.00 → 1.00 | WATCH |" in to_markdown(blocks_of(snapshot(**stands)))


def test_sentence_and_table_judge_val_loss_alike():
    near = {"train_loss": [1.0] * 12, "val_loss": [2.0, 1.5, *[1.53] * 10]}
    assert observed("val loss was lowest at epoch 2", **near).startswith("- Well: ")
    assert "| 2.0 % above its best | OK |" in to_markdown(blocks_of(snapshot(**near)))


def test_small_values_are_foretold_in_their_own_digits():
    tiny = {"val_loss": curve(12, lambda e: 0.0005 + 0.00002 * (12 - e)), "train_loss": [0.0005] * 12}
    said = section(to_markdown(blocks_of(snapshot(**tiny, gap=[0.0004] * 12))), "Where it is heading")
    assert "The gap: 0.0004 to 0.0004 by epoch 18" in said


def test_the_path_begins_with_what_the_verdict_says_first():
    seen = snapshot(**BY_LOSS)
    text = to_markdown(blocks_of(seen)).replace("\\", "")
    judged = judge(seen, NOW)
    step = next_step(judged.diagnosis, prescribe(seen, judged.diagnosis))[0]
    assert step in section(text, "Verdict") and step in section(text, "Recommended path")
    assert "Expect the" not in text and "will not get better" not in text


def test_it_says_whose_child_it_is_and_what_the_table_does_not_show():
    link = Parent(run_id="p", changes={"dropout": [0.1, 0.5]})
    launch = Launch(run_id="r", created_at=0.0, parent=link)
    seen = snapshot(
        val_loss=[2.0, 1.5, 1.2], launch=launch, run={"config": {"epochs": 2}}, resumed_at=(2.0,), overlaps=(2.0,)
    )
    said = to_markdown(blocks_of(seen)).replace("\\", "")
    assert "Child of p: dropout 0.1 → 0.5." in said
    assert "Resumed at epoch 2. Trained again: epoch 2." in said
    assert "2 epochs were planned; it is at epoch 3." in said
    steps = tuple(Step(step=step, train_loss=5.0 - step, at=0.0) for step in (1, 2, 3))
    said = to_markdown(blocks_of(snapshot(steps=steps)))
    assert "Train loss 4.00 at step 1 → 2.00 at step 3, lowest 2.00." in said


def test_the_train_loss_beside_a_reward_is_not_told_to_fall():
    rows = {"train_loss": [0.5, 0.6, 0.4, 0.7], "metrics": [{"reward": -9.0 + step} for step in range(4)]}
    assert "train loss falls" not in to_markdown(blocks_of(snapshot(**rows)))
    assert "| train loss | falls |" not in to_markdown(blocks_of(snapshot(**rows)))
    scored = {"train_loss": [0.7, 0.5, 0.4, 0.3], "metrics": [{"val_accuracy": 0.1 * step} for step in range(4)]}
    assert "| train loss | falls | 0.70 → 0.30 | OK |" in to_markdown(blocks_of(snapshot(**scored)))


def test_a_chance_loss_of_zero_is_no_chance():
    seen = snapshot(val_loss=[3.0, 2.0, 1.0], run={"floors": Floors(loss_unigram=0.0)})
    judged = judge(seen, NOW)
    blocks = report_of(
        seen, judged, status_of(seen), prescribe(seen, judged.diagnosis), consider(seen, judged.diagnosis)
    )
    assert not any(isinstance(each, Line) and "equally likely" in each.text for each in blocks)
