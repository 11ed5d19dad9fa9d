"""`compare`: which is parent and which child, and what stands in words below the outcome."""

import dataclasses
import json

import msgspec
import pytest

from monitor.commands import compare
from monitor.diagnosis.outcome import outcome
from monitor.run_dir import LAUNCH_FILE, Launch, Parent, encode
from monitor.run_dir.errors import EXIT_OK, UsageError
from monitor.writer import RunWriter
from tests.snapshots import snapshot


def write(runs, name, epochs, parent=None, **config):
    with RunWriter(runs / name, config=config) as run:
        for epoch in range(1, epochs + 1):
            run.log_epoch(epoch, train_loss=1.0 / epoch, val_loss=2.0 / epoch, val_wer=0.5)
    if parent:
        launch = Launch(run_id=name, created_at=1.0, argv=["true"], parent=Parent(run_id=parent))
        (runs / name / LAUNCH_FILE).write_bytes(encode(launch))


@pytest.fixture
def pair(runs_made):
    write(runs_made, "a", 4, dropout=0.3, seed=0)
    write(runs_made, "b", 2, parent="a", dropout=0.5, seed=0)
    return runs_made


def told(capsys, *words, **options):
    assert compare.run(*words, **options) == EXIT_OK
    return capsys.readouterr().out


def test_who_is_the_parent_stands_in_the_launch_whatever_the_order(pair, capsys):
    for which in (["a", "b"], ["b", "a"]):
        said = json.loads(told(capsys, which, pair, as_json=True))
        assert (said["parent"], said["child"]) == ("a", "b")
    first, second = snapshot(), msgspec.structs.replace(snapshot(), run_id="other")
    assert compare._family([first, second]) == (first, second)


def test_settings_and_numbers_stand_beside_each_other(pair, capsys):
    lines = told(capsys, ["a", "b"], pair).splitlines()
    assert lines[0].partition("  ")[2].startswith("b against a: ")
    place = next(i for i, line in enumerate(lines) if line.split() == ["setting", "a", "b"])
    assert lines[place + 1].split() == ["dropout", "0.3", "0.5"]
    assert any(line.startswith("Code: ") for line in lines)
    table = next(i for i, line in enumerate(lines) if line.startswith("epoch"))
    assert [line.split()[0] for line in lines[table + 1 :]] == ["1", "2"]
    assert "val WER a" in lines[table] and "50.0 %" in lines[table + 1]


def test_a_setting_that_one_run_lacks_is_a_dash_and_an_unlogged_number_is_no_column(runs_made, capsys):
    with RunWriter(runs_made / "a", config={"dropout": 0.3, "extra": 1}) as run:
        run.log_epoch(1, val_loss=2.0)
    with RunWriter(runs_made / "b", config={"dropout": 0.3}) as run:
        run.log_epoch(1, val_loss=1.0)
    lines = told(capsys, ["a", "b"], runs_made).splitlines()
    assert ["extra", "1", "–"] in [line.split() for line in lines]
    assert [line for line in lines if line.startswith("epoch")] == ["epoch  val loss a  val loss b"]


@pytest.mark.parametrize("by", ["best", "hours"])
def test_by_another_yardstick_its_own_table_is_shown(pair, capsys, by):
    said = json.loads(told(capsys, ["a", "b"], pair, by=by, as_json=True))
    assert said["by"] == by
    lines = told(capsys, ["a", "b"], pair, by=by).splitlines()
    if said["beside"]["rows"]:
        head = "  ".join(said["beside"]["columns"]).split()
        assert head in [line.split() for line in lines]


@pytest.mark.parametrize(
    ("which", "by", "why"),
    [
        (["a"], "epoch", "Give two runs or more"),
        (["a", "b", "a"], "epoch", "a was given twice"),
        (["a", "b"], "luck", "--by luck: must be one of "),
    ],
)
def test_what_cannot_be_compared_is_refused(pair, which, by, why):
    with pytest.raises(UsageError, match=why):
        compare.run(which, pair, by=compare.MODES[0] if by == "epoch" else by)


def test_remarks_say_why_no_setting_and_no_epoch_is_shown():
    found = compare.compare([snapshot(val_loss=[1.0]), msgspec.structs.replace(snapshot(val_loss=[1.0]), run_id="o")])
    assert compare._remarks(found, "the same", True, False) == ["No setting differs.", "Code: the same.", ""]
    assert compare._remarks(found, "x", False, False)[0] == "No settings are written down."
    apart = dataclasses.replace(found, epochs=[], settings={"lr": [1, 2]}, not_comparable="two corpora.")
    assert compare._remarks(apart, "x", True, True) == [
        "Code: x.",
        "Not comparable: two corpora.",
        "They have no evaluated epoch in common yet.",
        "",
    ]
    assert compare._remarks(apart, "x", True, False)[2] == "They have no evaluated epoch in common."


def test_an_expectation_an_uncredited_effect_and_a_further_seed_have_a_line_each():
    parent, child = snapshot(), msgspec.structs.replace(snapshot(), run_id="o")
    judged = dataclasses.replace(
        outcome(parent, child, None),
        **{"word": "TOO CLOSE", "line": "Close.", "expected": "lower WER", "expectation_met": False},
        not_credited="The code differs",
    )
    lines = compare._outcome(judged, parent, child, ["vitalsigns start …"])
    assert lines[0] == "TOO CLOSE  o against r: Close."
    assert lines[1].startswith("Expected: lower WER. ")
    assert lines[2] == "The code differs: the effect cannot be credited to the settings alone."
    assert lines[3:] == ["Another seed: vitalsigns start …", ""]
    plain = dataclasses.replace(judged, expected="", not_credited="")
    assert compare._outcome(plain, parent, child, ()) == ["TOO CLOSE  o against r: Close.", ""]
