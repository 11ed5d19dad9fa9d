"""A run started from the page: what was shown is what runs, our trainer or any command."""

import json
import shlex
import sys

import pytest

from monitor.run_dir import LAUNCH_FILE
from monitor.run_dir.audit import AUDIT_FILE
from tests.browser.conftest import wait_until

pytestmark = pytest.mark.browser


def launched(own, name):
    return json.loads((own.runs / name / LAUNCH_FILE).read_text())


def test_from_the_empty_page_our_trainer_and_then_a_command_are_started_as_shown(own, tab, tmp_path):
    looking = tab()
    looking.goto(own.link(look=True))
    looking.get_by_test_id("empty").wait_for()
    assert looking.get_by_test_id("start-run").count() == 0

    page = tab()
    page.goto(own.link())
    page.get_by_test_id("empty").get_by_test_id("start-run").click()
    dialog = page.get_by_role("dialog")

    def answer(label, text):
        field = dialog.get_by_role("textbox", name=label)
        field.fill(str(text))
        field.press("Control+Enter")

    answer("epochs (default 100)", "0")
    dialog.get_by_text("epochs 0: must be 1 to 100000.").wait_for()
    wait_until(dialog.get_by_role("button", name="Start", exact=True).is_disabled, why="a wrong value can be started")
    answer("epochs (default 100)", "1")
    dialog.get_by_text("run runs exactly this").wait_for()
    answer("Name of the run", "first try")
    dialog.get_by_text("first-try runs exactly this").wait_for()
    dialog.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url("**run=first-try*", timeout=60_000)
    told = launched(own, "first-try")
    assert told["argv"][1:] == ["-m", "trainer", "--data", "synthetic", "--epochs", "1", "--output_dir", "{run_dir}"]
    assert (told["how"], told["asked_by"] != "") == ("start", True)
    entry = json.loads((own.runs / AUDIT_FILE).read_text().splitlines()[-1])
    assert (entry["verb"], entry["run_id"], entry["via"]) == ("start", "first-try", "page, control link")
    own.monitor("stop", "first-try", "--runs", own.runs, ok=False)

    (tmp_path / "say.py").write_text("import sys; print(sys.argv[1:])")
    page.goto(own.address())
    page.get_by_test_id("start-run").first.click()
    dialog.get_by_text("Your own command").click()
    answer("Command", "python 'say.py")
    dialog.get_by_text("The command is incomplete: No closing quotation.").wait_for()
    command = [sys.executable, "say.py", "two words", ">", "out.txt"]
    answer("Command", f"{sys.executable} say.py 'two words' > out.txt")
    dialog.get_by_text("No shell reads the command: > is passed on unchanged.").wait_for()
    answer("Working directory", tmp_path / "nowhere")
    dialog.get_by_text("is not a folder on this machine").wait_for()
    answer("Working directory", tmp_path)
    dialog.get_by_text("say runs exactly this").wait_for()
    dialog.get_by_text(shlex.join(command), exact=True).wait_for()
    dialog.get_by_text("stop it", exact=True).click()
    dialog.get_by_text("--if-bad stop").wait_for()
    dialog.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url("**run=say*", timeout=60_000)
    told = launched(own, "say")
    assert (told["argv"], told["cwd"], told["away"]["do"]) == (command, str(tmp_path), "stop")
    wait_until(lambda: own.states()["say"] == "finished", 60, "it never finished")
    assert (own.runs / "say" / "trainer.log").read_text().strip() == "['two words', '>', 'out.txt']"
    assert not (tmp_path / "out.txt").exists()
