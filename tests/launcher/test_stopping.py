"""Requests to a run: which are taken, which are refused, and what reaches a supervisor on a full disk."""

import os
import signal
from types import SimpleNamespace

import pytest

from monitor.launcher import stopping
from monitor.run_dir import (
    PROGRESS_FILE,
    STATE_FILE,
    Identity,
    JobPlace,
    Launch,
    Progress,
    State,
    StopStage,
    control,
    encode,
)
from monitor.run_dir.audit import read as audit_of
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import read_launch
from monitor.run_dir.processes import identify
from monitor.run_dir.seal import note, write_sealed

GONE = Identity(host="", boot_id="", pid_namespace="", pid=2**22 - 3, start_ticks=1)
"""No process of this machine; `dead` below gives it this machine's marks."""


def dead():
    me = identify()
    return Identity(host=me.host, boot_id=me.boot_id, pid_namespace=me.pid_namespace, pid=GONE.pid, start_ticks=1)


@pytest.fixture
def scene(runs_made, own_state, monkeypatch):
    """A supervised run `a` of this process; `scene.lost` notes for which runs a supervisor was looked after."""
    one = SimpleNamespace(run_dir=runs_made / "a", lost=[], left=[], nudged=[])
    one.run_dir.mkdir()
    write_sealed(one.run_dir, Launch(run_id="a", created_at=1.0, argv=["true"], cwd=str(runs_made)))
    note(read_launch(one.run_dir), one.run_dir, supervisor=identify(), trainer=identify(), started=1)
    one.state = lambda **fields: (one.run_dir / STATE_FILE).write_bytes(
        encode(State(**{"state": "running", "supervisor": identify(), "trainer": identify(), **fields}))
    )
    one.state()
    monkeypatch.setattr(stopping, "ensure_supervised", lambda run_dir: one.lost.append(run_dir.name) or False)
    monkeypatch.setattr(stopping.submitting, "leave_queue", one.left.append)
    monkeypatch.setattr(stopping.submitting, "nudge", lambda run_dir, hard: one.nudged.append(hard))
    return one


def test_asking_twice_is_one_request_and_each_is_noted(scene):
    asked = stopping.stop(scene.run_dir, "anna")
    assert (asked.verb, asked.number, asked.generation, asked.asked_by) == ("stop", 1, 1, "anna")
    assert stopping.stop(scene.run_dir, "ben").asked_by == "anna"
    assert scene.lost == ["a", "a"] and scene.left == []
    assert [(act.verb, act.run_id, act.result) for act in audit_of(scene.run_dir.parent)] == [("stop", "a", "done")] * 2


def test_a_run_that_has_ended_has_nothing_to_stop(scene):
    scene.state(state="stopped")
    for act in (stopping.stop, stopping.cancel_stop, stopping.hurry_stop, stopping.more_time):
        with pytest.raises(RefusedError, match=r"nothing to stop|has ended; its stop|No stop of a is under way"):
            act(scene.run_dir)
    assert control.pending(scene.run_dir, 1) == []


def test_a_run_that_is_only_followed_says_where_to_stop_it(scene):
    (scene.run_dir / STATE_FILE).unlink()
    (scene.run_dir / PROGRESS_FILE).write_bytes(
        encode(Progress(heartbeat_at=1.0, follower=identify(), phase="training"))
    )
    with pytest.raises(RefusedError, match=r"is only followed.*attach --stop a, then attach LOG --pid PID"):
        stopping.stop(scene.run_dir)


def test_a_process_that_was_not_started_for_the_run_is_not_ended(scene):
    other = Identity(
        **{name: getattr(identify(), name) for name in ("host", "boot_id", "pid_namespace")}, pid=1, start_ticks=9
    )
    note(read_launch(scene.run_dir), scene.run_dir, supervisor=dead())
    stopping.stop(scene.run_dir)  # the trainer is the one that was started
    scene.state(trainer=other)
    with pytest.raises(RefusedError, match="names process 1, which was not started for this run"):
        stopping._refuse_another_process(scene.run_dir)
    scene.state(generation=2)
    with pytest.raises(RefusedError, match="was not started for this run"):
        stopping._refuse_another_process(scene.run_dir)
    # What its supervisor may be about to write is waited for, and a job's process is its node's.
    scene.state(trainer=other, job=JobPlace(job_id="17"))
    stopping._refuse_another_process(scene.run_dir)
    note(read_launch(scene.run_dir), scene.run_dir, supervisor=identify())
    scene.state(trainer=other)
    stopping._refuse_another_process(scene.run_dir)


def test_a_run_that_waits_for_an_engine_leaves_its_queue(scene, monkeypatch):
    scene.state(state="queued", trainer=None, supervisor=None, job=JobPlace(job_id="17"))
    monkeypatch.setattr(
        stopping, "status", lambda run_dir: SimpleNamespace(live=True, word="queued", unsupervised=False)
    )
    stopping.stop(scene.run_dir)
    assert scene.left == [scene.run_dir]


def test_on_a_full_disk_a_signal_reaches_a_supervisor_that_lives(scene, monkeypatch):
    sent = []

    def full(*_, **__):
        raise RefusedError("The disk is full.")

    monkeypatch.setattr(control, "request", full)
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append((pid, number)))
    asked = stopping.stop(scene.run_dir, "anna")
    assert (asked.number, asked.asked_by) == (0, "anna") and sent == [(os.getpid(), signal.SIGUSR2)]
    note(read_launch(scene.run_dir), scene.run_dir, supervisor=dead())
    with pytest.raises(RefusedError, match="The disk is full"):
        stopping.stop(scene.run_dir)
    assert len(sent) == 1


@pytest.mark.parametrize(("act", "verb"), [(stopping.hurry_stop, "hurry"), (stopping.more_time, "wait")])
def test_what_is_about_a_stop_needs_one(scene, act, verb):
    with pytest.raises(RefusedError, match=r"No stop of a is under way \(running\)"):
        act(scene.run_dir)
    stopping.stop(scene.run_dir)
    assert act(scene.run_dir, "ben").verb == verb
    scene.state(state="stopping")
    assert act(scene.run_dir, "ben").number == 2


def test_a_run_of_a_terminal_is_told_to_press_ctrl_c_there(scene):
    (scene.run_dir / STATE_FILE).unlink()
    told = Progress(process=identify(), heartbeat_at=1.0, phase="training")
    (scene.run_dir / PROGRESS_FILE).write_bytes(encode(told))
    with pytest.raises(RefusedError, match="Press Ctrl-C there"):
        stopping.hurry_stop(scene.run_dir)


def test_a_stop_may_be_cancelled_while_the_run_lives(scene):
    stopping.stop(scene.run_dir)
    assert stopping.cancel_stop(scene.run_dir, "ben").verb == "cancel"
    assert [act.verb for act in audit_of(scene.run_dir.parent)] == ["stop", "cancel"]


def test_a_supervisor_of_this_machine_is_not_nudged_by_an_engine(scene):
    stopping.stop(scene.run_dir)
    stopping.hurry_stop(scene.run_dir)
    assert scene.nudged == []


def test_a_job_whose_supervisor_is_silent_is_first_signalled_and_then_ended(scene):
    scene.state(job=JobPlace(job_id="17"))
    stopping.stop(scene.run_dir)
    stopping.hurry_stop(scene.run_dir)
    stopping.hurry_stop(scene.run_dir)
    assert scene.nudged == [False, True]
    scene.state(state="stopping", job=JobPlace(job_id="17"), stop=StopStage())
    stopping.hurry_stop(scene.run_dir)
    assert len(scene.nudged) == 2, "its supervisor has taken the stop up"


@pytest.mark.parametrize(("listens", "refused"), [(True, False), (False, True)])
def test_a_trainer_without_supervisor_and_seal_is_asked_only_where_it_listens(scene, monkeypatch, listens, refused):
    (scene.run_dir / PROGRESS_FILE).write_bytes(encode(Progress(heartbeat_at=1.0, process=identify(), listens=listens)))
    monkeypatch.setattr(
        stopping, "status", lambda run_dir: SimpleNamespace(live=True, word="running", unsupervised=True)
    )
    checked = []
    monkeypatch.setattr(stopping, "refuse_unsealed", lambda run_dir, launch: checked.append(launch.run_id))
    stopping.stop(scene.run_dir)
    assert checked == (["a"] if refused else [])
