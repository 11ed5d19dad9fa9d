"""Two hosts in two networks: the cable between them is pulled, of which neither is told, and put back."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from monitor.launcher.hosts.acting import act_there
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.folders import folders_of
from tests.cluster.own_network import enter_own_network
from tests.hosts.far import FAR, NEAR, FarHost
from tests.hosts.test_control import acts_of
from tests.hosts.test_reading import PRINTS, row_of
from tests.supervised import wait_for

pytestmark = [pytest.mark.hosts, pytest.mark.timeout(600)]
PATIENT_SECS = 120.0


@pytest.fixture
def far(short, monkeypatch):
    """A host in a network of its own; the test, and what it starts, are in another, where nothing else is."""
    if os.geteuid() or not shutil.which("ip"):
        pytest.skip("NOT TRIED: two networks need root and `ip` (Debian: apt-get install iproute2)")
    try:
        leave = enter_own_network()
    except OSError as refused:
        pytest.skip(f"NOT TRIED: no network of its own is allowed here ({refused.strerror})")
    host = FarHost(short / "far", apart=True)
    monkeypatch.setenv("VITALSIGNS_SSH", host.ssh)
    try:
        host.start()
        yield host
    finally:
        host.kill()
        leave()


def test_a_cable_that_is_pulled_makes_no_run_lost_and_all_goes_on_when_it_is_back(far, follow):
    started = far.do("start", "--runs", far.runs, "--name", "b", "--", sys.executable, "-c", PRINTS)
    assert started.returncode == 0, started.stderr
    folder, following = follow()
    wait_for(lambda: (row := row_of(folder, "b")) and row.state == "running" and (row.epoch or 0) > 2, PATIENT_SECS)
    assert "is alive" in row_of(folder, "b").evidence
    logins = re.findall(r"Accepted publickey for \S+ from (\S+)", (far.place / "sshd.log").read_text())
    assert set(logins) == {NEAR} and far.address == FAR

    far.plug("down")
    states = {row_of(folder, "b").state}
    wait_for(lambda: states.add(row_of(folder, "b").state) or following.problem(time.time()), PATIENT_SECS)
    wait_for(lambda: states.add(row_of(folder, "b").state) or "running, as last heard" in states, PATIENT_SECS)
    said = following.problem(time.time())
    assert said.startswith("gpu3 cannot be reached: ") and re.search(r"Not heard since \d\d:\d\d", said), said
    assert states == {"running", "running, as last heard"}
    with pytest.raises(RefusedError, match=r"^Nothing was done\. gpu3 cannot be reached: "):
        act_there(folder, "stop", "b", "--no-wait", asked_from="page")
    before = row_of(folder, "b").epoch

    far.plug("up")
    wait_for(lambda: following.problem(time.time()) == "", PATIENT_SECS)
    wait_for(lambda: row_of(folder, "b").state == "running" and row_of(folder, "b").epoch > before + 5, PATIENT_SECS)
    assert "is alive" in row_of(folder, "b").evidence, "it has gone on meanwhile"
    act_there(folder, "stop", "b", "--no-wait", asked_from="page")
    wait_for(lambda: row_of(folder, "b").state == "stopped", PATIENT_SECS)
    assert [each["result"] for each in acts_of(far) if each["verb"] == "stop"] == ["done"]


def test_of_an_act_under_which_the_cable_is_pulled_it_is_not_known_whether_it_was_done(far):
    begun = far.place / "begun"
    slow = f"touch {begun}; exec sleep 600"
    folder = folders_of([far.spec], [f"gpu3={shlex.join(['sh', '-c', slow])}"]).all[0]
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(act_there, folder, "resume", "b", asked_from="page")
        wait_for(lambda: begun.exists() or asked.done(), PATIENT_SECS)
        far.plug("down")
        said = str(asked.exception(PATIENT_SECS))
    assert said.startswith(
        "Whether gpu3 has done it is not known. gpu3 cannot be reached: the connection broke off. Look at the run"
    ), said
