"""A file that grows, is cut, moved and begun anew: every byte once, in order."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.importers.free_text.scan import scan
from monitor.importers.growing import GrowingFile
from monitor.importers.lines import Lines
from monitor.run_dir.errors import UnreadableRunError
from monitor.supervisor.ending import error_at_end


def read_all(file, piece=7):
    parts = []
    while part := file.read(piece):
        parts.append(part)
    return b"".join(parts)


def append(path, data):
    with path.open("ab") as stream:
        stream.write(data)


def test_nothing_new_costs_nothing_and_a_missing_file_is_waited_for(tmp_path):
    file = GrowingFile(tmp_path / "later.log")
    assert file.read(100) == b""
    append(tmp_path / "later.log", b"one\n")
    assert (file.read(100), file.read(100)) == (b"one\n", b"")


def test_a_file_that_was_moved_is_read_to_its_end_before_the_new_one(tmp_path):
    path = tmp_path / "train.log"
    append(path, b"one\n")
    file = GrowingFile(path)
    assert read_all(file) == b"one\n"
    append(path, b"two\n")
    path.rename(tmp_path / "train.log.1")
    append(path, b"three\n")
    assert read_all(file) == b"two\n\nthree\n"


def test_a_file_that_was_moved_while_nobody_was_here_is_found_again(tmp_path):
    path = tmp_path / "train.log"
    append(path, b"one\ntwo\n")
    file = GrowingFile(path)
    assert file.read(4) == b"one\n"
    place, tail = file.place()
    file.close()
    path.rename(tmp_path / "train.log.1")
    append(path, b"three\n")
    assert read_all(GrowingFile(path, place, tail)) == b"two\n\nthree\n"


def test_a_file_that_was_cut_and_has_grown_beyond_the_place_is_read_from_its_beginning(tmp_path):
    path = tmp_path / "train.log"
    append(path, b"one\n")
    file = GrowingFile(path)
    read_all(file)
    os.truncate(path, 0)
    append(path, b"another run, longer than before\n")
    assert read_all(file) == b"\nanother run, longer than before\n"


def test_the_hole_that_a_writer_leaves_after_a_truncation_is_no_text(tmp_path):
    path = tmp_path / "train.log"
    with path.open("wb", buffering=0) as writer:
        writer.write(b"one\n")
        file = GrowingFile(path)
        read_all(file)
        os.truncate(path, 0)
        assert file.read(100) == b""
        writer.write(b"two\n")
    assert read_all(file).strip() == b"two"


HOLE = 50 << 30


@pytest.mark.parametrize("code", ["utf-8", "utf-16-le"])
def test_a_hole_of_50_gb_is_passed_over_and_what_stands_behind_it_is_read(tmp_path, code):
    path = tmp_path / "train.log"
    append(path, ("\ufeff" * (code != "utf-8") + "one\n").encode(code))
    file = GrowingFile(path)
    assert read_all(file, 4096) == b"one\n"
    os.truncate(path, HOLE)
    assert file.read(4096) == b"", "the hole reaches to the end"
    assert file.place()[0].offset == HOLE
    append(path, "two\n".encode(code))
    os.truncate(path, 2 * HOLE)
    append(path, "three\n".encode(code))
    assert read_all(file, 4096).strip(b"\0") == b"two\nthree\n"
    place, tail = file.place()
    append(path, "four\n".encode(code))
    assert read_all(GrowingFile(path, place, tail), 4096) == b"four\n"


def test_written_zeros_are_passed_over_a_share_at_a_reading(tmp_path, monkeypatch):
    monkeypatch.setattr("monitor.importers.growing.MOST_ZEROS", 1 << 16)
    path = tmp_path / "train.log"
    append(path, b"one\n" + b"\0" * (1 << 20) + b"two\n")
    file = GrowingFile(path)
    parts = [file.read(4096) for _ in range(20)]
    assert parts[1] == b"" and b"".join(parts) == b"one\ntwo\n"


def test_a_log_and_a_table_with_a_hole_of_50_gb_are_read_to_their_end(tmp_path):
    log, table = tmp_path / "train.log", tmp_path / "history.csv"
    for path, head, line in (
        (log, b"loading\n" * 10_000, "epoch {} loss 1.5 val_loss 2.5\n"),
        (table, b"", "{},2.5\n"),
    ):
        append(path, head + "".join(line.format(at) for at in range(1, 5)).encode())
        os.truncate(path, HOLE)
        append(path, b"\n" + "".join(line.format(at) for at in range(5, 9)).encode())
    assert [row.epoch for row in scan(log).rows] == list(range(1, 9))
    read = [text for _, text in Lines(table).read()]
    assert read[:4] == [f"{at},2.5" for at in range(1, 5)] and read[-4:] == [f"{at},2.5" for at in range(5, 9)]


def test_a_later_reading_begins_before_an_unfinished_line(tmp_path):
    path = tmp_path / "train.log"
    append(path, b"one\nunfin")
    file = GrowingFile(path)
    read_all(file)
    place, tail = file.place(b"x" * 5)
    append(path, b"ished\n")
    assert read_all(GrowingFile(path, place, tail)) == b"unfinished\n"


@pytest.mark.parametrize("code", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("piece", [1, 3, 4, 100])
def test_a_file_in_utf_16_comes_in_utf_8_also_in_pieces_and_to_who_goes_on(tmp_path, code, piece):
    path = tmp_path / "train.log"
    text = "Époque 1 – 損失 2.5 😀\nÉpoque 2 – 損失 2.25\nunfinish"
    append(path, ("\ufeff" + text).encode(code))
    file = GrowingFile(path)
    assert read_all(file, piece).decode() == text
    place, tail = file.place(b"unfinish")
    append(path, "ed\nlast\n".encode(code))
    assert read_all(GrowingFile(path, place, tail), piece) == b"unfinished\nlast\n"
    file = GrowingFile(path)
    file.open()
    assert file.pass_over(2 * len("ed\nlast\n")) > 0 and read_all(file, piece).strip() == b"last"


def test_a_log_in_utf_16_that_is_moved_away_and_begun_in_utf_8_goes_on(tmp_path):
    path = tmp_path / "train.log"
    append(path, "\ufeffone\n".encode("utf-16-le"))
    file = GrowingFile(path)
    assert read_all(file) == b"one\n"
    path.rename(tmp_path / "train.log.1")
    append(path, b"two\n")
    assert read_all(file) == b"\ntwo\n"


@given(st.lists(st.sampled_from(["append", "read", "rotate", "reopen"]), max_size=25))
@settings(max_examples=60, deadline=None)
def test_whatever_happens_between_two_readings_each_line_comes_once(tmp_path_factory, steps):
    path = tmp_path_factory.mktemp("log") / "train.log"
    path.touch()
    file = GrowingFile(path)
    seen, written = b"", 0
    for number, step in enumerate(steps):
        if step == "append":
            append(path, b"line %d\n" % written)
            written += 1
        elif step == "read":
            seen += read_all(file)
        elif step == "rotate":
            seen += read_all(file)
            path.rename(path.with_name(f"train.log.{number}"))
            path.touch()
        else:
            place, tail = file.place()
            file.close()
            file = GrowingFile(path, place, tail)
    seen += read_all(file)
    assert [line for line in seen.split(b"\n") if line] == [b"line %d" % number for number in range(written)]


@pytest.mark.parametrize("life", ["from the first", "in its place"])
def test_a_pipe_is_never_waited_for_and_a_log_behind_a_link_is_read(tmp_path, life):
    path = tmp_path / "train.log"
    append(tmp_path / "real.log", b"one\n")
    file = GrowingFile(path)
    if life == "in its place":
        path.symlink_to(tmp_path / "real.log")
        assert read_all(file) == b"one\n"
        path.unlink()
    os.mkfifo(path)
    assert read_all(file) == b""
    assert error_at_end(path) is None
    with pytest.raises(UnreadableRunError, match="no regular file"):
        scan(path)
    with pytest.raises(UnreadableRunError, match="is no file"):
        list(Lines(path).read())
    path.unlink()
    append(path, b"two\n")
    assert read_all(file).strip() == b"two"
