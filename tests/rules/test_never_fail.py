"""Whatever stands in the records, every rule answers, the answer is whole, and the same question gets the same one."""

import math
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.diagnosis.prescriptions.registry import prescribe
from monitor.diagnosis.verdict import judge
from monitor.rules.gap_limit import GapLimits
from monitor.rules.registry import RULES, evaluate, from_mapping
from monitor.rules.result import Finding
from monitor.rules.thresholds import DEFAULTS
from monitor.run_dir import Epoch, Floors, Run, Snapshot, Step

NUMBER = st.one_of(
    st.none(), st.sampled_from([0.0, 1.0, -1.0, math.nan, math.inf, -math.inf, 1e300, 1e-300]), st.floats(-10, 100)
)
EPOCH_FIELDS = dict.fromkeys(
    (
        "train_loss",
        "train_eval_loss",
        "val_loss",
        "gap",
        "val_wer",
        "length_ratio",
        "empty_ratio",
        "blank_ratio",
        "non_finite_ratio",
    ),
    NUMBER,
)
COUNTS = st.one_of(st.none(), st.integers(0, 1000))


@st.composite
def snapshots(draw):
    count = draw(st.integers(0, 40))
    records = []
    for place in range(count):
        values = {name: draw(of) for name, of in EPOCH_FIELDS.items()} if draw(st.booleans()) else {"val_loss": 2.0}
        values |= {"val_deletions": draw(COUNTS), "val_tokens": draw(COUNTS), "non_finite_in_a_row": draw(COUNTS)}
        records.append(Epoch(epoch=float(place + 1), **values))
    floors = Floors(wer_constant=draw(NUMBER), loss_unigram=draw(NUMBER), blank_ratio=draw(NUMBER))
    steps = tuple(Step(step=n, train_loss=draw(NUMBER)) for n in range(draw(st.integers(0, 4))))
    run = draw(
        st.sampled_from([None, Run(run_id="r", floors=floors, gap_basis="eval"), Run(run_id="r", floors=floors)])
    )
    return Snapshot(run_dir="r", run_id="r", read_at=0.0, run=run, epochs=tuple(records), steps=steps)


@settings(max_examples=150, deadline=None)
@given(snapshots())
def test_no_mixture_of_numbers_brings_a_rule_down(seen):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        results = evaluate(seen, DEFAULTS, 0.0)
        again = evaluate(seen, DEFAULTS, 0.0)
        judged = judge(seen, 0.0)
        prescribe(seen, judged.diagnosis)
    assert repr(results) == repr(again)
    assert [result.rule for result in results] == [rule.name for rule in RULES]
    known = {record.epoch for record in seen.epochs} | {step.epoch for step in seen.steps} | {0.0}
    for result in results:
        if isinstance(result, Finding):
            assert result.line and result.remedy and result.cannot_tell
            assert result.onset in known | {None} and result.fired in known | {None}
            assert result.onset is None or result.onset <= result.fired


def test_names_titles_and_docstrings_are_there_and_different():
    assert len({rule.name for rule in RULES}) == len({rule.title for rule in RULES}) == len(RULES)
    assert all("cannot tell" in " ".join((type(rule).__doc__ or "").split()) for rule in RULES)


@pytest.mark.parametrize("values", [{"gap_limit": "much"}, {"gap_limits": 1.0}])
def test_a_wrong_threshold_is_one_sentence_with_the_known_ones(values):
    with pytest.raises(Exception, match=r"Thresholds: .* Known ones: guard_epochs"):
        from_mapping(values)


def test_a_threshold_of_the_users_is_in_force():
    assert from_mapping({"gap_limit": 0.5}).of(GapLimits).gap_limit == 0.5
