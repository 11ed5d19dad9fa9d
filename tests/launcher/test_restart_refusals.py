"""Restarts and resumes decided in this process: what is refused, in which order things happen, who is left waiting."""

import time
from types import SimpleNamespace

import msgspec
import pytest

from monitor.launcher import restarting
from monitor.launcher.relaunch.code import CodeChange
from monitor.launcher.relaunch.plan import RestartPlan, RestartRequest
from monitor.run_dir import LAUNCH_FILE, STATE_FILE, JobOrder, Launch, Parent, State, encode
from monitor.run_dir.audit import read as audit_of
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import read_launch
from monitor.run_dir.provenance import Code
from monitor.run_dir.seal import is_from_here, write_sealed

LIVE, OVER = SimpleNamespace(live=True, word="running", unsupervised=False), SimpleNamespace(live=False, word="stopped")


@pytest.fixture
def scene(runs_made, own_state, monkeypatch):
    """A parent `a` that trains; `scene.acts` is what happened, `scene.refuses` what each act refuses."""
    one = SimpleNamespace(runs=runs_made, acts=[], refuses={}, parent=LIVE)

    def act(name):
        def acting(run_dir, *flags, **how):
            one.acts.append((name, run_dir.name, *flags))
            if run_dir.name in one.refuses.get(name, ()):
                raise RefusedError(f"{name} of {run_dir.name} is refused.")

        return acting

    (runs_made / "a").mkdir()
    write_sealed(
        runs_made / "a", Launch(run_id="a", created_at=1.0, argv=["true"], cwd=str(runs_made), stop_with="TERM")
    )
    monkeypatch.setattr(restarting, "status", lambda run_dir: one.parent if run_dir.name == "a" else LIVE)
    monkeypatch.setattr(restarting, "supervise", act("supervise"))
    monkeypatch.setattr(restarting, "submit_or_forget", act("submit"))
    monkeypatch.setattr(restarting, "stop", act("stop"))
    monkeypatch.setattr(restarting, "refuse_unstoppable", act("stoppable"))
    one.made = []
    monkeypatch.setattr(restarting, "make_plan", lambda runs, run_id, request: one.made.pop(0))
    return one


def plan_of(scene, child="a-2", **fields):
    request = RestartRequest({"lr": 0.2}, {"epoch": 9.0})
    known = {
        **{"runs_dir": scene.runs, "parent_id": "a", "child_id": child, "argv": ["true", child], "command": "true"},
        **{"diff": [("lr", 0.1, 0.2)], "cwd": scene.runs, "request": request, "code": CodeChange(True)},
    }
    return RestartPlan(**{**known, **fields})


def restarted(scene, *plans, stop_parent=True, **how):
    scene.made = list(plans)
    return restarting.restart_together(plans, stop_parent=stop_parent, asked_by="anna", **how)


def test_every_child_waits_before_the_parent_is_asked_to_stop(scene):
    plans = [plan_of(scene), plan_of(scene, "a-3")]
    assert restarted(scene, *plans) == ["a-2", "a-3"]
    assert scene.acts == [
        ("stoppable", "a"),
        ("supervise", "a-2", "--after-parent"),
        ("supervise", "a-3", "--after-parent"),
        ("stop", "a", "anna"),
    ]
    launch = read_launch(scene.runs / "a-2")
    assert (launch.parent.run_id, launch.parent.how, launch.stop_with) == ("a", "restart", "TERM")
    assert launch.parent.changes == {"lr": [0.1, 0.2]} and launch.parent.expected == {"epoch": 9.0}
    assert [(act.verb, act.run_id, act.result) for act in audit_of(scene.runs)] == [("restart", "a-2, a-3", "done")]


def test_a_parent_that_is_over_or_goes_on_is_not_stopped(scene):
    restarted(scene, plan_of(scene), stop_parent=False)
    scene.parent = OVER
    restarted(scene, plan_of(scene, "a-3"))
    assert scene.acts == [("supervise", "a-2"), ("supervise", "a-3")]


def test_a_parent_that_ends_meanwhile_is_no_refusal_and_one_that_lives_is(scene, monkeypatch):
    scene.refuses = {"stop": ["a"]}
    with pytest.raises(RefusedError, match="stop of a is refused"):
        restarted(scene, plan_of(scene))
    states = iter([LIVE, LIVE, OVER])
    monkeypatch.setattr(restarting, "status", lambda run_dir: next(states))
    assert restarted(scene, plan_of(scene, "a-3")) == ["a-3"]


def test_of_a_race_one_that_is_refused_starts_none_and_is_named(scene):
    (scene.runs / "a-3").mkdir()
    with pytest.raises(RefusedError, match=r"^a-3 is refused, and with it the whole race: There is a run a-3 "):
        restarted(scene, plan_of(scene), plan_of(scene, "a-3"))
    assert not (scene.runs / "a-2").exists() and [name for name, *_ in scene.acts] == ["stoppable"]
    with pytest.raises(RefusedError, match=r"^There is a run a-3 "):
        restarted(scene, plan_of(scene, "a-3"))


@pytest.mark.parametrize("stops", [True, False])
def test_a_second_child_that_does_not_begin_says_what_became_of_the_first(scene, stops):
    scene.refuses = {"supervise": ["a-3"]}
    said = "taken out of the queue again, and a goes on" if stops else "started, and no more"
    with pytest.raises(RefusedError, match=rf"^a-2 was {said}\. a-3: supervise of a-3 is refused\.$"):
        restarted(scene, *(plan_of(scene, f"a-{n}") for n in (2, 3, 4)), stop_parent=stops)
    assert (("stop", "a-2", "anna") in scene.acts) is stops and ("stop", "a", "anna") not in scene.acts
    assert not (scene.runs / "a-4").exists() and (scene.runs / "a-2").exists()


def test_a_command_that_is_not_ones_own_runs_only_once_it_is_trusted(scene):
    with pytest.raises(RefusedError, match=r"^Read it\. To run it anyway, pass --trust-command\.\ntrue$"):
        restarted(scene, plan_of(scene, stranger="Read it."))
    assert restarted(scene, plan_of(scene, stranger="Read it."), trusted=True) == ["a-2"]


def test_nothing_is_stopped_for_a_command_that_ends_in_its_own_parser(scene, monkeypatch):
    monkeypatch.setattr(restarting, "parser_problem", lambda *words: "no such option --lr")
    with pytest.raises(RefusedError, match=r"does not start: no such option --lr\na goes on; nothing was stopped"):
        restarted(scene, plan_of(scene, is_tried=True))
    assert not (scene.runs / "a-2").exists()
    assert restarted(scene, plan_of(scene)) == ["a-2"], "one that was not to be tried"


def test_what_has_changed_since_it_was_shown_is_named(scene):
    shown = plan_of(scene, code=CodeChange(True, now=Code(local_files={"a.py": "1"})))
    scene.made = [plan_of(scene, command="false", code=CodeChange(True, now=Code(local_files={"a.py": "2"})))]
    with pytest.raises(RefusedError, match=r"out of date: the command and a\.py changed since it was shown"):
        restarting.restart(shown, stop_parent=False)
    assert scene.acts == []


def test_a_job_is_submitted_and_not_supervised_here(scene):
    launch = read_launch(scene.runs / "a")
    (scene.runs / "a" / LAUNCH_FILE).unlink()
    write_sealed(scene.runs / "a", msgspec.structs.replace(launch, job=JobOrder(engine="ray", address="http://h:1")))
    restarted(scene, plan_of(scene), stop_parent=False)
    assert scene.acts == [("submit", "a-2")]


# -- plans beside each other


def beside(scene, plan, *others, live=True, tried=False, monkeypatch):
    scene.made, scene.parent = [plan], LIVE if live else OVER
    noted = []
    monkeypatch.setattr(
        restarting, "start_notes", lambda runs, need, device, after: noted.append(after) or ["Little memory."]
    )
    monkeypatch.setattr(restarting, "can_be_tried", lambda *words: tried)
    made = restarting.plan_restart(scene.runs, "a", {"lr": 0.2}, stop_parent=True, beside=others)
    return made, noted


def test_the_first_child_alone_has_its_parents_device_and_the_next_takes_another_name(scene, monkeypatch):
    made, noted = beside(scene, plan_of(scene), monkeypatch=monkeypatch)
    assert (made.child_id, made.notes, made.is_tried, noted) == ("a-2", ("Little memory.",), False, ["a"])
    made, noted = beside(scene, plan_of(scene, argv=["true", "x"]), made, tried=True, monkeypatch=monkeypatch)
    assert (made.child_id, made.is_tried, noted) == ("a-3", True, [""])
    assert made.notes[0] == "Before a is stopped, the command is run up to its parser, without a device."
    made, noted = beside(scene, plan_of(scene), live=False, tried=True, monkeypatch=monkeypatch)
    assert (made.is_tried, noted) == (False, [""])


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"diff": []}, "a-3 would be a again, without a known change: give each child of a race a change"),
        ({"argv": ["true", "same"]}, "a-2 and a-3 would be the same run twice"),
        ({"argv": ["true", "--output_dir", "out"]}, "would both write into"),
    ],
)
def test_two_that_would_be_one_or_write_over_each_other_are_refused(scene, monkeypatch, fields, why):
    argv = ["true", "--output_dir", "out", "x"] if "output_dir" in str(fields) else ["true", "same"]
    first = plan_of(scene, argv=argv)
    with pytest.raises(RefusedError, match=why):
        beside(scene, plan_of(scene, **fields), first, monkeypatch=monkeypatch)


@pytest.mark.parametrize(
    "fields",
    [
        {"diff": [], "copies": {"settings/a.yaml": "lr: 1"}},
        {"diff": [], "code": CodeChange(False)},
        {"diff": [], "request": RestartRequest({}, {}, "best")},
        {"argv": ["true", "same"], "device": "cuda:1"},
        {"argv": ["true", "same"], "copies": {"settings/a.yaml": "lr: 1"}},
    ],
)
def test_another_file_code_start_or_device_is_a_change(scene, monkeypatch, fields):
    beside(scene, plan_of(scene, **fields), plan_of(scene, argv=["true", "same"]), monkeypatch=monkeypatch)


# -- the same request made twice


def child(scene, state=None, at=None, **fields):
    known = {"run_id": "a-9", "argv": ["true", "a-2"], "parent": Parent(run_id="a")}
    launch = Launch(**{**known, "created_at": time.time() if at is None else at, **fields})
    folder = scene.runs / "a-9"
    folder.mkdir(exist_ok=True)
    (folder / LAUNCH_FILE).write_bytes(encode(launch))
    (folder / STATE_FILE).unlink(missing_ok=True)
    if state:
        (folder / STATE_FILE).write_bytes(encode(State(state=state)))
    return folder


@pytest.mark.parametrize(
    ("state", "at", "is_same"),
    [
        ("running", None, True),
        (None, None, True),
        ("queued", 1.0, True),
        ("starting", 1.0, True),
        ("running", 1.0, False),
        ("failed", None, False),
        ("finished", None, False),
        ("running", 4e9, False),
    ],
)
def test_the_same_restart_that_waits_or_was_asked_for_just_now_is_one_request(scene, state, at, is_same):
    folder = child(scene, state, at)
    assert restarting._is_duplicate(plan_of(scene), folder) is is_same
    if is_same:
        with pytest.raises(RefusedError, match="a-9 is the same restart of a, requested just now"):
            restarted(scene, plan_of(scene))
    else:
        restarted(scene, plan_of(scene))


@pytest.mark.parametrize(
    "fields", [{"argv": ["other"]}, {"parent": Parent(run_id="b")}, {"parent": None}, {"device": "cpu"}]
)
def test_another_command_parent_or_device_is_another_request(scene, fields):
    assert not restarting._is_duplicate(plan_of(scene), child(scene, "queued", **fields))


def test_a_change_in_a_file_of_settings_alone_is_another_request(scene):
    folder = child(scene, "queued")
    (folder / "a.yaml").write_text("lr: 1")
    assert restarting._is_duplicate(plan_of(scene, copies={"a.yaml": "lr: 1"}), folder)
    assert not restarting._is_duplicate(plan_of(scene, copies={"a.yaml": "lr: 2"}), folder)
    (folder / LAUNCH_FILE).write_text("{broken")
    restarted(scene, plan_of(scene))


# -- resume


@pytest.fixture
def resumed(scene, monkeypatch):
    """`scene.shown`: the plan that a resume makes now."""
    scene.parent = OVER
    scene.shown = SimpleNamespace(
        **{"fingerprint": "f", "code": CodeChange(True), "stranger": "", "command": "true"},
        launch=read_launch(scene.runs / "a"),
    )
    monkeypatch.setattr(restarting, "make_resume_plan", lambda run_dir: scene.shown)
    monkeypatch.setattr(restarting.submitting, "submit", lambda run_dir: scene.acts.append(("submit", run_dir.name)))
    return scene


def test_a_run_goes_on_by_a_supervisor_or_by_a_job(resumed):
    assert restarting.resume(resumed.runs, "a", "anna") == "a"
    resumed.shown.launch = msgspec.structs.replace(resumed.shown.launch, job=JobOrder())
    restarting.resume(resumed.runs, "a")
    assert resumed.acts == [("supervise", "a", "--resume"), ("submit", "a")]


def test_a_resume_that_was_shown_otherwise_is_refused(resumed):
    shown = SimpleNamespace(**{**vars(resumed.shown), "fingerprint": "g"})
    with pytest.raises(RefusedError, match=r"a's launch\.json changed"):
        restarting.resume(resumed.runs, "a", plan=shown)
    edited = SimpleNamespace(**{**vars(resumed.shown), "code": CodeChange(True, now=Code(local_files={"a.py": "2"}))})
    with pytest.raises(RefusedError, match=r"out of date: a\.py changed since it was shown"):
        restarting.resume(resumed.runs, "a", plan=edited)
    resumed.parent = LIVE
    with pytest.raises(RefusedError, match="still running; there is nothing to resume"):
        restarting.resume(resumed.runs, "a")
    assert resumed.acts == []


def test_a_foreign_command_is_sealed_anew_once_it_is_trusted(resumed):
    strange = msgspec.structs.replace(read_launch(resumed.runs / "a"), argv=["false"])
    (resumed.runs / "a" / LAUNCH_FILE).write_bytes(encode(strange))
    resumed.shown.stranger, resumed.shown.launch = "Read it.", strange
    with pytest.raises(RefusedError, match=r"To run it anyway, and to seal it anew, pass --trust-command\.\ntrue$"):
        restarting.resume(resumed.runs, "a")
    assert not is_from_here(read_launch(resumed.runs / "a"), resumed.runs / "a")
    restarting.resume(resumed.runs, "a", trusted=True)
    assert is_from_here(read_launch(resumed.runs / "a"), resumed.runs / "a")


@pytest.mark.parametrize(
    ("state", "unsupervised", "taken"), [("queued", False, True), ("running", True, True), ("running", False, False)]
)
def test_a_run_that_lost_its_supervisor_is_taken_over(scene, monkeypatch, state, unsupervised, taken):
    scene.parent = SimpleNamespace(live=True, word=state, unsupervised=unsupervised)
    (scene.runs / "a" / STATE_FILE).write_bytes(encode(State(state=state)))
    monkeypatch.setattr(restarting, "ensure_supervised", lambda run_dir: True)
    assert restarting.take_over(scene.runs, "a") is taken
    assert [act.verb for act in audit_of(scene.runs)] == (["resume"] if taken else [])


def test_one_whose_folder_was_moved_is_taken_over_only_once_it_is_trusted(scene, monkeypatch):
    scene.parent = SimpleNamespace(live=True, word="running", unsupervised=True)
    (scene.runs / "a").rename(scene.runs / "b")
    monkeypatch.setattr(restarting, "status", lambda run_dir: scene.parent)
    monkeypatch.setattr(restarting, "ensure_supervised", lambda run_dir: True)
    with pytest.raises(RefusedError, match="resume b --trust-command"):
        restarting.take_over(scene.runs, "b")
    assert restarting.take_over(scene.runs, "b", trusted=True)
    assert is_from_here(read_launch(scene.runs / "b"), scene.runs / "b")
