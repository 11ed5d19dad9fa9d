"""One event file of TensorBoard, built here byte by byte."""

import math
import struct

import pytest

from monitor.importers.formats import event_file
from monitor.importers.formats.event_file import EventFile
from monitor.run_dir.crc32c import masked_crc32c
from monitor.run_dir.errors import UnreadableRunError


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def part(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def framed(message, *, checksum=None):
    length = struct.pack("<Q", len(message))
    sums = [struct.pack("<I", masked_crc32c(data)) for data in (length, message)]
    return length + sums[0] + message + (sums[1] if checksum is None else checksum)


def value(tag, number):
    return part(1, part(1, tag.encode()) + varint(2 << 3 | 5) + struct.pack("<f", number))


def tensor(tag, kind, content, plugin=b"scalars"):
    about = part(9, part(1, part(1, plugin)))
    return part(1, part(1, tag.encode()) + part(8, varint(1 << 3) + varint(kind) + part(4, content)) + about)


def event(*values, step=3, at=17.5):
    where = varint(2 << 3) + varint(step % 2**64)
    return varint(1 << 3 | 1) + struct.pack("<d", at) + where + part(5, b"".join(values))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.out.tfevents.1"


def rows(file):
    return [(dict(row.values), row.at) for row in file.rows()]


def test_an_empty_file_has_no_rows_and_is_whole(path):
    path.touch()
    file = EventFile(path, "")
    assert (rows(file), file.cut_off(), file.offset) == ([], "", 0)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(UnreadableRunError, match="is no file"):
        EventFile(tmp_path, "")


def test_scalars_of_both_generations_have_their_step_and_their_time(path):
    new = tensor("acc", 1, struct.pack("<f", 0.5)), tensor("wer", 2, struct.pack("<d", 0.25))
    path.write_bytes(framed(event(value("loss", 2.5), *new)))
    assert rows(EventFile(path, "")) == [({"loss": 2.5, "acc": 0.5, "wer": 0.25, "step": 3.0}, 17.5)]


def test_numbers_that_are_none_and_steps_below_zero_come_as_they_are(path):
    path.write_bytes(framed(event(value("loss", math.nan), step=-1)))
    [(found, _)] = rows(EventFile(path, ""))
    assert math.isnan(found["loss"]) and found["step"] == -1.0


def test_pictures_texts_and_lists_of_numbers_are_no_scalars(path):
    picture = tensor("image", 1, struct.pack("<f", 1.0), b"images")
    many = tensor("pr", 1, struct.pack("<ff", 1.0, 2.0))
    path.write_bytes(framed(event(picture, many, tensor("text", 7, b"abcd"))) + framed(varint(1 << 3 | 1) + bytes(8)))
    file = EventFile(path, "")
    assert (rows(file), file.events, file.cut_off()) == ([], 2, "")


def test_what_is_new_is_read_at_every_call_and_a_torn_record_waits(path):
    first, second = framed(event(value("loss", 2.5), step=1)), framed(event(value("loss", 2.0), step=2))
    path.write_bytes(first + second[:-3])
    file = EventFile(path, "")
    assert [found["step"] for found, _ in rows(file)] == [1]
    assert file.cut_off() == f"{len(second) - 3} bytes behind event 1 are cut off or damaged"
    path.write_bytes(first + second)
    assert [found["step"] for found, _ in rows(file)] == [2] and file.cut_off() == ""


def test_a_damaged_scalar_is_left_out_and_told_and_what_follows_is_read(path):
    good = framed(event(value("loss", 2.0)))
    path.write_bytes(framed(event(value("loss", 2.5)), checksum=b"\0" * 4) + framed(b"\x2a\xff") + good)
    file = EventFile(path, "")
    assert len(rows(file)) == 1 and file.cut_off() == "event 2 is damaged"


def test_a_damaged_length_ends_the_file(path):
    path.write_bytes(b"\1" + framed(event(value("loss", 2.5)))[1:] + framed(event(value("loss", 2.0))))
    file = EventFile(path, "")
    assert rows(file) == [] and "cut off or damaged" in file.cut_off()


def test_a_record_that_is_too_long_is_passed_over_once_it_is_whole(path, monkeypatch):
    monkeypatch.setattr(event_file, "LONGEST_RECORD", 100)
    long, after = framed(event(value("x" * 200, 1.0))), framed(event(value("loss", 2.0)))
    path.write_bytes(long[:-1])
    file = EventFile(path, "")
    assert rows(file) == [] and file.events == 0
    path.write_bytes(long + after)
    assert [found["loss"] for found, _ in rows(file)] == [2.0] and file.events == 2


def test_the_folder_becomes_a_part_of_the_name_unless_the_tag_says_it(path):
    path.write_bytes(framed(event(value("loss", 2.5), value("Loss", 2.0))))
    assert {"validation/loss", "validation/Loss"} <= rows(EventFile(path, "validation"))[0][0].keys()
    assert "loss_train" in rows(EventFile(path, "loss_train"))[0][0]
