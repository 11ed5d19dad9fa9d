"""Appending, replacing, creating and tailing files: what the whole product's promise of losing nothing rests on."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.run_dir import Step, files
from monitor.run_dir.records import encode_line


def test_an_append_is_one_line_at_the_end(tmp_path):
    out = files.AppendFile(tmp_path / "a.jsonl")
    out.append(b"one\n")
    out.append(b"two\n", sync=True)
    out.close()
    assert (tmp_path / "a.jsonl").read_bytes() == b"one\ntwo\n"


def test_a_line_that_a_killed_writer_left_torn_gets_a_line_of_its_own(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'{"epoch":1}\n{"epo')
    files.AppendFile(tmp_path / "a.jsonl").append(b'{"epoch":2}\n')
    assert (tmp_path / "a.jsonl").read_bytes() == b'{"epoch":1}\n{"epo\n{"epoch":2}\n'


def test_a_write_cut_short_raises_and_the_next_one_starts_a_new_line(tmp_path, monkeypatch):
    out = files.AppendFile(tmp_path / "a.jsonl")
    out.append(b"one\n")
    whole = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: whole(descriptor, data[:2]))
    with pytest.raises(OSError, match="2 of 4 bytes"):
        out.append(b"two\n")
    monkeypatch.setattr(os, "write", whole)
    out.append(b"two\n")
    assert (tmp_path / "a.jsonl").read_bytes() == b"one\ntw\ntwo\n"


def test_a_device_is_no_file_to_append_to():
    with pytest.raises(OSError):
        files.AppendFile(Path("/dev/full")).append(b"x\n")


def test_a_replaced_file_is_the_old_one_or_the_new_one_for_every_reader(tmp_path):
    path, seen, done = tmp_path / "state.json", set(), threading.Event()
    contents = [bytes([65 + number]) * 5000 for number in range(20)]
    files.replace(path, contents[0])

    def read():
        while not done.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(10):
        for content in contents:
            files.replace(path, content)
    done.set()
    reader.join()
    assert seen <= set(contents)
    assert [entry.name for entry in tmp_path.iterdir()] == ["state.json"], "something was left lying about"


def test_a_replacement_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "state.json"
    files.replace(path, b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.replace(path, b"new")
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_only_one_of_many_creators_wins_and_its_content_is_whole(tmp_path):
    path, won = tmp_path / "request.json", []
    start = threading.Barrier(8)

    def create(number):
        start.wait()
        if files.create(path, bytes([65 + number]) * 1000):
            won.append(number)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert path.read_bytes() == bytes([65 + won[0]]) * 1000
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_that_is_not_there_is_none(tmp_path):
    assert files.read_bytes(tmp_path / "x") is None
    assert files.read_bytes(tmp_path / "x" / "y") is None


LINES = st.lists(st.binary(max_size=30).map(lambda data: data.replace(b"\n", b"")), max_size=20)


@settings(max_examples=150, deadline=None)
@given(LINES, st.data())
def test_a_tail_gives_every_whole_line_once_however_the_bytes_arrive(tmp_path_factory, lines, data):
    path = tmp_path_factory.mktemp("tail") / "a.jsonl"
    content = b"".join(line + b"\n" for line in lines) + data.draw(st.sampled_from([b"", b"torn"]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=6)))
    tail, got = files.LineTail(path), []
    for begin, end in zip([0, *cuts], [*cuts, len(content)], strict=True):
        with path.open("ab") as file:
            file.write(content[begin:end])
        found = tail.read()
        assert not found.restarted
        assert found.first_line == len(got) + 1
        got += found.lines
    assert got == lines


def test_a_tail_costs_what_is_new(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"x" * 99 + b"\n")
    tail = files.LineTail(path)
    tail.read()
    for _ in range(1000):
        tail.read()
    with path.open("ab") as file:
        file.write(b"y\n")
    assert tail.read().lines == [b"y"]
    assert tail.bytes_read == 102


@pytest.mark.parametrize("how", ["cut short", "replaced", "removed and written again"])
def test_another_file_under_the_same_name_is_a_new_life(tmp_path, how):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"one\ntwo\n")
    tail = files.LineTail(path)
    tail.read()
    if how == "cut short":
        path.write_bytes(b"1\n")
    elif how == "replaced":
        files.replace(path, b"1\n2\n3\n4\n")
    else:
        path.unlink()
        assert tail.read().restarted
        path.write_bytes(b"1\n")
        assert tail.read().lines == [b"1"]
        return
    found = tail.read()
    assert found.restarted and found.first_line == 1 and found.lines[0] == b"1"


def test_many_processes_may_append_without_mixing_their_lines(tmp_path):
    code = (
        "import sys; from pathlib import Path; from monitor.run_dir.files import AppendFile\n"
        "out = AppendFile(Path(sys.argv[1]))\n"
        "for n in range(200): out.append(sys.argv[2].encode() * 300 + b'\\n')\n"
    )
    path = tmp_path / "a.jsonl"
    started = [subprocess.Popen([sys.executable, "-c", code, str(path), letter]) for letter in "ab"]
    assert [process.wait(60) for process in started] == [0, 0]
    assert sorted(set(path.read_bytes().split(b"\n"))) == [b"", b"a" * 300, b"b" * 300]


def test_the_records_at_the_end_of_a_file_are_whole_ones_only(tmp_path):
    path = tmp_path / "steps.jsonl"
    assert files.last_records(path, 1000, Step) == []
    lines = [encode_line(Step(step=number, train_loss=1.0)) for number in range(1, 6)]
    path.write_bytes(b"".join(lines) + b"{no record}\n" + lines[0][:9])
    assert [step.step for step in files.last_records(path, 10_000, Step)] == [1, 2, 3, 4, 5]
    # Where the file is longer than what is read, its first line there may be the end of one.
    room = len(lines[4]) + len(b"{no record}\n") + 9
    assert [step.step for step in files.last_records(path, room + 3, Step)] == [5]
    assert files.last_records(tmp_path, 1000, Step) == []
    assert files.last_lines(path, 12) == [lines[0][:9]]
