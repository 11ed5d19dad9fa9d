"""If it goes bad while I am away: seen in the header, changed in a dialog, asked at a restart."""

import pytest
from playwright.sync_api import expect

from monitor.diagnosis.away import policy_of
from monitor.run_dir.launch import read_launch
from tests.browser.conftest import ROOT, wait_until
from tests.supervised import LISTENS, script

pytestmark = pytest.mark.browser


@pytest.fixture
def at_work(dashboard, tmp_path):
    name = "at-work"
    python, path = script(tmp_path, LISTENS)
    command = ["env", f"PYTHONPATH={ROOT}", python, path]
    dashboard.monitor("start", "--runs", dashboard.runs, "--name", name, "--", *command)
    yield name
    dashboard.monitor("stop", name, "--runs", dashboard.runs, ok=False)


def test_the_policy_stands_in_the_header_is_set_in_a_dialog_and_asked_at_a_restart(dashboard, tab, at_work):
    page = tab()
    page.goto(dashboard.link(at_work))
    line = page.get_by_test_id("away")
    expect(line).to_have_text("if it goes bad while I am away: tell me only ▾")
    line.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("stop it", exact=True).click()
    expect(dialog.get_by_text(f"monitor away {at_work} stop --runs")).to_be_visible()
    dialog.get_by_role("button", name="Set").click()
    expect(line).to_have_text("if it goes bad while I am away: stop it ▾")
    assert policy_of(dashboard.runs / at_work).do == "stop"

    looking = tab()
    looking.goto(dashboard.link(at_work, look=True))
    expect(looking.get_by_test_id("away")).to_have_text("if it goes bad while I am away: stop it")
    expect(looking.get_by_test_id("away")).to_be_disabled()

    page.get_by_test_id("btn-restart").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("stop it and start the prescribed child", exact=True).click()
    expect(dialog.get_by_label("Hours that the child may run")).to_have_value("12.00")
    dialog.get_by_role("button", name="Stop parent and start child").click()
    wait_until(lambda: (dashboard.runs / f"{at_work}-2" / "launch.json").exists())
    launch = read_launch(dashboard.runs / f"{at_work}-2")
    assert launch is not None and launch.away is not None
    assert (launch.away.do, launch.away.budget_hours, launch.away.by_policy) == ("stop_and_fix", 12.0, False)
    dashboard.monitor("stop", f"{at_work}-2", "--runs", dashboard.runs, ok=False)
