"""Where a child stands beside its parent before it is judged: both values, and no praise of what is not a child's."""

import math

from monitor.diagnosis.course import course, ended_before, not_evaluated
from monitor.diagnosis.moment import Reference
from monitor.run_dir import Epoch, Launch, Parent, Progress, Snapshot, State
from monitor.run_dir.metric import WER


def run_of(name, losses, *, first=1, parent=None, state=None, wers=None, **changes):
    rows = [
        Epoch(epoch=first + place, train_loss=1.0, val_loss=loss, val_wer=wers[place] if wers else None)
        for place, loss in enumerate(losses)
    ]
    link = Parent(run_id=parent, changes=changes or {"lr": [0.1, 0.2]}) if parent else None
    return Snapshot(
        run_dir=f"runs/{name}",
        run_id=name,
        read_at=0.0,
        launch=Launch(run_id=name, created_at=0.0, argv=["train"], parent=link),
        state=State(state=state) if state else None,
        progress=Progress(heartbeat_at=0.0, epoch=rows[-1].epoch),
        epochs=tuple(rows),
    )


def stands(parent, child, metric=None, note=""):
    at = min(len(parent.epochs), len(child.epochs)) - 1
    return course(parent, child, child.epochs[-1], Reference(parent.epochs[at], note), metric)


def test_two_runs_side_by_side_are_not_called_on_course():
    said = stands(run_of("a", [3.0, 2.0]), run_of("b", [3.0, 1.0]))
    assert said == "b val loss 1.00, a then val loss 2.00."


def test_of_a_child_it_is_said_whether_it_is_better_so_far():
    parent = run_of("p", [3.0, 2.0, 1.5])
    assert stands(parent, run_of("c", [3.0, 1.9], parent="p")) == (
        "Child val loss 1.90, parent then val loss 2.00. On course."
    )
    assert stands(parent, run_of("c", [3.0, 2.0], parent="p")).endswith("Not better so far.")


def test_another_seed_is_neither_better_nor_worse():
    said = stands(run_of("p", [2.0]), run_of("c", [1.0], parent="p", seed=[1, 2]))
    assert said == "Child val loss 1.00, parent then val loss 2.00."


def test_a_child_whose_losses_are_not_finite_is_never_on_course():
    child = run_of("c", [3.0, math.nan], parent="p", wers=[0.9, 0.1])
    assert stands(run_of("p", [3.0, 2.0], wers=[0.9, 0.5]), child, WER).endswith("Its losses are not finite.")


def test_a_child_that_has_gone_further_is_compared_where_its_parent_ended():
    parent = run_of("p", [3.0, 2.0])
    child = run_of("c", [3.0, 1.5, 0.1], parent="p")
    assert stands(parent, child) == "p came to epoch 2; there: child val loss 1.50, parent val loss 2.00. On course."
    assert stands(parent, run_of("c", [1.0], first=5, parent="p")) == "p came to epoch 2."


def test_the_metric_decides_where_both_have_it_and_else_the_loss():
    parent = run_of("p", [2.0], wers=[0.5])
    assert stands(parent, run_of("c", [3.0], parent="p", wers=[0.4]), WER).startswith(
        "Child 40.0 %, parent then 50.0 %"
    )
    assert "val loss" in stands(parent, run_of("c", [3.0], parent="p"), WER)


def test_a_child_that_did_not_come_to_its_epoch_is_told_only_once_it_has_ended():
    parent = run_of("p", [3.0] * 5)
    child = run_of("c", [3.0, 2.0], parent="p", state="stopped")
    assert ended_before(parent, child, child.epochs[-1], 2.0) == ""
    assert ended_before(parent, run_of("c", [3.0, 2.0], state="stopped"), child.epochs[-1], 5.0) == ""
    said = ended_before(parent, child, child.epochs[-1], 5.0)
    assert said == "It ended at epoch 2; it was to be judged at 5."


def test_the_epoch_that_was_asked_for_is_named_where_it_is_another():
    child = run_of("c", [1.0, 1.0])
    assert not_evaluated(child, child.epochs[-1], 2.0) == ""
    assert not_evaluated(child, child.epochs[-1], 2.5) == "c has no evaluation at epoch 2.5: this is epoch 2."
