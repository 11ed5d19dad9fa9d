"""Any past epoch is judged as it was then, and every flag's first epoch is exact."""

import math
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from monitor.diagnosis.verdict import judge
from monitor.rules.result import Finding
from monitor.run_dir import Away, AwayAct, Decode, Epoch, Launch, Probe, Step
from monitor.run_dir.errors import UsageError
from monitor.run_dir.replay import as_of
from tests.snapshots import NOW, beating, curve, snapshot

ROOT = Path(__file__).resolve().parent.parent.parent
HISTORY = snapshot(
    train_loss=curve(60, lambda e: 4 * 0.93**e),
    val_loss=curve(60, lambda e: 3 + 0.08 * abs(e - 15) + 0.05 * math.sin(e)),
    val_wer=curve(60, lambda e: 0.95 - 0.02 * min(e, 12)),
    length_ratio=curve(60, lambda e: 0.5 if e < 30 else 0.9),
    lr=curve(60, lambda e: 1e-3 if e < 40 else 1e-4),
    decodes=tuple(Decode(epoch=float(e), hypotheses=[str(e)]) for e in range(1, 61)),
    steps=tuple(Step(step=n, epoch=n / 10) for n in range(1, 601)),
    probes=(Probe(name="late", title="t", line="l", at=NOW + 5),),
    **beating(),
)


def findings_at(epoch):
    seen = as_of(HISTORY, epoch)
    return {result.rule: result for result in judge(seen, seen.read_at).results if isinstance(result, Finding)}


def test_nothing_that_came_later_is_seen():
    seen = as_of(HISTORY, 20.5)
    assert [record.epoch for record in seen.epochs][-1] == 20
    assert max(decode.epoch for decode in seen.decodes) == 20 and max(step.epoch for step in seen.steps) == 20
    assert seen.probes == () and seen.progress is None and seen.state is None


def test_acts_resumes_and_acknowledgements_of_later_are_not_seen():
    act = AwayAct(did="stop", line="Overfitting", epoch=40.0, at=40.0, settled=True)
    run = msgspec.structs.replace(
        HISTORY,
        epochs=tuple(msgspec.structs.replace(record, at=record.epoch) for record in HISTORY.epochs),
        away=Away(do="stop", at=35.0),
        away_act=act,
        overlaps=(12.0, 30.0),
        resumed_at=(12.0, 30.0),
        acknowledged=frozenset({"gap-20"}),
        silent_secs=5.0,
    )
    early, late = as_of(run, 20), as_of(run, 45)
    assert (early.away, early.away_act, early.acknowledged, early.silent_secs) == (None, None, frozenset(), None)
    assert (early.overlaps, early.resumed_at) == ((12.0,), (12.0,))
    assert (late.away_act, late.overlaps) == (act, (12.0, 30.0))


def test_a_run_that_has_ended_is_judged_as_when_it_went_on():
    assert judge(as_of(HISTORY, 10), NOW).diagnosis.verdict != "ENDED"


def test_a_run_that_was_started_from_here_is_not_called_never_started_when_looked_back_at():
    """What is seen of the past holds no state.json: which process lived then is not known."""
    started = msgspec.structs.replace(HISTORY, launch=Launch(run_id="r", created_at=NOW, argv=["python", "train.py"]))
    assert (
        judge(as_of(started, 30), NOW).diagnosis.verdict == judge(as_of(HISTORY, 30), NOW).diagnosis.verdict != "ENDED"
    )


def test_every_flag_says_the_epoch_at_which_it_could_first_be_seen():
    """`fired` of an open flag is where its unbroken row of findings began, for a watcher who looked at each epoch."""
    watched = [findings_at(epoch) for epoch in range(1, 61)]
    rules = {name for found in watched for name in found}
    assert rules >= {"overfitting", "gap", "val_loss_rising", "wer_plateau", "blank_collapse", "wasted_lr"}
    for rule in rules - {"gap_forecast", "loss_spike", "wer_target"}:
        for epoch in range(2, 61):
            now, before = watched[epoch - 1].get(rule), watched[epoch - 2].get(rule)
            if now is not None and before is None:
                assert now.fired == epoch, (rule, epoch, now.fired)
            elif now is not None and before is not None and now.onset == before.onset:
                assert now.fired == before.fired, (rule, epoch)


def test_before_the_first_evaluation_there_is_nothing_to_judge():
    with pytest.raises(UsageError, match=r"had no evaluation at epoch 0\.5 yet; its first is of epoch 1"):
        as_of(HISTORY, 0.5)


def monitor(*words):
    return subprocess.run(
        [sys.executable, "-m", "monitor", *words], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def test_check_at_an_epoch_says_what_was_said_then():
    early, late = (monitor("check", "examples/reference-run", "--at", epoch) for epoch in ("25", "55"))
    assert (early.returncode, late.returncode) == (1, 2) or (early.returncode, late.returncode) == (2, 2)
    assert early.stdout.startswith("As it was at epoch 25.") and late.stdout.startswith("As it was at epoch 55.")
    gap = r"^(?:critical|warning) +Gap between train and val loss:"
    assert not re.search(gap, early.stdout, re.MULTILINE)
    assert re.search(gap, late.stdout, re.MULTILINE)


def test_check_before_the_first_evaluation_is_one_sentence():
    done = monitor("check", "examples/reference-run", "--at", "0")
    assert done.returncode == 64 and "had no evaluation at epoch 0 yet" in done.stderr


def test_steps_that_name_no_epoch_are_known_by_the_clock_or_their_number():
    """`log_step(step, train_loss=…)` says no epoch: what came later is not seen either."""
    by_clock = tuple(Step(step=n, at=NOW + 0.1 * n) for n in range(1, 121))
    rows = tuple(Epoch(epoch=float(e), at=NOW + e, val_loss=1.0, step=10 * e) for e in range(1, 13))
    dated = msgspec.structs.replace(snapshot(), epochs=rows, steps=by_clock)
    assert as_of(dated, 6).steps[-1].step == 60
    undated = tuple(Step(step=n) for n in range(1, 121))
    assert as_of(msgspec.structs.replace(dated, steps=undated), 6).steps[-1].step == 60
