"""The callback of Ray Tune against a real Ray, whose processes see loopback alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.run_dir import RUN_DIR_VARIABLE
from monitor.run_dir.reader import list_runs
from monitor.view.rows import RowBook
from tests.cluster.conftest import PATIENT_SECS
from tests.cluster.test_ray import enter_own_network
from tests.fake_runs import read
from tests.supervised import ROOT

pytestmark = [pytest.mark.ray, pytest.mark.timeout(400)]

EXAMPLE = ROOT / "examples" / "your_own" / "ray_tune_sweep.py"
SCRIPT = """
import sys, time
from pathlib import Path
from ray import tune
from vitalsigns.callbacks.ray_tune import VitalsignsCallback

def train(config):
    mark = Path(config["mark"])
    for epoch in range(1, 5 if config["kind"] != "endless" else 10**6):
        tune.report({"epoch": 10 * epoch, "val_loss": 1 / epoch, "note": "text"})
        if epoch == 2 and config["kind"] == "bad":
            raise ValueError("a trial that fails")
        if epoch == 2 and config["kind"] == "once" and not mark.exists():
            mark.touch()
            raise ValueError("a trial that fails")
        time.sleep(0.1)

watch = VitalsignsCallback(sys.argv[1], sweep="kinds", config={"host": "here"}, epochs=40)
space = {"kind": tune.grid_search(["good", "bad", "once", "endless"]), "mark": sys.argv[2]}
again = tune.FailureConfig(max_failures=1)
run_config = tune.RunConfig(callbacks=[watch], stop=watch, failure_config=again)
tune.Tuner(train, param_space=space, run_config=run_config).fit()
"""


@pytest.fixture
def own_network() -> Iterator[None]:
    leave = enter_own_network()
    yield
    leave()


def begin(tmp_path: Path, *words: object, **more: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VITALSIGNS_", "RAY_"))}
    kept |= {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "RAY_USAGE_STATS_ENABLED": "0", **more}
    return subprocess.Popen(
        [sys.executable, *map(str, words)],
        cwd=tmp_path,
        env=kept,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def ended(process: subprocess.Popen[str]) -> str:
    said = process.communicate(timeout=4 * PATIENT_SECS)[0]
    assert process.returncode == 0, said[-3000:]
    return said


def test_each_trial_of_the_example_is_a_run_and_they_are_one_sweep(own_network, tmp_path):
    runs = tmp_path / "runs"
    assert "Best: val loss" in ended(begin(tmp_path, EXAMPLE, runs, "found", 3))
    for name in list_runs(runs):
        snapshot = read(runs / name)
        assert (snapshot.progress.outcome, len(snapshot.epochs)) == ("finished", 20)
        assert snapshot.epochs[-1].epoch == 20 and snapshot.problems == ()
    book = RowBook(runs)
    rows = {row.run: row for row in book.rows(time.time())}
    [sweep] = book.sweeps
    assert (sweep.name, sweep.counts, sweep.differ) == ("found", "3 finished", ["learning_rate", "weight_decay"])
    assert rows[sweep.best_run].numbers["best loss"] == min(row.numbers["best loss"] for row in rows.values())


def test_trials_that_end_fail_are_tried_again_or_are_stopped_are_told_apart(own_network, tmp_path):
    runs = tmp_path / "runs"
    (tmp_path / "kinds.py").write_text(SCRIPT)
    process = begin(tmp_path, tmp_path / "kinds.py", runs, tmp_path / "failed-once")
    found: dict[str, str] = {}
    deadline = time.monotonic() + 2 * PATIENT_SECS
    while "endless" not in found and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.5)
        names = list_runs(runs) if runs.is_dir() else []
        found = {read(runs / name).run.config["kind"]: name for name in names if read(runs / name).epochs}
    assert "endless" in found, process.communicate(timeout=120)[0][-3000:]
    stop = [sys.executable, "-m", "monitor", "stop", found["endless"], "--runs", str(runs), "--json"]
    subprocess.run(stop, cwd=ROOT, check=True, capture_output=True, timeout=120)
    ended_with = process.communicate(timeout=4 * PATIENT_SECS)[0]
    seen = {(snapshot := read(runs / name)).run.config["kind"]: snapshot for name in list_runs(runs)}
    outcomes = {kind: snapshot.progress.outcome for kind, snapshot in seen.items()}
    expected = {"good": "finished", "bad": "failed", "once": "finished", "endless": "stopped"}
    assert outcomes == expected, ended_with[-3000:]
    assert seen["bad"].progress.error == "ValueError: a trial that fails"
    assert "\x1b" not in seen["bad"].progress.traceback
    tried = [(record.generation, record.epoch) for record in seen["once"].epochs]
    assert tried[-4:] == [(2, 10), (2, 20), (2, 30), (2, 40)] and seen["good"].progress.generation == 1
    assert [record.epoch for record in seen["good"].epochs] == [10, 20, 30, 40]
    assert seen["good"].run.config == {
        **{"host": "here", "kind": "good", "sweep": "kinds"},
        "mark": str(tmp_path / "failed-once"),
    }
    assert "note" not in seen["good"].epochs[0].metrics


def test_below_a_supervisor_it_refuses(own_network, tmp_path):
    process = begin(tmp_path, EXAMPLE, tmp_path / "runs", "found", 1, **{RUN_DIR_VARIABLE: str(tmp_path / "one")})
    said = process.communicate(timeout=PATIENT_SECS)[0]
    assert process.returncode != 0 and "start it without `monitor start`" in said
