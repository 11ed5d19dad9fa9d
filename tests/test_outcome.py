"""Did the change help: WER decides, with an interval over the clips; the gap alone never does."""

import random

import jiwer
import msgspec
import numpy as np
import pytest

from monitor.diagnosis.outcome import ClipPair, errors_of, interval, judged_epoch, outcome, pair_clips
from monitor.diagnosis.prescriptions.seeds import more_seeds
from monitor.run_dir import Clip, DataInfo, Decode, Epoch, Launch, Parent, Run, Snapshot, State

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
    came = outcome(parent, run_of("c", [0.5] * 5, gaps=[0.4] * 5, parent="p", seed=2))
    assert came.word == "ONLY THE GAP MOVED"
    assert "Gap 2.00 → 0.40" in came.line


def test_a_gap_that_fell_does_not_excuse_a_worse_error_rate():
    parent = run_of("p", [0.3] * 5, gaps=[2.0] * 5)
    assert outcome(parent, run_of("c", [0.7] * 5, gaps=[0.1] * 5, parent="p")).word == "WORSE"


def test_a_clearly_lower_error_rate_helped_whatever_the_gap_does():
    parent = run_of("p", [0.8] * 5, gaps=[1.0] * 5)
    came = outcome(parent, run_of("c", [0.4] * 5, gaps=[3.0] * 5, parent="p"))
    assert came.word == "HELPED"
    assert came.high < 0 and came.difference == pytest.approx(-0.4, abs=0.1)
    assert came.line.startswith("−")


@pytest.mark.parametrize(
    ("child", "why"),
    [
        (run_of("c", [0.1] * 5, parent="p", val_clips=12), "validation sets differ"),
        (run_of("c", [0.1] * 5, parent="p", clips=12), "12 clips"),
    ],
)
def test_what_was_not_measured_alike_is_not_compared(child, why):
    came = outcome(run_of("p", [0.9] * 5), child)
    assert came.word == "CAN'T COMPARE" and why in came.line


def test_clips_with_another_target_are_not_the_same_clips():
    parent, child = run_of("p", [0.9] * 3), run_of("c", [0.1] * 3, parent="p")
    import msgspec

    other = tuple(msgspec.structs.replace(clip, reference="Z Z Z") for clip in child.clips)
    assert pair_clips(parent, msgspec.structs.replace(child, clips=other), 3.0) == []


def test_before_the_judged_epoch_it_waits_and_says_how_it_goes():
    parent = run_of("p", [0.9, 0.8, 0.7, 0.6])
    came = outcome(parent, run_of("c", [0.5, 0.4], parent="p", expected={"epoch": 4}))
    assert came.word == "WAITING"
    assert "Epoch 2 of 4" in came.line and "On course" in came.line


def test_it_is_judged_at_the_epoch_agreed_on_and_says_whether_the_expectation_came():
    parent = run_of("p", [0.8] * 6)
    child = run_of("c", [0.3] * 6, parent="p", expected={"epoch": 3, "val_wer": 0.5, "gap": 1.5, "text": "less"})
    came = outcome(parent, child)
    assert (came.epoch, came.expected, came.expectation_met) == (3, "less", True)
    missed = run_of("c", [0.6] * 6, parent="p", expected={"epoch": 3, "val_wer": 0.5})
    assert outcome(parent, missed).expectation_met is False
    assert judged_epoch(parent, run_of("c", [0.3], parent="p")) == 6


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
    came = outcome(run_of("p", [0.5] * 5), run_of("c", [], parent="p"))
    assert (came.word, came.line) == ("WAITING", "It is judged at epoch 5; no evaluation yet.")


def test_a_child_that_ended_before_the_judged_epoch_says_so():
    child = ended(run_of("c", [0.2] * 3, parent="p", expected={"epoch": 5}), "stopped")
    came = outcome(run_of("p", [0.5] * 5), child)
    assert came.word == "WAITING"
    assert came.line.startswith("It ended at epoch 3; it was to be judged at 5.")


def test_a_parent_that_is_still_on_its_way_to_the_judged_epoch_is_waited_for():
    child = run_of("c", [0.2] * 5, parent="p", expected={"epoch": 5})
    came = outcome(ended(run_of("p", [0.5] * 3), "running"), child)
    assert (came.word, came.line) == ("WAITING", "p has come to epoch 3 of 5.")
    assert outcome(ended(run_of("p", [0.5] * 3), "stopped"), child).word == "CAN'T COMPARE"


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
    child = run_of("c", [0.5] * 5, parent="p", expected={"epoch": 5, "prescription": "variety"}, seed=2)
    assert more_seeds(parent, child) == (), "no seed is known"
    link = msgspec.structs.replace(child.launch.parent, changes={"dropout": [0.3, 0.5]})
    seeded = msgspec.structs.replace(
        changed(child, parent=link), run=msgspec.structs.replace(child.run, config={"seed": 7})
    )
    assert more_seeds(parent, seeded) == tuple(
        f"python -m monitor restart p --option variety --set dropout=0.5 --set seed={seed} --judge-at 5 --keep-parent"
        for seed in (8, 9)
    )
