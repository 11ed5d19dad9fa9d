"""A run judged by everything that is asked of it: our rules here, the project's own in a process of theirs."""

from __future__ import annotations

from monitor.diagnosis.own_rules.asking import Questions
from monitor.diagnosis.verdict import Judged, judge
from monitor.diagnosis.word import moments
from monitor.run_dir import Snapshot


def questions(snapshot: Snapshot) -> Questions:
    """Asks the project's own rules what the verdict needs of them; their answers come later."""
    return Questions(snapshot, moments(snapshot))


def judge_run(snapshot: Snapshot, now: float) -> Judged:
    """The verdict, once the project's own rules have answered or had their time."""
    return judge(snapshot, now, questions(snapshot).wait())
