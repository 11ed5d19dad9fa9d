"""The line that names the error of a failed run: an error's own words, never a line of the log that is none."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.diagnosis.crash_kinds.kind import LONGEST_QUOTE
from monitor.diagnosis.error_line import LONGEST_LINE, MOST_LINES, error_line, log_line
from monitor.run_dir import Progress, State
from tests.snapshots import NOW, snapshot

BY_SIGNAL = "Ended by SIGKILL. Last line of its log: "


def failed(error=None, *, traceback=None, code=1, reported=None):
    """A run that ended so by its supervisor; `reported`: what the script itself wrote of its error."""
    progress = Progress(heartbeat_at=NOW, outcome="failed", error=reported) if reported else None
    state = State(state="failed", exit_code=code, error=error, traceback=traceback, ended_at=NOW)
    return snapshot(state=state, progress=progress)


@pytest.mark.parametrize(
    "seen",
    [
        snapshot(),
        snapshot(state=State(state="finished", exit_code=0)),
        failed(),
        failed(BY_SIGNAL + "epoch 3 train loss 2.1 val loss 2.4", code=None),
        failed("epoch 3 train loss 2.1 val loss 2.4"),
        failed("Ended by SIGKILL and left no message.", code=None),
        failed("torch.distributed.elastic.multiprocessing.errors.ChildFailedError: "),
        failed("subprocess.CalledProcessError: Command '['python3', 'train.py']' returned non-zero exit status 1."),
    ],
    ids=["no state", "finished", "no error", "signal", "numbers", "no message", "torchrun", "accelerate"],
)
def test_what_is_no_error_is_not_quoted(seen):
    assert error_line(seen) == ""


@pytest.mark.parametrize(
    ("error", "line"),
    [
        ("KeyError: 'a'", "KeyError: 'a'"),
        ("ValueError: it stopped.", "ValueError: it stopped"),
        ("train.py: error: unrecognized arguments: --x", "train.py: error: unrecognized arguments: --x"),
        ("the loader ends\nRuntimeError: no data\nsee above", "RuntimeError: no data"),
        (BY_SIGNAL + "torch.OutOfMemoryError: CUDA out of memory", "torch.OutOfMemoryError: CUDA out of memory"),
        ("  what():  NCCL error\n", "NCCL error"),
    ],
)
def test_an_errors_own_words_stand_without_their_full_stop(error, line):
    assert error_line(failed(error, reported=error if "\n" in error else None)) == line


def test_a_message_that_only_begins_there_is_completed_from_below():
    first = "pydantic.ValidationError: 2 validation errors for Config"
    below = ["lr", "  Input should be a number", "----", "", "epochs", "  Field required", "  one line too many"]
    expected = f"{first} lr Input should be a number epochs"
    assert error_line(failed("\n".join([first, *below]))) == expected
    # Where the error has that line alone, the traceback that was kept tells the rest, up to the next exception.
    trace = "\n".join([first, "lr", "", "During handling of the above exception, another exception occurred:", "x"])
    assert error_line(failed(first, traceback=trace)) == f"{first} lr"
    assert error_line(failed(first)) == first


def test_a_line_of_the_log_stands_for_an_error_only_where_the_script_reported_none():
    assert log_line(failed("KeyError: 'a'")) == "KeyError: 'a'"
    assert log_line(failed("KeyError: 'a'", code=0)) == ""
    assert log_line(failed("KeyError: 'a'", reported="KeyError: 'a'")) == ""
    assert log_line(failed(BY_SIGNAL + "killed", reported="x", code=None)) == "killed"


@settings(max_examples=25)
@given(st.text(max_size=200) | st.integers(1, 4000).map("x".__mul__), st.sampled_from(["", "ValueError: ", "E: "]))
def test_it_is_one_line_and_no_longer_than_it_may_be(text, head):
    line = error_line(failed(f"{head}{text}\n{text}", traceback=text))
    assert "\n" not in line and len(line) <= LONGEST_LINE + 1 + MOST_LINES * (LONGEST_QUOTE + 2)
