"""A run of a real SLURM on the page, in a real browser: queued with the reason, live, and stopped from it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.browser.conftest import Dashboard
from tests.cluster.conftest import PATIENT_MS, PATIENT_SECS, Jobs, on_the_page
from tests.supervised import LISTENS, state_of, wait_for

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(900)]


@pytest.fixture
def served(jobs: Jobs) -> Iterator[Dashboard]:
    with on_the_page(jobs.runs) as there:
        yield there


def test_a_run_is_opened_while_it_is_queued_seen_live_and_stopped_from_the_page(jobs, served, tab):
    run_dir = jobs.submit(LISTENS.replace("time.sleep(0.02)", "time.sleep(0.2)"), sbatch="--hold")
    page = tab()
    page.goto(served.link())
    page.get_by_text("Partition main").first.wait_for(timeout=PATIENT_MS)
    page.get_by_text("4 of 4 GPUs and 16 of 16 processors free").first.wait_for(timeout=PATIENT_MS)
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
