"""Attacks by questions: what a hand-made message on the live route's socket may do to the one who answers it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings

from monitor.diagnosis.verdict import judge
from monitor.run_dir.reader import RunReader
from monitor.ui.questions import Others
from tests.fake_runs import CAST
from tests.fuzzing import check_question, questions

READABLE = [make for make in CAST if make.__name__ != "newer_schema"]


@pytest.fixture(scope="module", params=READABLE, ids=lambda make: make.__name__)
def asked_of(request, tmp_path_factory):
    """(snapshot, judged, the other runs) of each member of the cast."""
    runs = tmp_path_factory.mktemp("runs")
    for make in CAST:
        make(runs)
    snapshot = RunReader(runs / request.param.__name__.replace("_", "-")).read(1e9)
    return snapshot, judge(snapshot, 1e9), Others(runs)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(question=questions())
@example(question={"kind": "moment", "epoch": 10**400})
@example(question={"kind": "moment", "epoch": float("nan")})
@example(question={"kind": "moment", "epoch": float("-inf")})
@example(question={"kind": "predictions", "watched": [[1], {"a": 2}, None], "word": "(?:x+)+y"})
@example(question={"kind": "compare", "with": ["../healthy", "healthy", None, 7], "epoch": float("inf")})
@example(question={"kind": "compare", "with": ["newer-schema"]})
@example(question={"kind": "clip", "id": {"a": []}})
@example(question={"kind": "log", "known": 10**400, "word": "\ud800"})
def test_a_mutated_question_is_answered_refused_or_ignored(asked_of, question):
    """Mutated questions on the live route: wrong types, huge and non-finite numbers, paths, nesting."""
    snapshot, judged, others = asked_of
    check_question(snapshot, judged, question, others)
