"""`monitor start` with a script that knows nothing of us: its log becomes its curves, its flags the restart form."""

import json
import math
import os
import sys
import time

from monitor import launcher
from monitor.commands.cli import main
from monitor.run_dir.errors import EXIT_CRITICAL, EXIT_OK, EXIT_REFUSED
from monitor.run_dir.launch import read_progress
from tests.fake_runs import read
from tests.stranger import SCRIPT
from tests.supervised import LISTENS, call_it_stopped, script, state_of, wait_for, wait_for_state


def start(runs, *options, text=SCRIPT, run_id="mine"):
    command = [*script(runs.parent, text), *map(str, options)]
    return runs / launcher.start(runs, command, run_id=run_id, cwd=runs.parent)


def test_a_script_without_a_line_for_us_gets_its_curves_from_its_log(runs):
    run_dir = start(runs, "--epochs", 6, "--pause", 0, "--out", "{run_dir}/out")
    assert wait_for_state(run_dir, "finished", "failed").exit_code == 0
    found = read(run_dir)
    assert [record.epoch for record in found.epochs] == [1, 2, 3, 4, 5, 6]
    assert found.epochs[-1].val_loss < found.epochs[0].val_loss
    assert all(record.generation == 1 and record.lr == 0.05 and record.at > 0 for record in found.epochs)
    assert (found.run.reading.confirmed_by, "val_loss as val loss" in found.run.reading.said) == ("", True)
    assert (found.run.config["epochs"], found.run.config["lr"]) == (6, 0.05)
    assert found.run.config_schema["properties"]["optimizer"]["enum"] == ["sgd", "sign"]
    assert (run_dir / "out" / "weights.npy").exists()
    assert (found.progress.epochs, found.overlaps, found.problems) == (6, (), ())


def test_what_was_read_from_a_log_counts_as_confirmed_once_a_person_has_said_so(runs, capsys):
    run_dir = start(runs, "--pause", 0.05)
    wait_for(lambda: len(read(run_dir).epochs) >= 3)
    assert main(["show", "mine", "--runs", str(runs)]) == EXIT_OK
    assert "Read from its log, not confirmed" in capsys.readouterr().out
    assert main(["attach", "mine", "--yes", "--runs", str(runs)]) == EXIT_OK
    assert "epochs in trainer.log: train loss" in capsys.readouterr().out
    wait_for(lambda: read(run_dir).run.reading.confirmed_by)
    assert main(["show", "mine", "--runs", str(runs)]) == EXIT_OK
    assert "not confirmed" not in capsys.readouterr().out
    assert main(["attach", "--stop", "mine", "--runs", str(runs)]) == EXIT_REFUSED
    assert "monitor stop mine" in capsys.readouterr().err


def test_a_stop_is_ctrl_c_first_and_what_the_script_saves_is_kept(runs):
    run_dir = start(runs, "--out", "{run_dir}/out")
    wait_for(lambda: len(read(run_dir).epochs) >= 2)
    launcher.stop(run_dir)
    state = wait_for_state(run_dir, "stopped")
    assert (state.exit_code, state.stop.stage) == (0, "interrupted")
    assert (run_dir / "out" / "weights.npy").exists()


def test_a_script_that_saves_on_sigterm_gets_that_first_if_it_was_said_so(runs):
    text = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('saved on SIGTERM', flush=True), sys.exit(0)))\n"
        "print('ready', flush=True)\ntime.sleep(600)\n"
    )
    command = script(runs.parent, text)
    code = main(["start", "--runs", str(runs), "--run-id", "mine", "--stop-with", "TERM", "--", *command])
    assert code == EXIT_OK
    wait_for(lambda: "ready" in (runs / "mine" / "trainer.log").read_text())
    launcher.stop(runs / "mine")
    assert wait_for_state(runs / "mine", "stopped").exit_code == 0
    assert "saved on SIGTERM" in (runs / "mine" / "trainer.log").read_text()


STEPS = """
import os, time
for step in range(0, 400, 10):
    print(f"step {step} loss {7 - step / 100 if step < 300 else float('nan')}", flush=True)
while HELD and not os.path.exists("go"):
    time.sleep(0.1)
if HELD:
    print("Epoch 1 done: train loss 5.0 val loss 5.5", flush=True)
    print("Epoch 2 done: train loss 4.0 val loss 4.5", flush=True)
"""


def test_a_script_that_prints_steps_alone_has_a_curve_by_step(runs):
    run_dir = start(runs, text=STEPS.replace("HELD", "False"))
    wait_for_state(run_dir, "finished")
    found = read(run_dir)
    assert (len(found.steps), found.epochs, found.steps[0].train_loss) == (40, (), 7.0)
    assert math.isnan(found.steps[-1].train_loss)
    assert main(["check", "mine", "--runs", str(runs)]) == EXIT_CRITICAL, "the NaN is seen"


def test_a_first_epoch_is_read_by_its_steps_until_it_has_ended(runs):
    run_dir = start(runs, text=STEPS.replace("HELD", "True"))
    wait_for(lambda: len(read(run_dir).steps) == 40)
    assert read(run_dir).epochs == ()
    (runs.parent / "go").touch()
    wait_for_state(run_dir, "finished")
    found = read(run_dir)
    assert [(record.epoch, record.train_loss, record.val_loss) for record in found.epochs] == [(1, 5, 5.5), (2, 4, 4.5)]
    assert "val_loss as val loss" in found.run.reading.said
    assert (len(found.steps), found.run.reading.confirmed_by, found.overlaps) == (40, "", ())


def test_a_script_that_writes_its_own_records_is_left_alone(runs):
    text = "print('Epoch 1/3 | train loss 9.0 | val loss 9.0', flush=True)\n" + LISTENS
    run_dir = start(runs, text=text)
    wait_for(lambda: len(read(run_dir).epochs) >= 3)
    time.sleep(1.5)
    found = read(run_dir)
    assert (found.run.reading, found.progress.follower) == (None, None)
    assert not (run_dir / "source.json").exists()
    assert found.progress.process == state_of(run_dir).trainer


def test_a_script_that_goes_on_as_the_next_generation_adds_to_its_curves(runs):
    run_dir = start(runs, "--epochs", 4, "--pause", 0)
    wait_for_state(run_dir, "finished")
    call_it_stopped(run_dir)
    launcher.resume(runs, "mine")
    wait_for(lambda: state_of(run_dir).generation == 2)
    wait_for_state(run_dir, "finished")
    found = read(run_dir)
    assert [(record.epoch, record.generation) for record in found.epochs] == [(1, 2), (2, 2), (3, 2), (4, 2)]
    assert (found.anew, found.resumed_at, found.overlaps) == (1, (), ())
    assert read_progress(run_dir).generation == 2


def test_a_supervisor_that_was_killed_is_replaced_by_one_that_reads_on(runs):
    run_dir = start(runs, "--pause", 0.05)
    wait_for(lambda: len(read(run_dir).epochs) >= 3)
    os.kill(state_of(run_dir).supervisor.pid, 9)
    wait_for(lambda: launcher.status(run_dir).unsupervised)
    assert launcher.ensure_supervised(run_dir)
    before = len(read(run_dir).epochs)
    wait_for(lambda: len(read(run_dir).epochs) > before + 3)
    lines = (run_dir / "epochs.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == list(range(1, len(lines) + 1))


def test_a_script_without_epochs_stays_a_run_without_curves(runs):
    run_dir = start(runs, text="print('nothing to see, step 3')\n")
    assert wait_for_state(run_dir, "finished").exit_code == 0
    assert read(run_dir).epochs == ()
    assert not (run_dir / "source.json").exists()


def test_stdin_is_closed_output_unbuffered_and_the_run_directory_named(runs):
    text = (
        "import os, sys\nprint('in', repr(sys.stdin.read()))\n"
        "print(os.environ['VITALSIGNS_RUN_DIR'], os.environ['PYTHONUNBUFFERED'], sys.executable)\n"
    )
    run_dir = start(runs, text=text)
    wait_for_state(run_dir, "finished")
    assert (run_dir / "trainer.log").read_text() == f"in ''\n{run_dir} 1 {sys.executable}\n"


NAMES_LATER = """
import pathlib, time
for epoch in (1, 2, 3):
    print(f"Epoch {epoch} train_loss {3 / epoch:.3f}", flush=True)
while not pathlib.Path("go").exists():
    time.sleep(0.05)
print("Epoch 4 train_loss 0.7 val_loss 0.9 val_acc 0.5", flush=True)
"""


def test_a_quantity_that_a_log_names_later_is_said_to_be_read_as_well(runs):
    run_dir = start(runs, text=NAMES_LATER)
    wait_for(lambda: read(run_dir).epochs)
    assert read(run_dir).run.reading.said == "train_loss as train loss."
    (runs.parent / "go").touch()
    wait_for_state(run_dir, "finished", "failed")
    found = read(run_dir)
    assert found.epochs[-1].val_loss == 0.9
    assert found.run.reading.said == "train_loss as train loss, val_loss as val loss, val_acc as val accuracy."
