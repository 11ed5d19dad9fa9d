"""`resume`: where it goes on, what came of it, and a run that had only lost its supervisor; nothing starts here."""

import json

import pytest

from monitor.commands import resume
from monitor.launcher.relaunch.code import CodeChange
from monitor.launcher.relaunch.resuming import ResumePlan
from monitor.run_dir import STATE_FILE, JobPlace, Launch, State, encode
from monitor.run_dir.audit import read as audit_of
from monitor.run_dir.errors import EXIT_OK, EXIT_REFUSED, RefusedError
from monitor.writer import RunWriter

PLAN = ResumePlan(
    run_id="a",
    line="Goes on with epoch 3 in the same run.",
    command="python train.py",
    cwd="/home/anna",
    code=CodeChange(True),
    surroundings=("Python as it was: 3.11.",),
    stranger="",
    launch=Launch(run_id="a", created_at=1.0, argv=["python", "train.py"]),
)


@pytest.fixture
def scene(runs_by_default, monkeypatch):
    """A run that ended; `scene` notes what was started and leaves `state` as what came of it."""

    class Scene:
        """The parts that a test changes."""

        runs, started, state, is_alone = runs_by_default, [], State(state="running", generation=2), False

        def resume(self, runs, run_id, who, *, plan, trusted):
            self.started.append((run_id, plan, trusted))
            (runs / run_id / STATE_FILE).write_bytes(encode(self.state))
            return run_id

    one = Scene()
    RunWriter(runs_by_default / "a").finish()
    monkeypatch.setattr(resume.queues, "look", lambda: None)
    monkeypatch.setattr(resume, "take_over", lambda runs, run_id, trusted: one.is_alone)
    monkeypatch.setattr(resume, "plan_resume", lambda runs, run_id: PLAN)
    monkeypatch.setattr(resume, "resume", one.resume)
    return one


SHOWN = [PLAN.line, *PLAN.surroundings, "In: /home/anna", "Runs: python train.py"]


def test_the_plan_is_shown_and_then_what_came(scene, capsys):
    assert resume.run("a", scene.runs, trust=True) == EXIT_OK
    assert capsys.readouterr().out.splitlines() == [*SHOWN, "a continues as generation 2."]
    assert scene.started == [("a", PLAN, True)]


def test_a_dry_run_starts_nothing_and_takes_nothing_over(scene, capsys):
    scene.is_alone = True
    assert resume.run("a", scene.runs, dry_run=True) == EXIT_OK
    assert capsys.readouterr().out.splitlines() == SHOWN
    assert resume.run("a", scene.runs, dry_run=True, as_json=True) == EXIT_OK
    said = json.loads(capsys.readouterr().out)
    assert (said["run_id"], said["started"], said["command"], said["state"]) == ("a", False, PLAN.command, None)
    assert scene.started == []


def test_a_start_that_failed_at_once_is_told_and_exits_5(scene, capsys):
    scene.state = State(state="failed", error="no such corpus")
    assert resume.run("a", scene.runs) == EXIT_REFUSED
    assert capsys.readouterr().out.splitlines()[-1] == "a failed: no such corpus"
    assert resume.run("a", scene.runs, as_json=True) == EXIT_REFUSED
    assert json.loads(capsys.readouterr().out)["state"]["error"] == "no such corpus"
    # A dry run says nothing of how an earlier start ended.
    assert resume.run("a", scene.runs, dry_run=True) == EXIT_OK


def test_a_job_is_told_as_its_engine_calls_it(scene, capsys):
    scene.state = State(state="queued", generation=3, job=JobPlace(job_id="17"))
    resume.run("a", scene.runs)
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "a was submitted as SLURM job 17 and continues as generation 3."


def test_a_run_that_had_lost_its_supervisor_gets_one_and_no_plan(scene, capsys):
    scene.is_alone = True
    assert resume.run("a", scene.runs) == EXIT_OK
    assert capsys.readouterr().out.startswith("a has a supervisor again. ")
    resume.run("a", scene.runs, as_json=True)
    said = json.loads(capsys.readouterr().out)
    assert (said["started"], said["taken_over"]) == (False, True) and scene.started == []


def test_a_refusal_is_noted_unless_it_was_a_dry_run(scene, monkeypatch):
    def refuses(runs, run_id):
        raise RefusedError("It is still running.")

    monkeypatch.setattr(resume, "plan_resume", refuses)
    for dry in (True, False):
        with pytest.raises(RefusedError):
            resume.run("a", scene.runs, dry_run=dry)
    assert [(act.verb, act.run_id, act.result) for act in audit_of(scene.runs)] == [("resume", "a", "refused")]


def test_the_way_back_is_a_command_or_the_reason_why_there_is_none(scene, tmp_path, monkeypatch):
    assert resume.way_back(scene.runs, "a") == f"To go on with a: python -m monitor resume a. {PLAN.line}"
    assert resume.way_back(tmp_path, "a").startswith(f"To go on with a: python -m monitor resume a --runs {tmp_path}. ")

    def refuses(runs, run_id):
        raise RefusedError("It was imported.")

    monkeypatch.setattr(resume, "plan_resume", refuses)
    assert resume.way_back(scene.runs, "a") == "It was imported."
