"""What rules remember of a run while it grows never changes an answer."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.rules.grown import RUNS_KEPT, Grown
from monitor.rules.registry import RULES, evaluate, from_mapping
from monitor.rules.thresholds import DEFAULTS
from tests.snapshots import snapshot

LOSSES = st.lists(st.one_of(st.floats(0.1, 10), st.just(float("nan"))), min_size=3, max_size=30)


def as_run(seen, name, count=None):
    return msgspec.structs.replace(seen, run_id=name, epochs=seen.epochs[:count])


@settings(max_examples=60, deadline=None)
@given(LOSSES, st.data())
def test_a_run_that_grew_shrank_or_changed_is_judged_as_if_seen_for_the_first_time(val, data):
    train = [5 / (i + 1) for i in range(len(val))]
    wer = [max(0.4, 1 - 0.02 * i) for i in range(len(val))]
    seen = snapshot(train_loss=train, val_loss=val, val_wer=wer)
    for turn in range(4):
        count = data.draw(st.integers(1, len(val)))
        assert repr(evaluate(as_run(seen, "grows", count), DEFAULTS, 0.0)) == repr(
            evaluate(as_run(seen, f"fresh {turn} {id(val)}", count), DEFAULTS, 0.0)
        )


def test_only_new_evaluations_are_looked_at():
    memory, looked = Grown(), []
    seen = snapshot(val_loss=[3.0, 2.0, 1.0, 2.0])

    def look(first):
        looked.append(first)
        return [place * 10 for place in range(first, len(looked) + 2)]

    assert memory.of(as_run(seen, "a", 3), DEFAULTS, look) == [0, 10, 20]
    assert memory.of(as_run(seen, "a"), DEFAULTS, look) == [0, 10, 20, 30]
    assert looked == [0, 3]


@pytest.mark.parametrize("change", ["a record", "a threshold", "run.json"])
def test_what_else_changed_starts_afresh(change):
    memory = Grown()
    seen = snapshot(val_loss=[3.0, 2.0, 1.0])
    memory.of(seen, DEFAULTS, lambda first: ["old"] * 3)
    limits = DEFAULTS
    if change == "a record":
        seen = msgspec.structs.replace(seen, epochs=snapshot(val_loss=[9.0, 2.0, 1.0]).epochs)
    elif change == "a threshold":
        limits = from_mapping({"gap_limit": 0.5})
    else:
        seen = msgspec.structs.replace(seen, run=msgspec.structs.replace(seen.run, warmup_epochs=7.0))
    assert memory.of(seen, limits, lambda first: ["new"] * 3) == ["new"] * 3


def test_it_holds_a_bounded_number_of_runs():
    memory = Grown()
    seen = snapshot(val_loss=[3.0])
    for number in range(RUNS_KEPT + 9):
        memory.of(as_run(seen, f"run {number}"), DEFAULTS, lambda first: [0])
    assert len(memory._kept) == RUNS_KEPT


def test_every_rule_answers_a_run_that_it_already_knows():
    seen = snapshot(train_loss=[5 / (i + 1) for i in range(30)], val_loss=[2.0 + 0.1 * abs(i - 8) for i in range(30)])
    first = [rule.check(seen, DEFAULTS, 0.0) for rule in RULES]
    assert first == [rule.check(seen, DEFAULTS, 0.0) for rule in RULES]
