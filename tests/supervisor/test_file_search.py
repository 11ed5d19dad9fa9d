"""A started script whose log names no epoch is read from the file of figures that it writes."""

import sys
import time
from pathlib import Path

import pytest

from monitor.launcher import start, status
from monitor.run_dir import Launch, ReadingWord, Run, State, encode, files
from monitor.supervisor import file_search
from monitor.supervisor.file_search import FileSearch
from monitor.view.state import nothing_read, reading_words
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


@pytest.mark.parametrize(
    ("folder", "rest"),
    [(folder, rest) for folder in ("lightning_logs/version_1", "{run_dir}/out/csv") for rest in (0, 600)]
    + [("runs/of_its_own", 0)],  # the folder of runs, which TensorBoard's writers call so as well
)
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
        seen = read(runs / "one")
        assert seen.epochs == ()
        assert nothing_read(seen, status(runs / "one")).startswith(
            "No epoch was read: neither in its log nor in a file"
        )
    finally:
        end_everything(runs)


def test_the_files_of_another_run_are_not_followed(tmp_path):
    """Two scripts that begin in one folder, and a third run, elsewhere, that writes its own records below it."""
    (tmp_path / "train.py").write_text(WRITES.replace("FOLDER", "__import__('sys').argv[1]").replace("REST", "600"))
    (tmp_path / "silent.py").write_text("import time\ntime.sleep(600)\n")
    runs = tmp_path / "runs"
    try:
        for name in ("one", "two"):
            start(runs, [sys.executable, "silent.py"], run_id=f"silent-{name}", cwd=tmp_path)
        start(runs, [sys.executable, "train.py", "logs/version_0"], run_id="one", cwd=tmp_path)
        beside = tmp_path / "own" / "fit"
        beside.mkdir(parents=True)
        (beside / "epochs.jsonl").write_text("".join(f'{{"epoch": {n}, "val_loss": 1.5}}\n' for n in range(1, 99)))
        (beside / "run.json").write_text("{}")
        wait_for(lambda: any(read(runs / name).epochs for name in ("one", "silent-one", "silent-two")))
        time.sleep(10)
        followed = [name for name in ("one", "silent-one", "silent-two") if read(runs / name).epochs]
        assert followed == ["one"], "the run whose process has the file open"
        assert len(read(runs / "one").epochs) == 4, "the figures of the folder of another run are its own"
        assert read(runs / "one").run.source == "Read from logs/version_0/metrics.csv."
    finally:
        end_everything(runs)


def test_a_file_that_another_program_may_have_written_is_said_to_be_uncertain(tmp_path):
    (tmp_path / "silent.py").write_text("import time\ntime.sleep(600)\n")
    runs = tmp_path / "runs"
    try:
        start(runs, [sys.executable, "silent.py"], run_id="one", cwd=tmp_path)
        wait_for_state(runs / "one", "running")  # from then on it is looked for what appears
        (tmp_path / "metrics.csv").write_text("epoch,val_loss\n1,2.0\n2,1.0\n3,0.5\n")
        wait_for(lambda: len(read(runs / "one").epochs) == 3)
        seen = read(runs / "one")
        assert seen.run.source.startswith(
            "Read from metrics.csv, which appeared in the folder that the script runs in."
        )
        assert reading_words(seen) == seen.run.source
    finally:
        end_everything(runs)


LOGS_TOO = """
import csv, time
with open("metrics.csv", "w") as file:
    rows = csv.writer(file)
    rows.writerow(["epoch", "step", "train_loss", "val_loss"])
    for epoch in range(4):
        print(f"epoch {epoch} LOGGED", flush=True)
        rows.writerow([epoch, 10 * epoch + 9, 3 / (epoch + 1), 3.2 / (epoch + 1)])
        file.flush()
        time.sleep(0.1)
    time.sleep(2)
"""


@pytest.mark.parametrize(
    ("logged", "confirmed", "changes"),
    [
        ("train_loss {3 / (epoch + 1):.4f}", False, True),
        ("train_loss {3 / (epoch + 1):.4f}", True, False),
        ("train_loss {3 / (epoch + 1):.4f} val_loss {3.2 / (epoch + 1):.4f}", False, False),
        ("train_loss {3 / (epoch + 1):.4f} val_accuracy {epoch / 4:.4f}", False, False),
        ("train_loss {3 / (epoch + 1):.4f} val_wer {1 / (epoch + 1):.4f}", False, False),
    ],
)
def test_a_run_changes_over_to_a_file_that_tells_more(tmp_path, logged, confirmed, changes):
    (tmp_path / "train.py").write_text(LOGS_TOO.replace("LOGGED", logged))
    runs = tmp_path / "runs"
    try:
        start(runs, [sys.executable, "train.py"], run_id="one", cwd=tmp_path)
        wait_for(lambda: (runs / "one" / "run.json").exists() and bool(read(runs / "one").epochs))
        begun = read(runs / "one").run.created_at
        if confirmed:
            files.replace(runs / "one" / "reading.json", encode(ReadingWord(by="ann", at=1.0)))
        wait_for_state(runs / "one", "finished")
        wait_for(lambda: len(read(runs / "one").epochs) == 4)
        seen = read(runs / "one")
        assert seen.run.created_at == begun
        assert [record.train_loss for record in seen.epochs] == pytest.approx([3, 1.5, 1, 0.75], abs=1e-4)
        assert ("appeared that holds val loss as well. Imported from metrics.csv" in seen.run.notes) == changes
        told = [record.val_loss for record in seen.epochs]
        assert told == (
            pytest.approx([3.2, 1.6, 3.2 / 3, 0.8], abs=1e-4) if changes or "val_loss" in logged else [None] * 4
        )
    finally:
        end_everything(runs)


SLOW_FIRST = """
import json, time
log = open("history.jsonl", "w")
for epoch in (1, 2, 3):
    for step in range(30):
        print(f"Training Epoch: {epoch} [{step}/30]  Loss: {3 / (epoch + step / 30):.3f}", flush=True)
        log.write(json.dumps({"step": 30 * epoch + step, "train_loss": 3 / (epoch + step / 30)}) + chr(10))
        log.flush()
        time.sleep(0.5 if epoch == 1 else 0.0)
    print(f"Test set: Epoch: {epoch}, Average loss: {4 / epoch:.3f}, Accuracy: {epoch / 9:.3f}", flush=True)
time.sleep(600)
"""


def test_a_log_within_its_first_epoch_is_not_left_for_a_file_that_holds_the_training_alone(tmp_path):
    (tmp_path / "train.py").write_text(SLOW_FIRST)
    runs = tmp_path / "runs"
    try:
        start(runs, [sys.executable, "train.py"], run_id="one", cwd=tmp_path)
        wait_for(lambda: len(read(runs / "one").epochs) == 3)
        seen = read(runs / "one")
        assert [record.val_loss for record in seen.epochs] == pytest.approx([4.0, 2.0, 4 / 3], abs=0.001)
        assert seen.run.notes == "Its records are read from its log." and seen.run.reading is not None
    finally:
        end_everything(runs)


LOSES_EPOCHS = """
import csv
file = open("metrics.csv", "w")
rows = csv.writer(file)
rows.writerow(["epoch", "step", "train/loss", "val/loss", "val/acc"])
for epoch in range(6):
    rows.writerow([epoch, 9 + 10 * epoch, 3 / (epoch + 1), 4 / (epoch + 1), epoch / 6])
    if epoch > 3:
        print(f"Epoch {epoch} train_loss {3 / (epoch + 1):.3f} val_loss {4 / (epoch + 1):.3f} val_acc {epoch / 6:.3f}")
file.close()
"""


def test_a_log_that_shows_the_last_epochs_alone_is_left_for_the_file_that_has_all(tmp_path):
    (tmp_path / "train.py").write_text(LOSES_EPOCHS)
    runs = tmp_path / "runs"
    try:
        start(runs, [sys.executable, "train.py"], run_id="one", cwd=tmp_path)
        wait_for_state(runs / "one", "finished")
        seen = read(runs / "one")
        assert [record.epoch for record in seen.epochs] == [0, 1, 2, 3, 4, 5]
        assert [record.val_loss for record in seen.epochs] == pytest.approx([4 / n for n in range(1, 7)])
        assert "then a file appeared that holds more evaluations as well" in seen.run.notes
    finally:
        end_everything(runs)


# The search by itself, on files that lie there.

ROWS = "epoch,train_loss,val_loss\n1,2.0,2.5\n2,1.0,2.0\n3,0.5,1.5\n"
TOLD = frozenset({"train_loss"})


@pytest.fixture
def looks(tmp_path):
    """A run of a script in `work`, which names the folder `out` there for what it writes."""
    run_dir = tmp_path / "runs" / "one"
    run_dir.mkdir(parents=True)
    (tmp_path / "work" / "out").mkdir(parents=True)
    return run_dir


def search_of(run_dir: Path, cwd: str = "work", **config) -> FileSearch:
    launch = Launch(run_id=run_dir.name, created_at=1.0, cwd=str(run_dir.parent.parent / cwd), config=config)
    files.replace(run_dir / "launch.json", encode(launch))
    return FileSearch(run_dir, launch)


def work(run_dir: Path, name: str = "metrics.csv", text: str = ROWS) -> Path:
    path = run_dir.parent.parent / "work" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_where_nothing_new_lies_nothing_is_found(looks):
    work(looks)
    search = search_of(looks)
    work(looks, "notes.csv")
    work(looks, "empty/metrics.csv", "")
    work(looks, "torn/metrics.csv", "epoch,val_lo")
    assert search.found(1, 2.0) is None and search.richer(TOLD, Path("trainer.log")) is None


def test_the_file_with_the_most_evaluations_is_followed_and_what_is_not_sure_of_it_is_said(looks):
    search = search_of(looks, lr=0.1)
    work(looks, "a/metrics.csv", ROWS.rpartition("3,")[0])
    work(looks, "b/results.csv")
    following = search.found(1, 2.0)
    following.look(2.0)
    seen = read(looks)
    assert [record.val_loss for record in seen.epochs] == [2.5, 2.0, 1.5]
    assert (seen.run.config["lr"], seen.run.notes[:26]) == (0.1, "Its log names no epoch. Im")
    assert seen.run.source.startswith("Read from b/results.csv, which appeared in the folder")


def test_a_file_in_the_folder_that_the_command_names_is_certain(looks):
    search = search_of(looks, output_dir="out")
    work(looks, "out/metrics.csv")
    search.found(1, 2.0)
    assert read(looks).run.source == "Read from out/metrics.csv."


@pytest.mark.parametrize(("said", "certain"), [("Logging to out/fit.", True), ("Logging to out/fit2", False)])
def test_a_folder_that_the_log_names_is_certain_and_one_with_a_longer_name_is_another(looks, said, certain):
    search = search_of(looks)
    (looks / "trainer.log").write_text(f"{said}\n")
    work(looks, "out/fit/metrics.csv")
    search.found(1, 2.0)
    assert (read(looks).run.source == "Read from out/fit/metrics.csv.") == certain


def test_with_validated_a_file_of_the_training_alone_is_not_taken(looks):
    search = search_of(looks)
    work(looks, "metrics.csv", "epoch,train_loss\n1,2.0\n2,1.0\n")
    assert search.found(1, 2.0, validated=True) is None
    assert search.found(1, 2.0) is not None


def test_the_files_of_another_run_under_way_in_the_same_folder_are_not_ours(looks):
    search = search_of(looks)
    other = looks.parent / "other"
    other.mkdir()
    search_of(other)
    work(looks)
    assert search.found(1, 2.0) is None
    files.replace(other / "state.json", encode(State(state="finished", ended_at=0.5)))
    assert search.found(1, 2.0) is not None, "it had ended before this one began"


def test_the_folder_of_another_run_is_not_looked_into(looks):
    search = search_of(looks)
    work(looks, "fit/run.json", "{}")
    work(looks, "fit/metrics.csv")
    assert search.found(1, 2.0) is None


def test_a_file_that_is_too_large_to_be_read_again_and_again_is_passed_over(looks, monkeypatch):
    monkeypatch.setattr(file_search, "MOST_BYTES", len(ROWS) - 1)
    search = search_of(looks)
    work(looks)
    assert search.found(1, 2.0) is None


@pytest.mark.parametrize(
    ("text", "told", "better"),
    [
        (ROWS, {"train_loss"}, True),
        (ROWS, {"train_loss", "val_loss"}, True),  # of epochs that the log has not
        (ROWS, set(), False),  # nothing is read so far
        (ROWS, {"train_loss", "val_wer"}, False),  # it lacks what is told
        (ROWS, {"train_loss", "acc"}, False),
        (ROWS.rpartition("2,")[0], {"train_loss"}, False),  # one evaluation does not show that it goes on
    ],
)
def test_a_richer_file_has_all_that_is_told_and_more(looks, text, told, better):
    search = search_of(looks)
    path = work(looks, text=text)
    assert (search.richer(frozenset(told), Path("trainer.log")) is not None) == better
    assert search.richer(frozenset(told), path) is None, "never the file that is read already"


def test_a_file_with_fewer_evaluations_than_the_log_is_not_richer(looks):
    search = search_of(looks)
    work(looks)
    (looks / "epochs.jsonl").write_text(
        "".join(f'{{"epoch":{n}.0,"val_loss":{at}}}\n' for at, n in enumerate((1, 2, 3, 3)))
    )
    assert search.richer(TOLD, Path("trainer.log")) is not None, "an epoch that is there twice counts once"
    (looks / "epochs.jsonl").write_text("".join(f'{{"epoch":{n}.0,"val_loss":1.0}}\n' for n in (1, 2, 3, 4)))
    assert search.richer(TOLD, Path("trainer.log")) is None


def test_a_log_that_prints_predictions_is_not_left(looks):
    search = search_of(looks)
    work(looks)
    (looks / "decodes.jsonl").write_text("{}\n")
    assert search.richer(TOLD, Path("trainer.log")) is None


def test_a_change_over_says_what_the_file_tells_more_and_keeps_when_the_run_began(looks):
    search = search_of(looks)
    work(looks)
    files.replace(looks / "run.json", encode(Run(run_id="one", created_at=77.0)))
    (looks / "epochs.jsonl").write_text('{"epoch":9.0}\n')
    (looks / "steps.jsonl").write_text('{"step":9}\n')
    search.change_to(search.richer(TOLD, Path("trainer.log")), TOLD, 1, 2.0).look(2.0)
    seen = read(looks)
    assert (seen.run.created_at, [record.epoch for record in seen.epochs]) == (77.0, [1, 2, 3])
    assert [step.step for step in seen.steps] == [9], "the file has no steps: those of the log stay"
    assert "a file appeared that holds val loss as well." in seen.run.notes
