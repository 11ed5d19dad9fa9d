"""Who is alive, and who may write: real processes, real signals."""

import os
import signal
import subprocess
import sys
import time

import msgspec
import pytest

from monitor.run_dir.errors import RefusedError
from monitor.run_dir.processes import RunLock, identify, liveness
from tests.supervised import is_locked

HOLD = """
import sys, time
from pathlib import Path
from monitor.run_dir.processes import RunLock
RunLock(Path(sys.argv[1])).acquire()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def sleeper():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def changed(identity, **fields):
    return msgspec.structs.replace(identity, **fields)


def test_a_living_process_is_alive(sleeper):
    assert liveness(identify(sleeper.pid)) == "alive"
    assert liveness(identify()) == "alive"


def test_a_killed_process_is_gone_even_before_its_parent_has_noticed(sleeper):
    identity = identify(sleeper.pid)
    sleeper.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 60
    while liveness(identity) != "gone":
        assert time.monotonic() < deadline
    assert sleeper.returncode is None, "the zombie was reaped: this test proves nothing"


def test_a_recycled_pid_is_not_the_same_process(sleeper):
    identity = identify(sleeper.pid)
    assert liveness(changed(identity, start_ticks=identity.start_ticks - 1)) == "gone"


def test_nothing_survives_a_reboot_of_its_machine():
    assert liveness(changed(identify(), boot_id="another boot")) == "gone"


def test_a_namesake_that_was_heard_of_since_this_machine_came_up_is_no_victim_of_its_reboot():
    """Two machines or containers with one host name, over a shared disk."""
    elsewhere = changed(identify(), boot_id="another boot")
    assert liveness(elsewhere, heard_at=time.time() - 10) == "unknown"
    assert liveness(elsewhere, heard_at=1.0) == "gone"


def test_a_container_of_another_boot_cannot_be_told_from_one_of_another_machine():
    assert liveness(changed(identify(), boot_id="another boot", pid_namespace="pid:[1]"), heard_at=1.0) == "unknown"


def test_a_pid_with_the_same_start_ticks_under_another_boot_is_another_process(sleeper):
    """After a reboot the same services get the same pids at nearly the same ticks."""
    assert liveness(changed(identify(sleeper.pid), boot_id="another boot"), heard_at=1.0) == "gone"


def test_another_machine_or_container_cannot_be_judged_from_here():
    assert liveness(changed(identify(), boot_id="x", host="elsewhere")) == "unknown"
    assert liveness(changed(identify(), pid_namespace="pid:[1]")) == "unknown"


def test_a_process_that_never_was_cannot_be_identified():
    with pytest.raises(ProcessLookupError):
        identify(2**22 + 1)


def test_a_stopped_process_is_still_alive(sleeper):
    identity = identify(sleeper.pid)
    sleeper.send_signal(signal.SIGSTOP)
    assert liveness(identity) == "alive"


def holder(run_dir):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(run_dir)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_writer_is_refused_at_once_and_told_why(tmp_path):
    other = holder(tmp_path)
    try:
        assert is_locked(tmp_path)
        with pytest.raises(RefusedError, match="being written by another process"):
            RunLock(tmp_path).acquire()
    finally:
        other.kill()
        other.wait()


def test_the_lock_of_a_killed_writer_is_free(tmp_path):
    other = holder(tmp_path)
    other.kill()
    other.wait()
    assert not is_locked(tmp_path)
    with RunLock(tmp_path):
        assert is_locked(tmp_path)
    assert not is_locked(tmp_path)


def test_children_do_not_keep_the_lock_of_their_parent(tmp_path):
    with RunLock(tmp_path):
        by_exec = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], close_fds=False)
        by_fork = os.fork()
        if by_fork == 0:
            time.sleep(60)
            os._exit(0)
    try:
        # The forked child lets go as its first act; until it has been scheduled, its copy still counts.
        deadline = time.monotonic() + 60
        while is_locked(tmp_path):
            assert time.monotonic() < deadline, "a child has kept the lock of its parent"
            time.sleep(0.01)
    finally:
        by_exec.kill()
        by_exec.wait()
        os.kill(by_fork, signal.SIGKILL)
        os.waitpid(by_fork, 0)
