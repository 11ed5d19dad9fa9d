"""A full, read-only, vanished or forbidden disk: training goes on, and every record is written once there is room."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from monitor.commands.cli import main
from monitor.launcher import start, status
from monitor.run_dir import DECODES_FILE, EPOCHS_FILE, STATE_FILE, STEPS_FILE, processes
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import read_progress, read_state
from monitor.run_dir.reader import RunReader
from monitor.ui.family import Family
from monitor.ui.tailing import Tailer
from monitor.writer import RunWriter
from tests import fake_runs
from tests.faults.disks import bound_by_rights, fill, remount, small_disk
from tests.faults.mutate import furnished
from tests.faults.table import times
from tests.supervised import FINISHES, LISTENS, ROOT, SILENT, script, wait_for, wait_for_state

SCRIBE = """
import os, sys, time
from monitor.writer import RunWriter

place, ledger_path = sys.argv[1], sys.argv[2]
ledger = os.open(ledger_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
with RunWriter(place, epochs=10**6) as run:
    for epoch in range(1, 10**6):
        run.log_step(epoch, train_loss=1 / epoch)
        if epoch % 7 == 0:
            run.log_decodes(epoch, ["REGEN " * 20])
        run.log_epoch(epoch, val_loss=float("nan"), val_wer=0.9)
        os.write(ledger, b"%d\\n" % epoch)
        if os.path.exists(ledger_path + ".stop"):
            break
        time.sleep(0.002)
print("ended well", flush=True)
"""
"""Logs without a pause worth mentioning; its ledger stands on another disk and tells which epochs it has logged."""


class Scribe:
    """The script as a process, and what it has logged."""

    def __init__(self, folder: Path, run_dir: Path, bound: bool = False) -> None:
        self.run_dir, self.ledger = run_dir, folder / "ledger"
        command = [*script(folder, SCRIBE), str(run_dir), str(self.ledger)]
        self.process = subprocess.Popen(
            bound_by_rights(command) if bound else command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def logged(self) -> int:
        text = self.ledger.read_text() if self.ledger.exists() else ""
        return int(text.split()[-1]) if text.endswith("\n") and text.split() else 0

    def goes_on(self, records: int = 20) -> None:
        """Waits until it has logged so many more: training is not held up."""
        before = self.logged()
        wait_for(lambda: self.logged() >= before + records)
        assert self.process.poll() is None

    def ends(self) -> str:
        """Lets it end, and returns what it said on stderr."""
        Path(f"{self.ledger}.stop").touch()
        out, said = self.process.communicate(timeout=120)
        assert (self.process.returncode, out) == (0, "ended well\n"), said
        return said

    def all_there(self) -> bool:
        """Whether every epoch up to what is logged now is there, in order, once; and the steps and decodes with it."""
        wanted = self.logged()
        seen = RunReader(self.run_dir).read(time.time())
        epochs = [int(record.epoch) for record in seen.epochs]
        assert epochs == list(range(1, len(epochs) + 1)) and not seen.overlaps
        assert [record.step for record in seen.steps][:wanted] == list(range(1, len(seen.steps) + 1))[:wanted]
        assert [int(record.epoch) for record in seen.decodes] == [7 * (n + 1) for n in range(len(seen.decodes))]
        return len(epochs) >= wanted


@pytest.fixture
def scribe_at(tmp_path):
    """Starts a scribe for a run directory; one that a failed test left running is killed."""
    made: list[Scribe] = []

    def start_one(run_dir: Path, **how: bool) -> Scribe:
        made.append(Scribe(tmp_path, run_dir, **how))
        return made[-1]

    yield start_one
    for scribe in made:
        scribe.process.kill()
        scribe.process.wait()


def test_a_full_disk_holds_up_no_training_and_all_is_written_once_there_is_room(tmp_path, scribe_at, tell):
    cycles = times(2, 40)
    with small_disk(tmp_path / "disk", 16_384) as disk:
        scribe = scribe_at(disk / "run")
        for _ in range(cycles):
            scribe.goes_on()
            ballast = fill(disk)
            scribe.goes_on(60)
            RunReader(disk / "run").read(time.time())
            ballast.unlink()
            wait_for(scribe.all_there)
        said = scribe.ends()
        assert scribe.all_there() and said.count("vitalsigns:") == 1
        assert RunReader(disk / "run").read(time.time()).progress.backlog == 0
    tell("disk full", "a tmpfs filled to the last byte under a writer, then freed", cycles)


def test_a_file_that_may_not_grow_cuts_lines_short_and_loses_none(tmp_path, scribe_at, tell):
    """RLIMIT_FSIZE makes a real write return less than was given, at whatever byte the limit stands."""
    cycles, seed = times(4, 80), random.Random(1)
    scribe = scribe_at(tmp_path / "run")
    scribe.goes_on()
    for _ in range(cycles):
        sizes = [(scribe.run_dir / name).stat().st_size for name in (EPOCHS_FILE, STEPS_FILE)]
        limit = max(sizes) + seed.randrange(2000)
        resource.prlimit(scribe.process.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        wait_for(lambda: (progress := read_progress(scribe.run_dir)) is not None and progress.backlog > 0)
        scribe.goes_on()
        resource.prlimit(scribe.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        wait_for(scribe.all_there)
        wait_for(lambda: read_progress(scribe.run_dir).backlog == 0)
    scribe.ends()
    assert scribe.all_there()
    assert len(RunReader(scribe.run_dir).read(time.time()).problems) <= 100
    tell("disk full", "a limit on file size that cuts a line at a random byte; backlog seen", cycles)


def test_an_end_on_a_full_disk_is_told_once_there_is_room(runs, tmp_path, tell):
    with small_disk(tmp_path / "disk", 4_096) as disk:
        run_dir = disk / start(disk, script(tmp_path, FINISHES.replace("0.02", "2")), run_id="run")
        wait_for_state(run_dir, "running")
        ballast = fill(disk)
        trainer = read_state(run_dir).trainer
        wait_for(lambda: not Path(f"/proc/{trainer.pid}").exists())
        told = status(run_dir)
        assert told.live and "being written" in told.evidence, "it is not called lost while its supervisor tries on"
        ballast.unlink()
        state = wait_for_state(run_dir, "finished")
        assert state.exit_code == 0
    tell("disk full", "stop refused in a sentence; an end that could not be written is told later", 2)


@pytest.mark.slow
def test_our_trainer_ends_well_on_a_disk_where_no_checkpoint_fits(runs, tmp_path, tell):
    with small_disk(tmp_path / "disk", 256) as disk:
        sizes = {"epochs": 2, "train_clips": 16, "eval_clips": 4, "hidden_dim": 8, "width": 0.25, "device": "cpu"}
        options = [word for name, value in sizes.items() for word in (f"--{name}", str(value))]
        command = [sys.executable, "-m", "trainer", *options, "--output_dir", "{run_dir}"]
        run_dir = disk / start(disk, command, run_id="run", cwd=ROOT)
        state = wait_for_state(run_dir, "finished", "failed", secs=120)
        seen = RunReader(run_dir).read(time.time())
        assert (state.state, state.exit_code, len(seen.epochs)) == ("finished", 0, 2), state.error
        assert "training goes on" in (run_dir / "trainer.log").read_text()
        assert not list(run_dir.glob("checkpoints/.*.tmp")), "half a checkpoint takes the room that is left"
    tell("disk full", "our trainer where no checkpoint fits: it ends well, all records are there", 1)


def test_a_run_on_a_read_only_disk_is_read_by_everything_and_a_writer_is_told_why_it_cannot_begin(tmp_path, tell):
    with small_disk(tmp_path / "disk", 4_096) as disk:
        run_dir = fake_runs.overfitting(disk)
        furnished(run_dir, "running")
        remount(disk, "ro")
        for verb in (["list"], ["show", run_dir.name], ["check", run_dir.name], ["report", run_dir.name, "--html"]):
            command = [sys.executable, "-m", "monitor", *verb, "--runs", str(disk)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            assert done.returncode in (0, 1, 2) and "Traceback" not in done.stderr, (verb, done.stderr)
            assert run_dir.name in done.stdout or "check" in verb
        tailer = Tailer(run_dir, Family(disk))
        assert tailer._look() and not tailer.problem
        with pytest.raises(RefusedError, match="Read-only file system"):
            RunWriter(disk / "new")
        with pytest.raises(RefusedError, match="cannot be written"):
            start(disk, ["true"], run_id="another")
    tell("disk read-only", "list, show, check, report and page read on; a writer is refused in a sentence", 6)


@pytest.mark.parametrize("text", [LISTENS, SILENT], ids=["a script that asks", "one that does not"])
def test_a_run_on_a_full_disk_is_stopped_all_the_same(tmp_path, own_state, tell, text, capsys):
    with small_disk(tmp_path / "disk", 16_384) as disk:
        run_dir = disk / "runs" / start(disk / "runs", script(tmp_path, text), run_id="r")
        state = wait_for_state(run_dir, "running")
        ballast = fill(disk)
        assert main(["stop", "r", "--runs", str(disk / "runs"), "--yes"]) == 0
        assert processes.liveness(state.trainer) == "gone"
        ballast.unlink()
        assert wait_for_state(run_dir, "stopped").stop.asked_by == "you, with the disk full"
    tell("disk full", "a stop, whose request finds no room", 1)


@pytest.mark.parametrize("mode", [0o500, 0o000], ids=["no writing", "no entry"])
def test_rights_taken_away_in_mid_run_hold_up_no_training_and_all_is_written_when_they_are_back(
    tmp_path, scribe_at, tell, mode
):
    cycles = times(1, 20)
    scribe = scribe_at(tmp_path / "run", bound=True)
    scribe.goes_on()
    for _ in range(cycles):
        heard = read_progress(scribe.run_dir).heartbeat_at
        scribe.run_dir.chmod(mode)
        scribe.goes_on(40)
        scribe.run_dir.chmod(0o700)
        wait_for(scribe.all_there)
        wait_for(lambda heard=heard: read_progress(scribe.run_dir).heartbeat_at > heard)
    assert "vitalsigns:" in scribe.ends()
    assert scribe.all_there()
    tell("rights", "a run directory without write or entry in mid-run, then with it again", cycles)


def test_a_run_directory_that_is_moved_away_and_back_has_everything(tmp_path, scribe_at, tell):
    cycles = times(2, 40)
    scribe = scribe_at(tmp_path / "run")
    for _ in range(cycles):
        scribe.goes_on()
        scribe.run_dir.rename(tmp_path / "elsewhere")
        scribe.goes_on(40)
        (tmp_path / "elsewhere").rename(scribe.run_dir)
        wait_for(scribe.all_there)
    scribe.ends()
    assert scribe.all_there()
    tell("vanished", "a run directory moved away and back under its writer", cycles)


def test_a_run_directory_that_is_removed_ends_no_training_and_a_new_one_gets_what_comes(tmp_path, scribe_at, tell):
    cycles = times(1, 20)
    scribe = scribe_at(tmp_path / "run")
    for _ in range(cycles):
        scribe.goes_on()
        shutil.rmtree(scribe.run_dir, ignore_errors=True)
        wait_for(lambda: not scribe.run_dir.exists() or shutil.rmtree(scribe.run_dir, ignore_errors=True))
        scribe.goes_on()
        first = scribe.logged()
        scribe.run_dir.mkdir()
        wait_for(lambda first=first: first in _epochs(scribe.run_dir))
    scribe.ends()
    found = _epochs(scribe.run_dir)
    assert found == list(range(found[0], scribe.logged() + 1)), "from the removal on nothing is missing"
    tell("vanished", "a run directory removed under its writer, then made again", cycles)


def _epochs(run_dir: Path) -> list[int]:
    path = run_dir / EPOCHS_FILE
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [int(json.loads(line)["epoch"]) for line in lines]


def test_a_run_directory_that_never_comes_back_ends_no_training(tmp_path, scribe_at):
    scribe = scribe_at(tmp_path / "run")
    scribe.goes_on()
    wait_for(lambda: not scribe.run_dir.exists() or shutil.rmtree(scribe.run_dir, ignore_errors=True))
    scribe.goes_on(60)
    assert scribe.ends().count("vitalsigns:") == 1


def test_a_supervised_run_whose_directory_is_removed_trains_to_its_end_and_leaves_nobody_behind(runs):
    from tests.supervised import supervisors, workers

    mark = runs.parent / "ended"
    text = FINISHES.replace("0.02", "0.5") + f"open({str(mark)!r}, 'w').close()\n"
    run_dir = runs / start(runs, script(runs.parent, text), run_id="run")
    wait_for_state(run_dir, "running")
    wait_for(lambda: not run_dir.exists() or shutil.rmtree(run_dir, ignore_errors=True))
    wait_for(mark.exists)
    wait_for(lambda: not workers(run_dir) and not supervisors(run_dir))
    assert not (run_dir / STATE_FILE).exists() and not (run_dir / DECODES_FILE).exists()
