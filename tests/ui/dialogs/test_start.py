"""Start a run: what would run is shown byte for byte, and a click starts exactly that."""

import json
from pathlib import Path

import pytest

from monitor.run_dir import Away
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.ui.dialogs import start
from monitor.ui.dialogs.start import Start
from tests.ui.dialogs.screen import REFUSED, Asked, inside

SCHEMA = {
    "properties": {
        "data": {"type": "string", "enum": ["synthetic", "digits"], "default": "digits"},
        "lr": {"type": "number", "default": 0.1},
    },
    "presets": {"digits": {"fixed": {"lr": 0.5}}},
}


class Rows:
    """Stands for the form: what it was given, and what a person has changed in it."""

    made: list = []  # noqa: RUF012
    changed: dict = {}  # noqa: RUF012

    def __init__(self, name, choices, changes, basis):
        self.name, self.choices, self.basis, self.wanted = name, choices, basis, dict(self.changed)
        self.problems, self.drawn = {}, False
        Rows.made.append(self)

    def complain(self, problem):
        self.problems["lr"] = problem

    def draw(self):
        self.drawn = True


@pytest.fixture
def own(screen, monkeypatch, tmp_path):
    """The dialog with a trainer of one option, no device to choose, and nothing to note."""
    asked = Asked("owl")
    Rows.made, Rows.changed = [], {}
    monkeypatch.setattr(start, "Form", Rows)
    monkeypatch.setattr(start, "_schema", lambda: SCHEMA)
    monkeypatch.setattr(start, "pick_device", lambda *_: None)
    monkeypatch.setattr(start, "choose", lambda *_: Away())
    monkeypatch.setattr(start.launcher, "training_command", lambda chosen, schema: ["python", json.dumps(chosen)])
    monkeypatch.setattr(start.launcher, "start_notes_for_command", Asked([]))
    monkeypatch.setattr(start.launcher, "start", asked)
    monkeypatch.setattr(start.launcher, "HOME", tmp_path)
    monkeypatch.setattr(start, "go_to", lambda runs_dir, run_id: screen.query_params.update(run=run_id))
    return asked


def test_our_trainer_is_offered_with_the_defaults_of_its_schema(screen, own, tmp_path):
    inside(start.start)(tmp_path / "runs")
    (form,) = Rows.made
    assert form.drawn and (form.name, form.basis) == ("start_digits_none", "default")
    assert [(choice.key, choice.now) for choice in form.choices] == [("lr", "0.1")]
    assert screen.offered["start_preset_digits"] == ["none", "fixed"]
    terminal, shown = screen.texts("code")
    assert terminal.startswith(
        f"cd {tmp_path} && python -m monitor start --runs {tmp_path}/runs --run-id run -- python"
    )
    assert shown == """python '{"data": "digits"}'""" and own.calls == []


def test_a_preset_fills_the_form_and_a_click_starts_what_was_shown(screen, own, tmp_path):
    screen.typed, Rows.changed = {"start_preset_digits": "fixed", "start_name": " owl "}, {"lr": 0.7}
    inside(start.start)(tmp_path / "runs")
    inside(start.start)(tmp_path / "runs")
    assert own.calls == [], "looking at it a second time is no click"
    assert Rows.made[0].basis == "preset" and Rows.made[0].choices[0].now == "0.5"
    screen.typed["confirm_start"] = True
    inside(start.start)(tmp_path / "runs")
    ((args, named),) = own.calls
    chosen = json.dumps({"data": "digits", "preset": "fixed", "lr": 0.7})
    assert args == (tmp_path / "runs", ["python", chosen])
    assert named == {"asked_by": "ana", "run_id": "owl", "cwd": tmp_path, "away": Away(), "device": ""}
    assert screen.query_params == {"run": "owl"} and screen.reruns == 1


def test_what_was_not_shown_does_not_start(screen, own, tmp_path):
    screen.typed = {"confirm_start": True}
    inside(start.start)(tmp_path / "runs")
    assert own.calls == [] and "The plan has changed" in screen.texts("error")[0]


def test_a_value_that_is_refused_stands_at_its_field_and_nothing_can_start(screen, own, tmp_path, monkeypatch):
    monkeypatch.setattr(start.launcher, "training_command", Asked(refusal=UsageError("lr must be a number.")))
    inside(start.start)(tmp_path / "runs")
    assert Rows.made[0].problems == {"lr": "lr must be a number."} and Rows.made[0].drawn
    assert "confirm_start" in screen.disabled and screen.texts("code") == []
    monkeypatch.setattr(start, "_schema", Asked(refusal=RefusedError(REFUSED)))
    assert start._own_trainer() is None and screen.texts("error") == [REFUSED]


def test_cancel_closes_it(screen, own, tmp_path):
    screen.typed = {"cancel_start": True}
    inside(start.start)(tmp_path / "runs")
    assert screen.reruns == 1 and own.calls == []


def test_a_command_of_ones_own_is_shown_as_its_words(screen, tmp_path):
    screen.typed = {"start_command": "python 'my train.py' \\\n --lr 0.1 > log & x*", "start_cwd": str(tmp_path)}
    argv = ["python", "my train.py", "--lr", "0.1", ">", "log", "&", "x*"]
    assert start._own_command(tmp_path / "runs") == (argv, tmp_path)
    assert screen.texts("code") == [json.dumps(argv)] and screen.texts("caption") == ["Arguments:"]
    (warning,) = screen.texts("warning")
    assert warning.replace("\\", "") == "No shell reads the command: & > x* is passed on unchanged."


def test_without_a_command_the_same_for_a_terminal_is_shown(screen, tmp_path):
    screen.typed = {"start_command": " \n"}
    assert start._own_command(tmp_path) is None
    assert screen.texts("code") == ["python -m monitor start -- python train.py …"]


@pytest.mark.parametrize(
    ("command", "folder", "said"),
    [
        ("python 'x", "/", "The command is incomplete: No closing quotation."),
        ("python \0", "/", "A command cannot contain a NUL character."),
        ("python x", "", "The working directory is not a folder on this machine; give an absolute path."),
        ("python x", "work", "work is not a folder on this machine; give an absolute path."),
        ("python x", "/no/such/folder", "/no/such/folder is not a folder on this machine"),
        ("python x", "/\0", "is not a folder on this machine"),
    ],
)
def test_a_command_or_folder_that_is_none_is_told(command, folder, said, screen, tmp_path):
    screen.typed = {"start_command": command, "start_cwd": folder}
    assert start._own_command(tmp_path) is None
    assert said in screen.texts("error")[0].replace("\\", "") and screen.texts("code") == []


def test_a_name_that_is_taken_gets_the_next_free_one(tmp_path, monkeypatch):
    monkeypatch.setattr(start.launcher, "HOME", tmp_path / "home")
    assert start._free_name(tmp_path, ["python", "t.py"], tmp_path / "home", "") == "run"
    assert start._free_name(tmp_path, ["python", "t.py"], tmp_path, "owl") == "owl"
    (tmp_path / "owl").mkdir()
    assert start._free_name(tmp_path, ["python", "t.py"], tmp_path, "owl") == "owl-2"


def test_the_line_for_a_terminal_says_device_and_policy_where_they_are_not_the_usual(tmp_path):
    plan = Start(["python", "t.py"], Path("/w"), "owl", "cuda:1")
    begin = f"python -m monitor start --runs {tmp_path} --run-id owl"
    fix = Away(do="stop_and_fix", budget_hours=2.5)
    line = f"{begin} --device cuda:1 --if-bad fix --if-bad-hours 2.5 -- python t.py"
    assert start._terminal_line(tmp_path, plan, fix) == line
    assert start._terminal_line(tmp_path, Start(["x"], Path("/w"), "owl"), Away()) == f"{begin} -- x"


def test_notes_and_a_refusal_are_shown_above_the_command(screen, tmp_path, monkeypatch):
    plan = Start(["python", "{run_dir}/x"], tmp_path, "owl", "cuda:1")
    noted = Asked(["Waits.", "Is new."])
    monkeypatch.setattr(start.launcher, "start_notes_for_command", noted)
    start._show(tmp_path, plan)
    assert noted.calls == [((tmp_path, plan.argv, tmp_path, "cuda:1"), {})]
    assert screen.texts("warning") == ["Waits. Is new."] and screen.texts("code") == [f"python {tmp_path}/owl/x"]
    monkeypatch.setattr(start.launcher, "start_notes_for_command", Asked(refusal=RefusedError(REFUSED)))
    start._show(tmp_path, plan)
    assert screen.texts("warning")[-1] == REFUSED


def test_everything_that_is_shown_makes_the_plan_another_one():
    plans = {
        Start(argv, Path(cwd), name, device).shown
        for argv in (["a"], ["b"])
        for cwd in ("/", "/w")
        for name in ("r", "s")
        for device in ("", "cuda")
    }
    assert len(plans) == 16
