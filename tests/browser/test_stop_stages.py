"""A stop as the page shows it: what will be lost, each stage with its seconds, and what can be asked meanwhile."""

import re

import pytest

from tests.browser.conftest import ROOT, wait_until
from tests.supervised import LISTENS, SILENT, script
from tests.supervisor.test_stopping import DEAF

pytestmark = pytest.mark.browser


def started(dashboard, name, text, *, grace=60):
    folder = dashboard.runs.parent / name
    folder.mkdir()
    command = script(folder, text)
    dashboard.env["PYTHONPATH"] = str(ROOT)
    dashboard.monitor("start", "--runs", dashboard.runs, "--run-id", name, "--grace", grace, "--", *command)
    wait_until(lambda: dashboard.states()[name] in ("starting", "running"))
    return name


def stage(page):
    return page.get_by_test_id("stop-stage").inner_text()


SEEN = """() => {
  window.torn = 0;
  window.early = 0;
  window.asked = 0;
  const of = (id) => document.querySelector(`[data-testid="${id}"]`);
  let before = "";
  const look = () => {
    const stage = of("stop-stage")?.innerText ?? "";
    if (stage.startsWith("Asked")) {
      window.torn += !(of("header-state")?.innerText ?? "").includes("stopping");
      window.early += Boolean(of("btn-hurry-stop")?.offsetParent);
      window.asked += !before.startsWith("Asked");
    }
    before = stage;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
"""Counts the moments in which a stage stands beside the state of another moment or a button that comes later, and how
often "Asked …" came: it passes after ten seconds, which may be over before a test looks."""


def test_a_stop_that_is_not_answered_can_be_waited_for_or_hurried(dashboard, tab):
    run = started(dashboard, "deaf", DEAF, grace=240)
    page = tab()
    page.goto(dashboard.link(run))
    page.get_by_test_id("btn-stop").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("has reported no checkpoint so far").wait_for()
    page.evaluate(SEEN)
    dialog.get_by_role("button", name="Stop now").click()
    wait_until(lambda: page.evaluate("() => window.asked") == 1, why="the first stage is not shown")
    page.get_by_test_id("btn-cancel-stop").wait_for()

    silent = r"has not answered for \d+ s; SIGTERM in (\d+) s"
    left = wait_until(lambda: re.search(silent, stage(page)), why="silence is not told")
    assert int(left[1]) <= 230
    page.get_by_test_id("btn-more-time").click()
    wait_until(lambda: page.evaluate("() => window.asked") == 2, why="more time was not given")
    page.get_by_test_id("btn-hurry-stop").click()
    wait_until(lambda: "stopped" in page.get_by_test_id("header-state").inner_text(), why="it was not hurried")
    wait_until(lambda: stage(page).startswith("Stopped "), why="it is not said when it stopped")
    assert page.evaluate("() => [window.torn, window.early]") == [0, 0]


def test_several_runs_are_stopped_from_the_list_and_each_says_what_it_loses(dashboard, tab):
    names = [started(dashboard, "first", LISTENS), started(dashboard, "second", SILENT)]
    page = tab()
    page.goto(dashboard.link())
    page.get_by_test_id("runs").wait_for()
    assert page.locator("[data-testid=stMarkdown]").count() == 0, "nothing but the component stands on the page"
    for name in names:
        page.get_by_label(f"Select {name}", exact=True).check()
    page.get_by_test_id("btn-stop-several").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("cannot be asked to save").wait_for()
    assert "first" in dialog.inner_text()
    dialog.get_by_role("button", name="Stop 2 runs").click()
    wait_until(lambda: all(dashboard.states()[name] == "stopped" for name in names), why="not all were stopped")


def test_the_restart_options_follow_a_stop_where_that_is_ticked(dashboard, tab):
    run = started(dashboard, "again", LISTENS)
    page = tab()
    page.goto(dashboard.link(run))
    page.get_by_test_id("btn-stop").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Show the restart options next").click()
    dialog.get_by_role("button", name="Stop", exact=False).last.click()
    dialog.get_by_text("Restart with changes").wait_for()
    wait_until(lambda: dashboard.states()[run] == "stopped", why="it was not stopped")
    dialog.get_by_role("button", name="Cancel").click()
    dialog.wait_for(state="hidden")
