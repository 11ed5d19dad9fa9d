"""An archive that means harm: names that are paths, giants, thousands of objects, sizes that are not true."""

from __future__ import annotations

import datetime
import time

import fsspec
import pytest

from monitor.launcher.hosts import archive, bringing, wire
from monitor.launcher.hosts.archive import Store
from monitor.launcher.hosts.bringing import bring
from monitor.run_dir.folders import folders_of
from monitor.run_dir.lives import archive_of
from tests.hosts.conftest import short  # noqa: F401 - fixtures
from tests.hosts.test_archives import a_run, bucket  # noqa: F401


def test_names_that_are_paths_or_hide_stay_there(bucket, short):  # noqa: F811
    """An archive holds names that are paths, hidden, object and folder at once, and a link's text as a document."""
    good = a_run(short, "a")
    bucket.put_run(good)
    run, lines = (good / "run.json").read_bytes(), (good / "epochs.jsonl").read_bytes()
    keys = (
        "../x/run.json ../../run.json /etc/run.json .hid/run.json a%b/run.json é/run.json -o/run.json a//run.json "
        "a/../../../../tmp/run.json a/acks/../../x.json a/acks//etc/x.json a/acks/.x.json a/deep/er/epochs.jsonl "
        "a/passwd a/writer.lock/x a:b/run.json"
    )
    for key in keys.split():
        bucket.client.put_object(Bucket=bucket.name, Key=f"runs/{key}", Body=run)
    bucket.put("a/acks/ok-1.json", b"{}")
    bucket.put("a/epochs.jsonl/x", lines)  # a name that is an object and a folder
    bucket.put("b/epochs.jsonl/", b"")  # a folder for a file
    bucket.put("b/run.json", b"../../../etc/passwd")  # what a link would hold is only its text
    folder = folders_of([bucket.runs]).all[0]
    said = bring(folder, "a")
    assert said == ""
    place = archive_of(bucket.runs)
    found = {str(path.relative_to(folder.path)) for path in folder.path.rglob("*") if path.is_file()}
    assert {name for name in found if name.startswith("a/")} <= {
        f"a/{name}" for name in (*wire.DOCUMENTS, *wire.LINES, "acks/ok-1.json")
    }
    assert {name.partition("/")[0] for name in found} == {"a", "b"} and "a/acks/ok-1.json" in found
    assert (folder.path / "a" / "epochs.jsonl").read_bytes() == lines
    assert not any(path.is_symlink() for path in place.rglob("*"))
    assert {path.name for path in place.parent.iterdir()} == {place.name}


class Odd(fsspec.get_filesystem_class("memory")):
    """A store in memory whose listing lies."""

    cachable = False
    sizes: dict[str, int] = {}  # noqa: RUF012
    reads: list[str] = []  # noqa: RUF012

    def ls(self, path, detail=True, **how):
        found = super().ls(path, detail=True)
        return [{**entry, "size": self.sizes.get(entry["name"].rpartition("/")[2], entry["size"])} for entry in found]

    def cat_file(self, path, start=None, end=None, **how):
        self.reads.append(path)
        return super().cat_file(path, start=start, end=end)


@pytest.fixture
def odd(short, monkeypatch):  # noqa: F811
    fs = Odd()
    fs.store.clear()
    fs.pseudo_dirs[:] = [""]
    monkeypatch.setattr(Odd, "sizes", {})
    monkeypatch.setattr(Odd, "reads", [])
    monkeypatch.setattr(Store, "at", classmethod(lambda cls, address: cls(fs, "/lab/runs", address)))

    def put(run, **documents):
        for name, data in documents.items():
            fs.pipe_file(f"/lab/runs/{run}/{name.replace('__', '.')}", data)

    return fs, put, folders_of(["s3://lab/runs"]).all[0]


RUN = b'{"run_id":"a","created_at":1.0}'


def test_giants_are_cut_or_left_there_and_said(odd, monkeypatch):
    """An archive holds files of lines and documents above the limits."""
    fs, put, folder = odd
    monkeypatch.setattr(wire, "MOST_LINES_BYTES", 2 << 20)
    line = b'{"epoch":1,"val_loss":1.0}\n'
    put("a", run__json=RUN, epochs__jsonl=line * 200_000, launch__json=b" " * ((16 << 20) + 1))
    said = bring(folder, "a")
    assert said == "a/epochs.jsonl is larger than 2 MiB: the rest is left there."
    assert (folder.path / "a" / "epochs.jsonl").stat().st_size == 2 << 20
    assert not (folder.path / "a" / "launch.json").exists() and not any("launch" in path for path in fs.reads)


def test_a_size_that_is_not_true_is_a_sentence_and_no_loop(odd):
    """An archive's listing gives a size of a terabyte that is not true."""
    fs, put, folder = odd
    put("a", run__json=RUN, epochs__jsonl=b'{"epoch":1}\n')
    put("b", run__json=RUN)
    Odd.sizes["epochs.jsonl"] = 1 << 40
    said = bring(folder, "a")
    assert said.startswith("Of 1 run not all could be read, such as a: a/epochs.jsonl has changed while it was read.")
    assert (folder.path / "b" / "run.json").exists() and len(fs.reads) < 10


def test_thousands_of_objects_and_runs_are_listed_once_and_only_known_ones_read(odd, monkeypatch):
    """An archive holds thousands of objects, folders and acknowledgements."""
    fs, put, folder = odd
    put("a", run__json=RUN)
    for number in range(5_000):
        fs.store[f"/lab/runs/a/ckpt-{number:06d}.pt"] = fs.store["/lab/runs/a/run.json"]
        fs.store[f"/lab/runs/a/acks/{number:06d}.json"] = fs.store["/lab/runs/a/run.json"]
    bring(folder, "a")
    assert len(fs.reads) == 1 + wire.MOST_IN_FOLDER
    monkeypatch.setattr(wire, "MOST_RUNS", 3)
    for name in ("b", "c", "d", "e", "f", "x\ny", "..", "a b"):
        put(name, run__json=RUN)
    assert "It has 6 folders, of which the first 3 are read." in bring(folder)
    assert sorted(path.name for path in folder.path.iterdir()) == ["a", "b", "c"]


def test_what_is_kept_here_has_an_end(odd, monkeypatch):
    """An archive is larger than what may be kept of it here."""
    _, put, folder = odd
    monkeypatch.setattr(archive, "KEPT_BYTES", 10_000)
    lines = b'{"epoch":1,"val_loss":1.0}\n' * 300
    for name in ("a", "b"):
        put(name, run__json=RUN, epochs__jsonl=lines)
    put("c", run__json=RUN)
    bring(folder, "a")
    bring(folder, "b")
    feeding = bringing._Straight(Store.at(folder.there), bringing.Mirror(folder.path.parent))
    feeding._say_names(["a", "b", "c"])
    for have in feeding._mirror.have():
        feeding.take(have)
    feeding._wanted_at["b"] = time.monotonic()
    feeding._trim(time.monotonic())
    assert [(folder.path / name / "epochs.jsonl").exists() for name in "ab"] == [False, True]
    assert all((folder.path / name / "run.json").exists() for name in "abc") and not feeding._is_full
    monkeypatch.setattr(archive, "KEPT_BYTES", 10)
    feeding._trim(time.monotonic())
    assert feeding._is_full and feeding._due_rows(time.monotonic()) == []
    assert "What is kept of it here has reached" in feeding.problem()


def test_an_object_is_told_from_its_next_version_by_its_mark():
    """Not an attack: an object is known by its etag and time."""
    at = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    first, second = ({"LastModified": at, "ETag": tag} for tag in ('"1"', '"2"'))
    assert archive._mark(first) == archive._mark(dict(first)) != archive._mark(second)
    assert archive._mark(first) // 10**9 == int(at.timestamp())
    assert archive._mark({}) >= 0
