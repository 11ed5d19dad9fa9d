"""`at_chance`: no better than one constant sentence."""

import math

import pytest

from monitor.diagnosis.causes import causes_of, suppressed
from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import judge
from monitor.rules.at_chance import AtChance
from monitor.rules.result import NotApplicable, NotEnoughData
from monitor.rules.wer_plateau import WerPlateau
from monitor.run_dir import Clip, Decode, Floors, Progress, State
from monitor.run_dir.metric import Metric
from tests.snapshots import NOW, check, curve, first_fired, found, snapshot

RULE = AtChance()
UNKNOWN = {"floors": Floors()}


def wer(values, **fields):
    return snapshot(val_wer=values, val_loss=[5.0] * len(values), **fields)


def test_a_run_that_leaves_chance_early_is_quiet():
    assert first_fired(RULE, wer(curve(30, lambda e: max(0.3, 1 - 0.05 * e)))) == (None, None)


def lost(rows=22, wer=lambda e: max(0.3, 1 - 0.05 * e), at=1.0, **fields):
    values = curve(rows, lambda e: wer(e) if e < 15 else at)
    return snapshot(val_wer=values, val_loss=[3.0] * 14 + [5.0] * (rows - 14), **fields)


@pytest.mark.parametrize("run", [{}, {"floors": Floors()}])
def test_a_run_that_has_lost_what_it_had_learnt_is_not_told_as_one_that_never_learnt(run):
    seen = lost(run=run)
    finding, chance = found(RULE, seen), "saying nothing" if run else "one constant sentence"
    said = f"Has lost what it had learnt: best WER 30.0 % at epoch 14, 100.0 % now; {chance} scores "
    assert finding.title == "Has lost what it had learnt" and finding.line.startswith(said)
    assert finding.line.endswith("Since epoch 15.") and "input" not in finding.remedy
    causes = causes_of(seen, (finding,))
    assert [cause.name for cause in causes] == ["lost_again"] and suppressed(seen, (finding,)) == ()
    # One fact, one sentence; what came back is no loss.
    assert found(WerPlateau(), seen) is None
    assert found(RULE, lost(at=0.31)) is None


def test_a_loss_that_has_lost_what_it_had_learnt_is_told_by_its_best():
    seen = snapshot(val_loss=[5.0, 4.0, 3.0, 2.0, 2.0, 2.0, 5.6, 5.6, 5.6, 5.6])
    assert found(RULE, seen).line == (
        "Has lost what it had learnt: best val loss 2.00 at epoch 4, 5.60 now; chance 5.70. Since epoch 7."
    )


def test_a_wer_of_100_percent_in_the_guard_is_quiet():
    assert first_fired(RULE, wer([1.0] * 4)) == (None, None)


def test_a_slow_start_is_a_warning_that_tells_how_often_runs_left_it_and_then_goes():
    seen = plateau(30, wer=lambda e: 1.0 if e < 15 else 0.7)
    first, critical = first_fired(RULE, seen)
    assert (first, critical) == (6, None)
    assert found(RULE, seen) is None
    assert "9 of 20 recorded runs that stood there" in found(RULE, wer([1.0] * 10)).line


def plateau(rows, wer=lambda e: 1.0, val=lambda e: 5.0 * 0.99**e, train=lambda e: 5.0, **fields):
    return snapshot(val_wer=curve(rows, wer), val_loss=curve(rows, val), train_loss=curve(rows, train), **fields)


def test_saying_nothing_is_waited_for_as_long_as_any_of_the_losses_falls():
    assert first_fired(RULE, plateau(60))[1] is None
    assert first_fired(RULE, plateau(60, val=lambda e: 5.0, train=lambda e: 5.0 * 0.99**e))[1] is None
    assert first_fired(RULE, plateau(60, wer=lambda e: 1.6 * 0.995**e, val=lambda e: 5.0))[1] is None


@pytest.mark.parametrize("noise", [0.0, 0.004])
def test_where_nothing_falls_any_longer_it_is_critical_after_ten_evaluations(noise):
    wave = [1 + noise * math.sin(7 * e) for e in range(61)]
    still = plateau(60, val=lambda e: 5.0 * wave[e], train=lambda e: 4.9 * wave[-e])
    assert 10 <= first_fired(RULE, still)[1] <= 16
    stops = plateau(60, val=lambda e: 5.0 * 0.97 ** min(e, 20))
    assert 24 <= first_fired(RULE, stops)[1] <= 34


def test_a_loss_that_is_never_logged_holds_nothing_up():
    assert first_fired(RULE, wer([1.0] * 30))[1] is not None
    assert first_fired(RULE, snapshot(val_wer=[1.0] * 30))[1] is not None


def test_without_floors_or_errors_it_does_not_apply():
    assert isinstance(check(RULE, snapshot(val_loss=[5.0] * 9, run={"floors": Floors()})), NotApplicable)
    assert isinstance(check(RULE, snapshot(train_loss=[1.0] * 9)), NotApplicable)
    assert isinstance(check(RULE, wer([1.0] * 2)), NotEnoughData)


def test_where_no_floor_is_known_saying_nothing_is_the_floor():
    none = {"floors": Floors()}
    assert first_fired(RULE, wer(curve(30, lambda e: max(0.9, 1 - 0.02 * e)), run=none)) == (None, None)
    finding = found(RULE, wer([1.0] * 30, run=none))
    assert finding.severity == "critical"
    assert finding.line.startswith(
        "Not learning from the input: WER 100.0 % after 30 epochs; saying nothing scores 100"
    )


def test_a_run_that_stays_at_chance_is_critical_and_names_the_sentence():
    seen = wer([0.921] * 30)
    assert first_fired(RULE, seen)[1] is not None
    finding = found(RULE, seen)
    assert finding.severity == "critical"
    assert "WER 92.1 % after 30 epochs; always saying MORGEN REGEN scores 91.2 %" in finding.line
    assert "Do not add regularisation" in finding.remedy


def test_on_the_reference_runs_rows_it_holds_from_10_and_is_critical_from_25():
    rows = [1.0, 0.971, 0.94, 0.922, 0.92, 0.908, 0.921]
    seen = snapshot(
        epochs=[1, 10, 25, 32, 50, 55, 60], val_wer=rows, val_loss=[7.19, 5.09, 4.9, 4.78, 4.96, 5.17, 5.29]
    )
    finding = found(RULE, seen)
    assert (finding.severity, finding.onset, finding.critical_since) == ("critical", 10, 25)


def test_without_an_error_rate_the_loss_is_held_against_word_frequencies():
    assert found(RULE, snapshot(val_loss=[5.4] * 30)) is not None
    assert found(RULE, snapshot(val_loss=curve(30, lambda e: max(1.0, 5.4 - 0.3 * e)))) is None


def test_a_falling_wer_with_a_bad_loss_is_not_at_chance():
    """Over-confidence makes the loss worse than chance while the words get better."""
    seen = snapshot(val_loss=[8.0] * 30, val_wer=curve(30, lambda e: max(0.3, 1 - 0.05 * e)))
    assert found(RULE, seen) is None


def test_a_network_whose_val_loss_is_nan_is_broken_and_not_compared_with_chance():
    broken = {"val_wer": [0.5] * 10 + [1.0] * 8, "val_loss": [2.0] * 10 + [float("nan")] * 8}
    assert found(RULE, snapshot(**broken)) is None
    assert found(RULE, snapshot(**{**broken, "val_loss": [2.0] * 18})) is not None


def test_far_worse_than_chance_points_to_labels_and_not_to_missing_input():
    metric = Metric("val_accuracy", chance=0.5, primary=True)
    seen = snapshot(metrics=[{"val_accuracy": 0.14}] * 9, run={"floors": Floors(), "metrics": [metric]})
    finding = found(RULE, seen)
    assert (finding.title, finding.line) == (
        "Worse than chance",
        "Worse than chance: accuracy 14.0 % against 50.0 %. Since the first evaluation.",
    )
    assert finding.remedy.startswith("Look at the labels")
    assert [cause.name for cause in causes_of(seen, (finding,))] == ["inverted"] and suppressed(seen, (finding,)) == ()


@pytest.mark.parametrize("begins", [12, 27])
def test_a_run_whose_losses_have_begun_to_fall_is_not_stopped(begins):
    """After a plateau, though it says words and though 25 epochs are over."""
    wave = [1 + 0.004 * math.sin(7 * e) for e in range(60)]
    for rows in (begins + 2, begins + 4, begins + 8):
        seen = plateau(
            rows,
            wer=lambda e: 0.959,
            val=lambda e: 4.7 * 0.87 ** max(0, e - begins) * wave[e],
            train=lambda e: 4.6 * 0.85 ** max(0, e - begins),
        )
        assert found(RULE, seen).severity in ("warning", "info"), rows


def test_words_that_do_not_come_yet_are_a_hint_while_the_loss_falls_fast_and_the_run_is_at_work():
    """The plateau of CTC: most recorded runs that fell so left it."""
    falls = {"val_wer": [1.0] * 7, "val_loss": [9.0, 5.0, 4.0, 3.5, 3.2, 3.0, 2.9]}
    assert found(RULE, snapshot(**falls)).severity == "info"
    slow = {**falls, "val_loss": [3.2, 3.15, 3.1, 3.08, 3.05, 3.02, 3.0]}
    assert found(RULE, snapshot(**slow)).severity == "warning"
    # What only memorises falls in train loss alone.
    by_heart = {**slow, "train_loss": falls["val_loss"]}
    assert found(RULE, snapshot(**by_heart)).severity == "warning"
    assert found(RULE, snapshot(**falls, state=State(state="finished"))).severity == "warning"


def test_an_accuracy_at_chance_is_a_warning_however_its_loss_falls():
    metric = Metric("val_accuracy", chance=0.5, primary=True)
    losses = {"val_loss": [9.0, 5.0, 4.0, 3.5, 3.2, 3.0, 2.9]}
    seen = snapshot(**losses, metrics=[{"val_accuracy": 0.5}] * 7, run={"floors": Floors(), "metrics": [metric]})
    assert found(RULE, seen).severity == "warning"


@pytest.mark.parametrize(
    ("name", "level", "said"),
    [
        ("val_r2", 0.0, "R² −0.005 against 0"),
        ("val_auc", 0.5, "AUC 49.5 % against 50.0 %"),
        ("val_mcc", 0.0, "MCC −0.005"),
    ],
)
def test_chance_that_follows_from_what_a_metric_measures_is_known_without_a_declaration(name, level, said):
    def scores(learnt):
        values = curve(9, lambda e: level + learnt * e / 9 - 0.005 * (e % 2))
        return snapshot(val_loss=curve(9, lambda e: 1 - 0.02 * e), metrics=[{name: value} for value in values])

    assert found(RULE, scores(0.0)).line.startswith(f"Not better than chance yet: {said}")
    assert found(RULE, scores(0.3)) is None


def test_a_score_that_was_never_above_zero_has_learnt_nothing_and_one_that_was_has():
    without = {"val_loss": [0.999] * 15, "run": {"floors": Floors()}}
    zero = snapshot(**without, metrics=[{"val_dice": 0.0}] * 15)
    finding = found(RULE, zero)
    assert finding.severity == "critical"
    assert "Dice 0.0 % after 15 epochs; getting nothing right scores 0.0 %" in finding.line
    some = snapshot(**without, metrics=[{"val_dice": 0.01}] * 15)
    assert isinstance(check(RULE, some), NotApplicable)


def said_with(tail, hit):
    """30 clips of four words each, of which `hit` are said, with the same words on top of each."""
    clips = tuple(Clip(clip_id=str(n), reference=f"A{n} B{n} C{n} D{n}", split="val") for n in range(30))
    said = [" ".join([*clip.reference.split()[:hit], *(f"{each}{clip.clip_id}" for each in tail)]) for clip in clips]
    wrong = (4 - hit + max(len(tail) - (4 - hit), 0)) / 4
    decodes = tuple(Decode(epoch=float(e), hypotheses=said) for e in range(1, 31))
    loss = curve(30, lambda e: max(3.9 * 0.85**e, 1.3))
    return snapshot(val_wer=[wrong] * 30, clips=clips, decodes=decodes, val_loss=loss, train_loss=loss)


def test_words_on_top_of_words_that_are_right_are_no_missing_input():
    seen = said_with(list("STUVWXYZ"), 2)
    finding = found(RULE, seen)
    assert (finding.title, finding.severity) == ("Words are inserted", "warning")
    assert "50.0 % of the words are right, but 250 are predicted for every 100 target words" in finding.line
    judged = judge(seen, NOW).diagnosis
    assert judged.verdict == "LOOK" and not judged.suppressed
    assert not judged.causes and prescribe(seen, judged)[0].title.startswith("Look at how a prediction ends")
    none_right = found(RULE, said_with(list("OPQRSTUVWXYZ"), 0))
    assert none_right.title == "At chance"


def test_an_error_rate_that_was_never_a_fraction_below_one_may_be_percent_and_that_is_said():
    falls, losses = [4.1 - 0.1 * epoch for epoch in range(20)], [0.9**epoch for epoch in range(20)]
    unknown = {"floors": Floors()}
    line = found(RULE, snapshot(val_wer=falls, val_loss=losses, run=unknown)).line
    assert line.startswith(
        "Val WER is 220.0 %, not better than saying nothing (100.0 %), although val loss has come down"
    )
    assert line.endswith(" Since the first evaluation. If it is logged in percent, it is 2.2 %: then declare the unit.")
    silent = found(RULE, snapshot(val_wer=[1.0] * 20, val_loss=[1.0] * 20, run=unknown)).line
    known = found(RULE, snapshot(val_wer=falls, val_loss=[1.0] * 20)).line
    counted = found(RULE, snapshot(val_wer=falls, val_loss=losses, length_ratio=[2.5] * 20, run=unknown)).line
    assert not any("in percent" in other for other in (silent, known, counted))


def speaks(val_loss, train_loss=None, rows=20):
    """A network whose WER is beyond that of saying nothing, with such losses."""
    train = curve(rows, train_loss or val_loss)
    return snapshot(val_wer=curve(rows, lambda e: 1.3), val_loss=curve(rows, val_loss), train_loss=train, run=UNKNOWN)


def test_at_chance_while_val_loss_falls_is_a_hint_and_never_critical():
    falls = found(RULE, speaks(lambda e: 4 * 0.9**e))
    assert (falls.severity, falls.title) == ("info", "At chance although val loss falls")
    assert falls.line.startswith(
        "Val WER is 130.0 %, not better than saying nothing (100.0 %), although val loss has come down from 2.36 at "
        "epoch 5 to 0.49. Since the first evaluation."
    )
    rested = speaks(lambda e: max(0.5, 4 * 0.8**e), rows=30)
    said = judge(rested, NOW).diagnosis
    assert found(RULE, rested).severity == "warning" and "no_evidence" not in {cause.name for cause in said.causes}
    assert not said.suppressed and prescribe(rested, said)[0].title.startswith("The input arrives")


def test_what_train_has_learnt_and_val_has_not_is_said_so():
    seen = speaks(lambda e: 4.0, lambda e: 4 * 0.8**e)
    finding = found(RULE, seen)
    assert finding.title == "Learnt on train, at chance on val"
    assert "train loss has come down from 1.31 at epoch 5 to 0.046" in finding.line
    causes = causes_of(seen, (finding,))
    assert [cause.title for cause in causes] == ["What is learnt on train does not carry over to val"]


def test_where_val_loss_falls_beside_train_loss_it_carries_over():
    train = {"train_loss": lambda e: 1 + 6 * 0.8**e, "rows": 30}
    finding = found(RULE, speaks(lambda e: 4 + 2 * 0.8**e, **train))
    assert (finding.title, finding.severity) == ("Learnt on train, at chance on val", "warning")
    with_it = found(RULE, speaks(lambda e: 3 + 5 * 0.8**e, **train))
    assert (with_it.title, with_it.severity) == ("At chance although val loss falls", "warning")
    assert "although val loss has come down from 4.64 at epoch 5 to 3.01" in with_it.line


def test_what_train_has_learnt_is_not_called_nothing_learnt():
    zero = snapshot(
        metrics=[{"val_bleu": 0.0}] * 30,
        train_loss=curve(30, lambda e: 4 * 0.85**e),
        val_loss=curve(30, lambda e: 4.0),
        run=UNKNOWN,
    )
    causes = [cause.title for cause in judge(zero, NOW).diagnosis.causes]
    assert causes[0] == "What is learnt on train does not carry over to val"
    assert not {"Nothing has been learnt at all", "Nothing more is being learnt"} & set(causes)


def test_a_score_of_zero_is_a_hint_while_both_losses_fall_fast():
    early = {"metrics": [{"val_map": 0.0}] * 8, "train_loss": curve(8, lambda e: 9 * 0.85**e), "run": UNKNOWN}
    falls = snapshot(**early, val_loss=curve(8, lambda e: 9 * 0.88**e))
    assert found(RULE, falls).severity == "info" and judge(falls, NOW).diagnosis.verdict == "KEEP GOING"
    assert found(RULE, snapshot(**early, val_loss=[9.0] * 8)).severity == "warning"


def test_the_fall_to_the_plateau_of_a_ctc_model_shows_nothing_learnt():
    """Its loss falls from far above while it learns to say nothing."""
    losses = [14.0, 9.0, 6.0, 3.4, 3.2, *[3.1] * 10]
    seen = snapshot(val_wer=[1.0] * 15, val_loss=losses, train_loss=losses, run=UNKNOWN)
    assert found(RULE, seen).title == "At chance"


@pytest.mark.parametrize(("train", "severity"), [(0.93, "info"), (1.0, "warning")])
def test_early_it_is_a_hint_only_while_both_losses_fall_fast(train, severity):
    seen = snapshot(
        epochs=[2.0, 4.0, 6.0],
        val_wer=[1.0] * 3,
        val_loss=[4.0, 3.6, 3.3],
        train_loss=[5 * train**n for n in range(3)],
        run=UNKNOWN,
    )
    assert found(RULE, seen).severity == severity


def test_a_stop_waits_until_a_tenth_of_the_plan_is_spent():
    """A model that says nothing may begin to speak late: of a long plan, ten evaluations at rest are little."""

    def severity(rows, planned):
        seen = snapshot(
            val_wer=[1.0] * rows,
            val_loss=[3.0] * rows,
            run=UNKNOWN,
            progress=Progress(heartbeat_at=NOW, epochs=planned) if planned else None,
        )
        return found(RULE, seen).severity

    assert severity(20, None) == severity(20, 60) == "critical"
    assert severity(20, 1000) == severity(99, 1000) == "warning"
    assert severity(105, 1000) == "critical"
