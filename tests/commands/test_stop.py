"""`stop`: what is said before, whom it asks, how it waits, and what it answers; no process is stopped here."""

import json
import sys

import pytest

from monitor import launcher
from monitor.commands import stop
from monitor.launcher.stopplan import StopPlan
from monitor.run_dir import STATE_FILE, Answer, Identity, Request, State, StopStage, encode, processes
from monitor.run_dir.errors import EXIT_OK, EXIT_REFUSED, RefusedError, UsageError
from monitor.run_dir.status import Status
from monitor.writer import RunWriter

NOW = 1_800_000_000.0
LIVE = Status("stopping", True, False, "It saves.", NOW)
STOPPED = Status("stopped", False, False, "It saved.", NOW)
GONE = Identity(host="h", boot_id="b", pid_namespace="n", pid=7, start_ticks=1)


def request(**fields):
    return Request(**{"verb": "stop", "generation": 1, "number": 1, "asked_at": NOW, "asked_by": "anna", **fields})


def answer(result, why="", **fields):
    return Answer(
        **{"verb": "stop", "generation": 1, "number": 1, "answered_at": NOW, **fields}, result=result, why=why
    )


@pytest.fixture
def scene(runs_made, monkeypatch):
    """Two runs; `scene` says what the acts, the plans, the status and the answers are, and what was asked for."""

    class Scene:
        """The parts that a test changes."""

        runs, asked, statuses, answers = runs_made, [], [STOPPED], []
        refuses: tuple[str, ...] = ()
        can_save, is_over = True, False

        def act(self, name):
            def acting(folder, who):
                if folder.name in self.refuses:
                    raise RefusedError(f"{folder.name} refuses.")
                self.asked.append((name, folder.name))
                return request(verb=name)

            return acting

    one = Scene()
    for name in ("a", "b"):
        RunWriter(runs_made / name).finish()
    monkeypatch.setattr(stop.queues, "look", lambda: None)
    monkeypatch.setattr(stop, "stop", one.act("stop"))
    for name, verb in (("cancel_stop", "cancel"), ("hurry_stop", "hurry"), ("more_time", "wait")):
        monkeypatch.setattr(launcher, name, one.act(verb))
    monkeypatch.setattr(stop, "who", lambda: "anna")
    monkeypatch.setattr(stop, "now", lambda: NOW)
    monkeypatch.setattr(stop, "status", lambda folder: one.statuses.pop(0) if one.statuses[1:] else one.statuses[0])
    monkeypatch.setattr(stop.control, "answers", lambda folder, generation: one.answers)
    monkeypatch.setattr(stop, "generation", lambda folder: 1)
    monkeypatch.setattr(
        stop,
        "stop_plan",
        lambda folder, snapshot, at: StopPlan(
            folder.name, one.can_save, ("It saves.", "Then it ends."), is_over=one.is_over
        ),
    )
    monkeypatch.setattr(stop.time, "sleep", lambda secs: None)
    return one


def test_a_stop_is_told_before_and_after(scene, capsys):
    assert stop.run(["a"], scene.runs) == EXIT_OK
    assert capsys.readouterr() == ("a: stopped. It saved.\n", "a: It saves. Then it ends.\n")
    assert scene.asked == [("stop", "a")]


def test_a_run_named_twice_is_asked_once(scene):
    stop.run(["a", "b", "a"], scene.runs)
    assert sorted(scene.asked) == [("stop", "a"), ("stop", "b")]


def test_a_dry_run_asks_nobody(scene, capsys):
    scene.is_over = True
    assert stop.run(["a"], scene.runs, dry_run=True) == EXIT_OK
    assert capsys.readouterr() == ("", "a: It saves. Then it ends.\n")
    assert stop.run(["a", "b"], scene.runs, dry_run=True, as_json=True) == EXIT_OK
    out, err = capsys.readouterr()
    assert [plan["run_id"] for plan in json.loads(out)["runs"]] == ["a", "b"] and err == ""
    assert scene.asked == []


def test_the_plan_of_a_run_that_has_ended_is_not_told_and_the_run_refuses_by_itself(scene, capsys):
    scene.is_over, scene.refuses = True, ("a",)
    with pytest.raises(RefusedError, match=r"^a refuses\.$"):
        stop.run(["a"], scene.runs)
    assert capsys.readouterr() == ("", "")


def test_of_several_one_that_refuses_is_told_and_the_others_stop(scene, capsys):
    scene.refuses = ("a",)
    assert stop.run(["a", "b"], scene.runs) == EXIT_REFUSED
    assert capsys.readouterr().out == "b: stopped. It saved.\na refuses.\n"
    assert stop.run(["a", "b"], scene.runs, as_json=True) == EXIT_REFUSED
    said = json.loads(capsys.readouterr().out)
    assert [each["run_id"] for each in said["runs"]] == ["b"] and said["refused"] == ["a refuses."]


def test_a_terminal_is_asked_only_where_something_is_lost(scene, monkeypatch):
    asked = []
    monkeypatch.setattr(sys, "stdin", type("Terminal", (), {"isatty": lambda self: True})())
    monkeypatch.setattr(stop, "confirm", lambda question, yes: asked.append((question, yes)))
    stop.run(["a"], scene.runs)
    assert asked == []
    scene.can_save = False
    stop.run(["a"], scene.runs)
    stop.run(["a", "b"], scene.runs, yes=True)
    assert asked == [("Stop it?", False), ("Stop these 2 runs?", True)]


@pytest.mark.parametrize(("option", "verb"), [("cancel", "cancel"), ("hurry", "hurry"), ("more_time", "wait")])
def test_what_is_about_a_stop_is_asked_for_and_not_waited_for(scene, capsys, option, verb):
    scene.statuses = [LIVE]
    assert stop.run(["a"], scene.runs, **{option: True}) == EXIT_OK
    assert scene.asked == [(verb, "a")] and capsys.readouterr() == ("a: stopping. It saves.\n", "")


def test_two_wishes_about_one_stop_exclude_each_other(scene):
    with pytest.raises(UsageError, match="exclude each other"):
        stop.run(["a"], scene.runs, cancel=True, hurry=True)
    assert scene.asked == []


def test_it_waits_until_the_run_has_ended_and_says_each_stage_once(scene, capsys):
    scene.statuses = [LIVE, LIVE, LIVE, STOPPED]
    stage = StopStage(stage="asked")
    (scene.runs / "a" / STATE_FILE).write_bytes(encode(State(state="stopping", stop=stage)))
    assert stop.run(["a"], scene.runs) == EXIT_OK
    assert capsys.readouterr().err.splitlines()[1:] == ["Asked to stop."]
    scene.statuses = [LIVE]
    assert stop.run(["a"], scene.runs, wait=False) == EXIT_OK
    assert capsys.readouterr().out == "a: stopping. It saves.\n"


def test_a_stop_that_was_refused_or_cancelled_is_waited_for_no_longer(scene, capsys):
    scene.statuses, scene.answers = [LIVE], [answer("refused", "Cancelled by ben.")]
    assert stop.run(["a"], scene.runs) == EXIT_REFUSED
    assert capsys.readouterr().out == "a continues. Cancelled by ben.\n"
    assert stop.run(["a"], scene.runs, as_json=True) == EXIT_REFUSED
    said = json.loads(capsys.readouterr().out)
    assert (said["run_id"], said["answer"]["result"], said["request"]["verb"]) == ("a", "refused", "stop")


def test_an_answer_to_another_request_is_none(scene):
    scene.answers = [answer("refused", number=2), answer("refused", verb="cancel"), answer("done", "Yes.")]
    assert stop._answer_to(scene.runs / "a", request()).why == "Yes."
    assert stop._answer_to(scene.runs / "a", request(number=3)) is None


def test_done_is_no_end_before_the_run_has_ended(scene):
    scene.statuses, scene.answers = [LIVE, LIVE, STOPPED], [answer("done")]
    ended, given = stop._wait_for_stop(scene.runs / "a", request(), quiet=True)
    assert (ended, given.result) == (STOPPED, "done")


def test_with_a_full_disk_it_has_ended_once_its_trainer_is_gone(scene, monkeypatch):
    (scene.runs / "a" / STATE_FILE).write_bytes(encode(State(state="running", trainer=GONE)))
    monkeypatch.setattr(processes, "liveness", lambda identity: "gone")
    assert stop._has_ended_unwritten(scene.runs / "a", request(number=0))
    assert not stop._has_ended_unwritten(scene.runs / "a", request(number=1))
    assert not stop._has_ended_unwritten(scene.runs / "b", request(number=0))
    scene.statuses = [LIVE]
    assert stop._wait_for_stop(scene.runs / "a", request(number=0), quiet=True) == (LIVE, None)
    monkeypatch.setattr(processes, "liveness", lambda identity: "alive")
    assert not stop._has_ended_unwritten(scene.runs / "a", request(number=0))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (request(), ""),
        (request(asked_at=NOW - 30), "a: anna asked for this stop 30 s ago.\n"),
        (request(asked_by="ben"), "a: ben asked for this stop "),
        (request(asked_by="", asked_at=NOW - 30), "a: An unknown user asked for this stop 30 s ago.\n"),
    ],
)
def test_who_asked_first_is_told_where_it_was_another_or_long_ago(scene, capsys, asked, said):
    stop._print_who_asked([(scene.runs / "a", asked)], quiet=False)
    stop._print_who_asked([(scene.runs / "a", asked)], quiet=True)
    err = capsys.readouterr().err
    assert err.startswith(said) and bool(err) == bool(said) and err.count("asked for") == bool(said)
