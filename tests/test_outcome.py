"""Did the change help: WER decides, with an interval over the clips; the gap alone never does."""

import random

import jiwer
import numpy as np
import pytest

from monitor.outcome import ClipPair, errors_of, interval, judged_epoch, outcome, pair_clips
from monitor.run_dir import Clip, DataInfo, Decode, Epoch, Launch, Parent, Run, Snapshot

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
