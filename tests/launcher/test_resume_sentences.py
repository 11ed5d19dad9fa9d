"""What a resume says before it starts a script again: from where, as far as its options and its code tell."""

import pytest

from monitor.launcher.relaunch.options import described
from monitor.launcher.relaunch.plan import RestartRequest, make_plan
from monitor.launcher.relaunch.resuming import make_resume_plan
from monitor.run_dir import State, encode, files
from monitor.run_dir.errors import UsageError
from monitor.run_dir.launch import Order, launch_of
from monitor.run_dir.seal import write_sealed

AGAIN = "Starts the same command again in the same run"
OPTION = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--lr', type=float)\n{}\na = p.parse_args()\n"
TAKES = "p.add_argument('--resume', default=None)"
LOADS = "import torch\ntorch.load('last.pt')\n"


@pytest.fixture
def line(tmp_path):
    """What a resume says of a run of this script. `saved`: the checkpoint that it has left."""

    def of(source: str, *words: str, saved: str = "last.pt") -> str:
        (tmp_path / "train.py").write_text(source)
        run_dir = tmp_path / "runs" / "r"
        run_dir.mkdir(parents=True)
        launch = described(launch_of(Order(["python", "train.py", *words], tmp_path), "r", 1.0), run_dir)
        write_sealed(run_dir, launch)
        files.replace(run_dir / "state.json", encode(State(state="stopped", started_at=1.0, ended_at=9e9)))
        if saved:
            (tmp_path / saved).write_text("weights")
        return make_resume_plan(run_dir).line.removesuffix(" Nothing is changed.")

    return of


def test_a_script_that_loads_nothing_begins_anew_and_its_checkpoint_is_named_first(line, tmp_path):
    assert line("open('last.pt', 'w').write('weights')\n") == (
        f"{AGAIN}, from the beginning as far as its code shows: no call in it loads a checkpoint. "
        f"Newest checkpoint on disk: {tmp_path}/last.pt. The new start may write over it: copy it first if you need it."
    )


def test_without_a_checkpoint_on_disk_that_is_said(line):
    assert line("pass\n", saved="").endswith("loads a checkpoint. No checkpoint of it was found on disk.")


def test_a_script_that_may_find_its_checkpoint_itself_is_told_with_the_line(line, tmp_path):
    assert line(LOADS) == (
        f"{AGAIN}; whether it goes on depends on the script (train.py, line 2: torch.load). "
        f"Newest checkpoint on disk: {tmp_path}/last.pt."
    )


def test_an_option_for_a_checkpoint_that_was_not_given_is_offered_before_the_file_is_written_over(line, tmp_path):
    assert line(OPTION.format(TAKES) + LOADS) == (
        f"{AGAIN}, without resume: from the beginning, unless it finds a checkpoint itself. Newest checkpoint on disk: "
        f"{tmp_path}/last.pt. To go on from it in a child: python -m monitor restart r --from last (sets resume); "
        "a resume may write over it."
    )


def test_an_option_that_was_given_is_given_again(line, tmp_path):
    (tmp_path / "old.pt").write_text("weights")
    said = line(OPTION.format(TAKES), "--resume", "old.pt")
    assert said.startswith(f"{AGAIN}, with resume old.pt as before, so from there, and not from a newer one. Newest")


@pytest.mark.parametrize(
    ("value", "end"), [("auto", "its own way to go on."), ("last.pt", "newest checkpoint on disk.")]
)
def test_a_given_option_that_finds_the_newest_needs_no_other_step(line, value, end):
    said = line(OPTION.format(TAKES), "--resume", value, saved="last.pt" if value == "last.pt" else "")
    assert f"with resume {value} as before" in said and end in said and "in a child" not in said


@pytest.mark.parametrize(
    "option",
    [
        "p.add_argument('--resume', type=int, default=0)",
        "p.add_argument('--resume_epoch', default=None)",
        "p.add_argument('--resume_run_id', default=None)",
    ],
)
def test_an_option_that_takes_no_path_is_never_given_one(line, tmp_path, option):
    assert "in a child" not in line(OPTION.format(option) + LOADS)
    with pytest.raises(UsageError, match=r"set it: OPTION=.*last\.pt"):
        make_plan(tmp_path / "runs", "r", RestartRequest(start_from="last"))


def test_a_switch_waits_for_a_checkpoint(line):
    source = OPTION.format("p.add_argument('--resume', action='store_true')")
    assert line(source, saved="").startswith(f"{AGAIN}, without resume: from the beginning")


@pytest.mark.parametrize("name", ["resume", "ckpt_path"])
def test_the_file_that_a_child_goes_on_from_is_not_to_be_moved_away(line, tmp_path, name):
    line(OPTION.format(f"p.add_argument('--{name}', default=None)"))
    plan = make_plan(tmp_path / "runs", "r", RestartRequest(start_from="last"))
    assert plan.argv[-2:] == [f"--{name}", str(tmp_path / "last.pt")]
    assert plan.notes[-1] == "The child goes on from last.pt and may write over it: copy it first if you need it."
