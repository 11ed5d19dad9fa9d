"""Wait or restart: two lines that can be compared, said only where both can be known."""

import math
from pathlib import Path

import msgspec
import pytest

from monitor.diagnosis import wait_or_restart
from monitor.diagnosis.ledger import tried_by_then
from monitor.diagnosis.prescriptions.registry import consider, prescribe
from monitor.diagnosis.verdict import judge
from monitor.diagnosis.wait_or_restart import Effect, Recorded, choice, decide, effect_of
from monitor.rules.arithmetic.best_at_end import AtEnd
from monitor.run_dir import OUTCOME_FILE, ChildOutcome, DataInfo, Epoch, Floors, Progress, Snapshot, encode
from tests.diagnosis.test_prescriptions import BROKEN, LAUNCH
from tests.diagnosis.test_verdict import LEARNS, OVERFITS
from tests.snapshots import NOW, PROCESS, beating, snapshot


def chosen(columns=OVERFITS, known=(), config=None, **more):
    run = {"config": BROKEN if config is None else config, "data": DataInfo(name="elsewhere")}
    seen = snapshot(**columns, **{**beating(), **more}, launch=LAUNCH, run=run)
    diagnosis = judge(seen, NOW).diagnosis
    return choice(seen, diagnosis, prescribe(seen, diagnosis), known)


def child(ratio, name="c", **more):
    """What came of the first option for the overfitting run: so many times its parent's error."""
    seen = snapshot(**OVERFITS, **beating(), launch=LAUNCH, run={"config": BROKEN})
    option = prescribe(seen, judge(seen, NOW).diagnosis)[0]
    return ChildOutcome(
        **{
            "run_id": name,
            "parent_id": "p",
            "word": "HELPED" if ratio < 1 else "WORSE",
            "line": "",
            "at": 1.0,
            "epoch": 60.0,
            "prescription": option.id,
            "title": option.title,
            "credited": True,
            "parent_wer": 0.5,
            "child_wer": 0.5 * ratio,
            "parent_best": 0.4,
            "child_best": 0.4 * ratio,
            "changes": option.changes,
            "task": "elsewhere",
            **more,
        }
    )


def test_a_run_that_learns_has_nothing_to_choose():
    assert chosen(LEARNS) is None


def test_a_run_that_is_over_waits_for_nothing():
    assert (
        chosen(progress=Progress(heartbeat_at=NOW - 9, process=PROCESS, outcome="finished"), trainer_liveness="dead")
        is None
    )


def test_a_change_that_nobody_has_tried_is_not_compared():
    found = chosen()
    assert found.word == "NOT KNOWN"
    assert found.waiting.startswith("Waiting until epoch 100")
    assert "its goal: gap below 1.0" in found.restarting and "No run here has tried" in found.why


def test_what_three_tries_brought_is_expected_again():
    found = chosen(known=[child(0.5, "a"), child(0.4, "b"), child(0.6, "c")])
    assert found.word == "RESTART"
    assert "0.50 times the parent's error (0.40 to 0.60) in 3 tries in this folder" in found.restarting


def test_a_change_that_made_it_worse_is_a_reason_to_wait():
    found = chosen(known=[child(1.2)])
    assert found.word == "WAIT" and found.wait == found.why


def test_one_try_that_hardly_helped_is_a_close_call():
    assert chosen(known=[child(0.97)]).word == "CLOSE CALL"
    assert chosen(known=[child(0.97, "a"), child(1.2, "b")]).word == "CLOSE CALL"


def test_a_run_that_has_diverged_is_not_waited_for():
    losses = [*OVERFITS["train_loss"][:-3], math.nan, math.nan, math.nan]
    found = chosen({**OVERFITS, "train_loss": losses, "val_loss": losses})
    assert (
        found.word == "RESTART"
        and "nothing better is expected" in found.waiting
        and "expected:" not in found.restarting
    )


def test_at_chance_nothing_is_foretold_and_at_the_planned_end_neither():
    stuck = {**OVERFITS, "val_wer": [0.95] * len(OVERFITS["val_wer"])}
    assert chosen(stuck) is None or "cannot be expected yet" in chosen(stuck).waiting
    assert "at its planned end" in chosen(config={**BROKEN, "epochs": 40}).waiting


@pytest.mark.parametrize(
    "more",
    [{"word": "WAITING"}, {"provisional": True}, {"credited": False}, {"task": "another"}, {"parent_best": None}],
    ids=str,
)
def test_a_try_that_does_not_count_changes_nothing(more):
    assert chosen(known=[child(0.5, **more)]) == chosen()


def test_a_train_set_known_by_heart_is_said_with_what_waiting_has_brought():
    losses = [*OVERFITS["train_loss"][:-1], 0.001]
    known = chosen({**OVERFITS, "train_loss": losses})
    assert known.waiting.startswith("Train is memorised (train loss 0.001)") and "Waiting until" in known.waiting
    assert not chosen().waiting.startswith("Train is memorised")


def test_without_a_plan_or_a_metric_it_says_so():
    assert "is planned is not known" in chosen(config={**BROKEN, "epochs": None}).waiting
    no_errors = {name: column for name, column in OVERFITS.items() if "wer" not in name}
    found = chosen(no_errors)
    assert "no error or score decides here" in found.waiting


def test_the_recorded_pairs_count_only_for_their_own_task_clips_and_length(monkeypatch):
    monkeypatch.setattr(wait_or_restart, "_recorded", lambda: [Recorded("digits", 300, 80, "variety", [0.5, 0.7])])

    def effect(known=(), *, name="digits", clips=300, epochs=100):
        run = {"config": {**BROKEN, "epochs": epochs}, "data": DataInfo(name=name, clips={"train": clips})}
        seen = snapshot(**OVERFITS, **beating(), launch=LAUNCH, run=run)
        return effect_of(next(o for o in prescribe(seen, judge(seen, NOW).diagnosis) if o.id == "variety"), seen, known)

    assert effect().ratios == (0.5, 0.7)
    assert effect(name="mine") is effect(clips=150) is effect(epochs=200) is effect(epochs=50) is None
    assert effect([child(0.9, task="digits")]).source == "in this folder"


def test_the_word_follows_from_what_the_change_did_whatever_waiting_brings():
    band = AtEnd(0.5, 0.4, 0.3)
    several = [(0.6, 0.7), (0.9, 1.1), (1.0, 1.2)]
    assert [decide(band, Effect(ratios, ""))[0] for ratios in several] == ["RESTART", "CLOSE CALL", "WAIT"]
    assert [decide(None, Effect((ratio,), ""))[0] for ratio in (0.8, 0.95, 1.05, 1.2)] == [
        "RESTART",
        "CLOSE CALL",
        "CLOSE CALL",
        "WAIT",
    ]
    assert decide(band, None)[0] == "NOT KNOWN"
    assert decide(AtEnd(0.0, 0.0, 0.0), None)[0] == "WAIT"


def test_what_came_later_is_not_known_then(tmp_path: Path):
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "epochs.jsonl").write_bytes(b"")
    (tmp_path / "c" / OUTCOME_FILE).write_bytes(encode(child(0.5, at=100.0)))
    seen = Snapshot(run_dir=str(tmp_path / "p"), run_id="p", read_at=99.0, epochs=(Epoch(epoch=1.0),))
    assert tried_by_then(seen) == []
    assert [each.run_id for each in tried_by_then(msgspec.structs.replace(seen, read_at=100.0))] == ["c"]


RUN_AWAY = {
    "train_loss": [2.0, 1.5, 1.2, 1.0, 0.9, 0.9, 0.9, 0.9, *(0.9 * 1.9**step for step in range(1, 9))],
    "val_loss": [2.1, 1.6, 1.3, 1.1, 1.0, 1.0, 1.0, 1.0, *(1.0 * 2.0**step for step in range(1, 9))],
}


def test_a_train_loss_that_has_run_away_is_told_one_thing():
    seen = snapshot(**RUN_AWAY, **beating(), launch=LAUNCH, run={"config": BROKEN, "floors": Floors()})
    diagnosis = judge(seen, NOW).diagnosis
    assert [cause.name for cause in diagnosis.causes] == ["diverging"]
    said = choice(seen, diagnosis, prescribe(seen, diagnosis), ())
    assert said.waiting == wait_or_restart.BROKEN["run away"]
    everything = " ".join([diagnosis.reason, *(each.line + each.remedy for each in diagnosis.grounds), said.text])
    everything += " ".join(each.why_not for each in consider(seen, diagnosis))
    for wrong in ("finite", "may still recover", "verfitting", "dropout"):
        assert wrong not in everything


def test_a_train_loss_that_comes_down_again_is_promised_nothing():
    back = {name: [*values, values[-1] / 2, values[-1] / 4] for name, values in RUN_AWAY.items()}
    assert chosen(back).text == f"NOT KNOWN: {wait_or_restart.COMES_BACK}"


def test_after_one_try_it_is_said_that_it_was_one_and_none_is_called_better_or_worse_than_others():
    word, why = decide(None, Effect((1.0,), "in this folder"))
    assert (word, why) == (
        "CLOSE CALL",
        "It was tried once and came to 1.00 times its parent's error: one try cannot tell that from 1.",
    )
    assert decide(None, Effect((0.5,), ""))[1].startswith("The one time it was tried, the change has ended better")
    assert decide(None, Effect((1.5,), ""))[1].startswith("The one time it was tried, the change has ended worse")
    assert "some parents" in decide(None, Effect((0.5, 1.0), ""))[1]


def test_a_loss_that_came_up_with_its_schedules_rate_is_waited_for_once_it_comes_down():
    falls = [2.0 * 0.97**epoch + 0.001 * (epoch % 3) for epoch in range(20)]
    columns = {"train_loss": [*falls, 2.9, 2.8, 2.5], "val_loss": [*falls, 3.0, 2.9, 2.6]}
    raised = chosen({**columns, "lr": [*[0.001] * 20, *[0.1] * 3]})
    assert (raised.word, raised.wait) == (
        "WAIT",
        "Train loss came up with the rate that its schedule raised, and comes down again.",
    )
    assert chosen({**columns, "lr": [0.001] * 23}).word == "NOT KNOWN"
