"""The contract on disk: what is written comes back, what is foreign is read where it can be, the rest is a sentence."""

import json
import math
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.run_dir import (
    Decode,
    Epoch,
    Progress,
    Run,
    Step,
    check_run_id,
    check_schema,
    decode,
    encode,
    encode_line,
)
from monitor.run_dir.errors import MonitorError, UnreadableRunError, UsageError

NUMBERS = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True))
EPOCHS = st.builds(
    Epoch,
    epoch=st.floats(0, 1e6),
    step=st.integers(0, 2**53),
    train_loss=NUMBERS,
    val_loss=NUMBERS,
    val_wer=NUMBERS,
    top_token=st.one_of(st.none(), st.text(max_size=20)),
    metrics=st.dictionaries(st.text(max_size=8), st.floats(), max_size=4),
)


def same(one, other):
    """Equality in which NaN equals NaN."""
    return repr(one) == repr(other)


@settings(max_examples=300, deadline=None)
@given(EPOCHS)
def test_an_epoch_comes_back_as_it_was_non_finite_numbers_too(epoch):
    line = encode_line(epoch)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert same(decode(line, Epoch), epoch)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=50), max_size=10))
def test_hypotheses_of_any_text_come_back_and_stay_on_one_line(hypotheses):
    record = Decode(epoch=1, hypotheses=hypotheses)
    assert encode_line(record).count(b"\n") == 1
    assert decode(encode_line(record), Decode).hypotheses == hypotheses


def test_lines_leave_out_what_was_not_measured_and_documents_spell_everything_out():
    assert json.loads(encode(Epoch(epoch=3, val_loss=1.5))) == {"epoch": 3.0, "val_loss": 1.5}
    assert set(json.loads(encode(Progress(heartbeat_at=1.0)))) == set(Progress.__struct_fields__)


def test_unknown_fields_are_ignored():
    assert decode(b'{"step": 7, "invented": [1, 2]}', Step) == Step(step=7)


def test_bare_nan_and_infinity_of_a_foreign_writer_are_read():
    found = decode(b'{"epoch": 1, "train_loss": NaN, "val_loss": -Infinity}', Epoch)
    assert math.isnan(found.train_loss) and found.val_loss == -math.inf


def test_numbers_written_as_words_are_read():
    assert decode(b'{"epoch": "2", "val_loss": "inf"}', Epoch) == Epoch(epoch=2.0, val_loss=math.inf)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60))
def test_what_is_no_record_is_a_value_error_and_nothing_else(data):
    try:
        decode(data, Epoch)
    except ValueError as problem:
        assert str(problem)


@pytest.mark.parametrize("data", [b"", b"[]", b'{"epoch": "x"}', b'{"step": 1}', b"\xff\xfe", b"[" * 100_000])
def test_these_are_no_epochs(data):
    with pytest.raises(ValueError):
        decode(data, Epoch)


def test_a_newer_schema_is_refused_in_one_sentence():
    check_schema(1, "run.json")
    with pytest.raises(UnreadableRunError, match=r"newer Vitalsigns .schema 2; this one reads 1."):
        check_schema(2, "run.json")


@pytest.mark.parametrize("name", ["a", "teacher_i3d-2", "2026.11.23", "A" * 100])
def test_plain_folder_names_are_run_ids(name):
    assert check_run_id(name) == name


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "-x", ".hidden", "a b", "ä", "A" * 101, "a\n"])
def test_anything_that_could_leave_the_folder_is_no_run_id(name):
    with pytest.raises(UsageError):
        check_run_id(name)


def test_every_error_has_an_exit_code_of_its_own_kind():
    kinds = {kind.__name__: kind.exit_code for kind in MonitorError.__subclasses__()}
    assert kinds["UsageError"] == 64 and kinds["UnreadableRunError"] == 3 and kinds["RefusedError"] == 5


def test_a_run_without_its_optional_parts_is_still_a_run():
    assert decode(b'{"run_id": "x"}', Run).floors.wer_constant is None


TOGETHER = """
import sys, threading, msgspec
from monitor.run_dir.records import decode
sys.setswitchinterval(1e-6)
THREADS = 4
for n in range(300):
    inner = msgspec.defstruct(f"Inner{n}", [(f"f{k}", dict[str, int] | None, None) for k in range(12)])
    of_inner = [(f"g{k}", list[inner], msgspec.field(default_factory=list)) for k in range(12)]
    outer = msgspec.defstruct(f"Outer{n}", of_inner)
    together = threading.Barrier(THREADS)

    def work(kind):
        together.wait()
        assert decode(b'{"g0": [{}], "g11": [{}]}', kind)

    threads = [threading.Thread(target=work, args=(outer if k % 2 else inner,)) for k in range(THREADS)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
print("well")
"""
"""Types of records that several threads decode for the first time at once; without `ready` the process crashes."""


def test_threads_that_decode_a_type_for_the_first_time_at_once_do_not_crash():
    done = subprocess.run([sys.executable, "-c", TOGETHER], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, "well"), done.stderr
