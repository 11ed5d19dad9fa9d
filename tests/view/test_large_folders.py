"""A large folder of runs: what is kept of ended runs, and what a look leaves out, say what a fresh look would say."""

import asyncio
import math
import os
import shutil
import time

import msgspec
import pytest

from benchmarks.fleet.hosts import STEPS_PER_EPOCH
from benchmarks.fleet.hosts import make as make_fleet
from monitor.diagnosis.glances import Glance, Glances
from monitor.run_dir import EPOCHS_FILE, METRIC_FILE, PROGRESS_FILE, RUN_FILE, MetricChoice, encode
from monitor.run_dir import cache as caches
from monitor.run_dir.cache import Cache, cache_dir, mark_of
from monitor.run_dir.launch import read_state
from monitor.run_dir.metric import WER
from monitor.run_dir.processes import identify
from monitor.run_dir.reader import list_runs
from monitor.ui.listing import FIRST_ROWS, WHOLE_ROWS, Listing, ListLook, TabRows
from monitor.view.rows import DIGITS, UNSEEN_SECS, RowBook
from monitor.view.shapes.listing import RunRow, brief
from monitor.writer import RunWriter
from tests.fake_runs import all_blank, healthy, newer_schema, not_a_number, overfitting

NOW = 2e9


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Ended runs whose files are no longer being written, and a cache of this test alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(caches, "SURE_NS", -(10**18))
    runs = tmp_path / "runs"
    runs.mkdir()
    for make in (healthy, overfitting, all_blank, not_a_number, newer_schema):
        make(runs)
    return runs


def seen(runs, least=1):
    found = Glances(runs, least).all(list_runs(runs), NOW)
    return {name: repr(glance) for name, _, glance in found}  # as text: not a number equals nothing


def test_what_was_kept_is_what_is_read(folder, monkeypatch):
    fresh = seen(folder, least=99)
    assert not cache_dir().exists(), "a small folder needs no cache"
    assert seen(folder) == fresh
    read = []
    monkeypatch.setattr("monitor.diagnosis.glances.glance_at", lambda run_dir, *_: read.append(run_dir.name))
    assert {**seen(folder), "newer-schema": ""} == {**fresh, "newer-schema": ""}
    assert read == ["newer-schema"], "a run that cannot be read is tried again"


@pytest.mark.parametrize("file", [EPOCHS_FILE, PROGRESS_FILE, METRIC_FILE, RUN_FILE])
def test_whatever_changes_of_a_run_it_is_read_again(folder, file):
    before = seen(folder)
    path = folder / "healthy" / file
    old = path.stat() if path.exists() else None
    if file == METRIC_FILE:
        path.write_bytes(encode(MetricChoice(metric=WER, at=1.0)))
    else:
        lines = path.read_bytes()
        path.write_bytes(lines.replace(b"1", b"2"))  # as long as before
    if old is not None:
        os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))
    fresh = seen(folder, least=99)
    assert seen(folder) == fresh
    assert {name: each for name, each in fresh.items() if name != "healthy"} == {
        name: each for name, each in before.items() if name != "healthy"
    }


def test_what_is_being_written_is_not_kept(folder, monkeypatch):
    monkeypatch.setattr(caches, "SURE_NS", 10**18)
    seen(folder)
    assert Cache(folder, Glance).load() == {}


@pytest.mark.parametrize("harm", ["torn", "of other code", "another's", "a link", "writable"])
def test_a_cache_that_cannot_be_trusted_is_passed_over(folder, harm, monkeypatch, tmp_path):
    fresh = seen(folder)
    (path,) = cache_dir().iterdir()
    if harm == "torn":
        path.write_bytes(path.read_bytes()[:-9])
    elif harm == "of other code":
        monkeypatch.setattr(caches, "_code", lambda: "other")
    elif harm == "another's":
        monkeypatch.setattr(caches.os, "geteuid", lambda: os.getuid() + 1)
    elif harm == "a link":
        path.rename(tmp_path / "elsewhere")
        path.symlink_to(tmp_path / "elsewhere")
    else:
        cache_dir().chmod(0o777)
    assert Cache(folder, Glance).load() == {}
    assert seen(folder) == fresh


def test_a_look_at_a_share_of_the_runs_ends_where_a_look_at_all_does(folder):
    for place in range(12):
        shutil.copytree(folder / "healthy", folder / f"copy-{place:02d}")
    book = RowBook(folder, each_look=2)
    assert book.rows(NOW) == RowBook(folder).rows(NOW)
    first = book.rows(NOW)
    assert all(book.rows(NOW) is first for _ in range(20)), "nothing has changed"
    (folder / "copy-03" / EPOCHS_FILE).write_bytes(b"".join(_lines(folder / "copy-03")[:2]))
    shutil.rmtree(folder / "copy-05")
    shutil.copytree(folder / "overfitting", folder / "new")
    for _ in range(20):
        shown = book.rows(NOW)
    assert shown == RowBook(folder).rows(NOW) and {"new"} == {row.run for row in shown} - {row.run for row in first}


def _lines(run_dir):
    return (run_dir / EPOCHS_FILE).read_bytes().splitlines(keepends=True)


def test_the_age_of_a_row_grows_without_another_order(folder):
    for place in range(6):
        shutil.copytree(folder / "healthy", folder / f"copy-{place}")
    book, at = RowBook(folder, each_look=1), time.time()
    old = book.rows(at)
    for _ in range(20):
        aged = book.rows(at + 86_400)
    assert [row.run for row in aged] == [row.run for row in old] and aged != old
    assert aged == RowBook(folder).rows(at + 86_400)


# -- what a tab is sent ----------------------------------------------------------------------------------------------


def look(rows):
    return ListLook(rows=rows, trash=[], machine=None, tried=[], problem="", server_now=1.0)


def rows_of(count):
    return [
        RunRow(run=f"r{n:04d}", state="finished", evidence="It ended.", reason="why", at=float(n)) for n in range(count)
    ]


def test_a_small_folder_is_sent_whole():
    rows = rows_of(WHOLE_ROWS)
    assert TabRows().message(look(rows)).rows == rows


def test_of_a_large_folder_what_is_shown_is_sent_whole_and_the_rest_when_it_is_asked_for():
    rows = rows_of(WHOLE_ROWS + 1)
    rows[-1] = msgspec.structs.replace(rows[-1], live=True)
    tab = TabRows()
    news = tab.message(look(rows))
    assert news.rows[:FIRST_ROWS] == rows[:FIRST_ROWS] and news.rows[-1] == rows[-1]
    assert news.rows[FIRST_ROWS] == brief(rows[FIRST_ROWS], None) and news.rows[FIRST_ROWS].reason == ""
    assert tab.message(look(rows)) is None
    asked = tab.answer({"kind": "rows", "runs": ["r0100", "gone", 7]}, 2.0)
    assert asked.rows == [rows[100]]
    later = [msgspec.structs.replace(row, score="41 %") for row in rows]
    sent = {row.run: row for row in tab.message(look(later)).rows}
    assert sent["r0100"] == later[100] and sent["r0101"].brief


def test_of_very_many_live_runs_only_what_is_asked_for_is_sent_whole():
    rows = [msgspec.structs.replace(row, live=True) for row in rows_of(WHOLE_ROWS + 1)]
    sent = TabRows().message(look(rows)).rows
    assert sent[:FIRST_ROWS] == rows[:FIRST_ROWS] and all(row.brief for row in sent[FIRST_ROWS:])


def test_all_who_wait_for_a_slow_look_get_that_one(tmp_path, monkeypatch):
    """Else of a hundred tabs a few are served, and the next one waits for the next look, and so on."""
    listing, looks = Listing(tmp_path), []

    def slow():
        looks.append(time.sleep(0.2))
        listing._now = look(rows_of(1))
        return listing._now

    async def tab():
        await listing.latest()
        time.sleep(0.2)  # a message for many rows, which is made before the next tab has its turn

    async def tabs():
        await asyncio.gather(*(tab() for _ in range(10)))

    monkeypatch.setattr(listing, "look", slow)
    asyncio.run(tabs())
    assert len(looks) == 1
    asyncio.run(asyncio.wait_for(listing.latest(), 60))
    assert len(looks) == 2, "who asks later than that gets a new one"


@pytest.fixture
def fleet(tmp_path):
    """Three live runs of two other machines, as the simulation writes them, and a book that has just read them."""
    written = make_fleet(tmp_path / "shared" / "runs", 3, 2)
    book = RowBook(tmp_path / "shared" / "runs")
    at = 60 * math.ceil(time.time() / 60) + 1.0
    for each in written:
        each.write(at)
    book.rows(at + 1)
    book.rows(at + 1 + UNSEEN_SECS)
    return written, book, at + 2 + UNSEEN_SECS


def test_a_sign_of_life_of_another_machine_makes_no_new_row_and_an_evaluation_does(fleet):
    written, book, at = fleet
    before = {row.run: row for row in book.rows(at)}
    assert all(row.live and row.state.endswith("as last heard") for row in before.values())
    for each in written:
        each.write(each.progress.heartbeat_at + 1.0)
    evaluated = {each.folder.name for each in written if each.step % STEPS_PER_EPOCH == 0}
    after = {row.run: row for row in book.rows(at + 1)}
    assert {name for name, row in after.items() if row is not before[name]} == evaluated
    while written[0].step % STEPS_PER_EPOCH:
        written[0].write(written[0].progress.heartbeat_at + 0.1)
    assert {row.run: row for row in book.rows(at + 2)}[written[0].folder.name].epoch == written[0].epoch


@pytest.mark.parametrize("change", ["phase", "outcome", "process", "late", "state", "gone"])
def test_whatever_else_another_machine_writes_is_in_the_next_look(fleet, change):
    written, book, at = fleet
    one = written[0]
    before = {row.run: row for row in book.rows(at)}[one.folder.name]
    changes = {
        "phase": {"phase": "stopping"},
        "outcome": {"outcome": "finished"},
        "process": {"process": identify()},
        "late": {"heartbeat_at": one.progress.heartbeat_at + 31},
    }
    if change == "gone":
        shutil.rmtree(one.folder)
        assert one.folder.name not in {row.run for row in book.rows(at + 1)}
        return
    if change == "state":
        state = read_state(one.folder)
        (one.folder / "state.json").write_bytes(encode(msgspec.structs.replace(state, state="finished", ended_at=at)))
    else:
        one._put(PROGRESS_FILE, encode(msgspec.structs.replace(one.progress, **changes[change])))
    os.utime(one.folder)  # as a writer leaves it that puts files in their place
    after = {row.run: row for row in book.rows(at + 1)}[one.folder.name]
    # Where a supervisor's state counts, the phase and the process alone show nowhere.
    assert (after == before) == (change in ("phase", "process"))
    fresh = fresh_row(book, one, at + 1)
    # The seconds in the evidence may lag, as no row is sent for them.
    assert after == msgspec.structs.replace(fresh, evidence=after.evidence)
    assert DIGITS.sub("", after.evidence) == DIGITS.sub("", fresh.evidence)


def fresh_row(book, one, now):
    """What a look says that has seen nothing before."""
    return {row.run: row for row in RowBook(book._runs_dir).rows(now)}[one.folder.name]


@pytest.mark.parametrize("question", [{}, {"kind": "rows"}, {"kind": "rows", "runs": "r0001"}, {"kind": "log"}])
def test_what_is_no_such_question_has_no_answer(question):
    tab = TabRows()
    tab.message(look(rows_of(3)))
    assert tab.answer(question, 2.0) is None


def test_the_mark_of_a_folder_that_is_gone_is_none(tmp_path):
    assert mark_of(str(tmp_path / "gone")).text == "" and not mark_of(str(tmp_path / "gone")).is_sure(10**19)


def test_the_heartbeat_of_a_live_run_is_never_dated_ahead_and_its_seconds_send_no_row(tmp_path):
    """The list is looked at within a full minute too: what it says of the heartbeat is of that moment."""
    with RunWriter(tmp_path / "a", epochs=9) as run:
        run.log_epoch(1, train_loss=1.0, val_loss=1.0)
        book, now = RowBook(tmp_path), time.time()
        rows = [book.rows(now + secs) for secs in (0.0, 20.0, 20.9)]
    assert rows[0][0].evidence.endswith(" s ago.") and rows[0] is rows[1] is rows[2]
