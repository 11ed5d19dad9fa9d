"""Runs side by side: each at the moment that was asked for, whatever its speed, and others beside the two."""

from itertools import pairwise

import msgspec
import pytest

from monitor.diagnosis.comparison import compare
from monitor.run_dir import Launch, Parent
from monitor.view.compared import compared, hours
from tests.snapshots import snapshot

BEGAN = 1000.0


def run_of(name, wer, epoch_secs, *, clock=False, parent=None):
    """One evaluation an epoch; `clock`: the epochs' lengths were not logged, only when each ended."""
    count = len(wer)
    timed = {} if clock else {"seconds": [epoch_secs] * count}
    made = snapshot(val_wer=wer, val_loss=[2.0] * count, run={"created_at": BEGAN}, **timed)
    ended = [BEGAN + epoch_secs * (place + 1) for place in range(count)]
    epochs = tuple(msgspec.structs.replace(each, at=at) for each, at in zip(made.epochs, ended, strict=True))
    link = Parent(run_id=parent) if parent else None
    return msgspec.structs.replace(
        made, run_id=name, epochs=epochs, launch=Launch(run_id=name, created_at=1.0, argv=[], parent=link)
    )


def row(answer, title):
    return next(row[1:] for row in answer.rows if row[0] == title)


FALLS = [0.9 - 0.02 * place for place in range(20)]


@pytest.mark.parametrize("clock", [False, True], ids=["lengths", "clock"])
def test_after_equal_hours_a_run_twice_as_fast_is_twice_as_far(clock):
    parent = run_of("p", FALLS, 60.0, clock=clock)
    child = run_of("c", FALLS, 30.0, clock=clock)
    answer = compared([child, parent], 5.0, "hours")
    assert row(answer, "epoch") == ["5", "10", ""]
    assert row(answer, "val WER") == ["82.0 %", "72.0 %", "−10.0 points"]
    assert row(answer, "time") == ["5 min", "5 min", ""]
    assert row(compared([child, parent], 5.0, "epoch"), "val WER") == ["82.0 %", "82.0 %", "0.0 points"]


def test_a_run_too_slow_for_one_evaluation_in_that_time_has_no_number():
    answer = compared([run_of("c", FALLS, 500.0), run_of("p", FALLS, 60.0)], 5.0, "hours")
    assert row(answer, "epoch") == ["5", "–", ""] and row(answer, "val WER") == ["82.0 %", "–", ""]


def test_a_night_between_stop_and_resume_is_no_training():
    seen = run_of("p", FALLS[:4], 60.0)
    late = tuple(msgspec.structs.replace(each, at=each.at + 30_000 * (each.epoch > 2)) for each in seen.epochs)
    assert hours(msgspec.structs.replace(seen, epochs=late)) == pytest.approx([1 / 60, 2 / 60, 3 / 60, 4 / 60])


def test_hours_never_run_backwards_where_the_clock_did():
    seen = run_of("p", FALLS, 60.0, clock=True)
    known = hours(msgspec.structs.replace(seen, run=msgspec.structs.replace(seen.run, created_at=9e9)))
    assert known[0] == 0 and all(before <= after for before, after in pairwise(known))


def test_others_stand_beside_the_two_that_are_judged():
    runs = [run_of("c", FALLS, 60.0, parent="p"), run_of("p", FALLS, 60.0), run_of("x", FALLS[:3], 60.0)]
    answer = compared(runs, 3.0, "epoch")
    assert answer.related and answer.columns == ["", "p", "c", "difference", "x"]
    assert row(answer, "val WER") == ["86.0 %", "86.0 %", "0.0 points", "86.0 %"]
    assert [curve.run for curve in answer.curves] == ["c", "p", "x"]
    assert not compared(runs[1:], 3.0, "epoch").related


def test_each_further_run_is_held_against_the_same_parent_in_a_line():
    worse = [wer + 0.2 for wer in FALLS]
    runs = [run_of("c", [wer - 0.1 for wer in FALLS], 60.0, parent="p"), run_of("p", FALLS, 60.0)]
    others = [run_of("d", worse, 60.0, parent="p"), run_of("e", FALLS, 60.0, parent="p")]
    assert compared(runs, 20.0, "epoch").others == []
    first, second = compared([*runs, *others], 20.0, "epoch").others
    assert first.startswith("WORSE  d against p: Val WER 52.0 → 72.0 %"), first
    assert second.startswith("TOO CLOSE  e against p: "), second


def test_each_at_its_own_best():
    turned = [0.9, 0.5, 0.7]
    answer = compared([run_of("c", [0.8, 0.7, 0.6], 60.0), run_of("p", turned, 60.0)], None, "best")
    assert row(answer, "epoch") == ["2", "3", ""] and row(answer, "val WER") == ["50.0 %", "60.0 %", "+10.0 points"]


def test_code_that_differs_without_a_commit_is_named_by_its_files():
    runs = []
    for name, digest in (("c", "2"), ("p", "1")):
        seen = run_of(name, FALLS, 60.0)
        launch = msgspec.structs.replace(seen.launch, imported={"model.py": digest, "kid.py": "s"}, script_sha256="s")
        runs.append(msgspec.structs.replace(seen, launch=launch))
    assert compared(runs, 5.0, "epoch").code.text == "they differ: model.py; which lines, is not known"


def test_a_child_that_failed_before_it_wrote_its_settings_down_has_its_parents_with_its_changes():
    parent, child = run_of("p", FALLS, 60.0), run_of("c", [], 60.0)
    parent = msgspec.structs.replace(parent, run=msgspec.structs.replace(parent.run, config={"lr": 0.1, "wd": 0}))
    link = Parent(run_id="p", changes={"lr": [0.1, 3.0]})
    child = msgspec.structs.replace(child, run=None, launch=msgspec.structs.replace(child.launch, parent=link))
    assert compare([parent, child]).settings == {"lr": (0.1, 3.0)}
    assert compared([child, parent], 400.0, "epoch").rows == [], "no row where neither has a value"


def test_settings_that_the_script_wrote_down_nowhere_are_those_that_a_child_was_started_with():
    parent, child, grand = run_of("p", FALLS, 60.0), run_of("c", FALLS, 60.0), run_of("g", FALLS, 60.0)
    launches = []
    for run, of, changes in ((child, "p", {"wd": [0, 0.01]}), (grand, "c", {"dropout": [0.1, 0.3]})):
        link = Parent(run_id=of, changes=changes)
        launches.append(msgspec.structs.replace(run.launch, parent=link, argv=["train", *changes]))
    child, grand = (msgspec.structs.replace(run, launch=at) for run, at in zip((child, grand), launches, strict=True))
    assert compare([child, parent]).settings == {"wd": (0.01, 0)}
    # What a grandchild was not started with, it has of its parent.
    assert compare([grand, child, parent]).settings == {"dropout": (0.3, 0.1, None), "wd": (0.01, 0.01, 0)}
    parent = msgspec.structs.replace(parent, launch=msgspec.structs.replace(parent.launch, argv=["train"]))
    # Where nothing is known to differ, the commands are shown: never that nothing differs.
    assert list(compare([grand, parent]).settings) == ["command"]
