"""`monitor attach` on trainings that somebody else has started: real processes, real logs, a follower that lives on."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest

from monitor import launcher
from monitor.commands.cli import main
from monitor.commands.looking import look_at
from monitor.commands.show import lines
from monitor.launcher import attaching
from monitor.run_dir import processes
from monitor.run_dir.errors import (
    EXIT_OK,
    EXIT_REFUSED,
    EXIT_UNREADABLE,
    EXIT_USAGE,
    RefusedError,
)
from monitor.run_dir.launch import read_launch, read_progress, read_state
from monitor.run_dir.reader import RunReader
from monitor.view.state import status_shown
from tests import foreign
from tests.logs import FORMS
from tests.supervised import end_everything, wait_for, wait_for_state

SCRIPT = """
import sys, time
for epoch in range(1, int(sys.argv[1]) + 1):
    print(f"Epoch {epoch}/{sys.argv[2]} | train loss {5 - 0.04 * epoch:.2f} | val loss {6 - 0.02 * epoch:.2f} "
          f"| WER {100 - 0.2 * epoch:.1f}%", flush=True)
    print("Target: REGEN NORD\\nPred: REGEN", flush=True)
    try:
        time.sleep(0.1)
    except KeyboardInterrupt:
        print("saved what there is", flush=True)
        sys.exit(0)
if sys.argv[1] != sys.argv[2]:
    raise ValueError("the data ended")
"""
"""Somebody's training: it knows nothing of us, and saves on Ctrl-C. Arguments: epochs done, epochs planned."""


@pytest.fixture
def training(tmp_path):
    """`training(epochs, planned)` starts one, its output in train.log; returns (process, log)."""
    started = []
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)

    def start(epochs=10_000, planned=None):
        log = tmp_path / "train.log"
        command = [sys.executable, str(script), str(epochs), str(planned or epochs)]
        with log.open("ab") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out, cwd=tmp_path, start_new_session=True)
        started.append(process)
        wait_for(lambda: log.read_text().count("Epoch") >= 2)
        return process, log

    yield start
    end_everything(tmp_path / "runs")
    for process in started:
        process.kill()
        process.wait()


def attach(*words, runs, code=EXIT_OK):
    assert main(["attach", *map(str, words), "--runs", str(runs)]) == code


def epochs(run_dir):
    return [record.epoch for record in RunReader(run_dir).read(time.time()).epochs]


def grows(run_dir):
    """Waits until a new epoch has come; returns all."""
    before = len(epochs(run_dir))
    wait_for(lambda: len(epochs(run_dir)) > before)
    return epochs(run_dir)


def test_nothing_is_followed_before_somebody_says_that_it_is_read_rightly(training, runs, capsys):
    _, log = training()
    attach(log, runs=runs, code=EXIT_USAGE)
    said = capsys.readouterr()
    assert "epochs in train.log: train loss 4.96 → " in said.out
    assert "stdin is not a terminal, so the confirmation cannot be asked; pass --yes" in said.err
    attach(log, "--json", runs=runs)
    told = json.loads(capsys.readouterr().out)
    assert (told["run_id"], told["mapping"]["basis"]) == (None, "epochs")
    assert not runs.exists()


def test_of_a_log_of_steps_alone_nothing_is_said_to_be_kept_beside_the_loss(tmp_path, runs, capsys):
    log = tmp_path / "steps.log"
    line = "[{}/400] Time 0.21 (0.22) Loss 1.9{}e+00 (1.9561e+00) Acc@1 51.00 (51.00)\n"
    log.write_text("".join(line.format(100 * step, step) for step in range(4)))
    attach(log, "--yes", runs=runs)
    said = capsys.readouterr().out.replace("\n", " ")
    assert "Not kept: train_acc@1" in said and "Kept as extra metrics" not in said
    attach("--stop", "steps", runs=runs)


def test_a_log_is_followed_and_never_called_running(training, runs, capsys):
    process, log = training()
    attach(log, "--yes", runs=runs)
    assert f"Written by process {process.pid}" in capsys.readouterr().out
    found = grows(runs / "train")
    assert found == list(range(1, len(found) + 1))
    status = launcher.status(runs / "train")
    assert (status.word, status.live) == ("followed", True)
    assert "last grew" in status.evidence
    with pytest.raises(RefusedError, match=r"which process trains it is not known.*--pid"):
        launcher.stop(runs / "train")
    assert process.poll() is None


def test_following_ends_when_it_is_asked_to_and_goes_on_in_the_same_run(training, runs, capsys):
    process, log = training()
    attach(log, "--yes", runs=runs)
    follower = read_progress(runs / "train").follower.pid
    attach("--stop", "train", runs=runs)
    assert "the training was not touched" in capsys.readouterr().out
    wait_for(lambda: not psutil.pid_exists(follower))
    assert (launcher.status(runs / "train").word, process.poll()) == ("imported", None)
    assert launcher.ensure_supervised(runs / "train") is False
    attach("--stop", "train", runs=runs, code=EXIT_REFUSED)
    attach(log, "--yes", runs=runs)
    assert "It was followed before as train; its records continue there" in capsys.readouterr().out
    grows(runs / "train")
    assert [run.name for run in runs.iterdir() if run.is_dir()] == ["train"]
    lines = (runs / "train" / "epochs.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == list(range(1, len(lines) + 1))


def test_a_killed_follower_is_replaced_at_the_next_contact(training, runs):
    _, log = training()
    attach(log, "--yes", runs=runs)
    grows(runs / "train")
    os.kill(read_progress(runs / "train").follower.pid, signal.SIGKILL)
    wait_for(lambda: not attaching.is_followed(runs / "train"))
    assert launcher.status(runs / "train").word == "imported"
    assert launcher.ensure_supervised(runs / "train") is True
    grows(runs / "train")
    lines = (runs / "train" / "epochs.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == list(range(1, len(lines) + 1))


def test_with_its_process_named_a_training_is_stopped_by_ctrl_c_first(training, runs, capsys):
    process, log = training()
    attach(log, "--pid", process.pid, "--yes", runs=runs)
    grows(runs / "train")
    assert launcher.status(runs / "train").word == "running"
    launch = read_launch(runs / "train")
    assert (launch.how, launch.argv[1:], launch.cwd) == ("attach", process.args[1:], str(log.parent))
    assert main(["stop", "train", "--runs", str(runs)]) == EXIT_OK
    assert process.wait(10) == 0
    assert log.read_text().rstrip().endswith("saved what there is")
    assert (read_state(runs / "train").state, read_state(runs / "train").stop.stage) == ("stopped", "interrupted")


@pytest.mark.parametrize(("by", "word"), [("stop", "stopped"), ("another terminal", "lost")])
def test_a_checkpoint_that_a_named_process_saved_before_it_was_attached_to_is_its_own(training, runs, by, word):
    process, log = training()
    wait_for(lambda: log.exists() and log.read_text())
    older, own = log.parent / "older.pt", log.parent / "last.pt"
    for path, at in ((older, psutil.Process(process.pid).create_time() - 60), (own, time.time())):
        path.write_text("weights")
        os.utime(path, (at, at))
    attach(log, "--pid", process.pid, "--yes", runs=runs)
    grows(runs / "train")
    if by == "stop":
        assert main(["stop", "train", "--yes", "--runs", str(runs)]) == EXIT_OK
    else:
        os.kill(process.pid, signal.SIGKILL)
    process.wait(60)
    wait_for(lambda: launcher.status(runs / "train").word == word)
    wait_for(lambda: (state := read_state(runs / "train")) is not None and state.saved == str(own))
    seen = look_at(runs / "train")
    assert status_shown(seen.snapshot).left == "checkpoint last.pt on disk"
    assert f"Newest checkpoint on disk: {own}." in lines(seen)
    assert read_state(runs / "train").started_at == pytest.approx(read_launch(runs / "train").created_at)


OPTIONS = """
import argparse, time
p = argparse.ArgumentParser()
p.add_argument("--lr", type=float, default=0.1)
p.add_argument("-b", "--batch-size", type=int, default=4)
p.add_argument("--epochs", type=int, default=90)
a = p.parse_args()
for epoch in range(1, a.epochs + 1):
    print(f"Epoch {epoch} train loss {5 / epoch:.2f} val loss {6 / epoch:.2f}", flush=True)
    time.sleep(0.1)
"""


def test_the_settings_of_a_named_process_are_those_of_its_command(tmp_path, runs):
    (tmp_path / "options.py").write_text(OPTIONS)
    log = tmp_path / "train.log"
    with log.open("wb") as out:
        command = [sys.executable, "options.py", "-b8", "--epochs", "10000"]
        process = subprocess.Popen(command, stdout=out, cwd=tmp_path, start_new_session=True)
    try:
        wait_for(lambda: log.read_text().count("Epoch") >= 2)
        attach(log, "--pid", process.pid, "--yes", runs=runs)
        seen = RunReader(runs / "train").read(time.time())
        assert seen.run.config == {"lr": 0.1, "batch_size": 8, "epochs": 10_000}
        assert seen.progress.epochs == 10_000, "the log does not say of how many"
        assert launcher.plan_restart(runs, "train", {"epochs": 20}).argv == [*command[:-1], "20"]
    finally:
        end_everything(runs)
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("planned", "state", "error"), [(30, "finished", None), (99, "failed", "ValueError: the data ended")]
)
def test_how_a_named_process_ended_is_told_as_far_as_its_log_tells(training, runs, planned, state, error):
    process, log = training(30, planned)
    # On a busy machine it would have ended before it is attached to.
    os.kill(process.pid, signal.SIGSTOP)
    attach(log, "--pid", process.pid, "--yes", runs=runs)
    os.kill(process.pid, signal.SIGCONT)
    process.wait(60)
    found = wait_for_state(runs / "train", state)
    assert (found.error, found.exit_code) == (error, None)
    assert epochs(runs / "train") == list(range(1, 31))


def test_an_attached_run_whose_supervisor_died_is_taken_over_and_read_on(training, runs):
    process, log = training()
    attach(log, "--pid", process.pid, "--yes", runs=runs)
    grows(runs / "train")
    os.kill(read_state(runs / "train").supervisor.pid, signal.SIGKILL)
    wait_for(lambda: launcher.status(runs / "train").unsupervised)
    assert launcher.ensure_supervised(runs / "train") is True
    grows(runs / "train")
    assert launcher.status(runs / "train").word == "running"


def test_letting_a_named_process_go_leaves_it_alone_for_good(training, runs):
    process, log = training()
    attach(log, "--pid", process.pid, "--yes", runs=runs)
    attach("--stop", "train", runs=runs)
    wait_for(lambda: launcher.status(runs / "train").word == "imported")
    assert (launcher.ensure_supervised(runs / "train"), process.poll()) == (False, None)


def test_a_reading_that_is_not_right_is_changed_and_the_log_read_anew(training, runs, capsys):
    _, log = training()
    attach(log, "--yes", "--fraction", runs=runs)
    grows(runs / "train")
    assert RunReader(runs / "train").read(time.time()).epochs[0].val_wer == pytest.approx(99.8)
    attach("train", "--percent", "--yes", runs=runs)
    assert "Saved for train" in capsys.readouterr().out
    wait_for(lambda: (found := RunReader(runs / "train").read(time.time()).epochs) and found[0].val_wer < 1)
    found = grows(runs / "train")
    assert found == list(range(1, len(found) + 1))
    reading = RunReader(runs / "train").read(time.time()).run.reading
    assert (reading.confirmed_by != "", "wer as val WER in percent" in reading.said) == (True, True)


def test_a_process_that_is_none_of_ours_is_refused(training, runs, capsys):
    _, log = training()
    for pid, said in ((2**22 - 1, "There is no process"), (os.getpid(), "is not a training")):
        attach(log, "--pid", pid, "--yes", runs=runs, code=EXIT_REFUSED)
        assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b"\0\1\2", "binary"), (b"version https://git-lfs.github.com/spec/v1\n", "git-LFS pointer")],
)
def test_what_is_no_log_is_one_clear_sentence(tmp_path, runs, capsys, content, said):
    (tmp_path / "odd.log").write_bytes(content)
    attach(tmp_path / "odd.log", "--yes", runs=runs, code=EXIT_UNREADABLE)
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_several_logs_are_several_runs(tmp_path, runs, capsys):
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_text(FORMS["one line"](range(1, 4)))
    try:
        attach(tmp_path / "a.log", tmp_path / "b.log", "--yes", "--json", runs=runs)
        assert [told["run_id"] for told in json.loads(capsys.readouterr().out)["logs"]] == ["a", "b"]
        wait_for(lambda: epochs(runs / "a") == epochs(runs / "b") == [1, 2, 3])
    finally:
        end_everything(runs)


def test_following_in_the_foreground_ends_with_ctrl_c(training, runs):
    _, log = training()
    command = [sys.executable, "-m", "monitor", "attach", str(log), "--runs", str(runs), "--yes", "--foreground"]
    attached = subprocess.Popen(command, cwd=launcher.HOME, stdout=subprocess.DEVNULL, start_new_session=True)
    wait_for(lambda: (runs / "train" / "epochs.jsonl").exists() and len(epochs(runs / "train")) > 2)
    os.killpg(attached.pid, signal.SIGINT)
    attached.wait(20)
    assert launcher.status(runs / "train").word == "imported"
    assert launcher.ensure_supervised(runs / "train") is False


def test_a_table_that_grows_is_followed_by_a_process_of_its_own_until_that_is_ended(tmp_path, runs, capsys):
    path = foreign.ultralytics(tmp_path)
    rows = path.read_text().splitlines()
    path.write_text("\n".join(rows[:4]) + "\n")
    attach(path, "--yes", "--name", "yolo", runs=runs)
    assert "results.csv is " in capsys.readouterr().out
    wait_for(lambda: epochs(runs / "yolo") == [0, 1, 2])
    with path.open("a") as file:
        file.write("\n".join(rows[4:]) + "\n")
    wait_for(lambda: len(epochs(runs / "yolo")) == len(rows) - 1)
    assert launcher.status(runs / "yolo").word == "followed"
    run = RunReader(runs / "yolo").read(time.time()).run
    assert "val_loss" in run.reading.said.replace(" ", "_") and run.reading.confirmed_by
    attach("--stop", "yolo", runs=runs)
    wait_for(lambda: not attaching.is_followed(runs / "yolo"))


def test_the_follower_of_a_run_that_was_deleted_ends(training, tmp_path):
    _, log = training()
    runs = tmp_path / "runs"
    assert main(["attach", str(log), "--yes", "--name", "gone", "--runs", str(runs)]) == EXIT_OK
    wait_for(lambda: (read_progress(runs / "gone") or None) and read_progress(runs / "gone").follower)
    follower = psutil.Process(read_progress(runs / "gone").follower.pid)
    shutil.rmtree(runs / "gone", ignore_errors=True)
    shutil.rmtree(runs, ignore_errors=True)
    wait_for(lambda: not follower.is_running() or follower.status() == psutil.STATUS_ZOMBIE)


def test_the_reading_of_a_log_whose_run_has_ended_is_changed_as_well(tmp_path, runs):
    lines = "; ".join(
        f"print('Epoch {e} loss {9 / e:.3f} dev_ctc {3 / e:.3f} val loss {5 / e:.3f}')" for e in (1, 2, 3)
    )
    (tmp_path / "train.py").write_text(lines + "\n")
    launcher.start(runs, [sys.executable, "train.py"], run_id="one", cwd=tmp_path)
    wait_for_state(runs / "one", "finished")
    wait_for(lambda: not attaching.is_followed(runs / "one"))
    supervisor = read_state(runs / "one").supervisor
    wait_for(lambda: processes.liveness(supervisor) == "gone")
    before = RunReader(runs / "one").read(time.time())
    attach("one", "--map", "val_loss=dev_ctc", "--yes", runs=runs)
    seen = RunReader(runs / "one").read(time.time())
    assert [record.val_loss for record in before.epochs] == pytest.approx([5, 2.5, 1.667])
    assert [record.val_loss for record in seen.epochs] == pytest.approx([3, 1.5, 1])
    assert "val_ctc as val loss" in seen.run.reading.said and seen.run.reading.confirmed_by
    assert (seen.run.created_at, launcher.status(runs / "one").word) == (before.run.created_at, "finished")
