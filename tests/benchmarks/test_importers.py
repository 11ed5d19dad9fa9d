"""The benchmark of the importers tells right from wrong, and finds the start that a curve was taken from."""

import shutil

from benchmarks.importers.__main__ import main
from benchmarks.importers.big import measure_size
from benchmarks.importers.curves import compare
from benchmarks.importers.traps import measure_traps
from tests import foreign


def curves(tmp_path, val_loss=foreign.VAL_LOSS):
    rows = ["epoch,train_loss,val_loss,train_wer,val_wer,lr,blank_ratio"]
    for epoch, (train, val, wer, lr) in enumerate(
        zip(foreign.TRAIN_LOSS, val_loss, foreign.VAL_WER, foreign.LR, strict=True), 1
    ):
        rows.append(f"{epoch},{train},{val},,{wer},{lr},")
    (tmp_path / "raw").mkdir()
    (tmp_path / "history.csv").write_text("\n".join(rows))
    shutil.copy(foreign.table(tmp_path / "made"), tmp_path / "raw" / "history.csv")
    return tmp_path


def test_the_same_figures_differ_by_nothing(tmp_path, capsys):
    [row] = compare(curves(tmp_path))
    assert (row["curve"], row["epochs"], row["largest difference"], row["wrong"]) == ("history", 6, "0", False)
    assert main(["--curves", str(tmp_path)]) == 0
    assert "| history.csv | history | table  | 6 " in capsys.readouterr().out


def test_another_figure_is_told_and_the_exit_code_says_so(tmp_path):
    folder = curves(tmp_path, val_loss=[*foreign.VAL_LOSS[:-1], 2.9])
    [row] = compare(folder)
    assert row["wrong"] and row["largest difference"] == "0.034"
    assert main(["--curves", str(folder)]) == 1


def test_a_curve_is_found_in_one_of_several_starts(tmp_path):
    folder = curves(tmp_path)
    lines = (folder / "raw" / "history.csv").read_text().splitlines()
    (folder / "raw" / "history.csv").unlink()
    several = [lines[0], "1,9,9,1,0", "2,8,8,1,0", *lines[1:], "1,7,7,1,0"]
    (folder / "raw" / "all.csv").write_text("\n".join(several))
    [row] = compare(folder)
    assert (row["curve"], row["format"], row["wrong"]) == ("history", "table, start 2", False)


def test_every_trap_ends_in_evaluations_or_one_sentence(monkeypatch):
    tools = ("table", "MLflow's database", "Trackio", "Neptune", "TensorBoard's CSV", "W&B")
    monkeypatch.setattr(foreign, "CAST", {tool: foreign.CAST[tool] for tool in tools})
    rows = {row["tool"]: row for row in measure_traps()}
    assert set(rows) == set(tools) and all(row["as it should be"] == "6" for row in rows.values())
    for tool, row in rows.items():
        wanted = "6, said" if tool == "TensorBoard's CSV" else "refused"  # one of its files is one quantity of many
        assert (row["a pipe"], row["noise"], row["LFS pointer"]) == (wanted, wanted, wanted), row
    for tool in ("MLflow's database", "Trackio"):
        assert (rows[tool]["a view"], rows[tool]["a journal"]) == ("refused", "refused")
    assert rows["table"]["a view"] == "–"


def test_memory_does_not_grow_with_the_file():
    names = ("table", "hugging-face")
    small, large = measure_size(1, names), measure_size(4, names)
    for one, other in zip(small, large, strict=True):
        assert other["steps"] + other["evaluations"] > 3 * (one["steps"] + one["evaluations"])
        assert other["peak MiB"] < one["peak MiB"] + 3, (one, other)
