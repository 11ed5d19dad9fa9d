"""For all tests: one compute thread a process (tests run side by side, and waiting threads would spin on each other),
compiled modules for the hundreds of processes that they start, folders in memory where there is enough of it, keys and
tokens of their own instead of the user's, signals that work in the background too, and the folders of runs."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from monitor.run_dir import ALERTS_FILE, Alert, encode_line
from monitor.writer import RunWriter
from tests.fake_runs import healthy
from tests.receiver import SECRET, Receiver, receiver
from tests.supervised import ROOT, end_everything

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else each process compiles all of monitor/ anew: 40 % of its start
sys.dont_write_bytecode = False
os.environ.setdefault("XDG_STATE_HOME", str(Path(tempfile.gettempdir()) / f"vitalsigns-tests-{os.getuid()}"))

MEMORY_DISK = Path("/dev/shm")
ROOM = 4 * 2**30
"""Bytes that must be free there; one run of all tests leaves about a quarter of it."""


def _is_roomy(disk: Path) -> bool:
    """Whether tests can write, and execute scripts, there."""
    return (
        disk.is_dir()
        and os.access(disk, os.W_OK)
        and not os.statvfs(disk).f_flag & os.ST_NOEXEC
        and shutil.disk_usage(disk).free > ROOM
    )


# Each record of a run is fsynced: on a disk that is 5 ms, a hundred times a run. tests/faults stays on the disk.
if _is_roomy(MEMORY_DISK):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY_DISK))

# A busy machine is no fault of what is tested; a test that is about time measures it itself.
# A run of all tests is the same wherever it runs; VITALSIGNS_HYPOTHESIS=explore looks for new examples.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, database=None
)
settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("explore" if os.environ.get("VITALSIGNS_HYPOTHESIS") == "explore" else "any machine")

# A shell starts a background job with these ignored, and what a test starts would ignore them too. A handler is not
# inherited: this process goes on ignoring them, and its children get the system's default.
for _name in ("SIGINT", "SIGQUIT", "SIGHUP"):
    if signal.getsignal(getattr(signal, _name)) is signal.SIG_IGN:
        signal.signal(getattr(signal, _name), lambda *_: None)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Without looking for garbage: thousands of tests are none, and looking is a tenth of the time in each worker."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for runs, made by the first of them; no process of theirs outlives the test."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    yield tmp_path / "runs"
    end_everything(tmp_path / "runs")


@pytest.fixture
def runs_made(runs: Path) -> Path:
    """The same folder, there already and empty."""
    runs.mkdir(exist_ok=True)
    return runs


@pytest.fixture
def runs_by_default(runs_made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same folder, there already, and the one that a command without --runs uses."""
    monkeypatch.setenv("VITALSIGNS_RUNS", str(runs_made))
    return runs_made


@pytest.fixture
def healthy_run(runs: Path) -> Path:
    """The run directory of a healthy run in the folder for runs."""
    return healthy(runs)


@pytest.fixture
def two_runs(runs_by_default: Path) -> Path:
    """The folder for runs with `one` and `two`, each of two evaluations, one with an open flag; a table beside it."""
    for name in ("one", "two"):
        with RunWriter(runs_by_default / name, config={"dropout": 0.3}) as run:
            for epoch in (1, 2):
                run.log_decodes(epoch, ["A B", ""], references=["A C", "D"])
                run.log_epoch(epoch, train_loss=1.0, val_loss=2.0, val_wer=0.5)
        (runs_by_default / name / "trainer.log").write_text("epoch 1\nWARNING: slow\n")
    raised = Alert(alert_id="gap-1", event="raised", rule="gap", severity="warning", at=1.0)
    (runs_by_default / "one" / ALERTS_FILE).write_bytes(encode_line(raised))
    (runs_by_default.parent / "history.csv").write_text("epoch,train_loss,val_loss\n1,2.0,2.5\n2,1.0,2.0\n")
    return runs_by_default


@pytest.fixture
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of keys and tokens, of this test alone."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A service that takes messages, with VITALSIGNS_TEST_TOKEN in the environment for its addresses."""
    monkeypatch.setenv("VITALSIGNS_TEST_TOKEN", SECRET)
    with receiver() as one:
        yield one
