"""Several folders on one page: a heading each, and runs of one name that are never mixed up."""

from __future__ import annotations

import dataclasses
import json

import pytest

from monitor.writer import RunWriter

pytestmark = pytest.mark.browser


@pytest.fixture
def several(dashboard, tmp_path):
    """A dashboard over two folders that both hold a run called `a`."""
    for folder, epochs in (("lab", 3), ("home", 5)):
        with RunWriter(tmp_path / folder / "a", epochs=9) as run:
            for epoch in range(1, epochs + 1):
                run.log_epoch(epoch, train_loss=1.0 / epoch, val_loss=1.1 / epoch)
    served = dataclasses.replace(dashboard, env={**dashboard.env, "XDG_STATE_HOME": str(tmp_path / "state")})
    folders = ["--runs", tmp_path / "lab", "--runs", f"other={tmp_path / 'home'}"]
    answer = json.loads(served.monitor("serve", *folders, "--json"))
    served.port, served.control, served.look = answer["port"], answer["open"], answer["look"]
    yield served
    served.monitor("serve", "--stop", *folders)


def test_each_folder_is_a_heading_and_each_run_opens_its_own(several, tab):
    page = tab()
    page.goto(several.link())
    page.get_by_test_id("group").nth(1).wait_for()
    assert [each.inner_text().split("\n")[1].strip() for each in page.get_by_test_id("group").all()] == ["lab", "other"]
    assert page.locator(".vs-run").evaluate_all("rows => rows.map((row) => row.dataset.key)") == ["lab:a", "other:a"]
    page.locator(".vs-run[data-key='other:a'] a").click()
    page.wait_for_url("**/?run=other%3Aa*")
    page.get_by_text("5/9").or_(page.get_by_text("epoch 5 of 9")).first.wait_for()
    numbers = page.evaluate("async () => (await fetch('vs/report/other:a.csv')).text()")
    assert len(numbers.strip().splitlines()) == 6
    page.get_by_test_id("btn-home").click()
    page.get_by_test_id("group").first.wait_for()


def test_runs_of_two_folders_are_not_compared_and_a_folded_heading_stays_folded(several, tab):
    page = tab()
    page.goto(several.link())
    page.get_by_test_id("group").nth(1).wait_for()
    for pick in page.locator(".vs-pick").all():
        pick.check()
    assert page.get_by_test_id("btn-compare").is_disabled()
    page.get_by_role("button", name="lab", exact=True).click()
    assert page.locator(".vs-run").count() == 1
    page.reload()
    page.get_by_test_id("group").nth(1).wait_for()
    assert page.locator(".vs-run").count() == 1
    page.get_by_test_id("search").fill("other:")
    page.locator(".vs-run[data-key='other:a']").wait_for()
    assert page.locator(".vs-run-open").inner_text() == "other:a"


def test_a_run_of_a_folder_that_is_not_shown_is_said_to_be_none(several, tab):
    page = tab()
    page.goto(several.link("gone:a"))
    page.get_by_test_id("missing").wait_for()
    assert "There is no folder 'gone' on this page; there is lab, other." in page.get_by_test_id("missing").inner_text()
