"""The page over a folder here and one on another host, in a real browser: read, stopped and told apart."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import sys
from pathlib import Path

import pytest

from monitor.run_dir.labels import read_labels
from monitor.writer import RunWriter
from tests.hosts.conftest import short  # noqa: F401 - a fixture
from tests.hosts.far import SSHD, FarHost
from tests.hosts.test_control import TRAINS, acts_of, state_of
from tests.supervised import wait_for

pytestmark = [pytest.mark.hosts, pytest.mark.browser]


@pytest.fixture
def both(dashboard, short):  # noqa: F811
    if not Path(SSHD).exists() or not shutil.which("ssh"):
        pytest.skip("NOT TRIED: the page over another host needs sshd (scripts/ensure_sshd.sh)")
    far = FarHost(short / "far")
    far.start()
    (short / "near").mkdir()
    env = {
        **dashboard.env,
        "XDG_STATE_HOME": f"{short}/state",
        "XDG_CACHE_HOME": f"{short}/cache",
        "VITALSIGNS_SSH": far.ssh,
    }
    served = dataclasses.replace(dashboard, env=env)
    folders = ["--runs", short / "near", "--runs", far.spec, "--program", far.program]
    answer = json.loads(served.monitor("serve", *folders, "--json"))
    served.port, served.control, served.look = answer["port"], answer["open"], answer["look"]
    yield served, far
    served.monitor("serve", "--stop", *folders)
    far.kill()


def test_a_run_of_another_host_is_opened_and_stopped_from_the_page(both, tab):
    served, far = both
    script = far.place / "train.py"
    script.write_text(TRAINS)
    assert far.do("start", "--runs", far.runs, "--name", "b", "--", sys.executable, script).returncode == 0
    page = tab()
    page.goto(served.link())
    page.locator(".vs-run[data-key='gpu3:b']").get_by_text("running").wait_for()
    page.locator(".vs-run[data-key='gpu3:b'] a").click()
    page.get_by_text(re.compile(r"epoch \d+")).first.wait_for()
    wait_for(lambda: page.evaluate("document.querySelector('.vs-root').page?.cols?.epoch?.length ?? 0") > 3)
    page.get_by_test_id("btn-stop").click()
    page.get_by_text("gpu3 is asked over ssh").wait_for()
    page.get_by_role("button", name="Stop now").or_(page.get_by_role("button", name="Stop after this step")).click()
    wait_for(lambda: state_of(far, "b") == "stopped")
    page.get_by_text("stopped").first.wait_for()
    noted = [each for each in acts_of(far) if each["verb"] == "stop"]
    assert [(each["result"], each["via"].partition(" on ")[0]) for each in noted] == [
        ("done", "ssh, page, control link")
    ]


def test_a_host_that_goes_is_said_under_its_heading_and_the_other_folder_goes_on(both, tab):
    served, far = both
    page = tab()
    page.goto(served.link())
    heading = page.get_by_test_id("group").nth(1)
    heading.wait_for()
    far.kill()
    heading.get_by_text("gpu3 cannot be reached: Connection refused.").wait_for()
    assert page.get_by_test_id("group").count() == 2


def test_a_run_of_another_host_is_given_a_label_there(both, tab):
    served, far = both
    with RunWriter(far.runs / "a") as run:
        run.log_epoch(1, train_loss=1.0, val_loss=1.1)
    page = tab()
    page.goto(served.link())
    row = page.locator(".vs-run[data-key='gpu3:a']")
    row.hover()
    row.locator(".vs-run-label").click()
    page.get_by_text("Kept in labels.json beside the runs on gpu3").wait_for()
    page.get_by_label("Name", exact=True).fill("baseline")
    page.get_by_label("Tags, with spaces between them").fill("paper")
    page.get_by_role("button", name="Save").click()
    row.get_by_text("baseline").wait_for(timeout=60_000)
    row.get_by_text("#paper").wait_for()
    assert read_labels(far.runs)["a"].title == "baseline"
