"""What came of a run's own change, for its page: the same word and line as in the list, with what its seeds decided."""

import pytest

from monitor.run_dir import EPOCHS_FILE, LAUNCH_FILE, Launch, Parent, encode
from monitor.run_dir.reader import RunReader
from monitor.view import came
from monitor.view.came import CameBook
from monitor.writer import RunWriter
from tests.diagnosis.test_ledger import write

NOW = 5.0


def shown(book, run_dir, now=NOW):
    return book.shown(RunReader(run_dir).read(now), now)


def test_a_run_that_is_no_child_has_no_change_that_could_have_come_to_something(tmp_path):
    parent = write(tmp_path, "p", 0.5, 3)
    assert shown(CameBook(parent), parent) is None


@pytest.mark.parametrize(
    ("goal", "met"), [({"val_wer": 0.2}, "It came."), ({"val_wer": 0.05}, "It did not come."), ({}, "")]
)
def test_a_child_that_is_better_says_so_and_whether_what_was_expected_came(tmp_path, goal, met):
    write(tmp_path, "p", 0.5, 3)
    child = write(tmp_path, "c", 0.1, 3, parent="p", expected=goal)
    found = shown(CameBook(child), child)
    assert (found.word, found.met) == ("HELPED", met) and found.line.startswith("−46.0 points at epoch 3")


def test_a_child_before_its_judged_epoch_says_when_it_is_judged(tmp_path):
    write(tmp_path, "p", 0.5, 5)
    child = tmp_path / "c"
    child.mkdir()
    link = Parent(run_id="p", expected={"epoch": 4})
    (child / LAUNCH_FILE).write_bytes(encode(Launch(run_id="c", created_at=1.0, argv=["train"], parent=link)))
    with RunWriter(child, epochs=5) as run:
        run.log_epoch(1, train_loss=1.0, val_loss=2.0, val_wer=0.5)
        found = shown(CameBook(child), child)
    assert (found.word, found.line.split(".")[0]) == ("WAITING", "Epoch 1 of 4")


def test_a_look_without_anything_new_reads_no_run_again_and_a_grown_parent_is_seen(tmp_path, monkeypatch):
    parent = write(tmp_path, "p", 0.5, 3)
    child = write(tmp_path, "c", 0.1, 3, parent="p")
    looked = []
    real = came.line_now
    monkeypatch.setattr(came, "line_now", lambda *given: looked.append(given) or real(*given))
    book = CameBook(child)
    first = shown(book, child)
    assert shown(book, child, NOW + 1) == first and len(looked) == 1
    assert shown(book, child, NOW + came.SEEDS_SECS) == first and len(looked) == 2
    (parent / EPOCHS_FILE).unlink()
    assert shown(book, child, NOW + came.SEEDS_SECS + 1) != first
