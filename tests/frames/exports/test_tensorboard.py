"""TensorBoard's event files, read back byte by byte."""

import math
import struct

import pytest

from monitor.frames.exports.points import Point
from monitor.frames.exports.tensorboard import EventFile
from monitor.importers.formats.protobuf_wire import fields, inside
from monitor.run_dir.crc32c import masked_crc32c
from tests.snapshots import snapshot

SEEN = snapshot()


def messages(path):
    """The messages of an event file; both checksums of each must hold."""
    data, found = path.read_bytes(), []
    while data:
        (size,) = struct.unpack_from("<Q", data)
        message = data[12 : 12 + size]
        assert struct.unpack_from("<I", data, 8)[0] == masked_crc32c(data[:8])
        assert struct.unpack_from("<I", data, 12 + size)[0] == masked_crc32c(message)
        found.append(message)
        data = data[16 + size :]
    return found


def events(path):
    """(time, step, name → value) of each event but the first."""
    found = []
    for message in messages(path)[1:]:
        known = dict(fields(message))
        values = {}
        for value in inside(known[5], 1):
            parts = dict(fields(value))
            values[parts[1].decode()] = struct.unpack("<f", parts[2])[0]
        found.append((struct.unpack("<d", known[1])[0], known[2], values))
    return found


@pytest.fixture
def sink(tmp_path):
    made = EventFile(tmp_path / "out", "owl")
    made.begin({"lr": 0.1, "optim": {"b": 1}})
    yield made
    made.close("finished")


def log(sink):
    (path,) = sink.out.glob("events.out.tfevents.*.vitalsigns")
    return path


def test_the_file_begins_with_its_version_and_the_settings_stand_beside_it(sink):
    (first,) = messages(log(sink))
    known = dict(fields(first))
    assert known[3] == b"brain.Event:2" and struct.unpack("<d", known[1])[0] > 1.6e9
    assert (sink.out / "settings.txt").read_text() == 'lr: 0.1\noptim: {"b":1}\n'


def test_what_belongs_to_one_step_is_one_event_and_is_there_at_once(sink):
    sink.write([Point("loss", 2.5, 7, 100.5), Point("wer", 0.5, 7, 100.5), Point("loss", 2.0, 300, 101.0)], SEEN)
    assert events(log(sink)) == [(100.5, 7, {"loss": 2.5, "wer": 0.5}), (101.0, 300, {"loss": 2.0})]


@pytest.mark.parametrize(("value", "kept"), [(1e39, math.inf), (-1e39, -math.inf), (math.inf, math.inf)])
def test_a_number_that_is_too_large_is_infinite(value, kept, sink):
    sink.write([Point("loss", value, 1, 1.0)], SEEN)
    assert events(log(sink))[0][2] == {"loss": kept}


def test_a_value_that_is_none_and_long_names_and_steps_are_kept(sink):
    name = "ä" * 100
    sink.write([Point(name, math.nan, 2**40, 1.0), Point("zero", 0.0, -1, 2.0)], SEEN)
    (_, step, values), (_, below, zero) = events(log(sink))
    assert step == 2**40 and math.isnan(values[name])
    assert below == 2**64 - 1 and zero == {"zero": 0.0}, "a step below 0 as int64 is written"


def test_closing_ends_the_file(tmp_path):
    made = EventFile(tmp_path / "out", "owl")
    made.begin({})
    made.close("failed")
    with pytest.raises(ValueError, match="closed file"):
        made.write([Point("loss", 1.0, 1, 1.0)], SEEN)
