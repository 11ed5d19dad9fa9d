"""A run directory → a frozen snapshot: at the cost of what is new, whatever stands in the files."""

import json
import os
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.run_dir import PROGRESS_FILE, Epoch, Progress, Run, encode, encode_line, files
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.reader import RunReader, is_run, list_runs, nearest


@pytest.fixture
def run_dir(tmp_path):
    folder = tmp_path / "runs" / "teacher"
    folder.mkdir(parents=True)
    (folder / "run.json").write_bytes(encode(Run(run_id="teacher", name="A teacher")))
    return folder


def append(run_dir, *epochs, file="epochs.jsonl", generation=1):
    with (run_dir / file).open("ab") as out:
        for epoch in epochs:
            out.write(encode_line(Epoch(epoch=epoch, train_loss=1.0, generation=generation)))


def epochs_of(snapshot):
    return [record.epoch for record in snapshot.epochs]


def test_records_come_in_as_they_are_written(run_dir):
    reader = RunReader(run_dir)
    append(run_dir, 1, 2)
    first = reader.read(1.0)
    append(run_dir, 3)
    second = reader.read(2.0)
    assert (epochs_of(first), epochs_of(second)) == ([1, 2], [1, 2, 3])
    assert second.seq > first.seq and second.life == first.life
    assert (first.run.name, second.read_at) == ("A teacher", 2.0)


def test_a_snapshot_cannot_be_changed(run_dir):
    append(run_dir, 1)
    seen = RunReader(run_dir).read(1.0)
    with pytest.raises(AttributeError):
        seen.seq = 5
    with pytest.raises(AttributeError):
        seen.epochs[0].epoch = 5


def test_nothing_new_is_nothing_read_and_the_same_moment(run_dir):
    append(run_dir, *range(1, 500))
    reader = RunReader(run_dir)
    before = reader.read(1.0)
    read = reader.bytes_read
    for _ in range(50):
        assert reader.read(2.0).seq == before.seq
    assert reader.bytes_read == read
    append(run_dir, 500)
    reader.read(3.0)
    assert reader.bytes_read - read < 200


def test_an_unfinished_last_line_waits(run_dir):
    append(run_dir, 1)
    with (run_dir / "epochs.jsonl").open("ab") as out:
        out.write(b'{"epoch":2,"train_')
    reader = RunReader(run_dir)
    assert epochs_of(reader.read(1.0)) == [1]
    with (run_dir / "epochs.jsonl").open("ab") as out:
        out.write(b'loss":0.5}\n')
    seen = reader.read(2.0)
    assert epochs_of(seen) == [1, 2] and seen.problems == ()


def test_a_malformed_line_is_counted_with_its_number_and_the_rest_is_read(run_dir):
    append(run_dir, 1)
    with (run_dir / "epochs.jsonl").open("ab") as out:
        out.write(b'{"epo\n\xff\xfe\n\n{"epoch": "x"}\n')
    append(run_dir, 2)
    seen = RunReader(run_dir).read(1.0)
    assert epochs_of(seen) == [1, 2]
    assert [(problem.file, problem.line) for problem in seen.problems] == [("epochs.jsonl", n) for n in (2, 3, 5)]
    assert all(problem.reason for problem in seen.problems)


def test_a_torn_document_keeps_the_last_good_one(run_dir):
    reader = RunReader(run_dir)
    assert reader.read(1.0).run.name == "A teacher"
    (run_dir / "run.json").write_bytes(b'{"run_id": "tea')
    seen = reader.read(2.0)
    assert seen.run.name == "A teacher"
    assert [problem.file for problem in seen.problems] == ["run.json"]


def test_a_file_cut_short_is_a_new_life(run_dir):
    append(run_dir, 1, 2, 3)
    reader = RunReader(run_dir)
    before = reader.read(1.0)
    (run_dir / "epochs.jsonl").write_bytes(encode_line(Epoch(epoch=1)))
    after = reader.read(2.0)
    assert after.life == before.life + 1 and epochs_of(after) == [1]


def test_a_resumed_run_drops_what_it_repeats_and_the_overlap_is_marked(run_dir):
    append(run_dir, 1, 2, 3, 4)
    append(run_dir, 3, 4, 5, generation=2)
    seen = RunReader(run_dir).read(1.0)
    assert [(record.epoch, record.generation) for record in seen.epochs] == [(1, 1), (2, 1), (3, 2), (4, 2), (5, 2)]
    assert (seen.overlaps, seen.resumed_at) == ((3.0, 4.0), (3.0,))


def test_a_run_of_records_only_and_one_of_a_launch_only_are_runs(tmp_path):
    for name in ("epochs.jsonl", "launch.json"):
        folder = tmp_path / name.partition(".")[0]
        folder.mkdir()
        (folder / name).write_bytes(b"")
        assert is_run(folder)
        RunReader(folder).read(1.0)
    assert list_runs(tmp_path) == ["epochs", "launch"]


def test_a_newer_schema_is_refused_in_one_sentence(run_dir):
    (run_dir / "run.json").write_text(json.dumps({"schema_version": 2, "run_id": "teacher", "new": {}}))
    with pytest.raises(UnreadableRunError, match="newer Vitalsigns"):
        RunReader(run_dir).read(1.0)


def test_a_run_that_is_not_there_names_the_nearest(run_dir):
    with pytest.raises(UnreadableRunError, match="Did you mean teacher"):
        RunReader(run_dir.parent / "teachr").read(1.0)
    assert nearest(run_dir.parent, "teachr") == "teacher"


def test_a_folder_that_is_no_run_says_what_is_missing(tmp_path):
    with pytest.raises(UnreadableRunError, match=r"no run\.json, launch\.json or epochs\.jsonl"):
        RunReader(tmp_path).read(1.0)


def test_the_list_of_a_folder_that_is_not_there_is_empty_and_of_a_file_is_a_sentence(tmp_path):
    assert list_runs(tmp_path / "nowhere") == []
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UnreadableRunError, match="Cannot read"):
        list_runs(tmp_path / "file")


def test_a_run_that_vanishes_while_it_is_watched_is_a_sentence(run_dir):
    reader = RunReader(run_dir)
    reader.read(1.0)
    os.rename(run_dir, run_dir.with_name("trash"))  # noqa: PTH104
    with pytest.raises(UnreadableRunError, match="is not there"):
        reader.read(2.0)


FILES = ("epochs.jsonl", "steps.jsonl", "clips.jsonl", "decodes.jsonl", "alerts.jsonl", "state.json", "progress.json")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(FILES), st.binary(max_size=200))
def test_no_content_of_any_file_stops_the_reader(tmp_path_factory, name, content):
    folder = tmp_path_factory.mktemp("runs") / "r"
    folder.mkdir()
    append(folder, 1)
    with (folder / name).open("ab") as out:
        out.write(content + b"\n")
    assert 1 in epochs_of(RunReader(folder).read(time.time()))


def beat(run_dir, at):
    files.replace(run_dir / PROGRESS_FILE, encode(Progress(heartbeat_at=at, epoch=int(at))))


def test_the_age_of_a_heartbeat_is_watched_and_not_computed_from_clocks_that_jump(run_dir):
    steady = [1000.0]
    reader = RunReader(run_dir, tick=lambda: steady[0])
    assert reader.read(now=50.0).silent_secs is None
    beat(run_dir, 50.0)
    assert reader.read(now=53.0).silent_secs == 3.0, "at the first look only the wall clock knows"
    steady[0] += 20
    assert reader.read(now=53.0 - 3600).silent_secs == 20.0, "set back by an hour: what was watched in vain counts"
    beat(run_dir, 60.0)
    reader.read(now=61.0)
    steady[0] += 4
    assert reader.read(now=61.0 + 3600).silent_secs == 4.0, "set forward by an hour"
    assert reader.read(now=61.0 - 3600).silent_secs == 4.0


def test_a_heartbeat_from_the_future_has_no_age_until_it_was_watched(run_dir):
    beat(run_dir, 5000.0)
    steady = [0.0]
    reader = RunReader(run_dir, tick=lambda: steady[0])
    assert reader.read(now=1000.0).silent_secs == -4000.0
    steady[0] += 60
    assert reader.read(now=1060.0).silent_secs == 60.0
