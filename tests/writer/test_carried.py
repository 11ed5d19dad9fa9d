"""What the writer no longer does on the training thread, or twice, and what stays as it was all the same."""

import math
import threading
from typing import get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.run_dir import PROGRESS_FILE, STEPS_FILE, Progress, Step, decode, encode, files
from monitor.run_dir.records import finite_or_word
from monitor.writer import RunWriter, heartbeat
from monitor.writer.heartbeat import Carrier

NUMBERS = st.one_of(st.floats(), st.sampled_from([0.0, -0.0, 1e300]))


@given(st.dictionaries(st.text(max_size=9), NUMBERS, max_size=4), NUMBERS, st.none() | NUMBERS)
def test_a_line_is_the_same_by_the_short_way_and_the_long_one(metrics, loss, lr):
    record = Step(step=3, train_loss=loss, lr=lr, metrics=metrics)
    assert encode(record) == msgspec.json.encode(finite_or_word(msgspec.to_builtins(record)))
    told = decode(encode(record), Step)
    assert told.train_loss == loss or (math.isnan(loss) and math.isnan(told.train_loss))


def test_a_step_holds_nothing_but_numbers():
    odd = [name for name, hint in get_type_hints(Step).items() if _is_odd(str(hint))]
    assert odd == [], "what is logged of a step is written without reading it again"


def _is_odd(hint):
    return hint not in ("<class 'int'>", "<class 'float'>", "float | None", "int | None", "dict[str, float]")


@pytest.mark.parametrize("value", ["red", object(), 1e400, -math.inf, 10**400, [1.0], {"a": 1}, True, float("nan")])
def test_whatever_a_script_logs_of_a_step_can_be_read(tmp_path, value):
    with RunWriter(tmp_path / "r") as run:
        run.log_step(1, train_loss=value, own=value, device_memory_bytes=value)
        run.log_step(2, train_loss=1.0)
    lines = (tmp_path / "r" / STEPS_FILE).read_bytes().splitlines()
    assert [decode(line, Step).step for line in lines][-1] == 2


def test_what_is_written_at_once_is_not_overtaken_by_what_waited():
    wrote, slow = [], threading.Event()

    def write(progress):
        if progress.step == 1:
            slow.wait(10)
        wrote.append(progress.step)

    carrier = Carrier(write)
    begun = Progress(heartbeat_at=1.0)
    carrier.hand(msgspec.structs.replace(begun, step=1))
    while carrier._waiting is not None:
        pass
    carrier.hand(msgspec.structs.replace(begun, step=2))
    slow.set()
    carrier.write_now(msgspec.structs.replace(begun, step=3))
    carrier.settle()
    assert wrote[-1] == 3 and wrote in ([1, 3], [1, 2, 3])


def test_a_step_does_not_wait_for_the_disk_and_the_end_of_a_run_does(tmp_path, monkeypatch):
    monkeypatch.setattr(heartbeat, "HEARTBEAT_SECS", 0.0)
    here, by = threading.get_ident(), []
    real = files.replace
    monkeypatch.setattr(files, "replace", lambda path, data: (by.append(threading.get_ident()), real(path, data)))
    run = RunWriter(tmp_path / "r", epochs=1)
    by.clear()
    for step in range(1, 40):
        run.log_step(step, train_loss=1.0)
    assert here not in by
    run.log_epoch(1, val_loss=1.0)
    assert by[-1] == here
    run.finish()
    told = files.read_document(tmp_path / "r" / PROGRESS_FILE, Progress)
    assert (told.outcome, told.step, told.epoch) == ("finished", 39, 1)
    assert not list((tmp_path / "r").glob(".*.tmp"))
