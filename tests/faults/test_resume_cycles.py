"""Stopped and resumed again and again: every checkpoint loads, and the end is the unbroken run's to the bit."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest
import torch

from monitor.launcher import resume, start, status, stop
from monitor.run_dir import CHECKPOINTS_DIR, LAST_CHECKPOINT, RUN_DIR_VARIABLE
from monitor.run_dir.launch import read_progress
from monitor.run_dir.reader import RunReader
from tests.faults.table import times
from tests.supervised import ROOT, state_of, supervisors, wait_for, workers
from trainer import checkpoints
from trainer.arguments import parse
from trainer.run import run
from trainer.stopping import StopSignals

SMALLEST = [
    *("--train_clips", "16", "--eval_clips", "4", "--signers", "2", "--hidden_dim", "8", "--width", "0.1"),
    *("--batch_size", "4", "--device", "cpu", "--log_every", "1"),
    *("--dropout", "0.4", "--augmentation", "strong", "--frame_drop", "0.1"),
]
STEPS_PER_EPOCH = 4
CYCLES = times(6, 500)
PROCESSES = times(2, 36)


class StopAfter:
    """Stands in for the signals: hears one after so many steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    @property
    def received(self) -> str | None:
        self.left -= 1
        return "SIGTERM" if self.left < 0 else None


def last_of(run_dir: Path) -> dict:
    return checkpoints.load(run_dir / CHECKPOINTS_DIR / LAST_CHECKPOINT)


def assert_same(whole: Path, cut: Path) -> None:
    """Weights, optimiser, position and every figure of every epoch, to the bit."""
    one, other = last_of(whole), last_of(cut)
    assert one["position"] == other["position"]
    assert all(torch.equal(one["model"][name], other["model"][name]) for name in one["model"])
    moments = (state["optimiser"]["state"] for state in (one, other))
    for (place, first), (again, second) in zip(*(each.items() for each in moments), strict=True):
        assert place == again and all(torch.equal(first[key], second[key]) for key in first)
    figures = [
        [(r.epoch, r.train_loss, r.val_loss, r.val_wer, r.grad_norm, r.update_ratio) for r in seen.epochs]
        for seen in (RunReader(run_dir).read(0.0) for run_dir in (whole, cut))
    ]
    assert figures[0] == figures[1]


def test_stopped_at_random_steps_and_resumed_each_time_it_equals_the_unbroken_run(tmp_path, tell, monkeypatch):
    monkeypatch.delenv(RUN_DIR_VARIABLE, raising=False)
    seed, whole, cut = random.Random(1), tmp_path / "whole", tmp_path / "cut"
    argv = [*SMALLEST, "--epochs", str(CYCLES * 2 // STEPS_PER_EPOCH + 2)]
    run(parse([*argv, "--output_dir", str(whole)]), StopSignals())
    steps = seed.randint(1, 3)
    run(parse([*argv, "--output_dir", str(cut)]), StopAfter(steps))
    done = 0
    while status(cut).word == "stopped":
        done += 1
        assert last_of(cut)["position"]["step"] == steps, "the checkpoint is that of the step at which it was stopped"
        more = seed.randint(1, 3) if done < CYCLES else 10**9
        steps += more
        torch.rand(seed.randrange(9))  # other random numbers were drawn in between
        run(parse(["--resume", "--output_dir", str(cut)]), StopAfter(more))
    assert status(cut).word == "finished" and done >= CYCLES * 9 // 10
    assert_same(whole, cut)
    tell("stop and resume", "in one process, at random steps; the end is the unbroken run's to the bit", done)


@pytest.mark.slow
def test_stopped_and_killed_as_processes_and_resumed_each_time_it_equals_the_unbroken_run(runs, tell, monkeypatch):
    """Through supervisors, with real stops and, one time in three, a SIGKILL: then it goes on from the last epoch."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    seed, epochs = random.Random(2), PROCESSES * 2 + 4
    command = [sys.executable, "-m", "trainer", *SMALLEST, "--epochs", str(epochs), "--output_dir", "{run_dir}"]
    whole = runs / start(runs, command, run_id="whole", cwd=ROOT)
    cut = runs / start(runs, [*command, "--pace", "0.6"], run_id="cut", cwd=ROOT)
    stops = kills = 0
    while stops + kills < PROCESSES:
        _goes_on(cut)
        time.sleep(seed.uniform(0.0, 0.5))
        if status(cut).word == "finished":
            break
        if seed.random() < 1 / 3:
            os.kill(state_of(cut).trainer.pid, signal.SIGKILL)
            wait_for(lambda: status(cut).word == "failed")
            kills += 1
        else:
            stop(cut)
            wait_for(lambda: status(cut).word == "stopped")
            stops += 1
        assert last_of(cut)["position"]["step"] > 0
        wait_for(lambda: not workers(cut) and not supervisors(cut))
        resume(runs, cut.name)
    assert stops + kills >= min(PROCESSES, 2)
    wait_for(lambda: status(cut).word == "finished", secs=240)
    wait_for(lambda: status(whole).word == "finished", secs=240)
    assert_same(whole, cut)
    tell("stop and resume", "processes under a supervisor, stopped", stops)
    tell("stop and resume", "processes under a supervisor, killed (SIGKILL)", kills)


def _goes_on(run_dir: Path) -> None:
    """Waits until this start of the run has trained: a checkpoint of it, or of an earlier one, is there."""

    def at_work() -> bool:
        progress, state = read_progress(run_dir), state_of(run_dir)
        here = progress is not None and progress.generation == state.generation and progress.phase != "starting"
        return here and progress.step > 0 and (run_dir / CHECKPOINTS_DIR / LAST_CHECKPOINT).exists()

    wait_for(lambda: at_work() or not status(run_dir).live, secs=90)
