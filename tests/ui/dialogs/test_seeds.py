"""The same change with two more seeds: both commands, and one button that starts them."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from monitor.launcher.relaunch.plan import RestartRequest
from monitor.run_dir import Launch, Parent
from monitor.run_dir.errors import RefusedError
from monitor.ui.dialogs import seeds
from tests.snapshots import snapshot
from tests.ui.dialogs.screen import REFUSED, Asked, inside, restart_plan

RUNS = Path("runs")


def two_plans(**parts):
    return [restart_plan(f"r-{seed}", request=RestartRequest(changes={"seed": seed}), **parts) for seed in (8, 9)]


@pytest.fixture
def draw(screen, monkeypatch):
    """Draws the dialog for these plans; answers with what was asked of the launcher."""
    asked = Asked(["r-8", "r-9"])
    child = snapshot(launch=Launch(run_id="c", created_at=1.0))
    monkeypatch.setattr(seeds.launcher, "existing", lambda runs_dir, run_id: runs_dir / run_id)
    monkeypatch.setattr(seeds, "RunReader", lambda run_dir: SimpleNamespace(read=lambda now: child))
    monkeypatch.setattr(seeds, "pick_device", lambda *_: None)
    monkeypatch.setattr(seeds, "read_launch", lambda run_dir: None)
    monkeypatch.setattr(seeds.launcher, "restart_together", asked)
    monkeypatch.setattr(seeds, "go_to", lambda runs_dir, run_id: screen.query_params.update(run=run_id))

    def drawn(plans):
        monkeypatch.setattr(seeds, "_plans", Asked(plans))
        inside(seeds.seeds)(RUNS, "c")
        return asked.calls

    return drawn


def test_both_commands_are_shown_and_a_click_starts_what_was_shown(screen, draw):
    plans = two_plans(notes=("It is new.",))
    assert draw(plans) == []
    screen.said.clear()
    assert draw(plans) == [], "looking at it a second time is no click"
    assert screen.texts("code") == ["python t.py r-8", "python t.py r-9"] and screen.texts("warning") == ["It is new."]
    assert screen.texts("caption")[0] == "r-8, seed 8, runs exactly this in /work:"
    assert screen.offered["confirm_seeds"] == "Start both"
    screen.typed = {"confirm_seeds": True}
    ((args, named),) = draw(plans)
    assert args == (plans,) and named == {"stop_parent": False, "asked_by": "ana", "trusted": False}
    assert screen.query_params == {"run": "r-8"} and screen.reruns == 1


def test_other_plans_than_those_shown_do_not_start(screen, draw):
    draw(two_plans())
    screen.typed = {"confirm_seeds": True}
    assert draw(two_plans(command="python u.py")) == [] and "The plan has changed" in screen.texts("error")[0]


def test_a_command_of_a_stranger_starts_only_after_a_tick(screen, draw):
    plans = two_plans(stranger="Somebody else wrote it.")
    draw(plans)
    assert "confirm_seeds" in screen.disabled and screen.texts("error") == ["Somebody else wrote it."]
    screen.typed = {"confirm_seeds": True, "trust_command": True}
    assert draw(plans)[0][1]["trusted"] is True


def test_refusals_are_shown(screen, draw, monkeypatch):
    monkeypatch.setattr(seeds.launcher, "restart_together", Asked(refusal=RefusedError(REFUSED)))
    draw(two_plans())
    screen.typed = {"confirm_seeds": True}
    draw(two_plans())
    assert screen.texts("error") == [REFUSED] and screen.query_params == {}
    monkeypatch.setattr(seeds, "pick_device", Asked(refusal=RefusedError("No device.")))
    draw(two_plans())
    assert screen.texts("error")[-1] == "No device."


def test_when_they_start_depends_on_the_device_and_the_queue(screen, monkeypatch):
    monkeypatch.setattr(seeds, "read_launch", lambda run_dir: None)
    alone, on_gpu = two_plans(), two_plans(device="cuda:1")
    assert seeds._when(alone, False) == "Both start at once, on the same machine, beside what already runs there."
    assert seeds._when(on_gpu, True) == "Both wait in the queue: each starts once it has GPU 1 for itself."
    assert seeds._when(on_gpu, False) == "The first starts at once; the second as soon as it has GPU 1 for itself."


@pytest.mark.parametrize(("is_array", "how"), [(True, "as one job array"), (False, "as a job each")])
def test_children_of_a_job_are_jobs(is_array, how, monkeypatch):
    parent = SimpleNamespace(job=SimpleNamespace(engine="slurm"), run_id="r")
    monkeypatch.setattr(seeds, "read_launch", lambda run_dir: parent)
    monkeypatch.setattr(seeds.launcher, "may_be_array", lambda plans: is_array)
    assert seeds._when(two_plans(), True) == f"Both are submitted to SLURM, {how}, with what r asked for."


def test_a_run_that_waits_is_queued(screen, draw):
    draw(two_plans(device="cuda:1", notes=("Waits for GPU 1.",)))
    assert screen.offered["confirm_seeds"] == "Queue both" and "queue" in screen.texts("caption")[-1]


@pytest.fixture
def planning(monkeypatch):
    """What the child is; answers with what was asked of the launcher's plan."""
    asked = Asked("a plan")
    monkeypatch.setattr(seeds.launcher, "existing", lambda runs_dir, run_id: runs_dir / run_id)
    monkeypatch.setattr(seeds.launcher, "plan_restart", asked)
    monkeypatch.setattr(seeds, "groups_in", lambda *_: {})
    monkeypatch.setattr(seeds, "list_runs", lambda runs_dir: [])
    monkeypatch.setattr(seeds, "siblings", lambda *_: [])

    def plans(launch, wanted, device=None):
        seen = snapshot(launch=launch)
        monkeypatch.setattr(seeds, "RunReader", lambda run_dir: SimpleNamespace(read=lambda now: seen))
        monkeypatch.setattr(seeds, "seed_changes", lambda *_: wanted)
        return seeds._plans(RUNS, "c", device), asked.calls

    return plans


CHILD = Launch(run_id="c", created_at=1.0, device="cuda:1", parent=Parent(run_id="p", expected={"epoch": 4}))


def test_each_seed_is_a_child_of_the_same_parent_with_a_folder_of_its_own(planning):
    plans, calls = planning(CHILD, [{"seed": 8, "save_dir": "x"}, {"seed": 9}])
    assert plans == ["a plan", "a plan"]
    assert [args for args, _ in calls] == [
        (RUNS, "p", {"seed": 8, "save_dir": seeds.PLACEHOLDER}),
        (RUNS, "p", {"seed": 9}),
    ]
    assert calls[0][1]["expected"] == {"epoch": 4} and calls[0][1]["device"] == "cuda:1"
    assert planning(CHILD, [{"seed": 8}], "")[1][-1][1]["device"] == "", "none was chosen"


def test_without_a_parent_or_a_seed_there_is_nothing_to_repeat(planning):
    for launch in (None, Launch(run_id="c", created_at=1.0)):
        with pytest.raises(RefusedError, match="c is not a child of another run, so there is no change to repeat"):
            planning(launch, [{"seed": 8}])
    with pytest.raises(RefusedError, match="c has no setting called seed: another seed cannot be set from here"):
        planning(CHILD, [])
