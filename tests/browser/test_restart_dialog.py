"""The restart dialog: what was shown is what runs, of any script; what is a stranger's runs only after a tick."""

import json
import subprocess

import pytest

from monitor.run_dir import LAUNCH_FILE
from tests.browser.conftest import wait_until
from tests.supervised import call_it_stopped

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

SCRIPT = "import sys\nrate = 1\nprint(sys.argv[1:])\n"


def a_project(folder):
    """A script of somebody's own in a repository of its own."""
    folder.mkdir()
    (folder / "train.py").write_text(SCRIPT)
    by = ["-c", "user.name=a", "-c", "user.email=a@b"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run(["git", "-C", str(folder), *by, *words], check=True)
    return folder


def begin(dashboard, name, folder):
    path = str(folder / "train.py")
    options = ["--hidden_dim", "64", "--output_dir", str(folder / "ckpt" / name)]
    dashboard.monitor("start", "--runs", dashboard.runs, "--name", name, "--", "python3", path, *options)
    wait_until(lambda: dashboard.states().get(name) == "finished", 60, f"{name} never finished")


def test_what_was_shown_is_what_runs_and_an_edit_after_the_look_stops_the_start(dashboard, tab, tmp_path):
    folder = a_project(tmp_path / "project")
    begin(dashboard, "foreign", folder)
    page = tab()
    page.goto(dashboard.link("foreign"))
    page.get_by_test_id("btn-restart").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("must differ, or the parent's files are overwritten").wait_for()
    width = dialog.get_by_role("textbox", name="hidden_dim (now 64)", exact=True)
    width.fill("32")
    width.press("Enter")
    dialog.get_by_text("--hidden_dim 32").first.wait_for()

    # Edited after it was shown: the click is refused, and the change is shown; the next click starts.
    (folder / "train.py").write_text(SCRIPT.replace("rate = 1\n", "rate = 2\nseed = 4\n"))
    start = dialog.get_by_role("button", name="Start child")
    start.click()
    dialog.get_by_text("The plan has changed since it was shown").wait_for()
    dialog.get_by_text("train.py changed since the parent started: +2 −1.").wait_for()
    assert not (dashboard.runs / "foreign-2").exists()
    command = dialog.locator("[data-testid=stCode]").filter(has_text="--hidden_dim 32").last.inner_text()
    start.click()
    page.wait_for_url("**run=foreign-2*", timeout=60_000)
    wait_until(lambda: dashboard.states().get("foreign-2") == "finished", 60, "the child never finished")
    launched = json.loads((dashboard.runs / "foreign-2" / LAUNCH_FILE).read_text())
    assert launched["parent"]["code_line"] == "train.py changed since the parent started: +2 −1."
    ran = json.loads(dashboard.monitor("show", "foreign-2", "--runs", dashboard.runs, "--json"))["command"]
    assert command.split() == ran.split()


def test_a_strangers_run_is_resumed_only_after_its_command_was_read(dashboard, tab, tmp_path):
    begin(dashboard, "theirs", a_project(tmp_path / "project"))
    call_it_stopped(dashboard.runs / "theirs")
    path = dashboard.runs / "theirs" / LAUNCH_FILE
    launch = json.loads(path.read_text())
    path.unlink()
    path.write_text(json.dumps({**launch, "host": "gpu3", "seal": "0" * 64}))
    page = tab()
    page.goto(dashboard.link("theirs"))
    page.get_by_test_id("btn-resume").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("This run was made on another machine (gpu3). The command below has never run here.").wait_for()
    resume = dialog.get_by_role("button", name="Resume", exact=True)
    assert resume.is_disabled()
    dialog.get_by_text("I have read this command and want it to run here").click()
    wait_until(resume.is_enabled, 20, "the tick did not free the button")
    resume.click()
    state = dashboard.runs / "theirs" / "state.json"
    wait_until(lambda: json.loads(state.read_text())["generation"] == 2, 60, "it was never started again")
