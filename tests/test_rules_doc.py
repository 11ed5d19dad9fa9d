"""docs/rules.md tells of every rule and of every threshold with the value that is in force."""

import re
from pathlib import Path

import pytest

from monitor.diagnosis import STOP_GRADE
from monitor.rules.registry import RULES
from monitor.rules.thresholds import DEFAULTS

DOCUMENT = (Path(__file__).resolve().parent.parent / "docs" / "rules.md").read_text(encoding="utf-8")
HEADINGS = re.findall(r"^## (.+)$", DOCUMENT, re.MULTILINE)


def test_the_rules_stand_there_in_the_order_in_which_they_are_checked():
    assert HEADINGS[1:] == [rule.name for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_rule_says_what_it_watches_what_to_do_and_what_it_cannot_tell(rule):
    section = re.search(rf"^## {rule.name}\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)[1]
    for words in ("Watches", "Healthy:", "Sick:", "What to do:", "It cannot tell"):
        assert words in section, words


@pytest.mark.parametrize("name", DEFAULTS.__struct_fields__)
def test_each_threshold_is_named_with_its_default(name):
    said = re.search(rf"`{name}` = ([\d.]+)", DOCUMENT)
    assert said, f"docs/rules.md does not give the default of {name}"
    assert float(said[1].rstrip(".")) == getattr(DEFAULTS, name)


def test_who_may_say_stop_is_said_as_it_is():
    sentence = next(line for line in DOCUMENT.splitlines() if line.startswith("**Who may say STOP.**"))
    assert set(re.findall(r"`(\w+)`", sentence)) == set(STOP_GRADE)
