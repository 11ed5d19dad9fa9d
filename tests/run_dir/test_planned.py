"""The number of a run's last planned epoch."""

from __future__ import annotations

import pytest

from monitor.run_dir import Epoch, Progress, Run, Snapshot
from monitor.run_dir.planned import planned_epochs


def run(*epochs: float, planned: int | None = 25, trained: bool = True, config: dict | None = None) -> Snapshot:
    rows = tuple(Epoch(epoch=at, train_loss=1.0 if trained or at else None, val_loss=1.0) for at in epochs)
    progress = Progress(heartbeat_at=1.0, epochs=planned, epoch=int(epochs[-1]) if epochs else 0)
    return Snapshot(
        run_dir="r", run_id="r", read_at=1.0, epochs=rows, progress=progress, run=Run(run_id="r", config=config or {})
    )


def test_counted_from_1_the_last_one_is_as_many_as_there_are():
    assert planned_epochs(run(1, 2, 3)) == planned_epochs(run()) == 25


@pytest.mark.parametrize("last", [0, 3, 24])
def test_counted_from_0_the_last_one_is_one_less(last):
    assert planned_epochs(run(*range(last + 1))) == 24
    assert planned_epochs(run(*range(last + 1), planned=None, config={"epochs": "25"})) == 24


def test_an_evaluation_before_the_training_is_no_epoch_of_it():
    assert planned_epochs(run(0, 1, 2, trained=False)) == 25


def test_a_run_that_reaches_its_number_has_its_epochs_in_parts():
    assert planned_epochs(run(0.0, 12.5, 25.0)) == 25


@pytest.mark.parametrize("planned", [None, 0, -1])
def test_without_a_plan_nothing_is_known(planned):
    assert planned_epochs(run(0, 1, planned=planned)) is None


@pytest.mark.parametrize(("duration", "planned"), [("8ep", 8), ("500ba", None), ("8", None)])
def test_a_duration_in_epochs_plans_them(duration, planned):
    assert planned_epochs(run(1, 2, planned=None, config={"max_duration": duration})) == planned
