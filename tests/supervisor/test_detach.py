"""A supervisor that has left its caller: whatever becomes of that one, it lives its life."""

import contextlib
import logging
import signal
import subprocess
import sys
from pathlib import Path

from monitor.supervisor.main import SupervisorLog
from tests.supervised import ROOT, wait_for

BODY = """
import sys, time
from pathlib import Path
from monitor.supervisor.detach import detached

here = Path(sys.argv[1])

def body(report):
    (here / "began").touch()
    while not (here / "go").exists():
        time.sleep(0.02)
    if sys.argv[2] == "odd":
        raise KeyError("what nobody thought of")
    report(sys.argv[2])
    (here / "lived").touch()
    return 0

sys.exit(detached(here / "log", body, 7))
"""


def caller(here: Path, says: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", BODY, str(here), says]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def test_a_caller_returns_once_all_is_well(tmp_path: Path):
    (tmp_path / "go").touch()
    process = caller(tmp_path, "")
    assert process.communicate(timeout=120)[1] == "" and process.returncode == 0
    wait_for((tmp_path / "lived").exists)


def test_a_caller_is_told_what_is_wrong(tmp_path: Path):
    (tmp_path / "go").touch()
    process = caller(tmp_path, "It cannot begin.")
    assert (process.communicate(timeout=120)[1], process.returncode) == ("It cannot begin.\n", 7)


def test_a_caller_that_is_killed_meanwhile_takes_nothing_with_it(tmp_path: Path):
    process = caller(tmp_path, "")
    wait_for((tmp_path / "began").exists)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (tmp_path / "go").touch()
    wait_for((tmp_path / "lived").exists)


def test_an_error_that_nobody_thought_of_stands_in_the_log(tmp_path: Path):
    (tmp_path / "go").touch()
    process = caller(tmp_path, "odd")
    assert "ended before it began" in process.communicate(timeout=120)[1] and process.returncode == 7
    wait_for(lambda: "what nobody thought of" in (tmp_path / "log").read_text())


def test_a_full_disk_fills_the_log_with_no_traceback_and_a_mistake_is_still_told(capsys):
    with contextlib.suppress(OSError), Path("/dev/full").open("w") as full:
        lines = SupervisorLog(full)
        lines.handle(logging.LogRecord("x", logging.INFO, "", 1, "state.json not written yet", (), None))
        assert capsys.readouterr().err == ""
        lines.handle(logging.LogRecord("x", logging.INFO, "", 1, "%d files", ("three",), None))
        assert "Logging error" in capsys.readouterr().err
