"""A started script whose log names no epoch is read from the file of figures that it writes."""

import sys

import pytest

from monitor.launcher import start
from tests.fake_runs import read
from tests.supervised import end_everything, wait_for, wait_for_state

WRITES = """
import csv, pathlib, time
folder = pathlib.Path(FOLDER)
folder.mkdir(parents=True)
with open(folder / "metrics.csv", "w") as file:
    rows = csv.writer(file)
    rows.writerow(["epoch", "step", "train_loss", "val_loss"])
    for epoch in range(4):
        rows.writerow([epoch, 10 * epoch + 9, 3 / (epoch + 1), 3.2 / (epoch + 1)])
        file.flush()
        time.sleep(0.1)
    time.sleep(REST)
"""


@pytest.mark.parametrize("folder", ["lightning_logs/version_1", "{run_dir}/out/csv"])
@pytest.mark.parametrize("rest", [0, 600])
def test_a_file_of_figures_is_followed_where_the_log_is_silent(tmp_path, folder, rest):
    old = tmp_path / "lightning_logs" / "version_0"
    old.mkdir(parents=True)
    (old / "metrics.csv").write_text("epoch,step,val_loss\n" + "".join(f"{n},{n},9.0\n" for n in range(9)))
    place = "__import__('sys').argv[1]"
    (tmp_path / "train.py").write_text(WRITES.replace("FOLDER", place).replace("REST", str(rest)))
    runs = tmp_path / "runs"
    try:
        start(runs, [sys.executable, "train.py", folder], run_id="one", cwd=tmp_path)
        if rest == 0:
            wait_for_state(runs / "one", "finished")
        wait_for(lambda: len(read(runs / "one").epochs) == 4)
        seen = read(runs / "one")
        assert [record.epoch for record in seen.epochs] == [0, 1, 2, 3]
        assert [record.val_loss for record in seen.epochs] == pytest.approx([3.2, 1.6, 3.2 / 3, 0.8])
        assert seen.run.notes.startswith("Its log names no epoch. Imported from metrics.csv")
    finally:
        end_everything(runs)


def test_a_script_that_writes_nothing_stays_without_records(tmp_path):
    (tmp_path / "train.py").write_text("print('done')\n")
    (tmp_path / "metrics.csv").write_text("epoch,val_loss\n1,2.0\n2,1.0\n")
    runs = tmp_path / "runs"
    try:
        start(runs, [sys.executable, "train.py"], run_id="one", cwd=tmp_path)
        wait_for_state(runs / "one", "finished")
        assert read(runs / "one").epochs == ()
    finally:
        end_everything(runs)
