"""What came back from rules of one's own → results as all others: one line a sentence, cut and cleaned."""

from __future__ import annotations

import re
from pathlib import Path

from monitor.diagnosis.own_rules.wire import MOST_TEXT, Facts, RuleAnswer, Values
from monitor.rules.result import Finding, LeftOut, Quiet, Result
from monitor.run_dir.words import sentence

UNWANTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
"""Control characters, those that change a line's direction, and what is no text."""


def left_out(rule: str, title: str, file: str, why: str) -> LeftOut:
    """The reason with its file, where it does not begin with that."""
    name, why = Path(file).name, clean(why)
    return LeftOut(clean(rule), clean(title), why if why.startswith(name) else f"{name}: {why}")


def result_of(facts: Facts, answer: RuleAnswer) -> Result:
    """A finding or a quiet answer. It is dated by what the rule says, else by the evaluation that was judged."""
    rule, title = clean(facts.rule), clean(facts.title)
    line = sentence(clean(answer.line) or title)
    if answer.severity is None:
        return Quiet(rule, title, line)
    since = answer.epoch if answer.since is None else min(answer.since, answer.epoch)
    return Finding(
        rule=rule,
        title=title,
        severity=answer.severity,
        line=line,
        onset=since,
        fired=since,
        critical_since=since if answer.severity == "critical" else None,
        now=_cleaned(answer.now),
        limits=_cleaned(answer.limits),
        remedy=clean(answer.remedy),
        cannot_tell=clean(answer.cannot_tell),
    )


def _cleaned(values: Values) -> Values:
    return {clean(name): clean(value) if isinstance(value, str) else value for name, value in values.items()}


def clean(text: str) -> str:
    """One line without control characters, of bounded length."""
    return " ".join(UNWANTED.sub(" ", text[: 4 * MOST_TEXT]).split())[:MOST_TEXT]
