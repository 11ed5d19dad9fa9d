"""What the restart form offers, for our trainer and for any script; and what was shown is what a click confirms."""

import msgspec
import pytest

from monitor.diagnosis.ledger import every_child, judge_child
from monitor.diagnosis.tries import counted
from monitor.launcher import plan_restart
from monitor.launcher.relaunch.choices import SettingChoice, choices, written
from monitor.launcher.relaunch.flags import value_of
from monitor.launcher.relaunch.warm import epoch_words
from monitor.run_dir import Run
from monitor.run_dir.launch import Order, launch_of
from monitor.run_dir.reader import RunReader
from monitor.ui.dialogs.form import NOT_AN_OPTION, Form
from monitor.ui.dialogs.restart import cost_words
from monitor.view.rows import RowBook
from monitor.view.tried import TriedBook
from tests.diagnosis.test_ledger import still_running, write
from tests.launcher.test_plan import SCHEMA, a_run
from tests.snapshots import beating, snapshot


def launched(folder, *argv):
    return launch_of(Order(["python", "t.py", *argv], folder), "r", 1.0)


def test_a_run_of_our_trainer_offers_what_its_schema_names_with_its_values(tmp_path):
    run = Run(run_id="r", config={"dropout": 0.3, "amp": True}, config_schema=SCHEMA)
    found = {choice.key: choice for choice in choices(tmp_path, launched(tmp_path), run)}
    assert set(found) == set(SCHEMA["properties"]) - {"preset"}
    assert (found["dropout"].now, found["amp"].now, found["patience"].now) == ("0.3", "true", "")


def test_a_foreign_script_offers_the_options_of_its_command_and_a_folder_of_its_own(tmp_path):
    (tmp_path / "ckpt-2").mkdir()
    launch = launched(tmp_path, "--lr", "0.1", "--amp", "--save_dir", "ckpt", "--log_dir", "{run_dir}/tb")
    found = {choice.key: choice for choice in choices(tmp_path / "runs" / "r", launch, None)}
    assert {key: choice.now for key, choice in found.items()} == {
        "lr": "0.1",
        "amp": "true",
        "save_dir": "ckpt",
        "log_dir": "{run_dir}/tb",
    }
    assert found["save_dir"].proposed == "ckpt-3"
    assert "must differ" in found["save_dir"].why
    assert found["log_dir"].proposed is None


@pytest.mark.parametrize(("typed", "expected"), [("false", None), ("true", "true")])
def test_text_switches_a_flag_that_stands_alone(tmp_path, typed, expected):
    runs = tmp_path / "runs"
    a_run(runs, ["python", "t.py", "--amp", "--n", "3"])
    plan = plan_restart(runs, "parent", {"amp": typed})
    assert value_of(plan.argv, "amp") == expected
    assert value_of(plan.argv, "n") == "3"


def test_values_are_written_as_on_a_command_line():
    assert [written(value) for value in (None, True, 1e-05, 3, "a", ["x"])] == ["", "true", "1e-05", "3", "a", '["x"]']


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ({"epoch": 61, "position": 0, "steps_per_epoch": 40}, "epoch 60"),
        ({"epoch": 60, "position": 40, "steps_per_epoch": 40}, "epoch 60"),
        ({"epoch": 61, "position": 12, "steps_per_epoch": 40}, "epoch 60 and 12 of 40 steps"),
        ({}, "epoch unknown"),
    ],
)
def test_how_far_a_checkpoint_had_come(about, words):
    assert epoch_words(about) == words


def test_the_list_of_runs_tells_what_was_tried_as_the_ledger_does_and_reads_it_once(tmp_path, monkeypatch):
    write(tmp_path, "p", 0.8, 6)
    for name, prescription in (("c", "variety"), ("own", "")):
        child = write(tmp_path, name, 0.2, 5, parent="p", expected={"epoch": 4, "prescription": prescription})
        judge_child(child, RunReader(child).read(5.0), 5.0)
    book = TriedBook(tmp_path)
    rows = RowBook(tmp_path).rows(5.0)
    options = book.options(rows, 5.0)
    assert [(each.option, each.text) for each in options] == [
        ("variety", "1 try: 1 helped"),
        ("own changes", "not counted"),
    ]
    first = options[0].children[0]
    assert (first.run, first.parent, first.word) == ("c", "p", "HELPED")
    (tmp_path / "c" / "outcome.json").unlink()
    assert book.options(rows, 5.0) == options, "a child that nobody has judged yet is judged for the look"
    monkeypatch.setattr("monitor.diagnosis.ledger.RunReader", None)
    assert book.options(rows, 5.0) == options, "it was read again"
    assert TriedBook(tmp_path).options([], 5.0) == []


def test_a_look_at_the_list_judges_a_few_children_and_the_next_look_goes_on(tmp_path, monkeypatch):
    write(tmp_path, "p", 0.8, 6)
    for place in range(3):
        write(tmp_path, f"c{place}", 0.2, 5, parent="p", expected={"epoch": 4, "prescription": "variety"})
    write(tmp_path, "c9", 0.2, 2, parent="q", expected={"epoch": 4, "prescription": "variety"})
    still_running(write(tmp_path, "q", 0.8, 1))
    monkeypatch.setattr("monitor.view.tried.MOST_JUDGED", 2)
    book, rows = TriedBook(tmp_path), RowBook(tmp_path).rows(5.0)
    assert len(book.options(rows, 5.0)[0].children) == 2
    told = "3 tries: 3 helped; 1 not judged yet"
    assert book.options(rows, 5.0)[0].text == told
    assert counted(every_child(tmp_path, 5.0))[0].text == told


def test_a_plan_is_another_one_when_anything_that_was_shown_differs(tmp_path):
    runs = tmp_path / "runs"
    a_run(runs, ["python", "t.py", "--lr", "1"])
    plan = plan_restart(runs, "parent", {"lr": "2"})
    assert plan.digest == plan_restart(runs, "parent", {"lr": "2"}).digest
    assert plan.digest != plan_restart(runs, "parent", {"lr": "3"}).digest
    (runs / "parent-2").mkdir()
    assert plan.digest != plan_restart(runs, "parent", {"lr": "2"}).digest
    assert msgspec.json.encode(plan.parts())


CHOICES = [
    SettingChoice("dropout", "0.3"),
    SettingChoice("save_dir", "ckpt", {}, "ckpt-2", "must differ"),
    SettingChoice("seed", "0"),
]


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({}, {"save_dir": "ckpt-2"}),
        ({"values": {"dropout": " 0.5 ", "seed": "0"}, "another": ""}, {"dropout": "0.5", "save_dir": "ckpt-2"}),
        ({"values": {"save_dir": "ckpt"}, "another": "--x=1=2"}, {"--x": "1=2"}),
        ({"values": {"dropout": ["0.5"], "nobody": "1"}, "another": 7}, {"save_dir": "ckpt-2"}),
        ({"values": "odd"}, {"save_dir": "ckpt-2"}),
        ("odd", {"save_dir": "ckpt-2"}),
    ],
)
def test_what_the_browser_says_of_the_form_is_only_ever_text_of_known_settings(monkeypatch, said, wanted):
    monkeypatch.setattr("monitor.ui.dialogs.form.st.session_state", {"form_r_own": {"typed": said}})
    assert Form("r_own", CHOICES, {}).wanted == wanted


def test_a_problem_is_kept_for_its_field_and_an_option_without_a_sign_is_one(monkeypatch):
    monkeypatch.setattr("monitor.ui.dialogs.form.st.session_state", {"form_r_own": {"typed": {"another": "label"}}})
    form = Form("r_own", CHOICES, {"hidden": 3})
    form.complain("dropout 1.5: must be 0 to 0.9.\nNothing is known of it.")
    assert form.problems == {"": NOT_AN_OPTION, "dropout": "dropout 1.5: must be 0 to 0.9."}
    assert form.wanted["hidden"] == 3, "what an option changes that no field shows is lost"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({}, "Cost: up to epoch 20, about 10 min at the pace of its parent."),
        ({"epochs": "40"}, "Cost: up to epoch 40, about 20 min at the pace of its parent."),
        (
            {"hidden_dim": "8"},
            "Cost: up to epoch 20, about 10 min at the pace of its parent, which these changes alter.",
        ),
    ],
)
def test_what_a_child_costs_is_its_epochs_at_the_parents_pace(wanted, words):
    parent = snapshot(val_loss=[1.0] * 5, **beating(epochs=20, epoch_secs=30.0))
    assert cost_words(parent, None, wanted) == words
