"""Archived runs in a real S3: read at the cost of what is new, never lost, never acted on, and none blocks another."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from monitor import launcher
from monitor.commands.cli import main
from monitor.launcher.hosts import archive, wire
from monitor.launcher.hosts.bringing import bring
from monitor.launcher.hosts.following import FolderFollower
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.folders import folders_of
from monitor.run_dir.labels import Label, Labels, read_labels
from monitor.run_dir.lives import is_archived
from monitor.run_dir.processes import identify
from monitor.run_dir.reader import RunReader
from monitor.run_dir.records import Progress, State, encode
from monitor.run_dir.status import status_of
from monitor.ui.places import Places
from monitor.writer import RunWriter
from tests.hosts.conftest import short  # noqa: F401 - a fixture
from tests.hosts.store import Bucket
from tests.hosts.test_reading import record, row_of, shown
from tests.supervised import wait_for
from tests.ui.test_places import latest


@pytest.fixture
def bucket(short, monkeypatch):  # noqa: F811
    made = Bucket()
    for name, value in made.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")  # without credentials nobody else's machine is asked
    yield made
    made.stop()


@pytest.fixture
def follow(bucket):
    begun = []

    def one():
        folder = folders_of([bucket.runs]).all[0]
        begun.append(FolderFollower(folder))
        begun[-1].start()
        return folder, begun[-1]

    yield one
    for following in begun:
        following.stop()


def a_run(place, name, epochs=3, **about):
    with RunWriter(place / name, **about) as run:
        record(run, 1, epochs)
    return place / name


def test_a_run_is_read_and_only_what_is_new_passes(bucket, follow, short):  # noqa: F811
    made = a_run(short, "a", 2000)
    bucket.put_run(made)
    folder, following = follow()
    wait_for(lambda: row_of(folder, "a"))
    assert row_of(folder, "a").state == "finished" and following.problem(time.time()) == ""
    run_dir = folder.path / "a"
    wait_for(lambda: len(shown(run_dir).epochs) == 2000)
    lines = (made / "epochs.jsonl").read_bytes()
    before = following.bytes_taken
    assert before >= len(lines)
    bucket.put("a/epochs.jsonl", lines + lines.splitlines(keepends=True)[-1].replace(b"2000", b"2001"))
    wait_for(lambda: len(shown(run_dir).epochs) == 2001)
    assert following.bytes_taken - before < len(lines) / 10, "what has only grown is read from where the copy ends"
    following.stop()
    _, again = follow()
    wait_for(lambda: again.connections)
    wait_for(lambda: len(shown(run_dir).epochs) == 2001)
    time.sleep(2.0)
    assert again.bytes_taken == 0, "the copy is known by etag, time and size"
    assert {oct(path.stat().st_mode & 0o777) for path in [folder.path, *folder.path.rglob("*")]} == {"0o700", "0o600"}


def test_an_object_that_was_changed_within_is_read_anew_and_one_that_was_taken_away_is_gone(bucket, short):  # noqa: F811
    made = a_run(short, "a", 30)
    bucket.put_run(made)
    folder = folders_of([bucket.runs]).all[0]
    bring(folder, "a")
    lines = (made / "epochs.jsonl").read_bytes()
    changed = lines.replace(b'"epoch":2', b'"epoch":7', 1)
    assert len(changed) == len(lines) and changed[-wire.END_BYTES :] == lines[-wire.END_BYTES :]
    bucket.put("a/epochs.jsonl", changed)
    bring(folder, "a")
    assert (folder.path / "a" / "epochs.jsonl").read_bytes() == changed
    bucket.put("a/epochs.jsonl", lines[:300])
    bring(folder, "a")
    assert (folder.path / "a" / "epochs.jsonl").read_bytes() == lines[:300]
    bucket.take("a/epochs.jsonl")
    bring(folder, "a")
    assert not (folder.path / "a" / "epochs.jsonl").exists() and (folder.path / "a" / "run.json").exists()
    bucket.put_run(a_run(short, "b"))
    for path in made.iterdir():
        bucket.take(f"a/{path.name}")
    bring(folder)
    assert [path.name for path in folder.path.iterdir()] == ["b"]


def test_a_store_that_is_gone_is_said_with_since_when_keeps_its_rows_and_no_other_folder(bucket, short):  # noqa: F811
    bucket.put_run(a_run(short, "a"))
    a_run(short / "near", "n")
    places = Places(folders_of([short / "near", bucket.runs]))
    places.start()
    try:
        far = places.all[1]
        assert sorted(row.run for row in latest(places, lambda look: len(look.rows) == 2, 60).rows) == [
            f"{far.folder.name}:a",
            "near:n",
        ]
        bucket.stop()
        wait_for(lambda: "Not heard since" in far.following.problem(time.time()))
        said = far.following.problem(time.time())
        assert said.startswith(f"{bucket.runs} cannot be reached: ") and "what was read last stays below" in said
        look = latest(places, lambda look: look.groups[1].problem != "")
        assert {row.run: row.state for row in look.rows}[f"{far.folder.name}:a"] == "finished" and not look.groups[
            0
        ].problem
        assert look.groups[1].where == f"{bucket.runs} (archive, read only)"
        bucket.start()
        wait_for(lambda: far.following.problem(time.time()) == "", 90)
    finally:
        places.stop()


def test_what_is_missing_is_one_sentence_and_no_secret_is_in_it(bucket, short, monkeypatch):  # noqa: F811
    with pytest.raises(RefusedError, match="There is nothing at s3://no-such-bucket/runs: no such bucket"):
        bring(folders_of(["s3://no-such-bucket/runs"]).all[0])
    with pytest.raises(RefusedError, match=f"There is nothing at s3://{bucket.name}/runs"):
        bring(folders_of([bucket.runs]).all[0])
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(short / "none"))
    with pytest.raises(RefusedError) as refused:
        bring(folders_of([bucket.runs]).all[0])
    assert str(refused.value).startswith(f"There are no credentials for {bucket.runs} (Unable to locate credentials)")
    assert "secret-of" not in str(refused.value)


def test_a_wrong_address_is_refused_before_anything_is_asked():
    for address, said in {
        "http://host/runs": "cannot read over http://",
        "file:///etc": "cannot read over file://",
        "simplecache::s3://lab/runs": "cannot read over simplecache::s3://",
        "s3://user:word@lab/runs": "no password in an address",
        "s3://": "needs a bucket",
        "s3://lab/../other": "a plain path",
        "s3://lab//etc": "a plain path",
        "s3://lab/a\nb": "a plain path",
    }.items():
        with pytest.raises(UsageError) as refused:
            folders_of([address])
        assert said in str(refused.value) and "word" not in str(refused.value).replace("password", "")
    named = folders_of(["old=s3://lab/x/runs", "s3://lab/x/runs/", "s3://lab/runs"][::2])
    assert [each.text for each in named.all] == ["old=s3://lab/x/runs", "lab=s3://lab/runs"]
    assert folders_of([named.text.split("\n")[0]]).all[0].is_archive


def test_without_its_packages_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(archive.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RefusedError, match=r"needs s3fs: pip install 'vitalsigns\[archive\]'$"):
        archive.refuse_without_packages("s3://lab/runs")
    with pytest.raises(RefusedError, match=r"needs gcsfs: pip install 'vitalsigns\[archive\]' gcsfs$"):
        archive.refuse_without_packages("gs://lab/runs")


def test_a_run_that_was_put_there_while_it_ran_or_by_half_is_neither_live_nor_lost(bucket, short):  # noqa: F811
    made = a_run(short, "a", 9)
    bucket.put("half/epochs.jsonl", (made / "epochs.jsonl").read_bytes()[:-20])  # torn, and nothing beside it
    bucket.put("launch/launch.json", (made / "launch.json").read_bytes().replace(b'"run_id":"a"', b'"run_id":"launch"'))
    for name in ("run.json", "epochs.jsonl", "launch.json"):
        bucket.put(f"live/{name}", (made / name).read_bytes())
    # Its pids live here, which says nothing of a run that was put there.
    state = State(state="running", updated_at=time.time() - 3000, trainer=identify(), supervisor=identify())
    bucket.put("live/state.json", encode(state))
    progress = Progress(heartbeat_at=time.time() - 3000, process=identify(), phase="training", epoch=9)
    bucket.put("alone/run.json", (made / "run.json").read_bytes())
    bucket.put("alone/progress.json", encode(progress))
    bucket.put("checkpoints/best.pt", b"no run at all")
    folder = folders_of([bucket.runs]).all[0]
    assert bring(folder, "half") == ""
    found = {name: row_of(folder, name) for name in ("half", "launch", "live", "alone")}
    assert {name: row.state for name, row in found.items()} == dict.fromkeys(found, "imported")
    assert not any(row.live for row in found.values())
    assert found["live"].evidence.startswith(
        "Read from an archive; no file there says how it ended. Last written 50 min ago"
    )
    assert found["live"].evidence.endswith("when it was running.")
    assert "Last written" not in found["launch"].evidence
    assert len(RunReader(folder.path / "half").read(time.time()).epochs) == 8
    assert not (folder.path / "checkpoints").exists() and row_of(folder, "checkpoints") is None
    assert status_of(RunReader(folder.path / "live").read(time.time())).word == "imported"
    bucket.put_run(made)
    bucket.put("half/progress.json", (made / "progress.json").read_bytes())
    bring(folder)
    assert row_of(folder, "half").state == "finished"


def test_nothing_here_acts_on_an_archived_run(bucket, short):  # noqa: F811
    bucket.put_run(a_run(short, "a"))
    folder = folders_of([bucket.runs]).all[0]
    bring(folder)
    run_dir = folder.path / "a"
    assert is_archived(run_dir)
    for act in (
        lambda: launcher.stop(run_dir, "me"),
        lambda: launcher.resume(folder.path, "a", "me"),
        lambda: launcher.start(folder.path, ["true"]),
    ):
        with pytest.raises(RefusedError, match="lies in an archive, which is only read"):
            act()
    assert not launcher.ensure_supervised(run_dir)
    assert not (run_dir / "control").exists() and not (folder.path / "audit.jsonl").exists()


def said_by(capsys, *words):
    code = main(list(map(str, words)))
    out = capsys.readouterr()
    return code, out.out, out.err


def test_the_verbs_that_read_read_it_and_the_others_refuse_in_words(bucket, short, capsys):  # noqa: F811
    for name in ("a", "b"):
        bucket.put_run(a_run(short, name, 9))
    code, out, err = said_by(capsys, "list", "--json", "--runs", bucket.runs)
    listed = json.loads(out)["folders"][0]
    assert (code, err, sorted(run["run_id"] for run in listed["runs"])) == (0, "", ["a", "b"])
    assert listed["runs_dir"] == bucket.runs
    for words in (["show", "a"], ["report", "a"], ["check", "a"], ["compare", "a", "b"], ["diagnose", "a"]):
        code, out, err = said_by(capsys, *words, "--runs", bucket.runs)
        assert code in (0, 1, 4) and not err, (words, err)
        assert "epoch 9" in out.lower() or words[0] in ("check", "compare", "diagnose")
    acts = "stop a,resume a,restart a --set x=1,label a --tag x,archive a,ack a x,start -- true,away a,metric a"
    for words in map(str.split, acts.split(",")):
        code, out, err = said_by(capsys, words[0], "--runs", bucket.runs, *words[1:])
        assert (code, out) == (5, ""), (words, out)
        assert err.startswith(f"error: {bucket.runs} is an archive: {words[0]} would change something")
    code, out, err = said_by(capsys, "show", "c", "--runs", bucket.runs)
    assert (
        code == 3
        and err == f"error: No run called 'c' in {bucket.runs}. See: python -m monitor list --runs {bucket.runs}\n"
    )


def test_a_dashboard_that_reads_the_same_archive_is_read_along(bucket, follow, short, capsys):  # noqa: F811
    bucket.put_run(a_run(short, "a", 9))
    folder, _ = follow()
    wait_for(lambda: row_of(folder, "a"))
    code, out, err = said_by(capsys, "show", "a", "--runs", bucket.runs)
    assert code == 0 and "epoch 9" in out.lower()
    assert err.startswith(f"A dashboard of yours reads {bucket.runs}: shown is what it has read, last at ")


def test_the_reader_ends_with_the_page(bucket, follow, short):  # noqa: F811
    import psutil

    bucket.put_run(a_run(short, "a"))
    folder, following = follow()
    wait_for(lambda: row_of(folder, "a"))
    reader = following._process
    assert Path(sys.executable).name in psutil.Process(reader.pid).cmdline()[0]
    reader.stdin.close()  # as when the page was killed
    wait_for(lambda: reader.poll() is not None)
    assert reader.poll() == 0


def test_what_people_said_of_a_run_is_read_and_gone_when_it_is_gone_there(bucket, short):  # noqa: F811
    bucket.put_run(a_run(short, "a"))
    said = Labels(labels={"a": Label(title="baseline", tags=["paper"]), "../b": Label(title="no run")})
    bucket.put("labels.json", encode(said))
    folder = folders_of([bucket.runs]).all[0]
    bring(folder)
    assert (row_of(folder, "a").title, row_of(folder, "a").tags) == ("baseline", ["paper"])
    assert set(read_labels(folder.path)) == {"a"}
    bucket.put("labels.json", b"[[[[")
    bring(folder)
    assert row_of(folder, "a").title == ""
