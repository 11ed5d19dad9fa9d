"""docs/rules.md tells of every rule and of every threshold with the value that is in force."""

import inspect
import re
from pathlib import Path

import pytest

from monitor.rules.registry import RULES, by_name
from monitor.rules.thresholds import DEFAULTS
from monitor.run_dir import Epoch, Progress, Step
from monitor.writer import RunWriter

DOCUMENT = (Path(__file__).resolve().parent.parent.parent / "docs" / "rules.md").read_text(encoding="utf-8")
BESIDE = {"val_wer_adjusted", "zero_gradient_ratio"}
"""Numbers that rules read from the metrics of an evaluation."""
HEADINGS = re.findall(r"^## (.+)$", DOCUMENT, re.MULTILINE)


def test_the_rules_stand_there_in_the_order_in_which_they_are_checked():
    assert HEADINGS[1:] == [rule.name for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_says_what_it_watches_what_to_do_and_what_it_cannot_tell(rule):
    section = re.search(rf"^## {rule.name}\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)[1]
    for words in ("Watches", "Needs:", "Healthy:", "Sick:", "What to do:", "It cannot tell"):
        assert words in section, words


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_says_how_what_it_needs_is_logged_in_names_that_there_are(rule):
    section = re.search(rf"^## {rule.name}\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)[1]
    needs = re.search(r"^Needs: (.*)$", section, re.MULTILINE)[1]
    calls = re.findall(r"run\.(\w+)\(", needs)
    assert all(callable(getattr(RunWriter, call, None)) for call in calls), calls
    arguments = inspect.signature(RunWriter.__init__).parameters
    known = {field for kind in (Epoch, Step, Progress) for field in kind.__struct_fields__} | BESIDE | {"gap"}
    names = re.findall(r"`([a-z_]+)`", needs)
    assert set(names) <= known, set(names) - known
    assert calls or "RunWriter" in needs or names
    assert set(re.findall(r"RunWriter\(…, (\w+)=", needs)) <= set(arguments)


@pytest.mark.parametrize(("name", "value"), by_name(DEFAULTS).items())
def test_each_threshold_is_named_with_its_default(name, value):
    said = re.search(rf"`{name}` = ([\d.]+)", DOCUMENT)
    assert said, f"docs/rules.md does not give the default of {name}"
    assert float(said[1].rstrip(".")) == value


def test_who_may_say_stop_is_said_as_it_is():
    sentence = next(line for line in DOCUMENT.splitlines() if line.startswith("**Who may say STOP.**"))
    assert set(re.findall(r"`(\w+)`", sentence)) == {rule.name for rule in RULES if rule.may_stop}
