"""What a crash, a lost power line or a careless copy leaves of the files: torn, reordered, zero-filled, emptied."""

from __future__ import annotations

import os
import random
import shutil
import time
from pathlib import Path

import msgspec
import pytest

from monitor.run_dir import (
    CONTROL_DIR,
    DECODES_FILE,
    EPOCHS_FILE,
    PROGRESS_FILE,
    RUN_FILE,
    STATE_FILE,
    STEPS_FILE,
    Snapshot,
    control,
    encode_line,
)
from monitor.run_dir.reader import RunReader, list_runs
from monitor.run_dir.status import status_of
from monitor.view.rows import RowBook
from monitor.writer import RunWriter
from tests import fake_runs
from tests.faults.mutate import furnished
from tests.faults.table import IS_LONG, times

LINE_FILES = (EPOCHS_FILE, STEPS_FILE, DECODES_FILE)


def records(snapshot: Snapshot, name: str) -> list[str]:
    found = {EPOCHS_FILE: snapshot.epochs, STEPS_FILE: snapshot.steps, DECODES_FILE: snapshot.decodes}[name]
    return list(map(repr, found))


@pytest.mark.parametrize("name", LINE_FILES)
def test_cut_at_any_byte_the_last_record_alone_is_missing_and_the_next_writer_goes_on(tmp_path, tell, name):
    run_dir = fake_runs.healthy(tmp_path)
    path = run_dir / name
    whole = path.read_bytes()
    last_begins = whole.rfind(b"\n", 0, -1) + 1
    before = records(RunReader(run_dir).read(0.0), name)
    cuts = range(last_begins, len(whole)) if IS_LONG else [*range(last_begins, len(whole), 9), len(whole) - 1]
    for cut in cuts:
        path.write_bytes(whole[:cut])
        waiting = RunReader(run_dir).read(0.0)
        assert records(waiting, name) == before[:-1] and not waiting.problems
        with RunWriter(run_dir, resume=True) as run:
            run.log_step(999, train_loss=0.5)
            run.log_decodes(31, ["REGEN"] * 4)
            run.log_epoch(31, val_loss=0.5)
        gone_on = RunReader(run_dir).read(0.0)
        # Where only the newline was missing, the next writer gives it: the record is whole after all.
        only_newline = cut == len(whole) - 1
        assert records(gone_on, name)[:-1] == (before if only_newline else before[:-1])
        assert len(gone_on.problems) == (0 if only_newline or cut == last_begins else 1)
        for each in LINE_FILES:
            path.with_name(each).write_bytes(whole if each == name else _kept(run_dir, each))
    tell("torn lines", "the last record cut at a byte, then written on", len(cuts))


def _kept(run_dir: Path, name: str) -> bytes:
    """The file without the line that the next writer added."""
    return b"".join((run_dir / name).read_bytes().splitlines(keepends=True)[:-1])


def test_a_reader_that_stays_sees_what_a_new_one_sees_whatever_happens_to_the_file(tmp_path, tell):
    """Appends, crashes that give back an older file, zero-filled tails, repeated blocks, replaced files."""
    count = times(60, 3000)
    for case in range(count):
        seed = random.Random(case)
        run_dir = tmp_path / f"run{case}"
        run_dir.mkdir()
        path = run_dir / STEPS_FILE
        (run_dir / RUN_FILE).write_text('{"run_id": "r"}')
        staying, step = RunReader(run_dir), 0
        for _ in range(12):
            for _ in range(seed.randrange(1, 4)):
                step += 1
                _happen(path, step, seed)
            if seed.random() < 0.7:
                staying.read(0.0)
        now, new = staying.read(0.0), RunReader(run_dir).read(0.0)
        assert now.steps == new.steps, f"case {case}"
        assert now.problems == new.problems, f"case {case}"
        shutil.rmtree(run_dir)
    tell("reordered writes", "a crash's older file, zero tail, repeated block or new file under a live reader", count)


def _happen(path: Path, step: int, seed: random.Random) -> None:
    data = path.read_bytes() if path.exists() else b""
    line = b'{"step":%d,"train_loss":%f}\n' % (step, seed.random())
    what = seed.randrange(9)
    if what <= 4:
        with path.open("ab") as file:
            file.write(line if data.endswith(b"\n") or not data else b"\n" + line)
    elif what == 5 and data:
        os.truncate(path, seed.randrange(len(data)))
    elif what == 6 and data:
        size = len(data)
        os.truncate(path, seed.randrange(size))
        os.truncate(path, size)
    elif what == 7:
        with path.open("ab") as file:
            file.write(data[seed.randrange(len(data) + 1) :])
    else:
        aside = path.with_name("aside")
        aside.write_bytes(data + line[: seed.randrange(len(line))])
        aside.replace(path)


def test_pieces_of_lines_that_got_between_each_other_cost_only_themselves(tmp_path, tell):
    run_dir = fake_runs.healthy(tmp_path)
    path = run_dir / STEPS_FILE
    lines = path.read_bytes().splitlines(keepends=True)
    count = times(30, 1000)
    for case in range(count):
        seed = random.Random(case)
        place = seed.randrange(1, len(lines) - 1)
        cut = seed.randrange(1, len(lines[place]) - 1)
        mixed = lines[place][:cut] + lines[place + 1][:-1] + lines[place][cut:]
        path.write_bytes(b"".join([*lines[:place], mixed, *lines[place + 2 :]]))
        found = RunReader(run_dir).read(0.0)
        assert [record.step for record in found.steps] == [
            10 * (number + 1) for number in range(len(lines)) if number not in (place, place + 1)
        ]
        assert [(problem.file, problem.line) for problem in found.problems] == [(STEPS_FILE, place + 1)]
    tell("reordered writes", "one line in the middle of another", count)


def test_what_a_killed_rename_left_behind_is_never_taken_for_a_run_a_request_or_a_record(tmp_path, tell):
    run_dir = fake_runs.healthy(tmp_path)
    before = RunReader(run_dir).read(0.0)
    rows = RowBook(tmp_path).rows(0.0)
    for path in [*run_dir.rglob("*.json"), run_dir / CONTROL_DIR / "1-stop-1.request.json", tmp_path / "x"]:
        path.with_name(f".{path.name}.4711.abcd.tmp").write_bytes(b'{"verb":"st')
    (run_dir / "checkpoints").mkdir()
    (run_dir / "checkpoints" / ".last.pt.4711.tmp").write_bytes(b"PK")
    assert list_runs(tmp_path) == ["healthy"]
    assert msgspec.structs.replace(RunReader(run_dir).read(0.0)) == before
    assert RowBook(tmp_path).rows(0.0) == rows
    assert control.pending(run_dir, 1) == [] and not control.stop_wanted(run_dir, 1)
    tell("rename leftovers", "a .tmp beside every document", 1)


@pytest.mark.parametrize("name", [RUN_FILE, PROGRESS_FILE, STATE_FILE])
def test_a_document_that_became_empty_keeps_its_last_good_value_for_who_knew_it_and_is_shown(tmp_path, name):
    run_dir = fake_runs.healthy(tmp_path)
    furnished(run_dir, "finished")
    reader = RunReader(run_dir)
    before = reader.read(0.0)
    (run_dir / name).write_bytes(b"")
    after = reader.read(0.0)
    assert [problem.file for problem in after.problems] == [name]
    assert (after.run, after.progress, after.state) == (before.run, before.progress, before.state)
    assert status_of(after) == status_of(before)
    new = RunReader(run_dir).read(0.0)
    assert status_of(new).word == "finished", "the other file tells it too"
    assert len(new.epochs) == 30


def test_with_every_document_emptied_it_says_what_is_damaged_and_does_not_invent_a_state(tmp_path):
    run_dir = fake_runs.healthy(tmp_path)
    furnished(run_dir, "running")
    for name in (PROGRESS_FILE, STATE_FILE):
        (run_dir / name).write_bytes(b"")
    told = status_of(RunReader(run_dir).read(0.0))
    assert not told.live
    assert "never started" not in told.evidence
    assert "is damaged" in told.evidence


def test_a_backward_step_of_the_clock_changes_no_order(tmp_path):
    """Order is the order in the file."""
    run_dir = tmp_path / "run"
    with RunWriter(run_dir) as run:
        for epoch, at in ((1, time.time()), (2, 5.0), (3, time.time() + 1e6), (4, 1.0)):
            run.log_epoch(epoch, val_loss=1.0, at=at)
    found = RunReader(run_dir).read(0.0)
    assert [record.epoch for record in found.epochs] == [1, 2, 3, 4]
    assert encode_line(found.epochs[1]).count(b'"at":5') == 1
