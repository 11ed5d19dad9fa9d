"""What trackers with many runs in a database share: which run is meant, and its rows in order, no more than it has."""

import pytest

from monitor.importers.formats import stored
from monitor.importers.formats.sqlite_file import BusyError
from monitor.importers.formats.stored import StoredRun
from monitor.importers.items import NothingYetError, Row, Unread
from monitor.run_dir.errors import UnreadableRunError
from tests.importers.formats.databases import AGO, database


class Small(StoredRun):
    """Rows (id, run, value); a value that is no number cannot be used."""

    name = "small"
    title = "a small database"
    tables = ("scores",)
    needs = {"scores": frozenset({"id", "run", "value"})}  # noqa: RUF012
    rows_query = "SELECT id, value FROM scores WHERE run = ? AND id > ? ORDER BY id LIMIT ?"
    described = 0

    @classmethod
    def fits(cls, path, head):
        return float(cls.is_database(path, head))

    def runs(self):
        return {str(run): str(run) for (run,) in self.database.rows("SELECT DISTINCT run FROM scores")}

    def describe(self):
        self.described += 1

    def row(self, number, cells):
        (value,) = cells
        return Row(number, {"value": value}) if isinstance(value, float) else Unread(number, "no number")


def scores(path, *rows):
    return database(path, {"scores": ("id INTEGER, run TEXT, value", rows)})


def numbers(items):
    return [(item.line, item.values["value"]) for item in items if isinstance(item, Row)]


def test_the_rows_of_the_run_that_is_meant_come_once_and_in_order(tmp_path):
    path = scores(tmp_path / "a.db", (3, "x", 0.3), (1, "x", 0.1), (2, "y", 0.2))
    reading = Small(path / "x")
    assert reading.run_id == "x" and numbers(reading.items()) == [(1, 0.1), (3, 0.3)]
    assert list(reading.items()) == []
    assert (reading.places()["a.db"].offset, reading.places()["a.db"].lines) == (3, 2)
    scores(path, (4, "x", 0.4), (5, "y", 0.5))
    assert numbers(reading.items()) == [(4, 0.4)] and reading.described == 4
    assert reading.bytes_all() == 0 and reading.grown_at() == AGO


def test_many_rows_come_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(stored, "CHUNK_ROWS", 2)
    path = scores(tmp_path / "a.db", *((number, "x", float(number)) for number in range(1, 6)))
    assert numbers(Small(path).items()) == [(number, float(number)) for number in range(1, 6)]


def test_rows_that_cannot_be_used_are_told_once_behind_the_others(tmp_path):
    reading = Small(scores(tmp_path / "a.db", (1, "x", "much"), (2, "x", 0.2)))
    assert list(reading.items()) == [Row(2, {"value": 0.2}), Unread(1, "no number")]
    assert list(reading.items()) == []


def test_a_database_of_another_tool_is_none_yet(tmp_path):
    path = database(tmp_path / "a.db", {"scores": ("id INTEGER, value", [])})
    assert not Small.is_whole(path) and Small.fits(path, path.read_bytes()[:100]) == 0.0
    with pytest.raises(NothingYetError, match="is not a small database: a table or a column is missing"):
        Small(path)
    whole = scores(tmp_path / "b.db")
    assert Small.fits(whole, whole.read_bytes()[:100]) == 1.0 and Small.fits(whole, b"epoch,loss\n") == 0.0
    with pytest.raises(NothingYetError, match="holds no run"):
        Small(whole)


def test_a_busy_database_gives_nothing_where_it_is_followed_and_else_says_so(tmp_path):
    path = scores(tmp_path / "a.db", (1, "x", 0.1))
    for follow in (True, False):
        reading = Small(path, follow=follow)

        def busy():
            raise BusyError("being written")

        reading.describe = busy
        if follow:
            assert list(reading.items()) == []
        else:
            with pytest.raises(BusyError):
                list(reading.items())


def test_rows_in_no_order_are_damage(tmp_path):
    reading = Small(scores(tmp_path / "a.db", (2, "x", 0.1), (2, "x", 0.2)))
    with pytest.raises(UnreadableRunError, match="damaged: its rows are in no order"):
        list(reading.items())


def test_more_rows_than_the_file_has_room_for_are_damage(tmp_path, monkeypatch):
    path = scores(tmp_path / "a.db", (1, "x", 0.1))
    most = 2 * path.stat().st_size
    monkeypatch.setattr(stored, "LEAST_ROW_BYTES", most)
    assert numbers(Small(path).items()) == [(1, 0.1)]
    monkeypatch.setattr(stored, "LEAST_ROW_BYTES", most + 1)
    with pytest.raises(UnreadableRunError, match="it gives more rows than it has room for"):
        list(Small(path).items())


def test_a_torn_database_is_an_error_and_no_answer(tmp_path):
    path = scores(tmp_path / "a.db", *((number, "x" * 50, 0.5) for number in range(1, 400)))
    reading = Small(path)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(UnreadableRunError, match=r"cannot be read as a database|damaged"):
        list(reading.items())
