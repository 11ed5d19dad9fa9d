"""The examples of docs/your-own-script.md, run for real against the real frameworks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from monitor.run_dir import Snapshot
from monitor.run_dir.reader import list_runs
from monitor.view.rows import RowBook
from tests.fake_runs import read

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "examples" / "your_own"
STAND_INS = Path(__file__).resolve().parent / "stand_ins"
FRAMEWORKS = ("lightning_fit", "huggingface_trainer", "keras_fit", "speechbrain_recipe")
ENDLESS = "100000"
PATIENCE_SECS = 120.0

pytestmark = pytest.mark.frameworks


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VITALSIGNS_", "RANK"))}
    return {**kept, "PYTHONPATH": f"{ROOT}{os.pathsep}{STAND_INS}", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}


def run(*words: object) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, words)], cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def wait_for(run_dir: Path, condition, what: str) -> Snapshot:
    deadline = time.monotonic() + PATIENCE_SECS
    while time.monotonic() < deadline:
        snapshot = read(run_dir)
        if condition(snapshot):
            return snapshot
        time.sleep(0.2)
    log = run_dir / "trainer.log"
    raise AssertionError(
        f"{run_dir.name}: {what} did not come; log: {log.read_text()[-3000:] if log.exists() else '-'}"
    )


def test_every_example_is_tested():
    tested = {*FRAMEWORKS, "numpy_loop", "pytorch_loop", "jax_loop", "optuna_sweep"}
    tested.add("ray_tune_sweep")  # in tests/cluster/test_ray_tune.py, where there is a network of its own for Ray
    assert tested == {path.stem for path in EXAMPLES.glob("*.py")}


@pytest.mark.parametrize("example", ["numpy_loop", "pytorch_loop", "jax_loop"])
def test_three_lines_in_a_loop_write_a_whole_run(example, tmp_path):
    run(EXAMPLES / f"{example}.py", tmp_path / example)
    snapshot = read(tmp_path / example)
    assert snapshot.progress.outcome == "finished"
    assert snapshot.progress.epochs == len(snapshot.epochs)
    assert all(record.train_loss is not None and record.val_loss is not None for record in snapshot.epochs)
    assert snapshot.problems == ()


def test_each_trial_of_a_sweep_is_a_run_and_the_sweep_a_row_of_the_list(tmp_path):
    best = {}
    for sweep in ("first", "second"):
        said = run(EXAMPLES / "optuna_sweep.py", tmp_path, sweep, 4)
        assert said.startswith(f"Best: {sweep}-")
        best[sweep] = said.split(",")[0].removeprefix("Best: ")
    names = [f"{sweep}-{trial}" for sweep in ("first", "second") for trial in range(4)]
    assert list_runs(tmp_path) == names
    for name in names:
        snapshot = read(tmp_path / name)
        assert (snapshot.progress.outcome, len(snapshot.epochs)) == ("finished", 20)
    book = RowBook(tmp_path)
    rows = {row.run: row for row in book.rows(time.time())}
    assert {each.name: (each.trials, each.best_run) for each in book.sweeps} == {
        name: (4, run_id) for name, run_id in best.items()
    }
    assert {rows[name].settings["sweep"] for name in names} == {"first", "second"}
    assert len({rows[name].settings["learning_rate"] for name in names}) == 4  # one seed: both sweeps try the same


def test_a_loop_of_three_lines_can_log_its_predictions(tmp_path):
    run(EXAMPLES / "pytorch_loop.py", tmp_path / "one")
    snapshot = read(tmp_path / "one")
    assert 32 == len(snapshot.clips) == len(snapshot.decodes[-1].hypotheses)


@pytest.mark.parametrize("example", FRAMEWORKS)
def test_a_callback_writes_a_whole_run(example, tmp_path):
    run(EXAMPLES / f"{example}.py", tmp_path / example, 3)
    snapshot = read(tmp_path / example)
    assert snapshot.progress.outcome == "finished"
    assert [record.epoch for record in snapshot.epochs] == [1, 2, 3]
    assert all(
        None not in (record.train_loss, record.val_loss, record.gap, record.lr) for record in snapshot.epochs
    ) or (example == "huggingface_trainer" and all(step.lr is not None for step in snapshot.steps))
    assert snapshot.epochs[-1].train_loss < snapshot.epochs[0].train_loss
    assert snapshot.run.model.parameters > 0
    assert snapshot.run.config
    assert snapshot.steps
    assert snapshot.problems == ()


@pytest.mark.parametrize("example", FRAMEWORKS)
def test_a_framework_is_stopped_at_its_own_safe_point_and_goes_on_from_there(example, tmp_path):
    start = ["-m", "monitor", "start", "--runs", tmp_path, "--name", "one", "--json", "--"]
    run(*start, sys.executable, EXAMPLES / f"{example}.py", "{run_dir}", ENDLESS)
    run_dir = tmp_path / "one"
    try:
        wait_for(run_dir, lambda seen: len(seen.epochs) >= 3, "a third epoch")
        run("-m", "monitor", "stop", "one", "--runs", tmp_path, "--json")
        stopped = wait_for(run_dir, lambda seen: seen.state.state == "stopped", "the end")
        assert stopped.state.stop is None or stopped.state.stop.stage == "asked", "it had to be signalled"
        assert stopped.state.exit_code == 0
        assert Path(stopped.progress.checkpoint).exists()
        done = stopped.epochs[-1].epoch
        run("-m", "monitor", "resume", "one", "--runs", tmp_path, "--json")
        again = wait_for(run_dir, lambda seen: any(r.generation == 2 for r in seen.epochs), "an epoch after the resume")
        first = next(record for record in again.epochs if record.generation == 2)
        assert done < first.epoch <= done + 2
    finally:
        if read(run_dir).state.state != "stopped":
            run("-m", "monitor", "stop", "one", "--runs", tmp_path, "--json")
            wait_for(run_dir, lambda seen: seen.state.state == "stopped", "the last end")


def test_an_error_in_a_lightning_step_is_the_runs_last_word(tmp_path):
    script = (EXAMPLES / "lightning_fit.py").read_text(encoding="utf-8")
    broken = script.replace("        return loss\n", "        raise ValueError('a step that fails')\n", 1)
    assert broken != script
    (tmp_path / "broken.py").write_text(broken, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, tmp_path / "broken.py", tmp_path / "run"], env=environment(), cwd=ROOT, capture_output=True
    )
    assert done.returncode != 0
    assert (
        read(tmp_path / "run").progress.outcome,
        read(tmp_path / "run").progress.error,
    ) == ("failed", "ValueError: a step that fails")


def test_percent_is_told_and_not_guessed(tmp_path):
    asked = json.loads(
        run(
            "-c",
            "import json\nfrom monitor.integrations.reporter import Reporter\n"
            "told = Reporter('x', wer_in_percent=True, names={'val_loss': 'dev/ctc'})\n"
            "print(json.dumps([told.fields({'dev/ctc': 2.5, 'wer': 40.0, 'epoch': 3, 'other': 1}),"
            " Reporter('x').fields({'valid_loss': 2.5, 'wer': 40.0})]))",
        )
    )
    assert asked == [{"val_loss": 2.5, "val_wer": 0.4, "other": 1}, {"val_loss": 2.5, "val_wer": 40.0}]
