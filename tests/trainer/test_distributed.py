"""Two processes under torchrun: the same training as one, one writer, and a stop that all of them hear."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from monitor import launcher
from monitor.run_dir import Epoch, Progress, control, decode
from monitor.run_dir.errors import UsageError
from monitor.run_dir.launch import PLACEHOLDER, in_processes, read_launch, read_state
from trainer import checkpoints

TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node"]
TINY = (
    *("--train_clips", "25", "--eval_clips", "7", "--signers", "2", "--hidden_dim", "8", "--width", "0.1"),
    *("--device", "cpu", "--log_every", "1", "--dropout", "0", "--augmentation", "none", "--batch_size", "6"),
)
VIDEO = ("--modality", "video", "--frame_size", "12", "--batchnorm", "frozen", "--train_clips", "13")
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("VITALSIGNS_")},
    "OMP_NUM_THREADS": "1",
}


def command(processes: int, run_dir: Path, *argv: str) -> list[str]:
    start = [*TORCHRUN, str(processes), "-m", "trainer"] if processes > 1 else [sys.executable, "-m", "trainer"]
    return [*start, *(() if "--resume" in argv else TINY), *argv, "--output_dir", str(run_dir)]


def train(processes: int, run_dir: Path, *argv: str) -> Path:
    done = subprocess.run(
        command(processes, run_dir, *argv), env=ENVIRONMENT, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return run_dir


def epochs(run_dir: Path) -> list[Epoch]:
    return [decode(line, Epoch) for line in (run_dir / "epochs.jsonl").read_bytes().splitlines()]


def weights(run_dir: Path) -> dict[str, torch.Tensor]:
    return checkpoints.load(run_dir / "checkpoints" / "last.pt")["model"]


@pytest.mark.parametrize(
    "options",
    [("--accumulation_steps", "2", "--auxiliary_ctc", "0.5"), VIDEO],
    ids=["accumulated", "video"],
)
def test_two_processes_train_what_one_trains(tmp_path, options):
    one, two = (train(count, tmp_path / str(count), "--epochs", "2", *options) for count in (1, 2))
    for alone, together in zip(epochs(one), epochs(two), strict=True):
        for name in ("train_loss", "train_eval_loss", "val_loss", "val_wer", "grad_norm", "entropy", "blank_ratio"):
            assert getattr(together, name) == pytest.approx(getattr(alone, name), rel=2e-3, abs=1e-6), name
        assert together.step == alone.step and together.val_tokens == alone.val_tokens
    left, right = weights(one), weights(two)
    assert all(torch.allclose(left[name].float(), right[name].float(), rtol=1e-3, atol=1e-4) for name in left)
    said = [(folder / "decodes.jsonl").read_text().count("\n") for folder in (one, two)]
    assert said[0] == said[1]  # one writer, and every clip once


def wait_for(path: Path, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 120
    while not (path.exists() and b"\n" in path.read_bytes()):
        assert process.poll() is None and time.monotonic() < deadline, "the run never began"
        time.sleep(0.05)


RANDOM = ("--epochs", "2", "--dropout", "0.3", "--augmentation", "strong")


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory) -> Path:
    return train(2, tmp_path_factory.mktemp("runs") / "unbroken", *RANDOM)


@pytest.mark.parametrize("how", ["a request", "SIGTERM to torchrun"])
def test_both_processes_stop_after_the_same_step_and_go_on_to_the_bit(tmp_path, how, unbroken):
    run_dir = tmp_path / "run"
    log = (tmp_path / "log").open("w")
    argv = command(2, run_dir, *RANDOM, "--pace", "10")
    process = subprocess.Popen(argv, env=ENVIRONMENT, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(run_dir / "steps.jsonl", process)
        if how == "a request":
            control.request(run_dir, "stop", generation=1, asked_by="test", now=time.time())
        else:
            process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=120)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    progress = decode((run_dir / "progress.json").read_bytes(), Progress)
    assert progress.outcome == "stopped", (tmp_path / "log").read_text()[-2000:]
    assert code == 0 or how == "SIGTERM to torchrun"  # torchrun itself reports the signal it was sent
    about = checkpoints.about(run_dir / "checkpoints" / "last.pt")
    assert about is not None and about["step"] == progress.step
    assert about["epoch"] == 1 and 0 < about["position"] < about["steps_per_epoch"]
    train(2, run_dir, "--resume", "--pace", "0")
    assert [record.epoch for record in epochs(run_dir)] == [1, 2]
    whole, cut = weights(unbroken), weights(run_dir)
    assert all(torch.equal(whole[name], cut[name]) for name in whole)


def test_a_run_of_two_processes_goes_on_in_one(tmp_path):
    run_dir = train(2, tmp_path / "run", "--epochs", "1", "--dropout", "0.3")
    train(1, run_dir, "--epochs", "2", "--resume")
    assert [record.epoch for record in epochs(run_dir)] == [1, 2]


def test_a_wrong_option_is_told_once(tmp_path):
    done = subprocess.run(
        command(2, tmp_path / "run", "--dropout", "7"), env=ENVIRONMENT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode != 0
    assert done.stderr.count("--dropout 7 is not allowed") == 1


# -- the launcher --------------------------------------------------------------------------------------------------


def test_the_launcher_starts_two_processes_stops_both_and_lets_them_go_on(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    argv = in_processes([sys.executable, "-m", "trainer", *TINY, "--epochs", "3", "--pace", "10"], 2)
    run_id = launcher.start(tmp_path, [*argv, "--output_dir", PLACEHOLDER], name="pair", cwd=launcher.HOME)
    run_dir = tmp_path / run_id

    def wait_until(word: str) -> None:
        deadline = time.monotonic() + 120
        while launcher.status(run_dir).word != word:
            assert time.monotonic() < deadline, f"never {word}: {(run_dir / 'trainer.log').read_text()[-2000:]}"
            time.sleep(0.1)

    wait_until("running")
    while not (run_dir / "steps.jsonl").exists():
        time.sleep(0.1)
    launcher.stop(run_dir)
    wait_until("stopped")
    state = read_state(run_dir)
    assert state is not None and state.exit_code == 0
    launcher.resume(tmp_path, run_id)
    wait_until("running")
    launcher.stop(run_dir)
    wait_until("stopped")
    launch = read_launch(run_dir)
    assert launch is not None and launch.script == str(launcher.HOME / "trainer" / "__main__.py")


@pytest.mark.parametrize(
    ("argv", "started"),
    [
        (["python", "-m", "trainer", "--x", "1"], "python -m RUN -m trainer --x 1"),
        (["/opt/bin/python3.11", "-u", "train.py", "--x", "1"], "/opt/bin/python3.11 -u -m RUN train.py --x 1"),
    ],
)
def test_a_python_script_is_started_in_processes(argv, started):
    run = "torch.distributed.run --standalone --nproc-per-node=4"
    assert " ".join(in_processes(argv, 4)) == started.replace("RUN", run)


@pytest.mark.parametrize("argv", [[], ["bash", "train.sh"], ["/usr/bin/pythonic", "x.py"]])
def test_what_is_no_python_is_not_started_in_processes(argv):
    with pytest.raises(UsageError, match="--nproc needs a Python command"):
        in_processes(argv, 2)
