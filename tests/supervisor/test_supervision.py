"""Supervisors with real trainers: start, stop in stages, cancel, failure, adoption; nothing is left running."""

import os
import signal
import time
from pathlib import Path

import pytest

from monitor import launcher
from monitor.launcher import cancel_stop, ensure_supervised, start, status, stop
from monitor.run_dir import EPOCHS_FILE, LOG_FILE, STATE_FILE, control
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import SUPERVISOR_LOG, read_progress
from monitor.supervisor.supervision import SILENT_START_SECS
from tests.supervised import (
    FAILS,
    FINISHES,
    LEAVES_A_CHILD,
    LISTENS,
    ROOT,
    SILENT,
    SLOW_STEP,
    STUBBORN,
    is_over,
    script,
    state_of,
    supervisors,
    wait_for,
    wait_for_state,
    workers,
)


def started(runs: Path, text: str, **how) -> Path:
    return runs / start(runs, script(runs.parent, text), **how)


def at_work(run_dir: Path) -> bool:
    return (run_dir / EPOCHS_FILE).exists()


def test_a_run_that_ends_by_itself_is_finished_with_exit_code_0_and_its_supervisor_goes(runs):
    run_dir = started(runs, FINISHES)
    state = wait_for_state(run_dir, "finished")
    assert (state.exit_code, state.error, state.stop) == (0, None, None)
    wait_for(lambda: is_over(run_dir))


def test_the_state_goes_from_starting_to_running_once_the_trainer_is_at_work(runs):
    run_dir = started(runs, LISTENS)
    assert state_of(run_dir).state in ("starting", "running")
    wait_for_state(run_dir, "running")
    assert read_progress(run_dir) is not None


def test_a_script_that_tells_nothing_of_itself_is_running_once_it_prints(runs):
    run_dir = started(runs, "import time\ntime.sleep(0.5)\n" + SILENT)
    state = wait_for_state(run_dir, "running")
    assert state.updated_at - state.started_at < SILENT_START_SECS


def test_a_stop_that_is_heard_ends_with_stopped_and_no_signal(runs):
    run_dir = started(runs, LISTENS)
    wait_for(lambda: at_work(run_dir))
    request = stop(run_dir, "anna")
    state = wait_for_state(run_dir, "stopped")
    assert (state.exit_code, state.signal) == (0, None)
    assert state.stop is not None
    assert (state.stop.stage, state.stop.asked_by) == ("asked", "anna")
    wait_for(lambda: is_over(run_dir))
    assert [(answer.number, answer.result) for answer in control.answers(run_dir, 1)] == [(request.number, "done")]


def test_a_script_that_cannot_be_asked_gets_ctrl_c_at_once(runs):
    run_dir = started(runs, SILENT, stop_grace_secs=600.0)
    wait_for(lambda: "at work" in (run_dir / LOG_FILE).read_text())
    stop(run_dir)
    state = wait_for_state(run_dir, "stopped")
    assert state.stop is not None
    assert state.stop.stage == "interrupted"


@pytest.mark.slow
def test_a_stubborn_trainer_is_killed_with_all_its_children(runs):
    run_dir = started(runs, STUBBORN, stop_grace_secs=0.5)
    wait_for(lambda: "ready" in (run_dir / LOG_FILE).read_text())
    assert len(workers(run_dir)) == 4
    stop(run_dir)
    seen = set()
    wait_for(lambda: seen.add(state_of(run_dir).stop and state_of(run_dir).stop.stage) or "killed" in seen)
    assert seen >= {"interrupted", "terminated", "killed"}
    state = wait_for_state(run_dir, "stopped")
    assert state.signal == signal.SIGKILL
    wait_for(lambda: is_over(run_dir))


def test_a_child_that_a_finished_trainer_leaves_behind_is_ended(runs):
    run_dir = started(runs, LEAVES_A_CHILD)
    wait_for_state(run_dir, "finished")
    wait_for(lambda: is_over(run_dir))


def test_a_stop_that_is_taken_back_in_time_is_answered_when_the_trainer_has_gone_on(runs):
    run_dir = started(runs, SLOW_STEP)
    wait_for(lambda: at_work(run_dir))
    stop(run_dir)
    cancel_stop(run_dir, "anna")
    wait_for(lambda: len(control.answers(run_dir, 1)) == 2)
    results = {answer.verb: (answer.result, answer.why) for answer in control.answers(run_dir, 1)}
    if results["cancel"][0] == "done":  # else the trainer was quicker than we: then it must have stopped
        assert results["stop"] == ("refused", "Taken back by anna.")
        wait_for_state(run_dir, "running")  # written after the answer
        assert state_of(run_dir).stop is None
    else:
        wait_for_state(run_dir, "stopped")


def test_taking_back_what_nobody_asked_is_refused(runs):
    run_dir = started(runs, LISTENS)
    wait_for(lambda: at_work(run_dir))
    cancel_stop(run_dir)
    wait_for(lambda: control.answers(run_dir, 1))
    assert control.answers(run_dir, 1)[0].result == "refused"
    assert status(run_dir).word == "running"


def test_a_cancelled_stop_is_recorded_before_the_trainer_has_read_it(runs):
    run_dir = started(runs, SLOW_STEP)
    wait_for(lambda: at_work(run_dir))
    stop(run_dir)
    wait_for(lambda: state_of(run_dir).stop is not None)
    request = cancel_stop(run_dir, "anna")
    seen = set()

    def answered() -> bool:
        under_way = state_of(run_dir).stop
        seen.add(under_way.cancelled_at if under_way is not None else None)
        return len(control.answers(run_dir, 1)) == 2

    wait_for(answered)
    assert request.asked_at in seen or control.answers(run_dir, 1)[-1].result == "refused"
    if status(run_dir).live:  # else the trainer was quicker than the cancel
        stop(run_dir)


def test_a_stop_can_be_asked_again_after_it_was_taken_back(runs):
    run_dir = started(runs, SLOW_STEP)
    wait_for(lambda: at_work(run_dir))
    stop(run_dir)
    cancel_stop(run_dir)
    wait_for(lambda: len(control.answers(run_dir, 1)) == 2)
    if status(run_dir).live:
        stop(run_dir)
    wait_for_state(run_dir, "stopped")


def test_a_failed_script_tells_exit_code_and_its_last_error_line(runs):
    run_dir = started(runs, FAILS)
    state = wait_for_state(run_dir, "failed")
    assert state.exit_code == 1
    assert state.error == "ValueError: no such corpus: phoenix2015"
    assert "Traceback" in (run_dir / LOG_FILE).read_text()


def test_an_interpreter_that_is_not_there_is_a_failed_run_with_one_sentence(runs):
    run_dir = runs / start(runs, ["pythonn", "train.py"])
    state = state_of(run_dir)
    assert state.state == "failed"
    assert state.error is not None
    assert "no such" not in state.error.lower()
    assert "'pythonn' is not on the PATH" in state.error
    wait_for(lambda: is_over(run_dir))


def test_a_working_folder_that_is_gone_is_a_failed_run_with_one_sentence(runs):
    run_dir = runs / start(runs, ["python", "train.py"], cwd=runs.parent / "nowhere")
    assert "nowhere is not there" in (state_of(run_dir).error or "")


def test_the_trainer_gets_its_run_directory_no_stdin_and_its_own_group(runs):
    text = "import os, sys; print(os.environ['VITALSIGNS_RUN_DIR'], os.environ['VITALSIGNS_GENERATION'], "
    text += "repr(sys.stdin.read()), os.getpgid(0) == os.getpid(), sys.argv[1])"
    command = [*script(runs.parent, text), "{run_dir}/out"]
    run_dir = runs / start(runs, command)
    wait_for_state(run_dir, "finished")
    assert (run_dir / LOG_FILE).read_text() == f"{run_dir} 1 '' True {run_dir}/out\n"


def test_a_killed_supervisor_leaves_the_trainer_running_and_the_next_contact_adopts_it(runs):
    run_dir = started(runs, LISTENS)
    wait_for_state(run_dir, "running")
    supervisor = state_of(run_dir).supervisor
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    wait_for(lambda: status(run_dir).unsupervised)
    assert status(run_dir).word == "running"
    assert ensure_supervised(run_dir)
    assert not ensure_supervised(run_dir), "a second contact finds it supervised"
    now = status(run_dir)
    assert (now.word, now.unsupervised) == ("running", False)
    stop(run_dir)
    state = wait_for_state(run_dir, "stopped")
    assert state.exit_code is None, "an adopting supervisor cannot see the exit code and must not invent one"
    wait_for(lambda: is_over(run_dir))


def test_asking_an_unsupervised_run_to_stop_gives_it_a_supervisor_first(runs):
    run_dir = started(runs, SILENT)
    wait_for_state(run_dir, "starting", "running")
    wait_for(lambda: "at work" in (run_dir / LOG_FILE).read_text())
    os.kill(state_of(run_dir).supervisor.pid, signal.SIGKILL)
    wait_for(lambda: status(run_dir).unsupervised)
    stop(run_dir)
    state = wait_for_state(run_dir, "stopped")
    assert state.stop is not None
    assert state.stop.stage == "interrupted"


def test_an_outcome_written_while_nobody_supervised_is_learnt_by_the_adopting_one(runs):
    run_dir = started(runs, FINISHES.replace("0.02", "1.0"))
    wait_for(lambda: read_progress(run_dir) is not None)
    os.kill(state_of(run_dir).supervisor.pid, signal.SIGKILL)
    wait_for(lambda: status(run_dir).word == "finished")
    assert not workers(run_dir)
    assert ensure_supervised(run_dir)
    wait_for_state(run_dir, "finished")


def test_a_trainer_that_vanished_unseen_is_lost_and_that_is_never_stored(runs):
    run_dir = started(runs, LISTENS)
    wait_for(lambda: at_work(run_dir))
    state = state_of(run_dir)
    os.kill(state.supervisor.pid, signal.SIGKILL)
    os.kill(state.trainer.pid, signal.SIGKILL)
    wait_for(lambda: status(run_dir).word == "lost")
    assert not ensure_supervised(run_dir)
    assert state_of(run_dir).state in ("starting", "running")


def test_sigterm_to_a_supervisor_ends_it_alone(runs):
    run_dir = started(runs, LISTENS)
    wait_for_state(run_dir, "running")
    os.kill(state_of(run_dir).supervisor.pid, signal.SIGTERM)
    wait_for(lambda: status(run_dir).unsupervised)
    assert status(run_dir).word == "running"
    assert "asked to leave by SIGTERM" in (run_dir / SUPERVISOR_LOG).read_text()


def test_two_supervisors_never_share_a_run(runs):
    run_dir = started(runs, LISTENS)
    wait_for(lambda: at_work(run_dir))
    with pytest.raises(RefusedError):
        launcher.supervise(run_dir, "--adopt")
    wait_for(lambda: len(supervisors(run_dir)) == 1)


def test_the_trainer_waits_for_its_record_and_a_start_that_cannot_be_recorded_starts_nothing(tmp_path: Path):
    from monitor.supervisor.spawn import Program, spawn

    mark = tmp_path / "ran"
    program = Program(["/bin/sh", "-c", f"touch {mark}"], tmp_path, dict(os.environ), tmp_path / LOG_FILE)

    def refuse(pid: int) -> None:
        time.sleep(0.3)
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        spawn(program, refuse)
    assert not mark.exists()


def test_a_state_that_the_disk_refuses_is_kept_and_written_later(tmp_path: Path):
    from monitor.run_dir import State
    from monitor.supervisor.statefile import StateFile

    state_file = StateFile(tmp_path / "later", State(state="starting"), lambda: 5.0)
    state_file.update(state="running")
    assert not state_file.flush()
    (tmp_path / "later").mkdir()
    assert state_file.flush()
    assert state_of(tmp_path / "later").state == "running"
    assert (tmp_path / "later" / STATE_FILE).stat().st_size > 0


def test_the_supervisor_loads_no_heavy_library():
    import subprocess
    import sys

    code = "import sys, monitor.supervisor.main, monitor.supervisor.supervision; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & {"torch", "streamlit", "numpy", "pandas", "scipy", "typer", "rich"}
