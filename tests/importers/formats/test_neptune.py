"""What neptune-exporter saves: a row for each value, put together by step."""

import datetime
from pathlib import Path

import pytest

pa = pytest.importorskip("pyarrow")
import pyarrow.parquet  # noqa: E402

from monitor.importers.formats import neptune  # noqa: E402
from monitor.importers.formats.neptune import Neptune  # noqa: E402
from monitor.importers.items import NothingYetError, Row  # noqa: E402
from monitor.run_dir.errors import UnreadableRunError  # noqa: E402

AT = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
SCHEMA = pa.schema(
    [
        ("run_id", pa.string()),
        ("attribute_path", pa.string()),
        ("attribute_type", pa.string()),
        ("step", pa.float64()),
        ("timestamp", pa.timestamp("us", "UTC")),
        ("float_value", pa.float64()),
        ("int_value", pa.int64()),
        ("string_value", pa.string()),
        ("bool_value", pa.bool_()),
    ]
)


def point(name, step, value, at=AT):
    kind = {"attribute_path": name, "attribute_type": "float_series"}
    return {**kind, "step": step, "float_value": value, "timestamp": at}


def single(name, kind, value):
    return {"attribute_path": name, "attribute_type": kind, f"{kind}_value": value}


def part(folder, run, number, *rows, schema=SCHEMA):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{run}_part_{number}.parquet"
    table = pa.Table.from_pylist([{"run_id": run, **row} for row in rows], schema=schema)
    pyarrow.parquet.write_table(table, path)
    return path


def test_the_series_of_a_run_are_put_together_by_step_from_all_its_parts(tmp_path):
    path = part(tmp_path, "R-1", 0, point("metrics/loss", 2, 2.25), point("metrics/loss", 1, 2.5))
    part(tmp_path, "R-1", 10, point("wer", 1, float("nan")), point("wer", 3, 0.5, at=None))
    part(tmp_path, "R-2", 0, point("loss", 1, 9.0))
    reading = Neptune(path)
    first, second, third = reading.items()
    assert first.values.pop("wer") != 0.0
    assert first == Row(1, {"loss": 2.5, "step": 1.0}, AT.timestamp())
    assert second == Row(2, {"loss": 2.25, "step": 2.0}, AT.timestamp())
    assert third == Row(3, {"wer": 0.5, "step": 3.0}, 0.0)
    assert reading.places()[path.name].offset == reading.bytes_all() > path.stat().st_size


@pytest.mark.parametrize(
    "other",
    [
        point("sys/x", 1, 1.0),
        point("monitoring/gpu", 1, 1.0),
        point("metrics/a", None, 1.0),
        point("metrics/a", 1, None),
        {"attribute_path": "a", "attribute_type": "histogram_series", "step": 1.0, "float_value": 1.0},
    ],
)
def test_what_is_no_series_of_the_training_gives_no_row(other, tmp_path):
    assert list(Neptune(part(tmp_path, "R-1", 0, other)).items()) == []


def test_single_values_are_the_settings_the_name_and_whether_it_failed(tmp_path):
    rows = [
        single("params/lr", "float", 0.1),
        single("params/depth", "int", 4),
        single("params/on", "bool", True),
        single("monitoring/x", "string", "y"),
        single("sys/name", "string", "owl"),
        single("sys/failed", "bool", True),
    ]
    reading = Neptune(part(tmp_path, "R-1", 0, *rows))
    assert (reading.run_name, reading.outcome) == ("R-1", None)
    assert list(reading.items()) == []
    assert (reading.run_name, reading.outcome) == ("owl", "failed")
    assert reading.config == {"params/lr": 0.1, "params/depth": 4, "params/on": True}
    went_well = Neptune(part(tmp_path / "b", "R-1", 0, single("sys/failed", "bool", False)))
    assert list(went_well.items()) == [] and went_well.outcome is None


def test_of_a_folder_one_run_is_chosen_by_its_id(tmp_path):
    with pytest.raises(NothingYetError):
        Neptune(tmp_path)
    assert Neptune.fits(tmp_path, b"") == 0.0
    part(tmp_path / "speech", "R-1", 0, point("loss", 1, 1.0))
    (tmp_path / "speech" / "mine.parquet").write_bytes(b"PAR1")
    (tmp_path / "speech" / "R-9_part_0.parquet").symlink_to(tmp_path / "speech" / "R-1_part_0.parquet")
    assert Neptune.fits(tmp_path, b"") == Neptune.fits(tmp_path / "speech", b"") == 0.7
    assert [row.values["loss"] for row in Neptune(tmp_path).items()] == [1.0]
    part(tmp_path / "speech", "R-2", 0, point("loss", 1, 2.0))
    with pytest.raises(UnreadableRunError, match="holds 2 runs: R-1, R-2"):
        Neptune(tmp_path)
    assert [row.values["loss"] for row in Neptune(tmp_path / "R-2").items()] == [2.0]


def test_a_torn_part_is_an_error_with_its_reason_and_hinders_no_other_run(tmp_path):
    torn = part(tmp_path, "R-1", 0, point("loss", 1, 1.0))
    torn.write_bytes(torn.read_bytes()[:-9])
    part(tmp_path, "R-2", 0, point("loss", 1, 2.0))
    with pytest.raises(UnreadableRunError, match=r"R-1_part_0\.parquet cannot be read: Parquet magic bytes not found"):
        list(Neptune(torn).items())
    with pytest.raises(UnreadableRunError, match="holds 2 runs: R-1_part_0, R-2"):
        Neptune(tmp_path)
    assert [row.values["loss"] for row in Neptune(tmp_path / "R-2").items()] == [2.0]


def test_a_table_of_another_program_names_the_columns_that_it_lacks(tmp_path):
    lacking = pa.schema([field for field in SCHEMA if field.name not in ("step", "bool_value")])
    with pytest.raises(UnreadableRunError, match=r"not from Neptune's exporter: it has no column bool_value, step\."):
        list(Neptune(part(tmp_path, "R-1", 0, schema=lacking)).items())


def test_more_values_than_are_held_are_refused(tmp_path, monkeypatch):
    path = part(tmp_path, "R-1", 0, point("loss", 1, 1.0), point("loss", 2, 1.0))
    monkeypatch.setattr(neptune, "MOST_NUMBERS", 2)
    assert len(list(Neptune(path).items())) == 2
    monkeypatch.setattr(neptune, "MOST_NUMBERS", 1)
    with pytest.raises(UnreadableRunError, match="holds more than 1 values of a run"):
        list(Neptune(path).items())


def test_it_is_known_by_its_first_bytes_and_its_name():
    assert Neptune.fits(Path("R-1_part_0.parquet"), b"PAR1") == 0.9
    assert Neptune.fits(Path("R-1_part_0.parquet"), b"{") == Neptune.fits(Path("R-1.parquet"), b"PAR1") == 0.0
    assert not Neptune.grows and Neptune.several and Neptune.shape == "events"
