"""A very long run is thinned for the charts: no point is made up, and none is lost that a pixel would show."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.view import series
from monitor.view.series import Since, columns, thinned
from tests.snapshots import snapshot

VALUES = st.one_of(st.none(), st.floats(-5, 5), st.sampled_from([math.nan, math.inf, -math.inf]))


def test_a_usual_run_is_whole(monkeypatch):
    run = snapshot(val_loss=[1.0] * 60, train_loss=[1.0] * 60)
    assert thinned(run) is run.epochs or list(thinned(run)) == list(run.epochs)
    assert list(thinned(run, 58)) == list(run.epochs[58:])


@settings(max_examples=60)
@given(st.lists(VALUES, min_size=41, max_size=120))
def test_lowest_highest_and_odd_of_each_part_stay(values):
    with pytest.MonkeyPatch.context() as patched:
        for name, least in (("MOST_EPOCHS", 40), ("PARTS", 8), ("NEWEST", 5)):
            patched.setattr(series, name, least)
        run = snapshot(val_loss=values, train_loss=[1.0] * len(values))
        kept = list(thinned(run))
    places = [each.epoch for each in kept]
    assert places == sorted(set(places)) and set(map(id, kept)) <= set(map(id, run.epochs))
    assert kept[0] is run.epochs[0] and kept[-5:] == list(run.epochs[-5:])
    width = -(-len(values) // 8)
    for begin in range(0, len(values), width):
        part = run.epochs[begin : begin + width]
        shown = [each.val_loss for each in kept if each.epoch in {one.epoch for one in part}]
        known = [each.val_loss for each in part if each.val_loss is not None and math.isfinite(each.val_loss)]
        assert not known or {min(known), max(known)} <= set(shown)
        odd = [each for each in part if each.val_loss is not None and not math.isfinite(each.val_loss)]
        assert not odd or any(each is odd[0] for each in kept)


def test_a_tab_is_told_how_many_there_are_and_then_what_is_new(monkeypatch):
    monkeypatch.setattr(series, "MOST_EPOCHS", 100)
    monkeypatch.setattr(series, "PARTS", 5)
    monkeypatch.setattr(series, "NEWEST", 10)
    run = snapshot(val_loss=list(np.linspace(3, 1, 400)), train_loss=[1.0] * 400)
    first = columns(run, Since())
    assert (first.epochs_from, first.epochs_known) == (0, 400) and len(first.epochs.epoch) < 50
    later = columns(run, Since(398, 0, run.life))
    assert (later.epochs_from, later.epochs_known, later.epochs.epoch) == (398, 400, [399, 400])
