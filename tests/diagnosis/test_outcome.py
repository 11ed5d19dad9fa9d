"""Did the change help: WER decides, with an interval over the clips; the gap alone never does."""

import random

import jiwer
import msgspec
import numpy as np
import pytest

from monitor.diagnosis.clip_pairs import ClipPair, errors_of, interval, pair_clips
from monitor.diagnosis.comparison import same_code
from monitor.diagnosis.moment import judged_epoch
from monitor.diagnosis.outcome import outcome
from monitor.diagnosis.prescriptions.seeds import more_seeds
from monitor.run_dir import Clip, DataInfo, Decode, Epoch, Launch, Parent, Progress, Run, Snapshot, State
from tests.snapshots import snapshot

WORDS = ["A", "B", "C", "D", "E", "F"]
CLIPS = 60


def references(count=CLIPS):
    rng = random.Random(1)
    return [" ".join(rng.choice(WORDS) for _ in range(5)) for _ in range(count)]


def spoiled(reference, rng, share):
    """Each word is swapped for a wrong one with this chance."""
    return " ".join("X" if rng.random() < share else word for word in reference.split())


def run_of(name, shares, *, gaps=None, clips=CLIPS, parent=None, expected=None, sha="s", val_clips=CLIPS, seed=0):
    """A run whose epoch e has about `shares[e - 1]` of its words wrong."""
    wanted = references(clips)
    rng = random.Random(seed)
    epochs, decodes = [], []
    for place, share in enumerate(shares):
        said = [spoiled(reference, rng, share) for reference in wanted]
        errors = sum(errors_of(reference, hypothesis) for reference, hypothesis in zip(wanted, said, strict=True))
        gap = gaps[place] if gaps else 1.0
        epochs.append(Epoch(epoch=place + 1, val_wer=errors / (5 * clips), val_loss=2.0, gap=gap))
        decodes.append(Decode(epoch=place + 1, hypotheses=said))
    link = Parent(run_id=parent, expected=expected or {}) if parent else None
    return Snapshot(
        run_dir=f"runs/{name}",
        run_id=name,
        read_at=0.0,
        run=Run(run_id=name, data=DataInfo(name="d", clips={"val": val_clips}), units={"loss": "nats per token"}),
        launch=Launch(run_id=name, created_at=0.0, argv=["train"], parent=link, script_sha256=sha),
        epochs=tuple(epochs),
        decodes=tuple(decodes),
        clips=tuple(Clip(clip_id=f"c{i}", reference=reference) for i, reference in enumerate(wanted)),
    )


def test_the_same_run_again_did_not_help():
    parent = run_of("p", [0.5] * 5, seed=1)
    came = outcome(parent, run_of("c", [0.5] * 5, parent="p", seed=2))
    assert came.word == "TOO CLOSE"
    assert came.low < 0 < came.high
    assert "within noise for 60 clips" in came.line


def test_a_smaller_gap_alone_is_no_help():
    parent = run_of("p", [0.5] * 5, gaps=[2.0] * 5, seed=1)
    child = run_of("c", [0.5] * 5, gaps=[0.4] * 5, parent="p", seed=2)
    came = outcome(parent, changed_by(child, dropout=[0.1, 0.5]))
    assert came.word == "ONLY THE GAP MOVED"
    assert "Gap 2.00 → 0.40" in came.line
    for changes in ({"batch_size": [16, 32]}, {"dropout": [0.5, 0.1]}, {"seed": [1, 2]}):
        assert outcome(parent, changed_by(child, **changes)).word == "TOO CLOSE"


def changed_by(child, **changes):
    link = msgspec.structs.replace(child.launch.parent, changes=changes)
    return msgspec.structs.replace(child, launch=msgspec.structs.replace(child.launch, parent=link))


def test_two_runs_that_were_only_named_side_by_side_are_no_parent_and_child():
    line = outcome(run_of("p", [0.9, 0.8, 0.7, 0.6]), ended(run_of("c", [0.5, 0.4]), "running")).line
    assert ". c 39.0 %, p then 79.3 %." in line
    assert not any(word in line for word in ("Child", "parent", "On course"))


def test_a_child_whose_losses_are_not_finite_is_not_on_course():
    child = ended(run_of("c", [0.5, 0.4], parent="p", expected={"epoch": 4}), "running")
    last = msgspec.structs.replace(child.epochs[-1], val_loss=float("nan"))
    line = outcome(run_of("p", [0.9] * 4), msgspec.structs.replace(child, epochs=(child.epochs[0], last))).line
    assert "not finite" in line and "On course" not in line


def test_code_that_one_of_them_did_not_write_down_has_not_changed():
    child = run_of("c", [0.5] * 3, parent="p")
    known = msgspec.structs.replace(child.launch, git_commit="a" * 40)
    assert same_code(known, child.launch) and same_code(child.launch, known)
    assert not same_code(known, msgspec.structs.replace(known, git_commit="b" * 40))


def test_a_gap_that_fell_does_not_excuse_a_worse_error_rate():
    parent = run_of("p", [0.3] * 5, gaps=[2.0] * 5)
    assert outcome(parent, run_of("c", [0.7] * 5, gaps=[0.1] * 5, parent="p")).word == "WORSE"


def test_a_clearly_lower_error_rate_helped_whatever_the_gap_does():
    parent = run_of("p", [0.8] * 5, gaps=[1.0] * 5)
    came = outcome(parent, run_of("c", [0.4] * 5, gaps=[3.0] * 5, parent="p"))
    assert came.word == "HELPED"
    assert came.high < 0 and came.difference == pytest.approx(-0.4, abs=0.1)
    assert came.line.startswith("−")


def test_what_was_not_measured_alike_is_not_compared():
    other_set = run_of("c", [0.1] * 5, parent="p", val_clips=12)
    renamed = run_of("c", [0.1] * 5, parent="p")
    clips = tuple(msgspec.structs.replace(clip, reference="Z Z Z") for clip in renamed.clips)
    for child in (other_set, msgspec.structs.replace(renamed, clips=clips)):
        came = outcome(run_of("p", [0.9] * 5), child)
        assert came.word == "CAN'T COMPARE" and "validation sets differ" in came.line


def test_clips_with_another_target_are_not_the_same_clips():
    parent, child = run_of("p", [0.9] * 3), run_of("c", [0.1] * 3, parent="p")
    import msgspec

    other = tuple(msgspec.structs.replace(clip, reference="Z Z Z") for clip in child.clips)
    assert pair_clips(parent, msgspec.structs.replace(child, clips=other), 3.0) == []


def test_before_the_judged_epoch_it_waits_and_says_how_it_goes():
    parent = run_of("p", [0.9, 0.8, 0.7, 0.6])
    came = outcome(parent, ended(run_of("c", [0.5, 0.4], parent="p", expected={"epoch": 4}), "running"))
    assert came.word == "WAITING"
    assert "Epoch 2 of 4" in came.line and "On course" in came.line


def test_it_is_judged_at_the_epoch_agreed_on_and_says_whether_the_expectation_came():
    parent = run_of("p", [0.8] * 6)
    asked = {"epoch": 3, "epoch_by": "asked", "val_wer": 0.5}
    child = run_of("c", [0.3] * 6, parent="p", expected={**asked, "gap": 1.5, "text": "less"})
    came = outcome(parent, child)
    assert (came.epoch, came.expected, came.expectation_met) == (3, "less", True)
    assert outcome(parent, run_of("c", [0.6] * 6, parent="p", expected=asked)).expectation_met is False
    beside = outcome(run_of("q", [0.5] * 6), child, 3)
    assert (beside.expected, beside.expectation_met) == ("", None), "expected against the parent alone"
    assert judged_epoch(parent, ended(run_of("c", [0.3], parent="p"), "running")) == 6


def test_changed_code_is_not_credited_to_the_settings():
    came = outcome(run_of("p", [0.8] * 3), run_of("c", [0.2] * 3, parent="p", sha="other"))
    assert came.word == "HELPED" and not came.credited


def test_the_interval_is_a_plain_paired_bootstrap_and_always_the_same():
    rng = random.Random(3)
    pairs = [ClipPair(str(i), "", "", "", rng.randint(0, 5), rng.randint(0, 4), 5) for i in range(50)]
    low, high = interval(pairs)
    assert (low, high) == interval(pairs)
    slow = []
    for _ in range(3000):
        drawn = [rng.choice(pairs) for _ in pairs]
        slow.append(sum(p.child_errors - p.parent_errors for p in drawn) / sum(p.words for p in drawn))
    assert low == pytest.approx(np.quantile(slow, 0.025), abs=0.02)
    assert high == pytest.approx(np.quantile(slow, 0.975), abs=0.02)


def test_errors_are_the_ones_jiwer_counts():
    rng = random.Random(5)
    for reference in references(30):
        said = spoiled(reference, rng, 0.5).replace("X ", "", 1)
        counted = jiwer.process_words(reference, said)
        assert errors_of(reference, said) == counted.substitutions + counted.deletions + counted.insertions


def changed(run, **fields):
    """The run with other fields in its launch record."""
    return msgspec.structs.replace(run, launch=msgspec.structs.replace(run.launch, **fields))


def ended(run, state, **fields):
    return msgspec.structs.replace(run, state=State(state=state, **fields))


def test_a_child_without_an_evaluation_waits():
    came = outcome(run_of("p", [0.5] * 5), ended(run_of("c", [], parent="p"), "running"))
    assert (came.word, came.line) == ("WAITING", "It is judged at epoch 5; no evaluation yet.")
    came = outcome(run_of("p", []), ended(run_of("c", [], parent="p"), "running"))
    assert (came.word, came.line) == ("WAITING", "No evaluation yet.")


def test_a_child_that_ended_before_the_judged_epoch_is_judged_by_its_last_evaluation_and_says_so():
    child = ended(run_of("c", [0.2] * 3, parent="p", expected={"epoch": 5}), "stopped")
    came = outcome(run_of("p", [0.5] * 5), child)
    assert (came.word, came.epoch, came.provisional) == ("HELPED", 3, False)
    assert "It ended at epoch 3; it was to be judged at 5." in came.line
    empty = ended(run_of("c", [], parent="p"), "failed")
    assert outcome(run_of("p", [0.5] * 5), empty).line == "It ended without an evaluation."


def test_a_parent_that_is_still_on_its_way_to_the_judged_epoch_is_waited_for():
    child = run_of("c", [0.2] * 5, parent="p", expected={"epoch": 5})
    came = outcome(ended(run_of("p", [0.5] * 3), "running"), child)
    assert (came.word, came.line) == ("WAITING", "p has come to epoch 3 of 5.")


@pytest.mark.parametrize(("state", "said"), [("stopped", "it stopped"), ("finished", "it finished")])
def test_a_parent_that_ended_earlier_stands_with_its_best(state, said):
    parent = ended(run_of("p", [0.9, 0.5, 0.7]), state)
    came = outcome(parent, run_of("c", [0.2] * 5, parent="p"))
    best = f"{100 * parent.epochs[1].val_wer:.1f} %"
    assert came.word == "HELPED" and came.credited and came.parent_wer == parent.epochs[1].val_wer
    assert came.line.startswith(f"Against p's best, {best} at epoch 2; {said} at epoch 3. "), "first, not last"


def test_a_parent_that_ended_while_it_improved_gives_a_longer_child_no_credit():
    came = outcome(ended(run_of("p", [0.9, 0.8, 0.7]), "stopped"), run_of("c", [0.2] * 5, parent="p"))
    assert came.word == "HELPED"
    assert came.not_credited == "p ended while it still improved, and c has trained longer"


def test_a_lost_parent_is_not_waited_for():
    """Its stored word is "running" for ever; what lives decides."""
    lost = ended(run_of("p", [0.9] * 10), "running", generation=1)
    lost = msgspec.structs.replace(lost, trainer_liveness="gone", supervisor_liveness="gone")
    child = run_of("c", [0.3] * 60, parent="p", expected={"epoch": 25})
    came = outcome(lost, child)
    assert (came.word, came.epoch) == ("HELPED", 60)
    assert "it was lost at epoch 10. −" in came.line


def planned(run, epochs, state):
    """The run as one of so many epochs, in this state."""
    return ended(msgspec.structs.replace(run, progress=Progress(heartbeat_at=0.0, epochs=epochs)), state)


def test_a_child_is_judged_at_its_planned_end_though_the_dialog_was_opened_at_epoch_10():
    """Worse at epoch 10, better at its end: the word is that of the end."""
    parent = run_of("p", [0.5] * 60)
    shares = [0.8] * 30 + [0.2] * 30
    child = run_of("c", shares, parent="p", expected={"epoch": 10})
    came = outcome(parent, planned(child, 60, "finished"))
    assert (came.word, came.epoch, came.provisional) == ("HELPED", 60, False)
    on_its_way = outcome(parent, planned(run_of("c", shares[:20], parent="p", expected={"epoch": 10}), 60, "running"))
    assert (on_its_way.word, on_its_way.epoch, on_its_way.provisional) == ("WORSE", 10, True)
    assert on_its_way.line.endswith("Provisional: it is judged again at its end.")


def test_an_epoch_that_a_person_chose_is_final():
    expected = {"epoch": 10, "epoch_by": "asked"}
    child = planned(run_of("c", [0.8] * 30 + [0.2] * 30, parent="p", expected=expected), 60, "finished")
    came = outcome(run_of("p", [0.5] * 60), child)
    assert (came.word, came.epoch, came.provisional) == ("WORSE", 10, False)


def test_with_sparse_validation_both_stand_at_the_last_evaluation_before():
    def sparse(run):
        kept = tuple(each if each.epoch % 5 == 0 else Epoch(epoch=each.epoch, train_loss=1.0) for each in run.epochs)
        return msgspec.structs.replace(run, epochs=kept)

    expected = {"epoch": 13, "epoch_by": "asked"}
    came = outcome(sparse(run_of("p", [0.5] * 20)), sparse(run_of("c", [0.2] * 20, parent="p", expected=expected)))
    assert came.word == "HELPED" and "points at epoch 10" in came.line


@pytest.mark.parametrize(
    ("losses", "word"),
    [(1.17, "TOO CLOSE"), (2.57, "ONLY THE GAP MOVED"), (None, "TOO CLOSE")],
    ids=["val loss fell", "val loss stayed", "val loss unknown"],
)
def test_only_the_gap_moved_needs_a_val_loss_that_stayed(losses, word):
    parent = with_losses(run_of("p", [0.5] * 8, gaps=[2.0] * 8, seed=1), 2.58)
    child = with_losses(run_of("c", [0.48] * 8, gaps=[0.4] * 8, parent="p", seed=2), losses)
    came = outcome(parent, changed_by(child, weight_decay=[0.0, 0.1]))
    assert came.low < 0 < came.high and came.word == word
    assert ("Val loss 2.58 → 1.17." in came.line) == (losses == 1.17)


def with_losses(run, val_loss):
    epochs = tuple(msgspec.structs.replace(each, val_loss=val_loss) for each in run.epochs)
    return msgspec.structs.replace(run, epochs=epochs)


def numbers(name, parent=None, **columns):
    """A run that logged numbers and no predictions."""
    seen = snapshot(**columns)
    link = Parent(run_id=parent) if parent else None
    launch = Launch(run_id=name, created_at=0.0, argv=["t"], parent=link)
    return msgspec.structs.replace(seen, run_id=name, launch=launch)


def noisy(level, scatter, count=20, seed=0):
    rng = random.Random(seed)
    return [level + rng.gauss(0.0, scatter) for _ in range(count)]


def test_without_predictions_the_error_rate_is_judged_without_an_interval():
    parent = numbers("p", val_wer=noisy(0.47, 0.004))
    came = outcome(parent, numbers("c", "p", val_wer=noisy(0.41, 0.004, seed=1)))
    assert (came.word, came.low, came.evaluations) == ("HELPED", None, 5)
    assert "without an interval" in came.line and "trends of 5 evaluations" in came.line
    assert outcome(parent, numbers("c", "p", val_wer=noisy(0.53, 0.004, seed=1))).word == "WORSE"
    same = outcome(parent, numbers("c", "p", val_wer=noisy(0.468, 0.004, seed=1)))
    assert same.word == "TOO CLOSE" and "points, which noise between evaluations explains" in same.line


def test_without_an_error_rate_val_loss_is_judged():
    parent = numbers("p", val_loss=noisy(2.5, 0.01))
    came = outcome(parent, numbers("c", "p", val_loss=noisy(2.0, 0.01, seed=1)))
    assert came.word == "HELPED" and came.line.startswith("Val loss 2.48 → 2.00 (trends of 5 evaluations)")
    assert outcome(parent, numbers("c", "p", val_loss=noisy(2.48, 0.01, seed=1))).word == "TOO CLOSE"
    nothing = outcome(parent, numbers("c", "p", val_wer=[0.5] * 9))
    assert nothing.word == "CAN'T COMPARE" and "Neither an error rate, a score nor a val loss" in nothing.line


def test_a_few_evaluations_do_not_say_how_much_they_scatter():
    came = outcome(numbers("p", val_wer=[0.9] * 4), numbers("c", "p", val_wer=[0.2] * 4))
    assert came.word == "TOO CLOSE" and "4 evaluations where 5 are needed" in came.line


def test_a_few_clips_that_both_decoded_are_no_interval():
    child = with_ten_predictions(run_of("c", [0.1] * 5, parent="p"), lambda epoch, _: epoch.val_wer + 0.02)
    came = outcome(run_of("p", [0.9] * 5), child)
    assert (came.word, came.clips, came.low) == ("HELPED", 10, None)
    assert "only 10 clips decoded by both" in came.line


def test_the_same_run_again_with_another_seed_is_rarely_more_than_scatter():
    """Noise about a falling curve, as 200 pairs: the word is right in at least 98 of 100."""
    words = []
    for seed in range(200):
        rng = random.Random(seed)
        runs = [[0.4 + 0.5 / epoch + rng.gauss(0.0, 0.02) for epoch in range(1, 16)] for _ in range(2)]
        words.append(outcome(numbers("p", val_wer=runs[0]), numbers("c", "p", val_wer=runs[1])).word)
    assert words.count("TOO CLOSE") >= 196


def test_what_else_differs_takes_the_credit_away_and_is_named():
    parent, child = run_of("p", [0.8] * 5), run_of("c", [0.2] * 5, parent="p")
    assert outcome(parent, child).credited
    link = child.launch.parent
    edited = changed(child, script_sha256="t", parent=msgspec.structs.replace(link, code_diff="+a\n+b\n-c\n"))
    assert outcome(parent, edited).not_credited == "The code changed too (+2 −1)"
    warm = changed(child, parent=msgspec.structs.replace(link, how="restart_warm"))
    assert "started warm" in outcome(parent, warm).not_credited
    resumed = ended(child, "finished", code_line="train.py changed since it started: +1 −1.")
    assert outcome(parent, resumed).not_credited == "c went on with changed code"
    assert all(outcome(parent, each).word == "HELPED" for each in (edited, warm, resumed))


def test_within_noise_two_more_seeds_are_offered_as_commands():
    parent = run_of("p", [0.5] * 5, seed=1)
    expected = {"epoch": 5, "epoch_by": "asked", "prescription": "variety"}
    child = run_of("c", [0.5] * 5, parent="p", expected=expected, seed=2)
    assert more_seeds(parent, child) == (), "no seed is known"
    link = msgspec.structs.replace(child.launch.parent, changes={"dropout": [0.3, 0.5]})
    seeded = msgspec.structs.replace(
        changed(child, parent=link), run=msgspec.structs.replace(child.run, config={"seed": 7})
    )
    taken = seeded.run.config["seed"] + 1
    third = msgspec.structs.replace(seeded, run=msgspec.structs.replace(seeded.run, config={"seed": taken}))
    offered = " ".join(more_seeds(parent, seeded, [third]))
    assert f"seed={taken}" not in offered and f"seed={taken + 2}" in offered
    assert more_seeds(parent, seeded) == tuple(
        f"python -m monitor restart p --option variety --set dropout=0.5 --set seed={seed} --judge-at 5 --keep-parent"
        for seed in (8, 9)
    )
    elsewhere = more_seeds(msgspec.structs.replace(parent, run_dir="/lab/my runs/p"), seeded)
    assert all(line.startswith("python -m monitor restart p --runs '/lab/my runs' --option") for line in elsewhere)


def test_a_run_is_not_compared_with_itself():
    run = run_of("p", [0.5] * 5)
    came = outcome(run, run)
    assert (came.word, came.line) == ("CAN'T COMPARE", "It is the same run twice: there is nothing to compare.")


@pytest.mark.parametrize("share", [0.1, 0.9], ids=["better", "worse"])
def test_another_seed_has_no_effect_however_far_it_lies(share):
    parent = run_of("p", [0.5] * 5)
    child = run_of("c", [share] * 5, parent="p")
    link = msgspec.structs.replace(child.launch.parent, changes={"seed": [1, 2]})
    child = msgspec.structs.replace(child, launch=msgspec.structs.replace(child.launch, parent=link))
    came = outcome(parent, child)
    assert came.word == "TOO CLOSE"
    assert came.line.endswith("Only the seed differs: this is how far seeds lie apart, and no effect of a change.")
    assert "can decide it" not in came.line
    both = msgspec.structs.replace(link, changes={"seed": [1, 2], "dropout": [0.1, 0.5]})
    child = msgspec.structs.replace(child, launch=msgspec.structs.replace(child.launch, parent=both))
    assert outcome(parent, child).word in ("HELPED", "WORSE")


def test_runs_that_are_no_family_are_seeds_by_their_settings():
    first, second = run_of("a", [0.5] * 5), run_of("b", [0.2] * 5)
    configs = [{"lr": 0.1, "seed": 1}, {"lr": 0.1, "seed": 2}]
    pair = [
        msgspec.structs.replace(run, run=msgspec.structs.replace(run.run, config=config))
        for run, config in zip((first, second), configs, strict=True)
    ]
    assert outcome(*pair).word == "TOO CLOSE" and outcome(first, second).word == "HELPED"


def test_an_epoch_without_an_evaluation_is_said_and_the_one_that_is_judged():
    parent, child = run_of("p", [0.5] * 9), run_of("c", [0.2] * 9, parent="p")
    assert "c has no evaluation at epoch 99: this is epoch 9." in outcome(parent, child, 99).line
    assert "has no evaluation" not in outcome(parent, child, 9).line
    assert "c has no evaluation at epoch 4.5: this is epoch 4." in outcome(parent, child, 4.5).line


def test_one_metric_in_two_units_is_not_compared():
    def of(name, parent, values):
        return numbers(name, parent, val_loss=noisy(2.0, 0.01)[: len(values)], metrics=[{"val_acc": v} for v in values])

    came = outcome(of("p", None, [20.0 + e for e in range(9)]), of("c", "p", [0.2 + e / 100 for e in range(9)]))
    assert came.word == "CAN'T COMPARE" and "percent in p, fraction in c" in came.line


def judged_by(name, value, run_id, losses):
    seen = snapshot(val_loss=losses, metrics=[{name: value}] * len(losses))
    return msgspec.structs.replace(seen, run_id=run_id, run_dir=f"runs/{run_id}")


def test_two_tasks_are_not_compared_by_their_losses():
    parent = judged_by("val_accuracy", 0.7, "images", [2.91] * 6)
    said = outcome(parent, judged_by("val_bleu", 0.2, "translation", [1.37] * 6))
    assert said.word == "CAN'T COMPARE"
    assert said.line.startswith("images is judged by val accuracy, translation by val BLEU: ")
    assert outcome(parent, judged_by("val_accuracy", 0.6, "more", [2.5] * 6)).word != "CAN'T COMPARE"
    by_loss = msgspec.structs.replace(snapshot(val_loss=[2.5] * 6), run_id="loss", run_dir="runs/loss")
    assert outcome(parent, by_loss).word != "CAN'T COMPARE"


def test_a_child_that_falls_later_is_judged_by_where_it_stands():
    """A mean of five lags behind a curve that still falls: the child ends 3.6 points better."""
    parent = numbers("p", val_wer=[max(0.5, 0.9 - 0.06 * e) for e in range(1, 21)])
    came = outcome(parent, numbers("c", "p", val_wer=[0.46 + 0.03 * (20 - e) for e in range(1, 21)]))
    assert came.word == "HELPED" and "−4.0 points at epoch 20" in came.line
    assert (came.parent_value, came.child_value) == pytest.approx((0.5, 0.46))
    assert (came.parent_best, came.child_best) == pytest.approx((0.5, 0.46))


def test_each_side_says_how_many_evaluations_it_rests_on():
    parent = numbers("p", val_wer=noisy(0.6, 0.004, 40))
    seldom = [0.3 + 0.001 * (e % 3) if e % 5 == 0 else None for e in range(1, 41)]
    assert "(trends of 21 and 5 evaluations)" in outcome(parent, numbers("c", "p", val_wer=seldom)).line


def test_a_child_that_was_last_evaluated_before_its_end_has_not_ended_early():
    parent = numbers("p", val_wer=noisy(0.6, 0.004, 40))
    columns = {"train_loss": [1.0] * 40, "val_wer": [0.3 if e % 7 == 0 else None for e in range(1, 41)]}
    child = msgspec.structs.replace(numbers("c", "p", **columns), progress=progress(epoch=40, epochs=40))
    assert "It ended" not in outcome(parent, child).line


def progress(**fields):
    return Progress(heartbeat_at=0.0, phase="ended", outcome="finished", **fields)


def test_runs_that_nobody_made_parent_and_child_agreed_on_no_epoch():
    short = msgspec.structs.replace(numbers("c", val_wer=noisy(0.5, 0.01, 12)), progress=progress(epoch=12, epochs=25))
    assert "was to be judged" not in outcome(numbers("p", val_wer=noisy(0.5, 0.01, 25)), short).line


def with_ten_predictions(child, rate):
    """The child with predictions of ten clips; `rate`: of an evaluation and these predictions, its WER."""
    decodes = tuple(
        msgspec.structs.replace(each, hypotheses=each.hypotheses[:10], clip_ids=[f"c{i}" for i in range(10)])
        for each in child.decodes
    )
    epochs = tuple(
        msgspec.structs.replace(epoch, val_wer=rate(epoch, list(zip(child.clips, each.hypotheses, strict=False))))
        for epoch, each in zip(child.epochs, decodes, strict=True)
    )
    return msgspec.structs.replace(child, decodes=decodes, epochs=epochs)


def test_wer_over_validation_sets_of_different_size_is_not_compared():
    """The child was scored on 10 of the parent's 60 clips, and its WER is the one of these 10."""
    parent, child = run_of("p", [0.5] * 5, seed=1), run_of("c", [0.1] * 5, parent="p", seed=2)
    scored = with_ten_predictions(child, lambda _, said: sum(errors_of(c.reference, h) for c, h in said) / 50)
    came = outcome(parent, scored)
    assert came.word == "CAN'T COMPARE"
    assert came.line == (
        "The validation sets differ: WER was counted over 60 clips and 10, "
        "10 of them decoded by both with the same target."
    )


def test_predictions_of_some_clips_are_no_validation_set():
    """Its WER is of all 60 clips, its predictions are a sample of 10: then the logged rates are compared."""
    parent, child = run_of("p", [0.5] * 5, seed=1), run_of("c", [0.1] * 5, parent="p", seed=2)
    came = outcome(parent, with_ten_predictions(child, lambda epoch, _: epoch.val_wer + 0.02))
    assert came.word == "HELPED" and "not the same clips" in came.line


def test_a_child_that_broke_is_worse_and_not_without_a_number():
    broken = [*[0.8 - 0.02 * e for e in range(10)], *[float("nan")] * 10]
    parent = numbers("p", val_wer=[0.8 - 0.02 * e for e in range(20)], val_loss=[2.0] * 20)
    child = numbers("c", "p", val_wer=broken, val_loss=[*[2.0] * 10, *[float("nan")] * 10])
    came = outcome(parent, child)
    assert came.word == "WORSE"
    assert came.line.startswith("What c measures is not finite since epoch 11; best until then val WER 62.0 %")
    both = outcome(numbers("p", val_wer=broken, val_loss=[float("nan")] * 20), child)
    assert both.word == "CAN'T COMPARE"


def every_fifth(name, parent, values):
    seen = numbers(name, parent, epochs=[5.0, 10.0, 15.0, 20.0, 25.0], metrics=[{"val_cer": v} for v in values])
    return msgspec.structs.replace(seen, run=Run(run_id=name))


def test_the_bend_of_a_sparsely_validated_curve_is_no_noise():
    falls = [0.575, 0.401, 0.304, 0.257, 0.230]
    came = outcome(every_fifth("p", None, falls), every_fifth("c", "p", [value - 0.04 for value in falls]))
    assert came.word == "HELPED" and came.line.startswith(
        "Val CER 23.0 → 19.0 % (trends of 3 evaluations), −4.0 points"
    )
    same = outcome(every_fifth("p", None, falls), every_fifth("c", "p", [value - 0.004 for value in falls]))
    assert same.word == "TOO CLOSE"
