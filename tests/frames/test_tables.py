"""Records as tables: which columns there are, their types and their units."""

import pandas as pd

from monitor.frames import tables
from monitor.frames.tables import RunOfFolder
from monitor.rules.result import Finding, Quiet
from monitor.run_dir import Alert, Clip, Decode, Step, Summary
from tests.snapshots import NOW, snapshot


def test_a_column_is_what_any_row_has_with_the_type_of_its_quantity():
    seen = snapshot(val_loss=[3.0, None], val_tokens=[None, 12], metrics=[{"acc": 0.5}, {"note": "x", "epoch": 9.0}])
    table = tables.of_epochs(seen)
    assert list(table.index) == [1.0, 2.0] and table.index.name == "epoch"
    assert table.columns.tolist() == ["step", "at", "generation", "val_loss", "val_tokens", "acc", "note"]
    assert str(table["val_tokens"].dtype) == str(table["step"].dtype) == "Int64"
    assert table["val_loss"].dtype == table["acc"].dtype == float and table["note"].tolist()[1] == "x"
    assert str(table["at"].dtype).endswith("UTC]") and table["at"].iloc[0] == pd.Timestamp(NOW, unit="s", tz="UTC")


def test_steps_are_a_table_by_step_and_none_are_an_empty_one():
    table = tables.of_steps(snapshot(steps=(Step(step=7, at=1.0, train_loss=2.0), Step(step=8, lr=0.1))))
    assert list(table.index) == [7, 8] and table.index.name == "step" and table["train_loss"].tolist()[0] == 2.0
    assert len(tables.of_steps(snapshot())) == len(tables.of_epochs(snapshot())) == 0


def test_units_are_those_that_were_stated_and_those_that_are_known():
    stated = {"loss": "bits", "wer": "percent", "acc": "fraction", "speed": "words/s"}
    columns = {"val_loss": [3.0], "gap": [0.1], "val_wer": [0.5], "seconds": [9.0], "metrics": [{"speed": 3.0}]}
    units = tables.of_epochs(snapshot(**columns, run={"units": stated})).attrs["units"]
    assert units == {"val_loss": "bits", "gap": "bits", "val_wer": "percent", "seconds": "s", "speed": "words/s"}
    assert tables.of_epochs(snapshot(val_loss=[3.0], val_wer=[0.5], run={"units": {}})).attrs["units"] == {
        "val_wer": "fraction"
    }


def test_a_primary_metric_of_another_name_has_its_own_unit():
    seen = snapshot(metrics=[{"val_accuracy": 0.5}], run={"units": {}})
    assert tables.of_epochs(seen).attrs["units"] == {"val_accuracy": "fraction"}
    raw = snapshot(metrics=[{"val_bleu": 25.0}], run={"units": {"val_bleu": "points"}})
    assert tables.of_epochs(raw).attrs["units"]["val_bleu"] != ""


def test_predictions_have_the_words_that_are_wrong_where_their_target_is_known():
    clips = (
        Clip(clip_id="a", reference="A B C", split="val"),
        Clip(clip_id="b", reference=" ", split="val"),
        Clip(clip_id="a", reference="Z", split="train"),
    )
    decodes = (
        Decode(epoch=1, split="val", hypotheses=["A X C D", "Y Y", "?"], clip_ids=["a", "b", "c"]),
        Decode(epoch=2, split="val", hypotheses=["A B C"], clip_ids=None),
        Decode(epoch=2, split="test", hypotheses=["T"], clip_ids=["a"]),
    )
    table = tables.of_decodes(snapshot(clips=clips, decodes=decodes))
    assert table["clip_id"].tolist() == ["a", "b", "c", "a", "a"]
    assert table["errors"].tolist()[:2] == [2, 2] and table["words"].tolist()[:2] == [3, 0]
    assert table["errors"].isna().tolist() == [False, False, True, False, True]
    assert (table["errors"][3], table["epoch"][3], table["split"][4]) == (0, 2.0, "test")
    assert (str(table["errors"].dtype), table["epoch"].dtype) == ("Int64", float)
    assert len(tables.of_decodes(snapshot())) == 0


def test_alerts_are_rows_in_their_order_with_the_time_in_utc():
    alert = Alert(alert_id="gap-1", event="raised", rule="gap", severity="warning", at=3600.0, epoch=2, line="wide")
    table = tables.of_alerts(snapshot(alerts=(alert,)))
    assert table.iloc[0].tolist() == ["raised", "gap", "warning", pd.Timestamp("1970-01-01 01:00Z"), 2.0, "wide"]
    assert table["epoch"].dtype == float and len(tables.of_alerts(snapshot())) == 0


def test_findings_are_rows_and_what_is_quiet_is_none():
    finding = Finding(
        rule="gap",
        title="Gap",
        severity="warning",
        onset=2.0,
        fired=3.0,
        critical_since=None,
        line="wide",
        now={"gap": 1.5},
        limits={"gap": 1.0},
        remedy="r",
        cannot_tell="c",
    )
    table = tables.of_findings([Quiet(rule="wer", title="WER", line="fine"), finding])
    assert table.index.tolist() == ["gap"] and table.loc["gap", "now"] == {"gap": 1.5}
    assert table.loc["gap", "onset"] == 2.0 and table["critical_since"].isna().all()
    assert table["fired"].dtype == float and len(tables.of_findings([])) == 0


def test_a_folder_is_a_row_a_run_with_the_settings_that_differ_between_those_that_can_be_read():
    rows = [
        RunOfFolder("a", Summary(run_id="a", verdict="LOOK", val_wer=0.5, best_val_wer=0.4), {"lr": 1, "x": 2}, "p"),
        RunOfFolder("b", Summary(run_id="b", verdict="STOP"), {"lr": 1.0, "x": 2}),
        RunOfFolder("c", None, {"x": 3}, problem="newer"),
    ]
    table = tables.of_runs(rows)
    assert table.index.tolist() == ["a", "b", "c"] and table["config.lr"].tolist()[:2] == [1, 1.0]
    assert "config.x" not in table.columns, "the run that cannot be read counts for nothing"
    assert table["verdict"].tolist()[:2] == ["LOOK", "STOP"] and table["problem"].tolist() == ["", "", "newer"]
    assert table.loc["a", "parent"] == "p" and table["val_wer"].dtype == table["metric_value"].dtype == float
    assert (table.loc["a", "metric"], table.loc["a", "metric_value"], table.loc["a", "metric_best"]) == (
        "val_wer",
        0.5,
        0.4,
    )
    assert table["metric"].isna().tolist() == [False, True, True]
