"""The page over a folder here and an archive in a real S3: shown, and nothing can be asked of it."""

from __future__ import annotations

import dataclasses
import json

import pytest

from monitor.run_dir.lives import archive_of
from tests.hosts.store import Bucket
from tests.hosts.test_archives import a_run

pytestmark = pytest.mark.browser


@pytest.fixture
def archived(dashboard, tmp_path, monkeypatch):
    bucket = Bucket()
    bucket.put_run(a_run(tmp_path, "a", 9))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    env = {
        **dashboard.env,
        **bucket.env,
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }
    a_run(tmp_path / "near", "n")
    served = dataclasses.replace(dashboard, env=env)
    folders = ["--runs", tmp_path / "near", "--runs", f"old={bucket.runs}"]
    answer = json.loads(served.monitor("serve", *folders, "--json"))
    served.port, served.control, served.look = answer["port"], answer["open"], answer["look"]
    yield served, bucket
    served.monitor("serve", "--stop", *folders)
    bucket.stop()


def test_an_archived_run_is_shown_and_offers_no_act(archived, tab):
    served, bucket = archived
    page = tab()
    page.goto(served.link())
    heading = page.get_by_test_id("group").nth(1)
    heading.get_by_text(f"{bucket.runs} (archive, read only)").wait_for()
    row = page.locator(".vs-run[data-key='old:a']")
    row.get_by_text("finished").wait_for()
    assert row.locator(".vs-run-label").count() == 0 or not row.locator(".vs-run-label").is_visible()
    # What the list offers for any selection is refused in words.
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Archive").click()
    page.get_by_text(f"old is an archive ({bucket.runs}): it is only read.").wait_for()
    assert (archive_of(bucket.runs) / "runs" / "a").is_dir()
    row.locator("a").first.click()
    page.get_by_text("archive, read only").wait_for()
    page.get_by_text("epoch 9").first.wait_for()
    for name in ("stop", "restart", "resume", "label", "cancel", "check"):
        assert page.get_by_test_id(f"btn-{name}").count() == 0, name
    page.get_by_test_id("btn-home").click()
    page.get_by_test_id("start-run").first.wait_for()
    page.locator(".vs-run[data-key='near:n'] a").first.click()
    page.get_by_test_id("btn-label").wait_for()
