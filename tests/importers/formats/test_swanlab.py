"""An offline run of SwanLab, with records in protobuf and in JSON."""

import json
import struct
from pathlib import Path

import pytest

from monitor.importers.formats.swanlab import SwanLab
from monitor.importers.items import Row, Unread
from tests.foreign import _field, _varint, leveldb_log

AT = 1_704_067_200


def log(folder, *records, version=2, name="run-abc.swanlab"):
    path = folder / "run-1" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b":SWL" + struct.pack("<HB", 0xBEE1, version) + leveldb_log(records)[7:])
    return path


def scalar(key, value, step, at=AT):
    number = _field(5, b"\x09" + struct.pack("<d", value)) if value else b""
    return _field(13, _field(1, key.encode()) + b"\x10" + _varint(step) + _field(4, b"\x08" + _varint(at)) + number)


def as_json(kind, **data):
    return json.dumps({"model_type": kind, "data": data}).encode()


def json_scalar(key, value, step):
    return as_json("Scalar", key=key, step=step, metric={"data": value, "create_time": "2024-01-01T00:00:00+00:00"})


def test_the_scalars_of_one_step_are_one_row(tmp_path):
    path = log(tmp_path, scalar("loss", 2.5, 1), scalar("zero", 0.0, 1), scalar("__swanlab__.gpu", 9.0, 1))
    assert list(SwanLab(path).items()) == [Row(1, {"loss": 2.5, "zero": 0.0, "step": 1.0}, float(AT))]
    (row,) = SwanLab(log(tmp_path, scalar("loss", float("nan"), 4))).items()
    assert row.values["loss"] != row.values["loss"] and row.values["step"] == 4.0


@pytest.mark.parametrize(("state", "outcome"), [(1, "finished"), (2, "failed"), (3, "stopped"), (7, None)])
def test_the_records_around_them_give_the_name_and_how_it_ended(state, outcome, tmp_path):
    found = SwanLab(log(tmp_path, _field(10, _field(4, b"owl")), _field(11, b"\x08" + _varint(state))))
    assert (found.run_name, found.outcome) == ("run-1", None)
    assert list(found.items()) == [] and (found.run_name, found.outcome) == ("owl", outcome)


def test_records_in_json_say_the_same(tmp_path):
    path = log(
        tmp_path,
        as_json("Experiment", name="owl"),
        json_scalar("loss", 2.5, 1),
        json_scalar("wer", "NaN", 1),
        json_scalar("note", "x", 1),
        as_json("Log", text="hello"),
        as_json("Footer", success=False),
        version=1,
        name="backup.swanlab",
    )
    found = SwanLab(path)
    (row,) = found.items()
    assert row.values.keys() == {"loss", "wer", "step"} and (row.values["loss"], row.at) == (2.5, float(AT))
    assert (found.run_name, found.outcome) == ("owl", "failed")
    done = SwanLab(log(tmp_path, as_json("Footer", success=True), version=1))
    assert list(done.items()) == [] and done.outcome == "finished"


@pytest.mark.parametrize(
    ("version", "broken"),
    [(2, b"\x0f"), (2, _field(13, b"\x10\x01")), (1, b"{"), (1, b"[1]"), (1, as_json("Scalar", key="a")), (1, b"{}")],
)
def test_a_damaged_record_is_told_behind_the_rows(version, broken, tmp_path):
    good = scalar("loss", 2.5, 1) if version == 2 else json_scalar("loss", 2.5, 1)
    row, odd = SwanLab(log(tmp_path, broken, good, version=version)).items()
    assert row.values["loss"] == 2.5 and odd == Unread(1, "the record is damaged")


def test_a_torn_end_is_told(tmp_path):
    path = log(tmp_path, scalar("loss", 2.5, 1), scalar("loss", 2.0, 2))
    path.write_bytes(path.read_bytes()[:-3])
    row, odd = SwanLab(path).items()
    assert row.values["loss"] == 2.5 and odd == Unread(1, "the end of the file is cut off")


def test_while_it_grows_the_last_step_waits_until_the_run_has_ended(tmp_path):
    records = [scalar("a", 1.0, 1)]
    reading = SwanLab(log(tmp_path, *records), follow=True)
    assert list(reading.items()) == []
    log(tmp_path, *records, scalar("b", 2.0, 1))
    assert list(reading.items()) == []
    assert [row.values for row in reading.rest()] == [{"a": 1.0, "b": 2.0, "step": 1.0}]
    ended = SwanLab(log(tmp_path, *records, _field(11, b"\x08\x01")), follow=True)
    assert [row.values for row in ended.items()] == [{"a": 1.0, "step": 1.0}]


def test_the_settings_beside_it_are_those_of_one_line(tmp_path):
    path = log(tmp_path)
    files = path.parent / "files"
    files.mkdir()
    text = (
        "lr:\n  desc: ''\n  sort: 0\n  value: 0.1\nname:\n  value: 'owl'\nempty:\n  value: \nmany:\n  value:\n  - 1\n"
    )
    (files / "config.yaml").write_text(text)
    assert SwanLab(path).config == {"lr": 0.1, "name": "owl"}
    files.rename(tmp_path / "elsewhere")
    assert SwanLab(path).config == {}
    files.symlink_to(tmp_path / "elsewhere")
    assert SwanLab(path).config == {}, "a link may lead anywhere"


def test_it_is_known_by_its_first_bytes_or_the_names_in_a_folder(tmp_path):
    path = log(tmp_path)
    assert SwanLab.fits(path, b":SWL\xe1\xbe\x02") == 1.0
    assert SwanLab.fits(path, b":W&B") == 0.3 and SwanLab.fits(Path("x.log"), b":W&B") == 0.0
    assert SwanLab.fits(tmp_path, b"") == SwanLab.fits(path.parent, b"") == 0.8
    path.rename(path.with_name("backup.swanlab"))
    assert SwanLab.fits(tmp_path, b"") == SwanLab.fits(path.parent, b"") == 0.8
    path.with_name("backup.swanlab").rename(path.with_name("x.log"))
    assert SwanLab.fits(tmp_path, b"") == 0.0
