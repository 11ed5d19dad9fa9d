"""Messages of a run's project: whose settings count, and a test of each address by a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from monitor.run_dir import Launch
from monitor.run_dir.audit import audited, by_run_dir
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.launch import read_launch
from monitor.run_dir.processes import HOME
from monitor.run_dir.words import PACKAGE

LONGEST_SECS = 90.0


@dataclass
class Test:
    """A test under way or done. `results`: address → "" where it was delivered, else why not; None until then."""

    process: subprocess.Popen[str]
    begun: float
    results: dict[str, str] | None = None
    problem: str = ""
    at: float = field(default=0.0)


TESTS: dict[Path, Test] = {}


def project_of(run_dir: Path) -> Path:
    """The folder whose vitalsigns.toml counts for the messages of a run: the one in which it was started, as its
    supervisor takes it; of a run without a supervisor that of the runs, as `watch` takes it."""
    launch = read_launch(run_dir)
    return Path(launch.cwd) if is_supervised(launch) and launch is not None and launch.cwd else run_dir.parent


def is_supervised(launch: Launch | None) -> bool:
    """Whether a run of this launch has a supervisor, which sends its messages."""
    return launch is not None and launch.how not in ("foreground", "import")


@audited("notify", by_run_dir)
def start_test(run_dir: Path) -> None:
    """Sends a test message to each address, in the background. Raises RefusedError while one is under way."""
    if (known := tested(run_dir)) is not None and known.results is None and not known.problem:
        raise RefusedError("A test is already under way.")
    command = [sys.executable, "-m", PACKAGE, "notify", "--test", "--json", "--project", str(project_of(run_dir))]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, cwd=HOME, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True, start_new_session=True
    )
    TESTS[run_dir] = Test(process, time.time())


def tested(run_dir: Path) -> Test | None:
    """The last test of a run's addresses as far as it has come; None where none was asked for."""
    test = TESTS.get(run_dir)
    if test is None or test.results is not None or test.problem:
        return test
    if test.process.poll() is None:
        if time.time() - test.begun < LONGEST_SECS:
            return test
        test.process.kill()
    said, complaint = test.process.communicate()
    test.at = time.time()
    try:
        addresses = json.loads(said)["addresses"]
        test.results = {str(each["to"]): "" if each["ok"] else str(each["why"]) for each in addresses}
    except (ValueError, KeyError, TypeError):
        test.problem = (complaint.strip().splitlines() or ["The test ended without a result."])[-1][:300]
    return test
