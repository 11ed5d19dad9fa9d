"""A stranger's training on the page: its curves, its stop, its restart with a changed flag; a log that is followed."""

import json
import os
import subprocess
import sys

import pytest

from tests.browser.conftest import wait_until
from tests.logs import FORMS
from tests.stranger import SCRIPT

pytestmark = pytest.mark.browser


def answer(page, label, text):
    field = page.get_by_role("dialog").get_by_role("textbox", name=label)
    field.fill(str(text))
    field.press("Enter")


def test_a_script_that_knows_nothing_of_us_is_watched_stopped_and_restarted_with_another_flag(own, tab, tmp_path):
    path = tmp_path / "train.py"
    path.write_text(SCRIPT)
    command = [sys.executable, str(path), "--batch-size", "32", "--pause", "0.2", "--out", "{run_dir}/out"]
    own.monitor("start", "--runs", own.runs, "--name", "theirs", "--", *command)
    log = own.runs / "theirs" / "trainer.log"
    wait_until(lambda: log.exists() and log.read_text().count("val loss") >= 3, 60, "it printed no epoch")

    page = tab()
    page.goto(own.link("theirs"))
    reading = page.get_by_test_id("reading")
    reading.get_by_text("Read from its log, not confirmed").wait_for()
    page.get_by_test_id("confirm-reading").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("epochs in trainer.log: train loss").first.wait_for()
    dialog.get_by_role("button", name="Yes", exact=True).click()
    reading.get_by_text("confirmed by").wait_for()

    # From a second process the same log is the same run, and is not followed twice.
    told = json.loads(own.monitor("attach", log, "--runs", own.runs, "--yes", "--json"))
    assert told["run_id"] == "theirs"

    page.get_by_test_id("btn-stop").click()
    dialog.get_by_role("button", name="Stop now").click()
    wait_until(lambda: own.states()["theirs"] == "stopped", 60, "it was never stopped")
    assert log.read_text().rstrip().endswith("interrupted, weights saved")

    page.get_by_test_id("btn-restart").click()
    answer(page, "lr (now 0.05)", "0.1")
    dialog.get_by_text("--lr 0.1").first.wait_for()
    dialog.get_by_role("button", name="Start child").click()
    page.wait_for_url("**run=theirs-2*", timeout=60_000)
    child = own.runs / "theirs-2" / "epochs.jsonl"
    wait_until(lambda: child.exists() and len(child.read_text().splitlines()) >= 2, 60, "the child has no curve")
    assert json.loads(child.read_text().splitlines()[-1])["lr"] == 0.1
    launch = json.loads((own.runs / "theirs-2" / "launch.json").read_text())
    assert launch["argv"][2:] == ["--batch-size", "32", "--pause", "0.2", "--out", "{run_dir}/out", "--lr", "0.1"]
    assert launch["parent"]["changes"] == {"lr": [0.05, 0.1]}


def test_from_the_empty_page_a_log_on_this_machine_is_followed(own, tab, tmp_path):
    log = tmp_path / "train.log"
    log.write_text(FORMS["one line"](range(1, 31)))
    page = tab()
    page.goto(own.link())
    page.get_by_test_id("empty").get_by_test_id("follow-log").click()
    dialog = page.get_by_role("dialog")
    answer(page, "Log on this machine", tmp_path / "none.log")
    dialog.get_by_text("There is no file").wait_for()
    answer(page, "Log on this machine", "train.log")
    dialog.get_by_text("is not an absolute path").wait_for()
    answer(page, "Log on this machine", log)
    dialog.get_by_text("Found 30 epochs in train.log: train loss 4.96").first.wait_for()
    dialog.get_by_role("button", name="Yes, follow it").click()
    page.wait_for_url("**run=train*", timeout=60_000)
    page.get_by_test_id("reading").get_by_text("confirmed by").wait_for()
    assert own.states() == {"train": "followed"}
    with log.open("a") as stream:
        stream.write(FORMS["one line"]([31]))
    epochs = own.runs / "train" / "epochs.jsonl"
    wait_until(lambda: len(epochs.read_text().splitlines()) == 31, why="what was appended never came")
    own.monitor("attach", "--stop", "train", "--runs", own.runs)
    assert own.states() == {"train": "imported"}


def test_a_named_process_is_stopped_from_the_page_and_a_looker_is_offered_nothing(own, tab, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    log = tmp_path / "mine.log"
    with log.open("wb") as out:
        command = [sys.executable, "-u", str(script), "--out", str(tmp_path / "out")]
        training = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True, env=dict(os.environ))
    try:
        wait_until(lambda: log.read_text().count("val loss") >= 2, 60, "it printed no epoch")
        page = tab()
        page.goto(own.link())
        page.get_by_test_id("empty").get_by_test_id("follow-log").click()
        dialog = page.get_by_role("dialog")
        answer(page, "Log on this machine", log)
        answer(page, "Process id (pid)", training.pid)
        dialog.get_by_role("button", name="Yes, follow it").click()
        page.wait_for_url("**run=mine*", timeout=60_000)
        looker = tab()
        looker.goto(own.link("mine", look=True))
        looker.get_by_test_id("reading").wait_for()
        assert looker.get_by_test_id("confirm-reading").count() == looker.get_by_test_id("btn-stop").count() == 0
        looker.goto(own.link(look=True))
        looker.get_by_test_id("runs").wait_for()
        assert looker.get_by_test_id("follow-log").count() == 0
        page.get_by_test_id("btn-stop").click()
        dialog.get_by_role("button", name="Stop now").click()
        assert training.wait(60) == 0
        wait_until(lambda: own.states()["mine"] == "stopped", 60, "its end was never told")
    finally:
        training.kill()


def test_a_child_that_dies_at_once_leads_back_to_its_parent(own, tab, tmp_path):
    script = tmp_path / "train.py"
    script.write_text(SCRIPT.replace("args = parser.parse_args()", "args = parser.parse_args()\nassert args.lr < 1"))
    assert "assert args.lr < 1" in script.read_text()
    command = [sys.executable, str(script), "--pause", "0.2", "--out", "{run_dir}/out"]
    own.monitor("start", "--runs", own.runs, "--name", "theirs", "--", *command)
    log = own.runs / "theirs" / "trainer.log"
    wait_until(lambda: log.exists() and log.read_text().count("val loss") >= 3, 60, "it printed no epoch")
    own.monitor("restart", "theirs", "--runs", own.runs, "--set", "lr=3", "--yes", "--trust-command", ok=False)
    wait_until(lambda: own.states().get("theirs-2") == "failed", 60, "the child did not fail")

    page = tab()
    page.goto(own.link("theirs-2"))
    verdict = page.get_by_test_id("verdict")
    verdict.get_by_text("If theirs was stopped for this run, it can be resumed.").wait_for()
    verdict.get_by_role("button", name="Open theirs").click()
    page.get_by_role("heading", name="theirs", exact=True).wait_for()
    page.get_by_test_id("btn-resume").wait_for()
