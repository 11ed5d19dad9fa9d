"""Trackers' SQLite databases, written by the real tools (written/make.py): which run, what it holds, and nothing more.

A database may come from anybody, and its own program may be writing it.
"""

import math
import sqlite3
import time

import pytest

from monitor.commands.cli import main
from monitor.importers.following import Following
from monitor.importers.formats import sqlite_file
from monitor.importers.formats.registry import detect
from monitor.importers.importing import Asked, NothingYetError, plan, records
from monitor.importers.live import find_followed
from monitor.run_dir import Epoch
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import status_of
from tests import foreign

STORES = {"mlflow": foreign.mlflow_db, "trackio": foreign.trackio}


def epochs_of(path):
    chosen = plan(path, Asked())
    return chosen, [each for each in records(chosen) if isinstance(each, Epoch)]


def state_of(folder):
    """Everything in a folder, as it would differ if anybody had written there."""
    return {
        path.name: (path.stat().st_mtime_ns, path.stat().st_ino, path.read_bytes() if path.is_file() else b"")
        for path in [folder, *folder.iterdir()]
    }


@pytest.mark.parametrize("store", STORES)
def test_of_several_runs_the_one_that_is_named_is_read_and_else_they_are_named(store, tmp_path):
    path = STORES[store](tmp_path).parent
    with pytest.raises(UnreadableRunError, match=rf"holds 2 runs: other, gentle-owl\. Give one of them: {path}/other"):
        plan(path, Asked())
    with pytest.raises(UnreadableRunError, match="holds no run nobody, but other, gentle-owl"):
        plan(path / "nobody", Asked())
    chosen, epochs = epochs_of(path / "other")
    assert chosen.run_name == "other" and [each.train_loss for each in epochs] == foreign.TRAIN_LOSS[:3]
    assert "odd" in chosen.survey.columns and chosen.source.startswith(f"Imported from {path.name}/other (")
    odd = [each.metrics["odd"] for each in epochs]
    assert odd[0] == odd[2] == -math.inf and math.isnan(odd[1])


@pytest.mark.parametrize("store", STORES)
def test_a_run_brings_its_name_and_settings_and_can_be_named_by_its_id(store, tmp_path):
    path = STORES[store](tmp_path)
    with sqlite3.connect(path.parent) as connection:
        column, table = ("run_uuid", "runs WHERE name") if store == "mlflow" else ("run_id", "configs WHERE run_name")
        [(run_id,)] = connection.execute(f"SELECT {column} FROM {table} = 'gentle-owl'").fetchall()
    chosen, epochs = epochs_of(path.parent / run_id)
    assert (chosen.run_name, len(epochs)) == ("gentle-owl", foreign.EPOCHS)
    assert chosen.config == {"learning_rate": "0.001" if store == "mlflow" else 0.001}
    assert chosen.outcome == ("finished" if store == "mlflow" else None)


def test_two_runs_of_one_name_are_told_apart_by_their_ids(tmp_path):
    path = foreign.mlflow_db(tmp_path).parent
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE runs SET name = 'same'")
        ids = [key for (key,) in connection.execute("SELECT run_uuid FROM runs")]
    with pytest.raises(UnreadableRunError) as told:
        plan(path / "same", Asked())
    assert "2 runs called same" in str(told.value) and all(f"same = {key}" in str(told.value) for key in ids)


def test_a_deleted_run_is_not_among_them_and_a_store_without_runs_is_waited_for(tmp_path):
    path = foreign.mlflow_db(tmp_path).parent
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE runs SET lifecycle_stage = 'deleted' WHERE name = 'other'")
    assert plan(path, Asked()).run_name == "gentle-owl"
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM runs")
    with pytest.raises(NothingYetError, match="holds no run of MLflow's database yet"):
        plan(path, Asked(), follow=True)


def test_the_folder_that_holds_the_database_will_do(tmp_path):
    assert detect(foreign.mlflow_db(tmp_path / "a").parent.parent).name == "mlflow-db"
    assert detect(foreign.trackio(tmp_path / "b").parent.parent).name == "trackio"


@pytest.mark.parametrize("logged", [False, True], ids=["journal", "write-ahead log"])
@pytest.mark.parametrize("store", STORES)
def test_reading_leaves_the_folder_as_it_is_while_a_writer_holds_the_database(store, logged, tmp_path):
    path = STORES[store](tmp_path / "store")
    writer = sqlite3.connect(path.parent, isolation_level=None)
    writer.execute(f"PRAGMA journal_mode = {'WAL' if logged else 'DELETE'}")
    writer.execute("CREATE TABLE of_the_writer (x)")
    before = state_of(path.parent.parent)
    assert len(epochs_of(path)[1]) == foreign.EPOCHS
    assert state_of(path.parent.parent) == before
    writer.close()


def test_a_log_whose_writer_is_gone_is_read_with_what_is_in_it(tmp_path):
    path = foreign.trackio(tmp_path / "store")
    writer = sqlite3.connect(path.parent, isolation_level=None)
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    writer.execute("UPDATE metrics SET metrics = replace(metrics, '1.04', '1.01') WHERE id = 1")
    killed = tmp_path / "killed" / "speech.db"
    killed.parent.mkdir()
    for ending in ("", "-wal"):
        (killed.parent / f"speech.db{ending}").write_bytes(
            (path.parent.with_name(path.parent.name + ending)).read_bytes()
        )
    writer.close()
    before = state_of(killed.parent)
    assert epochs_of(killed / "gentle-owl")[1][0].val_wer == 1.01
    assert state_of(killed.parent) == before and "speech.db-shm" not in before


def follow(path, runs, now):
    known = find_followed(runs, path)
    if known is not None:
        return Following.go_on(known, now)
    chosen = plan(path, Asked(), follow=True)
    return Following.begin(runs, chosen, chosen.run_name, now)


def running(path):
    """A writer of MLflow's database, whose run has just logged its second evaluation; and the rows still to come."""
    writer = sqlite3.connect(path.parent, isolation_level=None)
    run = "run_uuid = (SELECT run_uuid FROM runs WHERE name = 'gentle-owl')"
    rows = writer.execute(f"SELECT * FROM metrics WHERE {run} AND step > 2 ORDER BY step").fetchall()
    writer.execute(f"DELETE FROM metrics WHERE {run} AND step > 2")
    writer.execute("UPDATE runs SET status = 'RUNNING' WHERE name = 'gentle-owl'")
    return writer, [[row for row in rows if row[4] == step] for step in (3, 4, 5, 6)]


@pytest.mark.parametrize("mode", ["DELETE", "TRUNCATE", "PERSIST", "WAL"])
def test_a_run_is_followed_as_it_is_written_although_the_follower_stops(mode, tmp_path):
    path, runs = foreign.mlflow_db(tmp_path / "store"), tmp_path / "runs"
    writer, coming = running(path)
    writer.execute(f"PRAGMA journal_mode = {mode}")
    for now, rows in enumerate(coming, 1):
        following = follow(path, runs, float(now))
        following.look(float(now))
        for row in rows:
            writer.execute("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", row)
        following.look(now + 0.5)
        assert not following.ended
        following.stop(now + 0.6)
    writer.execute("UPDATE runs SET status = 'FINISHED'")
    following = follow(path, runs, 9.0)
    following.look(9.0)
    assert following.ended
    following.stop(9.5)
    writer.close()
    [run_dir] = runs.iterdir()
    seen = RunReader(run_dir).read(10.0)
    assert [each.val_loss for each in seen.epochs] == foreign.VAL_LOSS and status_of(seen).word == "finished"


def test_an_open_transaction_is_not_read_and_stops_nobody(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite_file, "TRIES", 3)
    path, runs = foreign.mlflow_db(tmp_path / "store"), tmp_path / "runs"
    writer, coming = running(path)
    time.sleep(2 * sqlite_file.SETTLED_SECS)
    following = follow(path, runs, 1.0)
    following.look(1.0)
    writer.execute("PRAGMA cache_size = 2")
    writer.execute("BEGIN IMMEDIATE")
    writer.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", coming[0])
    writer.executemany(
        "INSERT INTO params VALUES (?, ?, ?)", [(f"k{n}", "v" * 4000, coming[0][0][3]) for n in range(99)]
    )
    assert path.parent.with_name("mlflow.db-journal").stat().st_size > 4096, "nothing of it is in the file yet"
    assert not following.look(2.0)
    with pytest.raises(NothingYetError, match="is being written just now; try again"):
        plan(path, Asked())
    writer.execute("COMMIT")
    monkeypatch.setattr(sqlite_file, "TRIES", 40)
    assert following.look(3.0)
    following.stop(4.0)
    writer.close()


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT "
HOSTILE = {
    "a view that never ends": "ALTER TABLE metrics RENAME TO kept; CREATE VIEW metrics AS "
    f"{ENDLESS} 'val_loss' AS key, i AS value, i AS timestamp, '' AS run_uuid, i AS step, 0 AS is_nan FROM n",
    "a computed column": "DROP TABLE metrics; CREATE TABLE metrics (key, value AS (hex(zeroblob(1e8))), timestamp, "
    "run_uuid, step, is_nan)",
    "a virtual table": "DROP TABLE metrics; CREATE VIRTUAL TABLE metrics USING "
    "fts5(key, value, timestamp, run_uuid, step, is_nan)",
}


@pytest.mark.parametrize("way", HOSTILE)
def test_what_a_database_computes_itself_is_not_asked_for(way, tmp_path):
    path = foreign.mlflow_db(tmp_path).parent
    with sqlite3.connect(path) as connection:
        connection.executescript("PRAGMA foreign_keys = OFF;" + HOSTILE[way])
    begun = time.process_time()
    with pytest.raises(UnreadableRunError, match="is not MLflow's database: a table or a column is missing"):
        plan(path / "gentle-owl", Asked(format="mlflow-db"))
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("store", STORES)
def test_a_schema_that_is_no_text_is_a_damaged_database(store, tmp_path):
    """SQLite quotes it in its own message, which is then no text either."""
    path = STORES[store](tmp_path).parent
    data = path.read_bytes().replace(b"CREATE TABLE", b"CRXATE TABLE")
    for name in (b"metrics", b"alembic_version"):
        data = data.replace(b"table" + 2 * name, b"table\xff\xbc" + name[2:] + name)
    path.write_bytes(data)
    with pytest.raises(UnreadableRunError, match="cannot be read as a database: its schema is damaged"):
        plan(path / "gentle-owl", Asked())


def test_a_query_names_its_tables_alone(tmp_path):
    path = foreign.mlflow_db(tmp_path).parent
    database = sqlite_file.Database(path, ("runs",))
    for query in ("SELECT key FROM params", f"{ENDLESS} max(i) FROM n", "SELECT load_extension('x') FROM runs"):
        with pytest.raises(UnreadableRunError, match=r"not authorized|prohibited"):
            database.rows(query)


def test_a_text_too_long_for_a_tracker_is_refused_and_a_query_too_long_is_ended(tmp_path, monkeypatch):
    path = foreign.trackio(tmp_path).parent
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE metrics SET metrics = zeroblob(?)", (sqlite_file.LONGEST_VALUE + 1,))
    with pytest.raises(UnreadableRunError, match="string or blob too big"):
        plan(path / "gentle-owl", Asked())
    monkeypatch.setattr(sqlite_file, "MOST_SECS", 0.2)
    with sqlite3.connect(path) as connection:
        connection.execute(
            "INSERT INTO metrics (run_id, timestamp, run_name, step, metrics) "
            f"{ENDLESS} 'x', '', 'x', i, '{{}}' FROM n LIMIT 9000"
        )
    with pytest.raises(UnreadableRunError, match=r"it did not answer within 0.2 s"):
        sqlite_file.Database(path, ("metrics",)).rows(
            "SELECT a.id FROM metrics a, metrics b, metrics c WHERE a.id + b.id < c.step - c.step"
        )


@pytest.mark.parametrize(
    "values", [("k", "text", 1, 1, 0), ("k", None, 1, 1, 0), (b"\xff", 1.0, 1, 1, 0), ("k" * 999, 1.0, 1, 1, 0)]
)
def test_a_row_that_is_no_metric_is_named_and_passed_over(values, tmp_path):
    path = foreign.mlflow_db(tmp_path)
    with sqlite3.connect(path.parent) as connection:
        [(run,)] = connection.execute("SELECT run_uuid FROM runs WHERE name = 'gentle-owl'")
        connection.executescript(
            "PRAGMA writable_schema = ON; "
            "UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'metrics'"
        )
    with sqlite3.connect(path.parent) as connection:
        key, value, at, step, is_nan = values
        connection.execute("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", (key, value, at, run, step, is_nan))
    chosen, epochs = epochs_of(path)
    assert len(epochs) == foreign.EPOCHS and "no metric with a name" in chosen.unread.first[0]


@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_no_link_beside_the_database_is_followed(ending, tmp_path):
    path = foreign.trackio(tmp_path / "store")
    (tmp_path / "secret").write_bytes(b"\x37\x7f\x06\x82" + b"s" * 5000)
    path.parent.with_name(path.parent.name + ending).symlink_to(tmp_path / "secret")
    with pytest.raises(UnreadableRunError, match="link or a pipe"):
        plan(path, Asked(format="trackio"))


def test_a_link_in_a_folder_of_projects_is_none_of_them(tmp_path):
    path = foreign.trackio(tmp_path / "elsewhere").parent
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "linked.db").symlink_to(path)
    with pytest.raises(UnreadableRunError, match="without anything that is known here"):
        plan(tmp_path / "mine", Asked())


def test_a_database_of_somebody_else_is_no_run(tmp_path):
    with sqlite3.connect(tmp_path / "mail.db") as connection:
        connection.execute("CREATE TABLE letters (text)")
    with pytest.raises(UnreadableRunError, match="holds no tables of MLflow or Trackio"):
        plan(tmp_path / "mail.db", Asked())


def test_the_command_imports_and_says_where_it_came_from(tmp_path, capsys):
    path = foreign.trackio(tmp_path)
    assert main(["import", str(path), "--runs", str(tmp_path / "runs"), "--yes"]) in (0, None)
    assert "trackio.db/gentle-owl is Trackio's database: 6 evaluations" in capsys.readouterr().out
    assert main(["import", str(path.parent), "--runs", str(tmp_path / "runs"), "--yes"]) == 3
