"""Other tools' own files (written/make.py): what the tables of figures in test_formats do not show of them."""

import math
import os
import struct
import sys
import tracemalloc

import pytest

from monitor.importers.following import Following
from monitor.importers.formats.registry import detect
from monitor.importers.importing import Asked, plan, records
from monitor.run_dir import Epoch
from monitor.run_dir.errors import UnreadableRunError
from monitor.run_dir.reader import RunReader
from tests import foreign


def epochs_of(path):
    chosen = plan(path, Asked())
    return chosen, [each for each in records(chosen) if isinstance(each, Epoch)]


@pytest.mark.parametrize("make", [foreign.swanlab, foreign.swanlab_json])
def test_a_run_of_swanlab_brings_name_settings_end_and_what_is_no_number(make, tmp_path):
    chosen, epochs = epochs_of(make(tmp_path))
    assert (chosen.run_name, chosen.config, chosen.outcome) == ("gentle-owl", {"learning_rate": 0.001}, "finished")
    assert epochs[0].metrics["odd"] == 0.0
    assert make is foreign.swanlab_json or math.isnan(epochs[1].metrics["odd"])


def test_swanlab_is_followed_and_several_runs_are_named(tmp_path):
    whole = next(foreign.swanlab(tmp_path / "whole").glob("*/*.swanlab"))
    data = whole.read_bytes()
    growing, runs = tmp_path / "growing" / whole.name, tmp_path / "runs"
    growing.parent.mkdir()
    growing.write_bytes(data[: len(data) // 2])
    following = Following.begin(runs, plan(growing, Asked(), follow=True), "r", 1.0)
    for end in range(len(data) // 2, len(data) + 1, 7):
        growing.write_bytes(data[:end])
        following.look(2.0)
    growing.write_bytes(data)
    following.look(3.0)
    assert following.ended
    following.stop(4.0)
    assert [each.val_loss for each in RunReader(runs / "r").read(5.0).epochs] == foreign.VAL_LOSS
    foreign.swanlab(tmp_path / "two")
    (tmp_path / "two" / "swanlab" / "run-2").mkdir()
    (tmp_path / "two" / "swanlab" / "run-2" / "run-2.swanlab").write_bytes(data)
    with pytest.raises(UnreadableRunError, match=r"holds 2 offline runs of SwanLab"):
        plan(tmp_path / "two" / "swanlab", Asked())


def test_clearml_brings_name_and_settings_and_names_a_line_that_is_cut_off(tmp_path):
    folder = foreign.clearml(tmp_path)
    with (folder / "metrics.jsonl").open("a") as file:
        file.write('[{"type": "training_stats_scalar", "iter": 99, "metric": "loss", "variant": ":x"},')
    chosen, epochs = epochs_of(folder)
    assert (chosen.run_name, chosen.config, len(epochs)) == ("gentle-owl", {"learning_rate": "0.001"}, foreign.EPOCHS)
    assert "no array of events, or cut off" in chosen.unread.first[0]


@pytest.mark.parametrize("text", [b"{", b"\xff\xfe", b"[]"])
def test_what_clearml_says_of_the_task_is_missed_aloud(text, tmp_path):
    folder = foreign.clearml(tmp_path)
    (folder / "task.json").write_bytes(text)
    chosen, epochs = epochs_of(folder)
    assert (chosen.config, len(epochs)) == ({}, foreign.EPOCHS)
    assert chosen.unread.first == ["task.json beside it cannot be read, so its name and settings are not known."]


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/null"), lambda path: path.mkdir()])
def test_a_saved_chart_that_is_no_file_is_named_and_the_others_are_read(make, tmp_path):
    folder = foreign.tensorboard_csv(tmp_path)
    odd = folder / "run-gentle-owl-tag-val_loss.csv"
    odd.unlink()
    make(odd)
    chosen, epochs = epochs_of(folder)
    assert [each.val_loss for each in epochs] == [None] * foreign.EPOCHS
    assert chosen.unread.first == [f"{odd.name} is a link or no plain file and is not read."]


def test_a_store_with_nothing_to_read_says_why_without_a_line(tmp_path):
    run = tmp_path / "mlruns" / "0" / "r"
    for name in ("metrics", "params"):
        (run / name).mkdir(parents=True)
    (run / "meta.yaml").write_text("status: 1\n")
    os.mkfifo(run / "metrics" / "val_loss")
    with pytest.raises(UnreadableRunError, match=r"store \(metrics/val_loss is a link or no plain file and is not"):
        plan(tmp_path, Asked())


def test_runs_of_neptune_are_named_and_each_part_is_read(tmp_path):
    folder = foreign.neptune(tmp_path).parent
    with pytest.raises(UnreadableRunError, match=r"holds 2 runs: RUN-1, RUN-2. Give one of them"):
        plan(folder, Asked())
    chosen, _ = epochs_of(folder / "RUN-1")
    assert (chosen.run_name, chosen.config) == ("gentle-owl", {"params/learning_rate": 0.001})
    [part] = folder.glob("*/RUN-2*.parquet")
    assert detect(part).name == "neptune" and epochs_of(part)[0].run_name == "other"


def test_a_parquet_file_is_read_with_room_for_its_own_size(tmp_path):
    chosen = plan(foreign.neptune(tmp_path), Asked())
    tracemalloc.start()
    try:
        assert len(list(records(chosen))) > 5
        assert tracemalloc.get_traced_memory()[1] < 64 << 20, "20 kB, with room for 1 GiB, end in a MemoryError"
    finally:
        tracemalloc.stop()


def test_a_parquet_file_that_is_none_of_neptune_or_damaged_is_one_sentence(tmp_path, monkeypatch):
    import pandas as pd

    other = tmp_path / "RUN-9_part_0.parquet"
    pd.DataFrame({"a": [1]}).to_parquet(other)
    with pytest.raises(UnreadableRunError, match=r"not from Neptune's exporter: it has no column attribute_path"):
        plan(other, Asked())
    [part] = foreign.neptune(tmp_path).parent.glob("*/RUN-1*.parquet")
    whole = part.read_bytes()
    part.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableRunError, match=r"cannot be read"):
        plan(part, Asked())
    part.write_bytes(whole)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UnreadableRunError, match=r"read with pyarrow: python -m pip install pyarrow"):
        plan(part, Asked())


def test_of_tensorboards_saved_charts_one_run_is_put_together_and_several_are_named(tmp_path):
    folder = foreign.tensorboard_csv(tmp_path)
    chosen, epochs = epochs_of(folder)
    assert chosen.run_name == "gentle-owl" and [each.step for each in epochs] == [20, 40, 60, 80, 100, 120]
    for file in list(folder.iterdir()):
        file.with_name(file.name.replace("gentle-owl", "lstm")).write_bytes(file.read_bytes())
    with pytest.raises(UnreadableRunError, match=r"holds 2 runs: gentle-owl, lstm. Give one of them"):
        plan(folder, Asked())
    assert len(epochs_of(folder / "lstm")[1]) == foreign.EPOCHS
    alone = folder / "run-lstm-tag-val_loss.csv"
    assert [each.val_loss for each in epochs_of(alone)[1]] == pytest.approx(foreign.VAL_LOSS)


def test_a_record_of_an_event_file_that_is_damaged_or_huge_is_passed_over(tmp_path):
    [path] = foreign.tensorboardx(tmp_path).iterdir()
    data = bytearray(path.read_bytes())
    at = data.index(b"val_loss")
    data[at + len("val_loss") + 1] ^= 0xFF
    path.write_bytes(data)
    chosen, epochs = epochs_of(path)
    assert epochs[0].val_loss is None and epochs[1].val_loss == 3.5
    assert "event 3 is damaged" in chosen.unread.first[0]


def test_a_length_that_is_wrong_ends_an_event_file_without_reading_on(tmp_path):
    [path] = foreign.tensorboardx(tmp_path).iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole + struct.pack("<Q", 1 << 60) + b"\0" * 40)
    chosen, epochs = epochs_of(path)
    assert len(epochs) == foreign.EPOCHS and "48 bytes behind event" in chosen.unread.first[0]


def test_a_link_that_leads_out_of_the_folder_of_event_files_is_not_followed(tmp_path):
    [path] = foreign.tensorboardx(tmp_path / "secret").iterdir()
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / path.name).symlink_to(path)
    with pytest.raises(UnreadableRunError, match=r"without anything that is known here|holds no event file"):
        plan(tmp_path / "shared", Asked())


CHART = """Step,{0},{0}__MIN,{0}__MAX,{1},{1}__MIN,{1}__MAX
1,4.0,4.0,4.0,5.0,5.0,5.0
2,3.2,3.2,3.2,,,
3,2.6,2.6,2.6,4.5,4.5,4.5
""".format("gentle-owl - train_loss", "lstm - train_loss")


def test_of_a_chart_of_several_runs_the_named_one_is_read(tmp_path):
    path = tmp_path / "wandb_export.csv"
    path.write_text(CHART)
    with pytest.raises(UnreadableRunError, match=r"holds 2 runs: gentle-owl, lstm. Give one of them"):
        plan(path, Asked())
    assert [each.train_loss for each in epochs_of(path / "gentle-owl")[1]] == [4.0, 3.2, 2.6]
    chosen, epochs = epochs_of(path / "lstm")
    assert [(each.step, each.train_loss) for each in epochs] == [(1, 5.0), (3, 4.5)] and chosen.run_name == "lstm"
    with pytest.raises(UnreadableRunError, match=r"holds no run gru"):
        plan(path / "gru", Asked())


def test_a_table_of_one_run_has_no_other_in_it_and_a_dash_alone_names_no_run(tmp_path):
    with pytest.raises(UnreadableRunError, match=r"is a table of one run: there is no lstm in it"):
        plan(foreign.table(tmp_path) / "lstm", Asked())
    path = tmp_path / "dashed.csv"
    path.write_text("epoch,train - loss,val - loss\n1,4,5\n2,3,4\n")
    assert [each.val_loss for each in epochs_of(path)[1]] == [5, 4]
    with pytest.raises(UnreadableRunError, match=r"not one of several runs: there is no lstm in it"):
        plan(foreign.speechbrain(tmp_path) / "lstm", Asked())


def test_a_table_of_runs_is_refused_with_what_to_export_instead(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text("Name,State,Created,train_loss\ngentle-owl,finished,2025,1.5\n")
    with pytest.raises(UnreadableRunError, match=r"one a row .*; export a chart of the run, or its history"):
        plan(path, Asked())


def test_a_repository_of_aim_is_refused_with_the_way(tmp_path):
    (tmp_path / ".aim").mkdir()
    for path in (tmp_path, tmp_path / ".aim"):
        with pytest.raises(UnreadableRunError, match=r"only Aim itself can read .*: write the run to a CSV file"):
            plan(path, Asked())
