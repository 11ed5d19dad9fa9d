"""A run of a real SLURM on the page, in a real browser: queued with the reason, live, and stopped from it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import FLAGS, SYSTEM_BROWSERS, Dashboard, tab  # noqa: F401 - a fixture
from tests.cluster.conftest import PATIENT_SECS, Jobs
from tests.supervised import LISTENS, state_of, wait_for

pytestmark = [pytest.mark.slurm, pytest.mark.xdist_group("slurm"), pytest.mark.timeout(900)]

PATIENT_MS = 1000 * PATIENT_SECS


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Of this test alone: while one is open, no other test of the process can run a loop of asyncio."""
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, SYSTEM_BROWSERS)), playwright.chromium.executable_path)
        if not Path(path).exists():
            pytest.skip("NOT TRIED: the page of a SLURM run needs Chromium (scripts/ensure_browser.sh)")
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def served(jobs: Jobs) -> Iterator[Dashboard]:
    there = Dashboard(jobs.runs, dict(os.environ))
    there.runs.mkdir(exist_ok=True)
    there.serve()
    yield there
    there.stop_serving()


def test_a_run_is_opened_while_it_is_queued_seen_live_and_stopped_from_the_page(jobs, served, tab):  # noqa: F811
    run_dir = jobs.submit(LISTENS.replace("time.sleep(0.02)", "time.sleep(0.2)"), sbatch="--hold")
    page = tab()
    page.goto(served.link("demo"))
    page.get_by_text(f"SLURM job {jobs.number(run_dir)} waits in partition main: JobHeldUser").first.wait_for(
        timeout=PATIENT_MS
    )
    jobs.cluster.run("scontrol", "release", jobs.number(run_dir))
    epochs = "document.querySelector('.vs-root').page?.cols?.epoch?.length ?? 0"
    wait_for(lambda: page.evaluate(epochs) > 3, PATIENT_SECS)  # live: the page is not loaded again
    page.get_by_text("running").first.wait_for(timeout=PATIENT_MS)
    page.get_by_test_id("btn-stop").click(timeout=PATIENT_MS)
    page.get_by_role("button", name="Stop now").or_(page.get_by_role("button", name="Stop after this step")).click()
    jobs.wait_for(run_dir, "stopped")
    assert state_of(run_dir).exit_code == 0  # by its own door: it finished its step
    page.get_by_text("stopped").first.wait_for(timeout=PATIENT_MS)
