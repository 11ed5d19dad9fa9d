"""Did the change help, of runs with a score alone: few evaluations, both broken, a parent that was lost."""

import math

import pytest

from monitor.diagnosis.outcome import outcome
from monitor.run_dir import Epoch, Launch, Parent, Progress, Run, Snapshot, State


def scored_run(
    name, values, *, epochs=None, losses=None, parent=None, changes=None, expected=None, state="", planned=0
):
    """A classifier's run: `values` are its accuracies at `epochs`, `losses` its train losses."""
    at = epochs or range(1, len(values) + 1)
    train = losses or [1.0] * len(values)
    link = Parent(run_id=parent, changes=changes or {}, expected=expected or {}) if parent else None
    rows = [
        Epoch(epoch=e, train_loss=loss, val_loss=1.0, metrics={} if value is None else {"val_accuracy": value})
        for e, value, loss in zip(at, values, train, strict=True)
    ]
    return Snapshot(
        run_dir=f"runs/{name}",
        run_id=name,
        read_at=0.0,
        run=Run(run_id=name),
        launch=Launch(run_id=name, created_at=0.0, argv=["train"], parent=link, script_sha256="s"),
        epochs=tuple(rows),
        state=State(state=state) if state else None,
        progress=Progress(heartbeat_at=0.0, epochs=planned) if planned else None,
    )


def saturating(end, count=30):
    return [end - (end - 0.1) * math.exp(-epoch / 6) for epoch in range(1, count + 1)]


def test_few_evaluations_are_compared_by_what_was_measured_and_by_no_line_that_ends_beyond_it():
    parent = scored_run("p", saturating(0.70))
    child = scored_run("c", saturating(0.78)[6::7], epochs=[7, 14, 21, 28], parent="p", changes={"wd": [0, 0.8]})
    came = outcome(parent, child)
    assert came.word == "TOO CLOSE"
    theirs, ours = 100 * saturating(0.70)[27], 100 * saturating(0.78)[27]
    # 69.4 and 77.4 would differ by 8.0, they do by 7.9: one digit more.
    assert f"Val accuracy {theirs:.2f} → {ours:.2f} %, +{ours - theirs:.2f} points at epoch 28" in came.line
    assert "and 4 evaluations where 5 are needed." in came.line and "trend" not in came.line
    assert (came.parent_value, came.child_value) == pytest.approx((theirs / 100, ours / 100))


def test_two_runs_that_both_broke_are_not_compared_and_it_is_said_since_when():
    broken = [1.0] * 7 + [math.nan] * 5
    parent = scored_run("p", [0.6] * 7 + [0.1] * 5, losses=broken)
    child = scored_run("c", [0.6] * 7 + [0.1] * 5, losses=broken, parent="p", changes={"lr": [0.1, 0.03]})
    came = outcome(parent, child)
    assert came.word == "CAN'T COMPARE"
    assert came.line == "Neither trains any more: train loss is not finite in c since epoch 8, in p since epoch 8."
    finite = scored_run("d", [0.6] * 12, parent="p", changes={"lr": [0.1, 0.03]})
    assert outcome(parent, finite).word == "HELPED"


def test_of_a_parent_that_was_lost_the_child_is_set_against_the_epoch_that_both_have():
    parent = scored_run("p", saturating(0.70, 12), state="failed")
    link = {"parent": "p", "changes": {"wd": [0, 0.2]}, "expected": {"epoch": 30.0}}
    child = scored_run("c", saturating(0.78, 20), state="running", planned=30, **link)
    there = f"{100 * saturating(0.78)[11]:.1f} %, parent accuracy {100 * saturating(0.70)[11]:.1f} %"
    line = outcome(parent, child).line
    assert line == f"Epoch 20 of 30. p came to epoch 12; there: child accuracy {there}. On course."


def test_another_seed_of_the_data_is_no_comparison_that_seeds_could_decide():
    parent = scored_run("p", [0.70 + 0.01 * (e % 2) for e in range(20)])
    child = scored_run("c", [0.71 + 0.01 * (e % 2) for e in range(20)], parent="p", changes={"data_seed": [0, 5]})
    came = outcome(parent, child)
    assert came.not_credited == "The seed of the data differs" and "two more seeds" not in came.line
    assert came.line.endswith("The validation samples may be others: more seeds decide nothing.")


def test_what_one_of_both_measures_alone_is_the_reason_why_val_loss_decides():
    parent = scored_run("p", saturating(0.7))
    came = outcome(parent, scored_run("c", [None] * 30, parent="p", changes={"wd": [0, 0.4]}))
    assert "without an interval: val accuracy is measured in p alone" in came.line
    both = outcome(parent, scored_run("d", saturating(0.8), parent="p", changes={"wd": [0, 0.4]}))
    assert "without an interval: accuracy is one number for all samples." in both.line


def test_of_a_parent_that_ended_before_the_mean_about_its_best_is_called_so():
    values = saturating(0.70, 18)
    values[16] += 0.03
    parent = scored_run("p", values, state="finished")
    child = scored_run("c", saturating(0.76, 60), state="finished", parent="p", changes={"wd": [0, 0.2]})
    about = sum(values[14:18]) / 4
    line = outcome(parent, child).line
    assert f"Val accuracy {100 * about:.1f}" in line and "accuracy" in line
    assert "(mean of the 4 evaluations about its best; trend of 5 evaluations)" in line
    assert f"Against p's best, accuracy {100 * values[16]:.1f} % at epoch 17" in line


def test_a_child_that_numbers_its_epochs_from_0_came_to_its_end():
    link = {"parent": "p", "changes": {"wd": [0, 0.2]}, "expected": {"epoch": 25.0}, "planned": 25}
    parent = scored_run("p", saturating(0.70, 25), epochs=range(25), state="finished", planned=25)
    child = scored_run("c", saturating(0.76, 25), epochs=range(25), state="finished", **link)
    assert "it was to be judged" not in outcome(parent, child).line
    short = scored_run("c", saturating(0.76, 20), epochs=range(20), state="finished", **link)
    assert "It ended at epoch 19; it was to be judged at 25." in outcome(parent, short).line
