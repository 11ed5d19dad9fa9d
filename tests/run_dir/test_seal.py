"""Whose command is it: what this user started here runs again; what came from elsewhere is never executed unasked."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from monitor import launcher
from monitor.commands.cli import main
from monitor.run_dir import LAUNCH_FILE, STATE_FILE, Away, Launch, Parent, State, encode, files, processes, seal
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import environment_for, read_launch, read_state
from monitor.run_dir.seal import (
    fact_of,
    fingerprint,
    is_from_here,
    is_own,
    note,
    seal_anew,
    unverified_command_warning,
    write_sealed,
)
from monitor.writer import RunWriter
from tests.supervised import FINISHES, ROOT, script, wait_for_state

pytestmark = pytest.mark.usefixtures("runs_by_default", "own_state")


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


@pytest.fixture
def run_dir(tmp_path) -> Path:
    """A run whose launch was sealed for it."""
    folder = tmp_path / "sealed" / "r"
    folder.mkdir(parents=True)
    away = Away(do="stop", budget_hours=3.0)
    launch = a_launch(environment={"PATH": "/bin"}, stop_grace_secs=0.0, thresholds={"gap_limit": 1.0}, away=away)
    assert write_sealed(folder, launch, may_start=1)
    return folder


def in_place(run_dir: Path) -> bool:
    return is_from_here(read_launch(run_dir), run_dir)


def test_what_was_sealed_here_is_from_here_and_is_sealed_once(run_dir):
    assert in_place(run_dir)
    assert read_launch(run_dir).host == socket.gethostname()
    assert not write_sealed(run_dir, a_launch())
    assert in_place(run_dir)


EDITS = {
    "run_id": "s",
    "created_at": 2.0,
    "argv": ["rm"],
    "cwd": "/tmp",
    "environment": {"PATH": "/evil"},
    "stop_grace_secs": 60.0,
    "stop_with": "TERM",
    "thresholds": {"gap_limit": 1e9},
    "away": Away(do="stop_and_fix", budget_hours=3.0),
    "how": "attach",
    "device": "cpu",
    "parent": Parent(run_id="p"),
    "seal": "ü",
}


@pytest.mark.parametrize("field", [*EDITS, "budget"])
def test_a_launch_of_which_anything_was_edited_is_not_from_here(run_dir, field):
    launch = read_launch(run_dir)
    edit = {"away": Away(do="stop", budget_hours=None)} if field == "budget" else {field: EDITS[field]}
    files.replace(run_dir / LAUNCH_FILE, encode(msgspec.structs.replace(launch, **edit)))
    assert not is_own(read_launch(run_dir)) and not in_place(run_dir)


@pytest.mark.parametrize("how", ["copied", "renamed", "replaced", "nobody knows it"])
def test_a_launch_in_another_folder_is_own_but_not_from_here(run_dir, how, own_state):
    other = run_dir.with_name("other")
    if how == "copied":
        shutil.copytree(run_dir, other)
    elif how == "renamed":
        run_dir.rename(other)
    elif how == "replaced":
        shutil.copytree(run_dir, other)
        run_dir.rename(run_dir.with_name("aside"))
        other.rename(run_dir)
        other = run_dir
    else:
        shutil.rmtree(own_state / "vitalsigns" / seal.FACTS_DIR)
        other = run_dir
    launch = read_launch(other)
    assert is_own(launch) and not in_place(other)
    assert "renamed, moved, copied or unpacked" in unverified_command_warning(launch)


def test_a_run_that_was_put_aside_and_taken_back_is_its_owners_still(run_dir):
    run_dir.rename(run_dir.with_name("aside"))
    run_dir.with_name("aside").rename(run_dir)
    assert in_place(run_dir)


def test_a_link_to_the_run_is_the_run(run_dir):
    run_dir.with_name("latest").symlink_to(run_dir)
    assert in_place(run_dir.with_name("latest"))


def test_what_is_known_of_a_run_lies_outside_of_it_and_a_start_is_spent_once(run_dir):
    launch, me = read_launch(run_dir), processes.identify()
    assert (fact_of(launch, run_dir).may_start, fact_of(launch, run_dir).trainer) == (1, None)
    note(launch, run_dir, may_start=0, started=1, trainer=me)
    assert (fact_of(launch, run_dir).may_start, fact_of(launch, run_dir).trainer) == (0, me)


def test_a_moved_run_is_sealed_anew_with_all_that_was_its_own(run_dir):
    note(read_launch(run_dir), run_dir, started=2, trainer=processes.identify())
    other = run_dir.rename(run_dir.with_name("other"))
    before = read_launch(other)
    seal_anew(other, before)
    assert in_place(other) and fact_of(read_launch(other), other).trainer == processes.identify()
    assert msgspec.structs.replace(read_launch(other), seal="") == msgspec.structs.replace(before, seal="")
    assert fact_of(before, other) is None


def test_of_a_strangers_launch_neither_environment_nor_away_policy_is_sealed(run_dir):
    stranger = msgspec.structs.replace(read_launch(run_dir), seal="0" * 64)
    seal_anew(run_dir, stranger)
    launch = read_launch(run_dir)
    assert in_place(run_dir) and (launch.environment, launch.away) == ({}, None)


def test_another_users_key_or_another_machine_does_not_open_the_seal(run_dir, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "theirs"))
    assert not is_own(read_launch(run_dir))
    write_sealed(tmp_path, a_launch())
    assert not is_own(read_launch(run_dir))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert in_place(run_dir)
    (tmp_path / "id").write_text("another machine\n")
    monkeypatch.setattr(seal, "MACHINE_ID_FILES", (tmp_path / "id",))
    assert not is_own(read_launch(run_dir))


def test_key_and_facts_are_the_users_alone_whatever_the_umask_and_never_in_a_run(tmp_path, monkeypatch, run_dir):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "new" / "local" / "state"))
    before = os.umask(0)
    try:
        seal_anew(run_dir, read_launch(run_dir))
    finally:
        os.umask(before)
    made = list((tmp_path / "new").rglob("*"))
    assert {path.stat().st_mode & 0o777 for path in made} == {0o600, 0o700}
    key = tmp_path / "new" / "local" / "state" / "vitalsigns" / seal.KEY_FILE
    assert key.read_bytes().hex() not in (run_dir / LAUNCH_FILE).read_text()


DAMAGE = {
    "short": lambda key: key.write_bytes(b"abc"),
    "empty": lambda key: key.write_bytes(b""),
    "readable by others": lambda key: (key.write_bytes(b"k" * 32), key.chmod(0o644)),
    "a folder": lambda key: key.mkdir(),
    "a link to nothing": lambda key: key.symlink_to("nowhere"),
    "a pipe": lambda key: os.mkfifo(key),
    "in a folder that others may write": lambda key: key.parent.chmod(0o777),
    "in a place that is a file": lambda key: (key.parent.rmdir(), key.parent.write_text("")),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_key_that_cannot_be_used_is_named_with_what_to_do_and_nothing_starts(runs, own_state, capsys, how):
    folder = own_state / "vitalsigns"
    folder.mkdir(parents=True, mode=0o700)
    DAMAGE[how](folder / seal.KEY_FILE)
    assert main(["start", "--run-id", "r", "--", "true"]) == 5
    told = capsys.readouterr().err
    assert told.startswith("error: ") and str(folder) in told and "nothing was started" in told
    assert "mv " in told if how in list(DAMAGE)[:6] else "XDG_STATE_HOME" in told
    assert not (runs / "r").exists(), "its name is free for the next try"


def test_a_script_in_a_terminal_trains_on_without_a_key(runs, own_state):
    own_state.write_text("")
    with RunWriter(runs / "hand") as run:
        run.log_epoch(1, train_loss=1.0)
    assert read_launch(runs / "hand").seal == ""


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
    assert in_place(runs / "hand") and in_place(runs / "launched")


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
    assert in_place(runs / "copied-2") and in_place(runs / "copied"), "who agreed has sealed it"


def test_looking_at_a_copied_run_that_says_it_is_queued_executes_nothing(runs):
    left, command = mark(runs)
    from_elsewhere(runs, "gone", ["true"])
    run_dir = from_elsewhere(runs, "bait", command, parent=Parent(run_id="gone"))
    files.create(run_dir / STATE_FILE, encode(State(state="queued")))
    main(["list"])
    main(["show", "bait"])
    adopt = [sys.executable, "-m", "monitor.supervisor", str(run_dir), "--adopt"]
    done = subprocess.run(adopt, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 5
    assert "another machine (gpu3)" in done.stderr
    assert not left.exists()
    assert read_state(run_dir).state == "queued"


def test_what_a_person_agreed_to_is_the_command_that_runs_or_nothing(runs):
    left, command = mark(runs)
    run_dir = from_elsewhere(runs, "swapped", ["true"])
    plan = launcher.plan_resume(runs, "swapped")
    shutil.rmtree(run_dir)
    run_dir = from_elsewhere(runs, "swapped", command)
    assert plan.fingerprint != fingerprint(read_launch(run_dir))
    with pytest.raises(RefusedError, match="out of date"):
        launcher.resume(runs, "swapped", plan=plan, trusted=True)
    assert not left.exists()


def test_a_run_that_its_owner_renames_is_his_after_one_command_that_the_refusal_names(runs, capsys):
    launcher.start(runs, ["false"], run_id="before")
    wait_for_state(runs / "before", "failed")
    (runs / "before").rename(runs / "after")
    assert main(["show", "after"]) == 0 and "Command: false" in capsys.readouterr().out
    assert main(["resume", "after"]) == 5
    told = capsys.readouterr().err
    assert "This command is yours, but its folder was renamed" in told and "--trust-command" in told
    main(["resume", "after", "--trust-command"])
    wait_for_state(runs / "after", "failed")
    assert in_place(runs / "after")
    assert main(["archive", "after"]) == 0 and main(["restore", "after"]) == 0
    assert in_place(runs / "after"), "the trash is no move"


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
