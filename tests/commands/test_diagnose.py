"""`diagnose`: causes, options with their letters, and what is not advised, in words and as a document."""

import json
from types import SimpleNamespace

import pytest

from monitor.commands import diagnose
from monitor.run_dir.errors import EXIT_OK, RefusedError
from tests.fake_runs import all_blank, overfitting


def told(capsys, *words, **options):
    assert diagnose.run(*words, **options) == EXIT_OK
    return capsys.readouterr().out


def test_a_healthy_run_has_neither_cause_nor_option(healthy_run, runs, capsys):
    said = told(capsys, "healthy", runs)
    assert "Causes, most likely first:" not in said and "What to try" not in said


def test_causes_are_numbered_and_options_have_letters_with_what_each_says(runs, capsys):
    overfitting(runs)
    lines = told(capsys, "overfitting", runs).splitlines()
    causes = lines[lines.index("Causes, most likely first:") + 1 :]
    assert causes[0].startswith("1. ") and causes[1].startswith("   + ")
    options = lines[lines.index("What to try, one bundle per restart:") + 1 :]
    assert options[0].startswith("A. ")
    assert any(line.startswith("   expected: ") for line in options)
    assert any(line.startswith("   disproved by: ") for line in options)
    assert lines[lines.index("What to try, one bundle per restart:") - 1] == ""


def test_the_document_has_the_same_causes_and_options(runs, capsys):
    all_blank(runs)
    said = json.loads(told(capsys, "all-blank", runs, as_json=True))
    words = told(capsys, "all-blank", runs)
    assert said["run_id"] == "all-blank" and said["status"]["word"] == "finished"
    for number, cause in enumerate(said["diagnosis"]["causes"], start=1):
        assert f"{number}. {cause['title']}\n" in words
        assert all(f"   + {line}\n" in words for line in cause["evidence"])
        assert all(f"   - {line}\n" in words for line in cause["against"])
    assert said["diagnosis"]["causes"] and said["prescriptions"]
    for option in said["prescriptions"]:
        assert option["title"] in words
    for one in said["considered"]:
        assert f"- {one['option']['title']}: {one['why_not']}" in words


def test_what_speaks_for_a_cause_and_against_it_stand_below_it():
    cause = SimpleNamespace(title="Too small", evidence=["for"], against=["against"])
    look = SimpleNamespace(judged=SimpleNamespace(diagnosis=SimpleNamespace(causes=[cause])))
    assert diagnose._causes(look) == ["", "Causes, most likely first:", "1. Too small", "   + for", "   - against"]


def test_changes_that_the_title_names_are_not_said_twice(runs, capsys):
    overfitting(runs)
    said = json.loads(told(capsys, "overfitting", runs, as_json=True))
    words = told(capsys, "overfitting", runs)
    changed = [each for each in said["prescriptions"] if each["changes"]]
    assert changed
    for option in changed:
        for key, (before, after) in option["changes"].items():
            assert words.count(f"{before} → {after}") >= 1, key
            if f"{before} → {after}" in option["title"]:
                assert f"{option['title']}: {key}" not in words


def test_to_measure_a_foreign_run_is_refused_before_anything_is_printed(healthy_run, runs, capsys):
    with pytest.raises(RefusedError, match="only that trainer's can be measured"):
        diagnose.run("healthy", runs, measure=True)
    assert capsys.readouterr().out == ""
