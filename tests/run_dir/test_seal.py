"""Whose command is it: what this user started here runs again; what came from elsewhere is never executed unasked."""

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from monitor import launcher
from monitor.commands.cli import main
from monitor.run_dir import LAUNCH_FILE, STATE_FILE, Launch, Parent, State, encode, files, seal
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import environment_for, read_launch, read_state
from monitor.run_dir.seal import fingerprint, is_from_here, sealed, unverified_command_warning
from monitor.writer import RunWriter
from tests.supervised import FINISHES, ROOT, script, wait_for_state

pytestmark = pytest.mark.usefixtures("runs_by_default")


def a_launch(**changes) -> Launch:
    return msgspec.structs.replace(Launch(run_id="r", created_at=0.0, argv=["true"], cwd="/"), **changes)


def from_elsewhere(runs: Path, name: str, argv: list[str], **changes) -> Path:
    """A run directory as somebody else's machine has left it."""
    (runs / name).mkdir()
    launch = a_launch(run_id=name, argv=argv, cwd=str(runs.parent), host="gpu3", seal="0" * 64, **changes)
    files.create(runs / name / LAUNCH_FILE, encode(launch))
    return runs / name


def mark(runs: Path) -> tuple[Path, list[str]]:
    """A file that a command would leave, and the command."""
    path = runs.parent / "it_ran"
    return path, ["touch", str(path)]


def test_what_was_sealed_here_is_from_here():
    assert is_from_here(sealed(a_launch()))
    assert sealed(a_launch()).host == socket.gethostname()


@pytest.mark.parametrize(
    "edited", [{"argv": ["rm"]}, {"cwd": "/tmp"}, {"environment": {"PATH": "/evil"}}, {"seal": ""}, {"seal": "ü"}]
)
def test_a_launch_that_was_edited_afterwards_is_not_from_here(edited):
    assert not is_from_here(msgspec.structs.replace(sealed(a_launch()), **edited))


def test_another_users_key_or_another_machine_does_not_open_the_seal(tmp_path, monkeypatch):
    launch = sealed(a_launch(), tmp_path / "mine")
    assert is_from_here(launch, tmp_path / "mine")
    sealed(a_launch(), tmp_path / "theirs")
    assert not is_from_here(launch, tmp_path / "theirs")
    assert not is_from_here(launch, tmp_path / "nobody")
    (tmp_path / "id").write_text("another machine\n")
    monkeypatch.setattr(seal, "MACHINE_ID_FILES", (tmp_path / "id",))
    assert not is_from_here(launch, tmp_path / "mine")


def test_the_key_is_the_users_alone_and_never_in_a_run(tmp_path):
    launch = sealed(a_launch(), tmp_path / "state")
    key = tmp_path / "state" / seal.KEY_FILE
    assert key.stat().st_mode & 0o777 == 0o600
    assert key.parent.stat().st_mode & 0o777 == 0o700
    assert key.read_bytes().hex() not in encode(launch).decode()


def test_a_home_that_takes_no_key_leaves_a_launch_without_seal(tmp_path):
    (tmp_path / "file").write_text("")
    assert sealed(a_launch(), tmp_path / "file" / "state").seal == ""


def test_the_sentence_names_the_other_machine_or_says_that_it_is_not_known():
    assert "made on another machine (gpu3). The command below has never run here." in unverified_command_warning(
        a_launch(host="gpu3")
    )
    assert "not started by you on this machine" in unverified_command_warning(a_launch(host=socket.gethostname()))


def test_nothing_of_a_strangers_environment_is_taken_over(tmp_path):
    launch = a_launch(environment={"PATH": "/evil", "LD_LIBRARY_PATH": "/evil"}, seal="0")
    environment = environment_for(launch, tmp_path, 1)
    assert "/evil" not in (environment["PATH"], environment.get("LD_LIBRARY_PATH"))


def test_a_run_of_this_terminal_and_a_launched_run_are_from_here(runs):
    with RunWriter(runs / "hand") as run:
        run.log_epoch(1, train_loss=1.0)
    launcher.start(runs, script(runs.parent, FINISHES), run_id="launched")
    assert is_from_here(read_launch(runs / "hand"))
    assert is_from_here(read_launch(runs / "launched"))


def test_a_copied_run_is_neither_resumed_nor_restarted_before_its_command_was_read(runs, capsys):
    left, command = mark(runs)
    from_elsewhere(runs, "copied", command)
    assert main(["resume", "copied", "--json"]) == 5
    assert main(["restart", "copied", "--yes"]) == 5
    told = capsys.readouterr().err
    assert told.count("This run was made on another machine (gpu3)") == 2
    assert f"touch {left}" in told and "--trust-command" in told
    assert not left.exists() and not (runs / "copied-2").exists()
    assert main(["resume", "copied", "--trust-command"]) == 0
    wait_for_state(runs / "copied", "finished")
    assert left.exists()
    left.unlink()
    assert main(["restart", "copied", "--yes", "--trust-command"]) == 0
    wait_for_state(runs / "copied-2", "finished")
    assert left.exists()
    assert is_from_here(read_launch(runs / "copied-2"))


def test_looking_at_a_copied_run_that_says_it_is_queued_executes_nothing(runs):
    left, command = mark(runs)
    from_elsewhere(runs, "gone", ["true"])
    run_dir = from_elsewhere(runs, "bait", command, parent=Parent(run_id="gone"))
    files.create(run_dir / STATE_FILE, encode(State(state="queued")))
    main(["list"])
    main(["show", "bait"])
    adopt = [sys.executable, "-m", "monitor.supervisor", str(run_dir), "--adopt"]
    done = subprocess.run(adopt, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 5
    assert "another machine (gpu3)" in done.stderr
    assert not left.exists()
    assert read_state(run_dir).state == "queued"


def test_what_a_person_agreed_to_is_the_command_that_runs_or_nothing(runs):
    left, command = mark(runs)
    run_dir = from_elsewhere(runs, "swapped", ["true"])
    agreed = fingerprint(read_launch(run_dir))
    (run_dir / LAUNCH_FILE).unlink()
    shutil.rmtree(run_dir)
    run_dir = from_elsewhere(runs, "swapped", command)
    begin = [sys.executable, "-m", "monitor.supervisor", str(run_dir), "--resume", "--trusted", agreed]
    assert subprocess.run(begin, cwd=ROOT, capture_output=True, timeout=60).returncode == 5
    assert not left.exists()


def test_planning_a_copied_runs_restart_asks_its_repository_nothing(runs):
    left, command = mark(runs)
    trap = runs.parent / "trap"
    trap.mkdir()
    (trap / "train.py").write_text("pass\n")
    by = ["-c", "user.name=a", "-c", "user.email=a@b"]
    bait = ["config", "core.fsmonitor", " ".join([*command, "#"])]
    for words in (["init", "-q"], ["add", "train.py"], ["commit", "-qm", "first"], bait):
        subprocess.run(["git", "-C", str(trap), *by, *words], check=True)
    from_elsewhere(runs, "bait", ["python", "train.py"])
    text = json.loads((runs / "bait" / LAUNCH_FILE).read_text())
    (runs / "bait" / LAUNCH_FILE).write_text(json.dumps({**text, "cwd": str(trap)}))
    plan = launcher.plan_restart(runs, "bait", {})
    assert plan.stranger and plan.environment == {}
    assert not left.exists(), "a look at the plan ran what the copied folder's git was told to run"
    with pytest.raises(RefusedError, match="another machine"):
        launcher.restart(plan, stop_parent=False)
    assert not (runs / "bait-2").exists()
