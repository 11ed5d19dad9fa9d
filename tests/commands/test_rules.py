"""`rules`: the list, a first file of rules of one's own, and what is said of a measurement."""

import json

import pytest

from monitor.commands import rules
from monitor.diagnosis.own_rules.measuring import Count
from monitor.diagnosis.own_rules.sources import RULES_FILE, RuleSource
from monitor.rules.registry import RULES
from monitor.run_dir.errors import EXIT_OK, RefusedError
from tests.fake_runs import newer_schema


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def document(capsys, *words):
    assert rules.run(*words, as_json=True) == EXIT_OK
    return json.loads(capsys.readouterr().out)


def test_every_rule_is_listed_with_what_it_may_say_at_most(here, capsys):
    assert rules.run() == EXIT_OK
    said = capsys.readouterr().out
    for rule in RULES:
        (line,) = [line for line in said.splitlines() if line.split()[:1] == [rule.name]]
        assert line.split()[-1] == ("STOP" if rule.may_stop else "LOOK")
    assert said.endswith(f"No {RULES_FILE} here or above.\n")
    told = document(capsys)
    assert [each["rule"] for each in told["rules"]] == [rule.name for rule in RULES]
    assert (told["files"], told["measured"]) == ([], [])


def test_new_writes_a_file_once(here, capsys):
    assert rules.run("new") == EXIT_OK
    assert f"Rules of your own, which say LOOK at most:\n{here / RULES_FILE}\n" in capsys.readouterr().out
    (here / RULES_FILE).write_text("mine")
    with pytest.raises(RefusedError, match="is there already; nothing was changed"):
        rules.run("new")
    assert (here / RULES_FILE).read_text() == "mine"


def test_nothing_is_measured_where_there_is_no_file_that_may_run(here, runs_made, monkeypatch):
    with pytest.raises(RefusedError, match=rf"^There is no {RULES_FILE} here; python -m monitor rules new\.$"):
        rules.run("measure", runs_made)
    odd = RuleSource("mine.py", problem="anyone may write it")
    monkeypatch.setattr(rules, "nearest", lambda folder: [odd])
    with pytest.raises(RefusedError, match=r"^mine\.py: anyone may write it\. It is left out\.$"):
        rules.run("measure", runs_made)


def test_every_run_is_measured_and_one_that_cannot_be_read_is_told(here, healthy_run, runs, monkeypatch, capsys):
    newer_schema(runs)
    asked = []
    monkeypatch.setattr(rules, "nearest", lambda folder: [RuleSource("mine.py")])
    monkeypatch.setattr(rules, "measure", lambda snapshot, files, limits: asked.append(snapshot.run_id) or [])
    rules.run("measure", runs)
    assert asked == ["healthy"]
    out, err = capsys.readouterr()
    assert f"mine.py\nNo run in {runs} has an evaluation.\n" in out
    assert "newer Vitalsigns" in err


def test_a_measurement_is_told_in_words(capsys, runs_made):
    count = Count("slow", "Slow steps", 3, 2, 1, 2, 1, "")
    other = Count("odd", "Odd", 1, 0, 0, 0, 0, "run a: it raised")
    rules._print_measured([], [count, other], runs_made)
    assert capsys.readouterr().out.splitlines()[1:] == [
        "slow  Slow steps: 2 of 3 runs flagged, 1 critical; of 2 that have ended 1 became better afterwards.",
        "odd  Odd: 0 of 1 run flagged, 0 critical.",
        "  left out, first in run a: it raised.",
    ]
