"""A child writes into folders of its own, and is told what of its parent's surroundings is missing here."""

import sys

import pytest

from monitor.launcher.relaunch.outputs import is_output, own_folder, refuse_used_folder, with_own_folders
from monitor.launcher.relaunch.surroundings import environment_lines
from monitor.run_dir import Environment, Launch, Run
from monitor.run_dir.errors import UsageError


def own(argv, tmp_path, changed=()):
    return with_own_folders(argv, tmp_path / "runs" / "parent", tmp_path, set(changed))


def test_a_command_without_an_output_folder_stays_as_it_is(tmp_path):
    argv = ["python", "t.py", "--lr", "0.1", "--data", "runs/parent"]
    assert own(argv, tmp_path) == argv
    assert not is_output("data") and is_output("--out-dir") and is_output("output_dir")


@pytest.mark.parametrize(
    ("value", "becomes"),
    [("runs/parent", "{run_dir}"), ("runs/parent/ckpt", "{run_dir}/ckpt"), ("./runs/../runs/parent", "{run_dir}")],
)
def test_a_folder_inside_the_parents_becomes_the_childs_own(tmp_path, value, becomes):
    assert own(["t.py", "--out", value], tmp_path) == ["t.py", "--out", becomes]
    assert own(["t.py", f"out={value}"], tmp_path) == ["t.py", f"out={becomes}"]


def test_a_folder_that_is_the_childs_own_already_or_newly_given_is_kept(tmp_path):
    assert own(["t.py", "--out", "{run_dir}"], tmp_path) == ["t.py", "--out", "{run_dir}"]
    assert own(["t.py", "--out", "fresh"], tmp_path, changed=["out"]) == ["t.py", "--out", "fresh"]


def test_a_folder_that_parent_and_child_would_share_is_refused_with_both_ways_out(tmp_path):
    with pytest.raises(UsageError, match=r"out shared: the child would overwrite the files of parent\..*\{run_dir\}"):
        own(["t.py", "--out", "shared"], tmp_path)


def test_our_own_trainer_is_simply_given_its_run_directory(tmp_path):
    argv = [sys.executable, "-m", "trainer", "--output_dir", "elsewhere"]
    assert own(argv, tmp_path)[-1] == "{run_dir}"


def test_a_new_and_empty_folder_is_accepted_for_the_child(tmp_path):
    (tmp_path / "empty").mkdir()
    refuse_used_folder(["--out", "a"], ["--out", "b"], tmp_path)
    refuse_used_folder([], ["--out", "empty", "--lr", "1"], tmp_path)
    refuse_used_folder(["--out", "{run_dir}"], ["--out", "{run_dir}"], tmp_path)


@pytest.mark.parametrize("spelling", ["a", "./a", "b/../a", "a/"])
def test_the_parents_folder_in_any_spelling_is_refused(tmp_path, spelling):
    with pytest.raises(UsageError, match="must differ"):
        refuse_used_folder(["--out", "a"], ["--out", spelling], tmp_path)


def test_a_folder_with_files_in_it_is_refused(tmp_path):
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "last.pt").touch()
    with pytest.raises(UsageError, match="holds files already"):
        refuse_used_folder([], ["--out", "used"], tmp_path)


def test_a_folder_beside_another_takes_the_first_free_number(tmp_path):
    assert own_folder("ckpt/teacher", tmp_path) == "ckpt/teacher-2"
    (tmp_path / "ckpt" / "teacher-2").mkdir(parents=True)
    assert own_folder("ckpt/teacher/", tmp_path) == "ckpt/teacher-3"


def launched(**fields):
    return Launch(run_id="r", created_at=0.0, argv=[sys.executable, "t.py"], cwd="/", **fields)


def test_an_environment_as_it_was_is_one_line():
    run = Run(run_id="r", environment=Environment(python="3.11.7"))
    [line] = environment_lines(launched(interpreter=sys.executable), run, {})
    assert line.startswith("Python as it was: ") and line.endswith(f"{sys.executable}, Python 3.11.7.")
    [line] = environment_lines(Launch(run_id="r", created_at=0.0, argv=["make", "train"], cwd="/"), run, {})
    assert line.startswith("Program as it was: ")
    assert environment_lines(Launch(run_id="r", created_at=0.0, argv=[], cwd="/"), None, {}) == ()


def test_an_interpreter_that_moved_is_named_with_the_old_one():
    [line] = environment_lines(launched(interpreter="/old/python"), None, {})
    assert line == f"{sys.executable} is {sys.executable} now; it was /old/python."


def test_secrets_of_then_are_named_as_taken_or_missing_and_their_values_never_shown():
    launch = launched(environment_names=["HF_TOKEN", "WANDB_API_KEY", "SSH_AUTH_TOKEN", "EDITOR"])
    lines = environment_lines(launch, None, {"HF_TOKEN": "s3cr3t"})
    assert lines[1:] == (
        "Taken from here, not stored: HF_TOKEN.",
        "Environment variables of the first start that are not set here: WANDB_API_KEY.",
    )
    assert "s3cr3t" not in " ".join(lines)
