"""The classes that a file of rules holds, each with what is wrong with it."""

import pytest

from monitor.diagnosis.own_rules.loading import Late, facts_of, load, message_of
from monitor.diagnosis.own_rules.wire import MOST_RULES, MOST_TEXT, RuleJob

GOOD = """
class Slow:
    name, title = 'slow', 'It is slow'
    thresholds = {'times': 3}
    def check(self): ...
"""


def rule(**fields):
    return type("Slow", (), {"name": "slow", "title": "It is slow", **fields})


def loaded(text, **fields):
    found, why = load(RuleJob(run_dir="", epochs=[], path="/a/rules.py", text=text, **fields))
    return [facts for facts, _ in found], why


def test_a_file_of_one_rule_gives_it_with_its_thresholds_as_numbers():
    [facts], why = loaded(GOOD)
    assert (facts.rule, facts.title, facts.thresholds, facts.why, why) == ("slow", "It is slow", {"times": 3.0}, "", "")


def test_imported_private_and_other_classes_are_no_rules():
    taken = "Taken = type('Taken', (), {'check': print, '__module__': 'elsewhere'})\n"
    text = f"{taken}class _Base:\n    def check(self): ...\nclass Other: ...\n"
    assert loaded(text) == ([], "it holds no class with a `check` method")


def test_more_rules_than_are_asked_are_refused():
    many = "".join(f"class R{n}:\n    def check(self): ...\n" for n in range(MOST_RULES + 1))
    assert loaded(many) == ([], f"it holds {MOST_RULES + 1} rules; {MOST_RULES} are the most")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "x = 1\nimport none_such_module\n",
            "rules.py line 2: ModuleNotFoundError: No module named 'none_such_module'",
        ),
        ("x = 1\ndef f(:\n", "rules.py line 2: SyntaxError: "),
        ("raise SystemExit(3)\n", "rules.py line 1: SystemExit: 3"),
        ("raise KeyboardInterrupt\n", "rules.py line 1: KeyboardInterrupt"),
    ],
)
def test_whatever_a_file_does_while_it_is_loaded_is_one_sentence_with_its_line(text, why):
    found, said = loaded(text)
    assert found == [] and said.startswith(why)


@pytest.mark.parametrize("name", [None, 3, "", "Slow", "9slow", "a b", "a" * 41])
def test_a_name_that_is_none_is_told_under_the_name_of_the_class(name):
    facts = facts_of(rule(name=name), {})
    assert facts.rule == "Slow" and facts.why.startswith("`name` must be")


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"title": " "}, "`title` must be a text"),
        ({"title": None}, "`title` must be a text"),
        ({"thresholds": [1]}, "`thresholds` must be"),
        ({"thresholds": {"a": "1"}}, "`thresholds` must be"),
        ({"thresholds": {1: 2}}, "`thresholds` must be"),
    ],
)
def test_a_title_or_thresholds_that_cannot_be_are_told(fields, why):
    assert facts_of(rule(**fields), {}).why.startswith(why)


def test_thresholds_of_the_project_replace_those_of_its_own_rule_alone():
    kind = rule(thresholds={"times": 3, "least": 1})
    facts = facts_of(kind, {"slow.times": 9.0, "slower.times": 7.0, "gap": 1.0})
    assert (facts.thresholds, kind.thresholds) == ({"times": 3.0, "least": 1.0}, {"times": 9.0, "least": 1})


def test_a_threshold_that_the_rule_does_not_have_is_told_with_those_it_has():
    assert facts_of(rule(thresholds={"times": 3}), {"slow.tims": 1.0}).why.endswith("does not have; it has times")
    assert facts_of(rule(), {"slow.tims": 1.0}).why.endswith("it has no thresholds")


def test_an_error_is_one_line_of_bounded_length_and_lateness_has_no_type():
    assert message_of(ValueError("a\n  b" + "x" * 9 * MOST_TEXT), "") == "ValueError: a b" + "x" * (MOST_TEXT - 3)
    assert message_of(ValueError(), "") == "ValueError"
    assert message_of(Late("too late"), "/a/rules.py", 7) == "rules.py line 7: too late"
