"""Devices and the line before them as the page shows them; an nvidia-smi that prints real-looking answers stands in."""

import os

import pytest

from tests.browser.conftest import wait_until
from tests.launcher.test_devices import UUIDS, fake_nvidia_smi
from tests.supervised import script
from tests.supervisor.test_queueing import SAYS

pytestmark = pytest.mark.browser


@pytest.fixture
def with_gpus(dashboard, tmp_path, monkeypatch):
    """The same folder, served again by a server that finds two GPUs, one with another process on it."""
    fake_nvidia_smi(tmp_path / "bin", monkeypatch, processes=f"{os.getpid()}, 9216, {UUIDS[1]}\n")
    path = dashboard.env["PATH"]
    dashboard.env["PATH"] = os.environ["PATH"]
    dashboard.stop_serving()
    dashboard.serve()
    yield dashboard
    dashboard.env["PATH"] = path
    dashboard.stop_serving()
    dashboard.serve()


def test_a_busy_gpu_shows_who_has_it_and_who_waits_and_one_can_leave_the_line(with_gpus, tab, tmp_path):
    runs = with_gpus.runs
    command = script(tmp_path, SAYS)
    for name in ("holder", "waiter"):
        with_gpus.monitor("start", "--runs", runs, "--run-id", name, "--device", "0", "--", *command)
    page = tab()
    page.goto(with_gpus.link())
    strip = page.get_by_test_id("devices")
    wait_until(lambda: "1 waiting" in strip.inner_text(), why="the strip does not tell who waits")
    text = strip.inner_text()
    assert "GPU 0, NVIDIA GeForce RTX 4090" in text
    assert "holder" in text
    assert "your other processes 9.0 GiB" in text
    wait_until(lambda: "queued, position 1" in page.get_by_test_id("runs").inner_text(), why="no position in the list")
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/queue-list.png")

    page.goto(with_gpus.address("waiter"))
    stage = page.get_by_test_id("stop-stage")
    wait_until(lambda: stage.inner_text() == "Waits for GPU 0, which holder has. Position 1.", why="no position")
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/queue-run.png")
    page.get_by_role("button", name="Leave the queue…").click()
    page.get_by_role("dialog").get_by_text("it leaves the queue, and nothing is lost").wait_for()
    page.get_by_role("dialog").get_by_role("button", name="Leave the queue").click()
    wait_until(lambda: with_gpus.states()["waiter"] == "stopped", why="it did not leave")

    page.goto(with_gpus.address("holder"))
    page.get_by_test_id("btn-restart").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("Takes GPU 0 over from holder when that has ended.").wait_for()
    assert "Position" not in dialog.inner_text()
    dialog.get_by_text("leave it running").click()
    dialog.get_by_text("Waits for GPU 0, which holder has. Position 1. It starts when that is free.").wait_for()
    assert "--device cuda:0" in dialog.inner_text()
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/queue-restart.png")
