"""CSV and Parquet: one file for each table that has a row, whole at every moment."""

import pandas as pd
import pytest

from monitor.frames.exports.tables import CsvTables, ParquetTables
from monitor.run_dir import Alert, Clip, Decode, Step
from tests.snapshots import snapshot

RAISED = Alert(alert_id="gap-1", event="raised", rule="gap", severity="warning", at=1.0, line="=1+1")


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_only_tables_with_a_row_are_written_and_the_newest_stands_in_the_old_ones_place(tmp_path):
    sink = CsvTables(tmp_path / "out", "owl")
    sink.begin({})
    sink.write([], snapshot())
    assert names(sink.out) == []
    for losses in ([3.0], [3.0, 2.0]):
        sink.write([], snapshot(val_loss=losses))
        assert names(sink.out) == ["epochs.csv"]
        table = pd.read_csv(sink.out / "epochs.csv")
        assert table["val_loss"].tolist() == losses and table["epoch"].tolist() == [1.0, 2.0][: len(losses)]


@pytest.mark.parametrize(("kind", "suffix"), [(CsvTables, ".csv"), (ParquetTables, ".parquet")])
def test_each_table_has_its_name(kind, suffix, tmp_path):
    sink = kind(tmp_path / "out", "owl")
    sink.begin({})
    seen = snapshot(
        val_loss=[3.0],
        steps=(Step(step=1, at=1.0, train_loss=2.0),),
        clips=(Clip(clip_id="a", reference="A B", split="val"),),
        decodes=(Decode(epoch=1, split="val", hypotheses=["A"], clip_ids=["a"]),),
        alerts=(RAISED,),
    )
    sink.write([], seen)
    assert names(sink.out) == [f"{table}{suffix}" for table in ("alerts", "decodes", "epochs", "steps")]
    assert (sink.library, sink.suffix) == ("pyarrow" if kind is ParquetTables else "", suffix)


def test_texts_are_no_formulas_in_a_spreadsheet_and_numbers_and_a_missing_text_stay(tmp_path):
    sink = CsvTables(tmp_path / "out", "owl")
    sink.begin({})
    clips = (Clip(clip_id="a", reference="-1", split="val"),)
    decodes = (Decode(epoch=1, split="val", hypotheses=["=cmd", "-2"], clip_ids=["a", "b"]),)
    sink.write([], snapshot(val_loss=[-1.5], metrics=[{"=x": -2.0}], alerts=(RAISED,), clips=clips, decodes=decodes))
    epochs = (sink.out / "epochs.csv").read_text().splitlines()
    assert epochs[0].split(",")[-1] == "'=x" and epochs[1].endswith(",-2.0") and ",-1.5," in epochs[1]
    told = pd.read_csv(sink.out / "decodes.csv", keep_default_na=False)
    assert told["hypothesis"].tolist() == ["'=cmd", "'-2"] and told["reference"].tolist() == ["'-1", ""]
    assert pd.read_csv(sink.out / "alerts.csv")["line"].tolist() == ["'=1+1"]
    assert told.columns[0] == "epoch", "a table without an index of its own gets no column of row numbers"


def test_parquet_keeps_the_types(tmp_path):
    sink = ParquetTables(tmp_path / "out", "owl")
    sink.begin({})
    sink.write([], snapshot(val_loss=[3.0], val_tokens=[12]))
    table = pd.read_parquet(sink.out / "epochs.parquet")
    assert (table.index.name, str(table["val_tokens"].dtype)) == ("epoch", "Int64")
