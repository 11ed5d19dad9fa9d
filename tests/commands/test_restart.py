"""`restart`: whose changes make which child, the plan in words, and what is told of a child that ends at once."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest

from monitor.commands import restart
from monitor.launcher.relaunch.code import CodeChange
from monitor.launcher.relaunch.plan import RestartPlan, RestartRequest
from monitor.run_dir import STATE_FILE, State, encode
from monitor.run_dir.audit import read as audit_of
from monitor.run_dir.errors import EXIT_OK, EXIT_REFUSED, RefusedError, UsageError
from monitor.run_dir.status import Status
from monitor.writer import RunWriter
from tests.fake_runs import healthy, overfitting

NONE = restart.AskedChange(False, None, None, {})


def plan_of(runs, child="a-2", **fields):
    known = {
        **{"runs_dir": runs, "parent_id": "a", "child_id": child, "argv": ["true"], "command": "true --lr 0.2"},
        **{"diff": [("lr", 0.1, 0.2)], "cwd": Path("/home/anna"), "request": RestartRequest({"lr": 0.2})},
        "code": CodeChange(True),
    }
    return RestartPlan(**{**known, **fields})


def word(name, live=False):
    return Status(name, live, False, "It waits for a GPU.", 1.0)


@pytest.fixture
def scene(runs_made, monkeypatch):
    """A parent `a`; `scene` says the status of each run, and notes what was planned and started."""

    class Scene:
        """The parts that a test changes."""

        runs, planned, started, problem = runs_made, [], [], ""
        words: ClassVar[dict[str, Status]] = {"a": word("running", True)}

        def plan(self, runs, run_id, changes, **ways):
            if self.problem:
                raise RefusedError(self.problem)
            self.planned.append((dict(changes), {**ways, "beside": [each.child_id for each in ways["beside"]]}))
            diff = [(key, "?", value) for key, value in changes.items()]
            return plan_of(runs, f"a-{len(self.planned) + 1}", diff=diff, request=RestartRequest(changes))

        def start(self, plans, **how):
            self.started.append(([plan.child_id for plan in plans], how))

        def died(self, child, error="no such corpus."):
            (self.runs / child).mkdir(exist_ok=True)
            (self.runs / child / STATE_FILE).write_bytes(encode(State(state="failed", error=error)))

    one = Scene()
    RunWriter(runs_made / "a", config={"lr": 0.1}).finish()
    monkeypatch.setattr(restart, "plan_restart", one.plan)
    monkeypatch.setattr(restart, "restart_together", one.start)
    monkeypatch.setattr(restart, "status", lambda run_dir: one.words.get(run_dir.name, word("running")))
    monkeypatch.setattr(restart, "wanted_of", lambda run_dir, asked: restart.Wanted(asked.own, {"epoch": 9.0}, "Soon."))
    monkeypatch.setattr(restart, "way_back", lambda runs, run_id: f"Back to {run_id}.")
    monkeypatch.setattr(restart.time, "sleep", lambda secs: None)
    return one


def test_the_plan_is_shown_and_then_the_child_starts(scene, capsys):
    assert restart.run("a", scene.runs, change=["lr=0.2"], trust=True, yes=True) == EXIT_OK
    out = capsys.readouterr().out.splitlines()
    assert out[:3] == ["Restart a as a-2:", "  lr  ? → 0.2", "a is stopped first; it has reported no checkpoint."]
    assert out[-3:] == ["In: /home/anna", "Runs: true --lr 0.2", "a-2: running."]
    ((children, how),) = scene.started
    assert (children, how["stop_parent"], how["trusted"]) == (["a-2"], True, True)
    assert how["away"].do == "tell"


def test_the_options_reach_the_plan(scene, capsys):
    ways = {"start_from": "best", "device": "any", "keep_parent": True, "no_try": True}
    restart.run("a", scene.runs, change=["lr=0.2"], **ways, yes=True, if_bad="stop", as_json=True)
    ((changes, how),) = scene.planned
    assert (changes, how["start_from"], how["device"]) == ({"lr": "0.2"}, "best", "cuda")
    assert (how["stop_parent"], how["try_first"], how["expected"]) == (False, False, {"epoch": 9.0})
    assert scene.started[0][1]["stop_parent"] is False and scene.started[0][1]["away"].do == "stop"
    said = json.loads(capsys.readouterr().out)
    assert (said["child_id"], said["started"], said["stops_parent"], said["remark"]) == ("a-2", True, False, "Soon.")
    assert (said["others"], said["died"], said["diff"]) == ([], "", [["lr", "?", "0.2"]])


def test_a_dry_run_and_a_question_that_cannot_be_asked_start_nothing(scene, capsys):
    assert restart.run("a", scene.runs, change=["lr=0.2"], dry_run=True) == EXIT_OK
    with pytest.raises(UsageError, match="pass --yes"):
        restart.run("a", scene.runs, change=["lr=0.2"])
    assert scene.started == []
    assert restart.run("a", scene.runs, change=["lr=0.2"], dry_run=True, as_json=True) == EXIT_OK
    assert json.loads(capsys.readouterr().out.partition("{")[2].join(["{", ""]))["started"] is False


def test_several_values_are_a_race_of_children_planned_one_beside_the_other(scene, capsys):
    restart.run("a", scene.runs, change=["lr=1", "lr=2", "wd=0"], yes=True)
    assert [changes for changes, _ in scene.planned] == [{"lr": "1", "wd": "0"}, {"lr": "2", "wd": "0"}]
    out = capsys.readouterr().out.splitlines()
    place = out.index("For all 2:")
    assert out[place + 1 :][:3] == [
        "  wd  ? → 0",
        "a is stopped first; it has reported no checkpoint.",
        "In: /home/anna",
    ]
    assert [line for line in out[:place] if line] == [
        *("Restart a as a-2:", "  lr  ? → 1", "Restart a as a-3:", "  lr  ? → 2"),
    ]
    assert out[-2:] == ["a-2: running.", "a-3: running."]


def test_a_child_that_ends_at_once_is_told_with_the_way_back(scene, capsys):
    scene.died("a-2")
    scene.words = {"a": word("stopped"), "a-2": word("failed")}
    assert restart.run("a", scene.runs, change=["lr=0.2"], yes=True) == EXIT_REFUSED
    assert capsys.readouterr().out.splitlines()[-1] == "a-2: failed. no such corpus."


@pytest.mark.parametrize(
    ("parent", "stops", "said"),
    [
        ("stopped", True, "failed. no such corpus. a was stopped for it. Back to a."),
        ("running", True, "failed. no such corpus. Back to a."),
        ("running", False, "failed. no such corpus."),
    ],
)
def test_how_the_parent_goes_on_is_told_where_it_was_to_stop(scene, parent, stops, said):
    scene.died("a-2")
    scene.words = {"a": word(parent)}
    assert restart._death(plan_of(scene.runs), stops) == said
    assert restart._death(plan_of(scene.runs, "a-3"), stops) == ""


def test_a_child_is_looked_at_for_a_while_only_where_its_parent_stops_for_it(scene, monkeypatch):
    looks = []
    monkeypatch.setattr(restart.time, "sleep", looks.append)
    clock = iter(range(100))
    monkeypatch.setattr(restart.time, "monotonic", lambda: float(next(clock)))
    scene.words = {"a-2": word("running", True), "a-3": word("running", True)}
    plans = [plan_of(scene.runs), plan_of(scene.runs, "a-3")]
    assert restart._deaths(plans, False) == ["", ""] and looks == []
    assert restart._deaths(plans, True) == ["", ""] and len(looks) == restart.LOOKED_AT_SECS - 1
    looks.clear()
    scene.died("a-3")
    scene.words["a-3"] = word("failed")
    assert restart._deaths(plans, True)[1].startswith("failed. no such corpus.") and looks == []


def test_a_child_that_waits_says_for_what(scene):
    plan = plan_of(scene.runs)
    scene.words = {"a": word("running", True), "a-2": word("queued", True)}
    later = f"python -m monitor show a-2 --runs {scene.runs}"
    assert restart._now(plan) == f"queued. It waits for a to end. Whether it starts is seen with: {later}"
    scene.words["a"] = word("stopped")
    assert restart._now(plan) == "queued. It waits for a GPU."
    scene.words["a-2"] = word("running", True)
    assert restart._now(plan) == "running."


def test_a_refused_plan_is_noted_unless_it_was_a_dry_run(scene):
    scene.problem = "It was imported."
    for dry in (True, False):
        with pytest.raises(RefusedError):
            restart.run("a", scene.runs, dry_run=dry)
    assert [(act.verb, act.run_id, act.result) for act in audit_of(scene.runs)] == [("restart", "a", "refused")]


def test_the_plan_in_words_has_a_line_for_all_that_differs(tmp_path):
    healthy(tmp_path)
    plan = plan_of(
        tmp_path,
        **{"parent_id": "healthy", "diff": [], "device": "cuda:1", "surroundings": ("Python as it was.",)},
        code=CodeChange(False, "model.py changed."),
        request=RestartRequest({}, {"epoch": 30.0, "text": "lower WER"}),
        notes=("Little memory.",),
        stranger="Recorded elsewhere.",
    )
    assert restart.plan_lines(plan, False, "It is young.") == [
        "Restart healthy as a-2:",
        "  nothing is changed",
        "model.py changed. The child runs the new code.",
        "Python as it was.",
        "It has GPU 1 for itself.",
        "Judged at epoch 30: lower WER. It is young.",
        "Little memory.",
        "Recorded elsewhere.",
        "In: /home/anna",
        "Runs: true --lr 0.2",
    ]
    same = plan_of(tmp_path, parent_id="healthy", code=CodeChange(True, "The code is as it was."))
    assert "The code is as it was." in restart.plan_lines(same, True)
    assert "healthy is stopped first; it has reported no checkpoint." in restart.plan_lines(same, True)


def test_children_that_are_judged_at_different_epochs_are_said_to_be(tmp_path):
    plans = [plan_of(tmp_path, f"a-{n}", request=RestartRequest({}, {"epoch": 10.0 * n})) for n in (2, 3)]
    wanted = [restart.Wanted({}, {})] * 2
    last = restart._lines(plans, wanted, False)[-1]
    assert last == "They are judged at epochs 20 and 30: --judge-at EPOCH judges all of them at one."
    assert restart._lines([plans[0], plans[0]], wanted, False)[-1] == "Runs: true --lr 0.2"


@pytest.mark.parametrize(
    ("stops", "children", "said"),
    [
        (True, 1, "Stop the parent and start the child?"),
        (True, 2, "Stop the parent and start the 2 children?"),
        (False, 1, "Start it?"),
        (False, 2, "Start them?"),
    ],
)
def test_the_question_counts_the_children(stops, children, said):
    assert restart._question(stops, children) == said


def test_settings_are_given_as_pairs_and_a_value_may_hold_the_sign():
    assert restart._parsed(["lr=1", "lr=2", "o=a=b", "x="]) == {"lr": ["1", "2"], "o": ["a=b"], "x": [""]}
    for wrong in ("lr", "=1"):
        with pytest.raises(UsageError, match=f"--set {wrong}: must be KEY=VALUE"):
            restart._parsed(["ok=1", wrong])


def test_each_option_or_each_value_of_one_setting_is_a_choice_of_its_own():
    choices = restart._choices(NONE, ["A", "B"], {"lr": ["1"]})
    assert [(each.option, each.own) for each in choices] == [("A", {"lr": "1"}), ("B", {"lr": "1"})]
    choices = restart._choices(NONE, ["A"], {"lr": ["1", "2"], "wd": ["0"]})
    assert [(each.option, each.own) for each in choices] == [
        ("A", {"lr": "1", "wd": "0"}),
        ("A", {"lr": "2", "wd": "0"}),
    ]
    assert restart._choices(NONE, [], {}) == [NONE]
    for options, values in ((["A", "B"], {"lr": ["1", "2"]}), ([], {"lr": ["1", "2"], "wd": ["1", "2"]})):
        with pytest.raises(UsageError, match="have several values; give several to one of them only"):
            restart._choices(NONE, options, values)


def test_the_first_fix_brings_its_changes_and_its_expectation(tmp_path):
    run_dir = overfitting(tmp_path)
    wanted = restart.wanted_of(run_dir, restart.AskedChange(True, None, None, {"extra": "1"}))
    assert wanted.changes["extra"] == "1" and len(wanted.changes) > 1
    assert wanted.expected["prescription"] and wanted.expected["text"]
    own = restart.wanted_of(run_dir, restart.AskedChange(False, None, 20.0, {"lr": "1"}))
    assert own.changes == {"lr": "1"} and own.expected["epoch"] == 20.0 and not own.expected.get("prescription")
    option = restart.wanted_of(run_dir, restart.AskedChange(False, "b", None, {}))
    assert option.expected["prescription"] == wanted.expected["prescription"] and "extra" not in option.changes


def test_a_healthy_run_has_no_fix(tmp_path):
    with pytest.raises(RefusedError, match=r"There is no recommended fix for healthy \(.+\); give a change with --set"):
        restart.wanted_of(healthy(tmp_path), restart.AskedChange(True, None, None, {}))


def test_an_option_that_was_tried_is_told_with_what_came(tmp_path, monkeypatch):
    run_dir = overfitting(tmp_path)
    came = SimpleNamespace()
    monkeypatch.setattr(restart, "child_with", lambda option, children: came)
    monkeypatch.setattr(restart, "came_of", lambda child: "Tried in b: helped.")
    assert restart.wanted_of(run_dir, restart.AskedChange(True, None, None, {})).remark.startswith(
        "Tried in b: helped."
    )
    with_own = restart.wanted_of(run_dir, restart.AskedChange(True, None, None, {"extra": "1"}))
    assert "Tried" not in with_own.remark, "with a change of one's own it is another bundle"
