"""Everything read of one run at one moment: nobody who judges it can change it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.run_dir.records.snapshot import Problem, Renamed, Snapshot
from tests.run_dir.records.made import comes_back, few, made

EMPTY = Snapshot(run_dir="runs/a", run_id="a", read_at=1.0)


@pytest.mark.parametrize("kind", [Problem, Renamed])
@few
@given(data=st.data())
def test_its_own_parts_come_back(kind, data):
    assert comes_back(data.draw(made(kind)))


def test_a_run_of_which_nothing_was_read_says_so_in_every_field():
    given_fields = ("run_dir", "run_id", "read_at")
    others = [getattr(EMPTY, name) for name in Snapshot.__struct_fields__ if name not in given_fields]
    assert all(value in (None, 0, (), frozenset()) for value in others)


@pytest.mark.parametrize("name", Snapshot.__struct_fields__)
def test_no_field_of_it_can_be_set(name):
    with pytest.raises(AttributeError):
        setattr(EMPTY, name, None)
