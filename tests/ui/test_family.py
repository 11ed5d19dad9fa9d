"""Who was started from whom, and where that stands on the parent's epochs."""

import msgspec

from monitor.run_dir import LAUNCH_FILE, Launch, Parent, encode
from monitor.ui import family
from monitor.ui.family import Family
from monitor.view.series import child_marks, marks
from tests.snapshots import NOW, snapshot


def write(runs, name, at, parent=None):
    (runs / name).mkdir()
    link = Parent(run_id=parent) if parent else None
    (runs / name / LAUNCH_FILE).write_bytes(encode(Launch(run_id=name, created_at=at, argv=[], parent=link)))


def test_children_come_in_the_order_of_their_start_and_new_ones_are_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(family, "LOOK_SECS", -1.0)
    for name, at, parent in (("p", 1.0, None), ("late", 9.0, "p"), ("early", 5.0, "p")):
        write(tmp_path, name, at, parent)
    known = Family(tmp_path)
    assert list(known.children("p").items()) == [("early", 5.0), ("late", 9.0)]
    write(tmp_path, "newest", 12.0, "p")
    assert list(known.children("p")) == ["early", "late", "newest"]
    assert known.parents() == {"p": None, "early": "p", "late": "p", "newest": "p"}


def test_a_run_that_is_named_before_it_was_seen_is_looked_for_but_not_each_time(tmp_path, monkeypatch):
    write(tmp_path, "p", 1.0)
    known = Family(tmp_path)
    assert known.parents() == {"p": None}
    write(tmp_path, "new", 2.0, "p")
    assert known.parents() == {"p": None}
    monkeypatch.setattr(family, "SOON_SECS", -1.0)
    assert known.parents(["p", "new"]) == {"p": None, "new": "p"}
    monkeypatch.setattr(family, "SOON_SECS", 60.0)
    looks = []
    monkeypatch.setattr(family, "list_runs", lambda folder: looks.append(folder) or ["p"])
    for _ in range(5):
        known.parents(["nobody", "../p"])
    assert looks == []


def test_a_launch_that_cannot_be_read_spoils_only_its_own_run(tmp_path):
    write(tmp_path, "p", 1.0)
    write(tmp_path, "child", 2.0, "p")
    write(tmp_path, "torn", 3.0, "p")
    (tmp_path / "torn" / LAUNCH_FILE).write_bytes(b'{"run_id": ')
    assert Family(tmp_path).parents() == {"p": None, "child": "p", "torn": None}


def test_a_child_is_marked_at_the_last_evaluation_before_its_start():
    seen = snapshot(val_loss=[1.0] * 4)
    timed = tuple(msgspec.structs.replace(each, at=100 * each.epoch) for each in seen.epochs)
    seen = msgspec.structs.replace(seen, epochs=timed)
    found = child_marks(seen, {"before": 50.0, "during": 250.0, "after": NOW})
    assert [(mark.run, mark.epoch) for mark in found] == [("before", None), ("during", 2), ("after", 4)]


def test_each_resume_says_how_far_it_wrote_again():
    seen = snapshot(val_loss=[1.0] * 12, overlaps=(4.0, 5.0, 9.0), resumed_at=(4.0, 7.0, 9.0))
    assert marks(seen, 1.0).overlaps == [[4, 5], [9, 9]]
    assert marks(snapshot(val_loss=[1.0] * 3), 1.0).overlaps == []
