"""What a supervisor decides: when the next stage of a stop is due, what an ending means, which line tells the error."""

import errno
import os
import signal
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.run_dir import LOG_FILE, PROGRESS_FILE, Progress, State, StopStage, control, encode
from monitor.run_dir.processes import identify
from monitor.run_dir.stop_stages import answer_secs
from monitor.supervisor import group
from monitor.supervisor.ending import TAIL_BYTES, TRACEBACK_CHARACTERS, final_of, last_error, last_traceback
from monitor.supervisor.statefile import StateFile
from monitor.supervisor.stopping import Waited, is_leaving, next_stage, went_on
from monitor.supervisor.supervision import How, Supervision
from monitor.supervisor.trainer import Ending
from monitor.writer.run_writer import RunWriter

GRACE = 60.0


@pytest.mark.parametrize(
    ("stage", "since_asked", "since_stage", "listens"),
    [
        pytest.param("asked", 59.0, 59.0, True, id="a trainer that listens gets its whole grace period"),
        pytest.param("interrupted", 59.0, 59.0, False, id="after Ctrl-C the rest of the grace period is waited for"),
        pytest.param("terminated", 69.0, 9.0, True, id="SIGTERM gets ten seconds"),
        pytest.param("killed", 600.0, 500.0, True, id="nothing comes after SIGKILL"),
    ],
)
def test_nothing_is_due_yet(stage, since_asked, since_stage, listens):
    assert next_stage(stage, Waited(since_asked, since_stage), listens, GRACE) is None


@pytest.mark.parametrize(
    ("stage", "since_asked", "since_stage", "listens", "expected"),
    [
        pytest.param("asked", 0.0, 0.0, False, "interrupted", id="a script that cannot be asked gets Ctrl-C at once"),
        pytest.param("asked", 60.0, 60.0, True, "terminated", id="after the grace period comes SIGTERM"),
        pytest.param("interrupted", 60.0, 59.0, False, "terminated", id="also for a script that had its Ctrl-C"),
        pytest.param("terminated", 70.0, 10.0, True, "killed", id="ten seconds after SIGTERM comes SIGKILL"),
    ],
)
def test_the_next_stage_is_due(stage, since_asked, since_stage, listens, expected):
    assert next_stage(stage, Waited(since_asked, since_stage), listens, GRACE) == expected


def test_a_trainer_that_asks_seldom_is_waited_for_until_its_next_question():
    assert next_stage("asked", Waited(61.0, 61.0), True, GRACE, 900.0) is None
    assert next_stage("asked", Waited(900.0, 900.0), True, GRACE, 900.0) == "terminated"
    assert next_stage("asked", Waited(599.0, 599.0), True, GRACE, None) is None
    assert next_stage("asked", Waited(600.0, 600.0), True, GRACE, None) == "terminated"
    assert next_stage("asked", Waited(60.0, 60.0), True, GRACE, 0.2) == "terminated"
    assert next_stage("interrupted", Waited(60.0, 60.0), False, GRACE, 900.0) == "terminated"


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (Progress(heartbeat_at=1.0, asks_secs=600.0, epoch=2), 900.0),
        (Progress(heartbeat_at=1.0, phase="training"), None),
        (Progress(heartbeat_at=1.0, phase="training", epoch=1), 0.0),
        (Progress(heartbeat_at=1.0, phase="saving"), 0.0),
        (Progress(heartbeat_at=1.0, listens=False), 0.0),
        (None, 0.0),
    ],
)
def test_within_what_time_a_trainer_asks_again(known, expected):
    assert answer_secs(known) == expected


def test_work_older_than_the_cancel_proves_nothing_whatever_its_clock_says():
    assert not went_on(Progress(heartbeat_at=999.0, phase="training"), 1, arrived_since=False)
    assert went_on(Progress(heartbeat_at=1.0, phase="training"), 1, arrived_since=True)


def test_a_checkpoint_being_saved_does_not_prove_that_the_trainer_goes_on():
    assert not went_on(Progress(heartbeat_at=101.0, phase="saving"), 1, arrived_since=True)


def test_the_heartbeat_of_an_earlier_generation_says_nothing_about_this_one():
    progress = Progress(heartbeat_at=101.0, phase="stopping", generation=1)
    assert is_leaving(progress, 1)
    assert not is_leaving(progress, 2)


def told(outcome=None, error=None):
    return Progress(heartbeat_at=1.0, outcome=outcome, error=error)


ASKED = StopStage(stage="asked")
SIGNALLED = StopStage(stage="interrupted")


@pytest.mark.parametrize(
    ("ending", "progress", "stop", "expected"),
    [
        pytest.param(Ending(exit_code=0), told("finished"), None, "finished", id="it says finished and exits 0"),
        pytest.param(Ending(exit_code=0), None, None, "finished", id="a script without a writer exits 0"),
        pytest.param(Ending(exit_code=0), told("stopped"), ASKED, "stopped", id="it stopped as it was asked"),
        pytest.param(Ending(exit_code=0), told("stopped"), None, "stopped", id="somebody sent it a signal by hand"),
        pytest.param(Ending(exit_code=0), told("finished"), ASKED, "finished", id="it finished before it saw the stop"),
        pytest.param(Ending(exit_code=1), None, SIGNALLED, "stopped", id="our Ctrl-C ended it with an exit code"),
        pytest.param(Ending(signal=9), None, SIGNALLED, "stopped", id="we killed it"),
        pytest.param(Ending(exit_code=1), None, None, "failed", id="an exit code"),
        pytest.param(Ending(exit_code=1), told("finished"), None, "failed", id="it broke after its last epoch"),
        pytest.param(Ending(exit_code=1), None, ASKED, "failed", id="it broke while it was about to stop"),
        pytest.param(Ending(signal=9), None, None, "failed", id="somebody else killed it"),
        pytest.param(Ending(), told("failed", "boom"), None, "failed", id="unseen, but it left its outcome"),
        pytest.param(Ending(), None, SIGNALLED, "stopped", id="unseen, but we had signalled it"),
    ],
)
def test_what_an_ending_means(tmp_path: Path, ending, progress, stop, expected):
    final = final_of(ending, progress, stop, tmp_path)
    assert final is not None
    assert expected == final.state


def test_an_unseen_end_without_outcome_is_left_to_the_reader_to_call_lost(tmp_path: Path):
    assert final_of(Ending(), told(), None, tmp_path) is None
    assert final_of(Ending(), None, ASKED, tmp_path) is None


@pytest.mark.parametrize(("epochs", "state"), [([1, 2], "failed"), ([1, 2, 3], "finished"), ([0, 1, 2], "finished")])
def test_a_script_that_prints_its_error_and_exits_0_before_its_last_epoch_has_failed(tmp_path, epochs, state):
    """An engine that catches what its handlers raise, prints it, and returns."""
    with RunWriter(tmp_path / "run", epochs=3) as run:
        for epoch in epochs:
            run.log_epoch(epoch, train_loss=1.0)
    log = tmp_path / "run" / LOG_FILE
    log.write_text('Epoch 2 loss 1.0\nTraceback (most recent call last):\n  File "a.py", line 1, in f\nKeyError: 7\n\n')
    final = final_of(Ending(exit_code=0), told(), None, tmp_path / "run")
    assert final is not None
    assert (final.state, final.error) == (state, "KeyError: 7" if state == "failed" else None)
    log.write_text(log.read_text() + "Epoch 3 loss 0.9\n")
    assert final_of(Ending(exit_code=0), told(), None, tmp_path / "run").state == "finished"


def test_a_failed_run_says_the_writers_own_error_before_its_log(tmp_path: Path):
    (tmp_path / LOG_FILE).write_text("ValueError: from the log\n")
    final = final_of(Ending(exit_code=1), told("failed", "ValueError: from the writer"), None, tmp_path)
    assert final is not None
    assert final.error == "ValueError: from the writer"


def test_a_kill_from_outside_names_the_signal_and_the_usual_suspect(tmp_path: Path):
    (tmp_path / LOG_FILE).write_text("epoch 3\n")
    final = final_of(Ending(signal=9), None, None, tmp_path)
    assert final is not None
    assert final.error == "Ended by SIGKILL (often the kernel, when memory runs out). Last line of its log: epoch 3"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", None, id="an empty log says nothing"),
        pytest.param("epoch 1\nepoch 2\n", "epoch 2", id="without an error the last line is told"),
        pytest.param("Traceback:\n  x\nValueError: a b\n", "ValueError: a b", id="the error's own words"),
        pytest.param("a.b.OutOfMemoryError: CUDA\nbye\n", "a.b.OutOfMemoryError: CUDA", id="also before a last word"),
        pytest.param("5%\r10%\r\nKilled\n", "Killed", id="a shell's word"),
        pytest.param("load 5%\rload 99%", "load 99%", id="a progress bar counts as what a terminal shows last"),
        pytest.param("\x1b[31mRuntimeError: red\x1b[0m\n", "RuntimeError: red", id="colours are taken off"),
    ],
)
def test_the_line_that_says_why(tmp_path: Path, text, expected):
    log = tmp_path / LOG_FILE
    log.write_text(text, newline="")
    assert last_error(log) == expected


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path):
    log = tmp_path / LOG_FILE
    log.write_text("ValueError: long ago\n" + "x" * 100 + "\n" * 70_000 + "now\n")
    assert last_error(log) == "now"


TRACE = """Traceback (most recent call last):
  File "train.py", line 3, in <module>
    loss.backward()
  File "loss.py", line 9, in backward
    raise ValueError("bad loss:\\n  nan")
ValueError: bad loss:
  nan"""


def logged(folder: Path, text: str) -> Path:
    (folder / LOG_FILE).write_text(text, newline="")
    return folder / LOG_FILE


def test_a_log_without_a_traceback_has_none(tmp_path: Path):
    assert last_traceback(tmp_path / "none.log") is None
    assert last_traceback(logged(tmp_path, "epoch 1\nKilled\n")) is None


def test_the_last_traceback_is_kept_with_the_whole_message_and_without_colours(tmp_path: Path):
    log = logged(tmp_path, "epoch 1\nTraceback (most recent call last):\n  old\nKeyError: 1\n\x1b[31m" + TRACE + "\n\n")
    assert last_traceback(log) == TRACE


def test_a_crash_of_the_interpreter_counts_as_a_traceback(tmp_path: Path):
    crash = (
        'Fatal Python error: Segmentation fault\n\nCurrent thread 0x1 (most recent call first):\n  File "x.py", line 1'
    )
    assert last_traceback(logged(tmp_path, "step 3\n" + crash + "\n")) == crash


def test_of_several_processes_the_one_that_failed_is_quoted_and_not_their_launcher(tmp_path: Path):
    launcher = (
        "Traceback (most recent call last):\n  run(args)\n"
        "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: \ntrain.py FAILED\n"
    )
    log = logged(tmp_path, "[rank0]: " + TRACE + "\n" + launcher)
    assert last_traceback(log) == "[rank0]: " + TRACE
    assert last_error(log) == "ValueError: bad loss:"


def test_a_traceback_without_end_is_cut_to_its_end(tmp_path: Path):
    deep = "".join(f'  File "model.py", line {number}\n' for number in range(3000))
    assert len(deep) > TAIL_BYTES
    found = last_traceback(logged(tmp_path, "Traceback (most recent call last):\n" + deep + "RecursionError: deep\n"))
    assert found is None, "it begins before what is read of the log"
    short = last_traceback(
        logged(tmp_path, "Traceback (most recent call last):\n" + deep[:9000] + "\nRecursionError: deep")
    )
    assert short is not None
    assert short.endswith("RecursionError: deep")
    assert len(short) == TRACEBACK_CHARACTERS


PARTS = [
    "Traceback (most recent call last):",
    "  File x",
    "ValueError: x",
    "",
    "\r",
    "\n",
    "Fatal Python error: y",
    "\x00\ud800",
]


@given(st.lists(st.sampled_from(PARTS), max_size=12).map("\n".join))
def test_no_log_whatever_keeps_a_supervisor_from_its_last_word(tmp_path_factory, text):
    log = tmp_path_factory.getbasetemp() / "any.log"
    log.write_bytes(text.encode("utf-8", "surrogatepass"))
    for said in (last_error(log), last_traceback(log)):
        assert said is None or said.strip()


class Standing:
    """A trainer that stands still: remembers the signals it is sent."""

    def __init__(self) -> None:
        self.identity = identify()
        self.sent: list[int] = []

    def ended(self) -> Ending | None:
        return None

    def send(self, number: int) -> None:
        self.sent.append(number)

    def clear_leftovers(self) -> None:
        return None


def test_a_wish_to_hurry_that_a_full_disk_leaves_unanswered_is_obeyed_once(tmp_path: Path, monkeypatch):
    run_dir, trainer, now = tmp_path / "r", Standing(), time.time()
    run_dir.mkdir()
    state_file = StateFile(run_dir, State(state="running", trainer=trainer.identity), time.time)
    supervision = Supervision(run_dir, state_file, trainer, How(grace_secs=600.0))
    (run_dir / PROGRESS_FILE).write_bytes(encode(Progress(heartbeat_at=now, phase="training")))
    control.request(run_dir, "stop", generation=1, asked_by="anna", now=now)
    supervision.tick(now)
    control.request(run_dir, "hurry", generation=1, asked_by="anna", now=now)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(control, "answer", full)
    for _ in range(5):
        supervision.tick(now)
    assert trainer.sent == [signal.SIGTERM], "what comes again at every look is the same wish, not the next one"


def test_a_process_that_has_become_another_users_ends_no_supervisor(monkeypatch):
    def forbidden(*_: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "kill", forbidden)
    monkeypatch.setattr(os, "killpg", forbidden)
    group.send([1, 2], signal.SIGKILL)
    group.send_to_group(1, signal.SIGTERM)
