"""What becomes of what a rule of one's own returns: numbers, texts and types, before they are an answer."""

import math
import signal

import numpy as np
import pytest

from monitor.diagnosis.own_rules.answering import _answer, _how_it_ended
from monitor.diagnosis.own_rules.contract import Finding, Quiet
from monitor.diagnosis.own_rules.wire import MOST_NUMBERS, MOST_TEXT
from tests.snapshots import snapshot

SEEN = snapshot(val_loss=[1.0])


def answer(returned):
    """The answer of a rule that returns this."""
    kind = type("Mine", (), {"check": lambda self, seen: returned})
    return _answer(kind, "mine", SEEN, 3.0)


def test_a_finding_and_a_quiet_are_an_answer_each():
    told = answer(Finding("warning", "High.", now={"loss": np.float32(1.5)}, limits={"limit": 1}, remedy="Wait."))
    assert (told.rule, told.epoch, told.severity, told.line, told.remedy) == ("mine", 3.0, "warning", "High.", "Wait.")
    assert (told.now, told.limits, told.since) == ({"loss": 1.5}, {"limit": 1.0}, 3.0), "since now, unless it says so"
    assert answer(Finding("warning", "High.", since=np.int64(2))).since == 2.0
    quiet = answer(Quiet("Well."))
    assert (quiet.line, quiet.severity) == ("Well.", None)


@pytest.mark.parametrize(("value", "word"), [(math.nan, "nan"), (-math.inf, "-inf"), (np.inf, "inf")])
def test_a_number_that_is_not_finite_is_a_word(value, word):
    assert answer(Finding("warning", "x", now={"loss": value})).now == {"loss": word}


def test_texts_names_and_their_count_have_an_end():
    told = answer(Finding("warning", "x" * 9999, now={f"{number:03}" * 20: number for number in range(999)}))
    assert len(told.line) == MOST_TEXT and len(told.now) == MOST_NUMBERS
    assert all(len(name) == 40 for name in told.now)


@pytest.mark.parametrize(
    ("returned", "why"),
    [
        (None, r"^check returned NoneType; it must return a Finding or a Quiet$"),
        (Finding("warning", "x", now=[1]), r"now"),  # type: ignore[arg-type]
        (Finding("warning", "x", now={"a": object()}), r"now"),  # type: ignore[dict-item]
        (Finding("loud", "x"), r"severity"),  # type: ignore[arg-type]
        (Quiet(7), r"line"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_answer_is_a_type_error_that_names_the_field(returned, why):
    with pytest.raises(TypeError, match=why):
        answer(returned)


@pytest.mark.parametrize(
    ("status", "spoke", "words"),
    [
        (signal.SIGKILL, False, "it ended its process (SIGKILL)"),
        (3 << 8, False, "it ended its process (exit code 3)"),
        (0, True, "it wrote nonsense in place of an answer"),
    ],
)
def test_how_a_rule_has_ended_that_gave_no_answer(status, spoke, words):
    assert _how_it_ended(status, spoke) == words
