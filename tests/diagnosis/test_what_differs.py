"""What differs between a child and its parent: code, start, seed, settings; only then has a change the credit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.diagnosis.what_differs import (
    draws_other_data,
    is_another_seed,
    is_child_of,
    regularises_more,
    what_else_differs,
)
from monitor.run_dir import Launch, Parent, Run, Snapshot, State


def run_of(name="p", config=None, *, parent=None, sha="s", code_line="", **link):
    launch = Launch(
        run_id=name,
        created_at=0.0,
        argv=["python", "train.py"],
        script_sha256=sha,
        parent=Parent(run_id=parent, **link) if parent else None,
    )
    return Snapshot(
        run_dir=f"runs/{name}",
        run_id=name,
        read_at=0.0,
        run=Run(run_id=name, config=config or {}),
        launch=launch,
        state=State(state="finished", code_line=code_line),
    )


def test_the_same_run_again_differs_in_nothing():
    parent, child = run_of(config={"lr": 0.1, "seed": 1}), run_of("c", {"lr": 0.1, "seed": 1}, parent="p")
    assert what_else_differs(parent, child) == ""
    assert not is_another_seed(parent, child) and not draws_other_data(parent, child)
    assert not regularises_more(parent, child)


def test_a_run_beside_it_is_no_child():
    assert is_child_of(run_of("c", parent="p"), run_of("p"))
    assert not is_child_of(run_of("c", parent="other"), run_of("p"))
    assert not is_child_of(run_of("c"), run_of("p"))


@pytest.mark.parametrize(
    ("before", "after", "alone"),
    [
        ({"seed": 1}, {"seed": 2}, True),
        ({"seed": 1, "lr": 0.1}, {"seed": 2, "lr": 0.2}, False),
        ({"lr": 0.1}, {"lr": 0.2}, False),
        ({"data_seed": 1}, {"data_seed": 2}, False),
    ],
)
def test_another_seed_is_one_where_nothing_else_differs(before, after, alone):
    assert is_another_seed(run_of(config=before), run_of("c", after)) is alone


def test_of_a_child_the_changes_of_its_start_count_not_what_it_wrote_of_itself():
    parent, child = run_of(config={"seed": 1}), run_of("c", {"seed": 2}, parent="p", changes={"lr": [0.1, 0.2]})
    assert not is_another_seed(parent, child)
    assert is_another_seed(parent, run_of("c", {"lr": 9.0}, parent="p", changes={"seed": [1, 2]}))


def test_each_reason_is_named_the_gravest_first():
    parent = run_of()
    diff = "+++ b/train.py\n--- a/train.py\n+x = 1\n+y = 2\n-z = 3\n"
    other_code = run_of("c", parent="p", sha="t", code_diff=diff, how="restart_warm")
    assert what_else_differs(parent, other_code) == "The code changed too (+2 −1)"
    assert what_else_differs(parent, run_of("c", parent="p", sha="t")) == "The code changed too"
    resumed = run_of("c", parent="p", code_line="train.py +1 −0", how="restart_warm")
    assert what_else_differs(parent, resumed) == "c went on with changed code"
    assert what_else_differs(run_of(code_line="x"), resumed) == "p and c went on with changed code"
    warm = run_of("c", parent="p", how="restart_warm", changes={"data_seed": [1, 2]})
    assert "started warm" in what_else_differs(parent, warm)
    cold = run_of("c", parent="p", changes={"data_seed": [1, 2]})
    assert what_else_differs(parent, cold) == "The seed of the data differs"


def test_a_corpus_of_our_own_is_drawn_by_its_seed_alone():
    made = {"data": "digits", "eval_clips": 10, "seed": 1}
    assert draws_other_data(run_of(config=made), run_of("c", {**made, "seed": 2}))
    assert draws_other_data(run_of(config=made), run_of("c", {**made, "data_seed": 2}))
    # Its own seed moved, the seed of its data did not.
    assert not draws_other_data(
        run_of(config={**made, "data_seed": 1}), run_of("c", {**made, "data_seed": 1, "seed": 7})
    )


@pytest.mark.parametrize(
    ("key", "before", "after", "more"),
    [
        ("dropout", 0.1, 0.1, False),
        ("dropout", 0.3, 0.1, False),
        ("dropout", 0.1, 0.3, True),
        ("model.weight_decay", 0.0, 0.01, True),
        ("augment", "none", "strong", True),
        ("augment", "strong", "none", False),
        ("mixup", None, 0, False),
        ("mixup", None, 0.2, True),
        ("label_smoothing", "off", "none", False),
        ("lr", 0.1, 0.3, False),
        ("hidden_dim", 64, 128, False),
    ],
)
def test_more_regularisation_is_a_raised_or_switched_on_setting(key, before, after, more):
    assert regularises_more(run_of(config={key: before}), run_of("c", {key: after})) is more


SETTINGS = st.dictionaries(
    st.sampled_from(["seed", "lr", "data_seed", "dropout"]), st.none() | st.integers(0, 3), max_size=4
)


@given(SETTINGS, SETTINGS)
def test_two_runs_side_by_side_differ_alike_from_both_sides(one, other):
    left, right = run_of("a", one), run_of("b", other)
    assert is_another_seed(left, right) == is_another_seed(right, left)
    assert what_else_differs(left, right) == what_else_differs(right, left)
    assert not (regularises_more(left, left) or is_another_seed(left, left))
