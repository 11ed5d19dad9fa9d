"""What came back from rules of one's own: cut, cleaned and dated."""

import pytest

from monitor.diagnosis.own_rules.results import clean, left_out, result_of
from monitor.diagnosis.own_rules.wire import MOST_TEXT, Facts, RuleAnswer
from monitor.rules.result import Finding, Quiet

FACTS = Facts("slow", "It is slow")


def answer(**fields):
    return RuleAnswer(**{"rule": "slow", "epoch": 7.0, "severity": "warning", "line": "It is slow", **fields})


def test_an_answer_without_a_severity_is_quiet_and_one_without_a_line_says_the_title():
    assert result_of(FACTS, answer(severity=None, line="")) == Quiet("slow", "It is slow", "It is slow.")


@pytest.mark.parametrize(("since", "onset"), [(None, 7.0), (3.0, 3.0), (7.0, 7.0), (99.0, 7.0)])
def test_a_finding_begins_no_later_than_the_evaluation_that_was_judged(since, onset):
    found = result_of(FACTS, answer(since=since))
    assert isinstance(found, Finding) and (found.onset, found.fired, found.critical_since) == (onset, onset, None)


def test_a_critical_finding_says_since_when():
    assert result_of(FACTS, answer(severity="critical", since=3.0)).critical_since == 3.0


@pytest.mark.parametrize("text", ["a\nb", "a\x1b[0mb"[:2] + "b", "a\u202eb", "a\ud800b", "  a\t\x00 b  ", "a\u200f b"])
def test_marks_that_would_change_a_line_or_the_terminal_are_spaces(text):
    assert clean(text) == "a b"


def test_a_text_is_cut_and_letters_of_every_language_stay():
    assert clean("x" * 10 * MOST_TEXT) == "x" * MOST_TEXT
    assert clean("損失 потери ø") == "損失 потери ø"


def test_numbers_of_a_finding_stay_and_their_words_are_cleaned():
    found = result_of(FACTS, answer(now={"a\nb": 1.5, "c": "d\ne"}, remedy="x\ny"))
    assert (found.now, found.remedy) == ({"a b": 1.5, "c": "d e"}, "x y")


def test_a_rule_that_was_left_out_names_its_file_once():
    assert left_out("slow", "t", "/a/rules.py", "it failed").why == "rules.py: it failed"
    assert left_out("slow", "t", "/a/rules.py", "rules.py line 3: it failed").why == "rules.py line 3: it failed"
