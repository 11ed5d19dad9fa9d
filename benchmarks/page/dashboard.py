"""The dashboard that is measured: a real server over a folder of runs, a real writer, and a tab in a real browser."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from monitor.run_dir import Floors
from monitor.writer import RunWriter

ROOT = Path(__file__).resolve().parent.parent.parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-precise-memory-info"]
CLIPS = 40


@dataclass
class Served:
    """A dashboard process over a folder of runs."""

    runs: Path
    env: dict[str, str]
    port: int
    link: str
    pid: int

    def cookie(self) -> str:
        return f"vitalsigns_{self.port}={self.link.split('token=')[1]}"


@contextlib.contextmanager
def served(folder: Path) -> Iterator[Served]:
    env = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}
    runs = folder / "runs"
    runs.mkdir(parents=True)
    command = [sys.executable, "-m", "monitor", "serve", "--runs", str(runs)]
    answer = json.loads(subprocess.run([*command, "--json"], cwd=ROOT, env=env, capture_output=True, check=True).stdout)
    listening = [c for c in psutil.net_connections("tcp") if c.status == "LISTEN" and c.laddr.port == answer["port"]]
    assert listening and listening[0].pid
    try:
        yield Served(runs, env, answer["port"], answer["open"], listening[0].pid)
    finally:
        subprocess.run([*command, "--stop"], cwd=ROOT, env=env, capture_output=True, check=False)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium, else Playwright's."""
    system = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=system, args=FLAGS)
        yield browser
        browser.close()


def open_writer(runs: Path, name: str, epochs: int) -> RunWriter:
    floors = Floors(wer_constant=0.9, loss_unigram=4.0, blank_ratio=0.7)
    return RunWriter(runs / name, floors=floors, gap_basis="eval", epochs=epochs)


def log_epoch(writer: RunWriter, epoch: int, gap: float = 0.2) -> float:
    """Logs one evaluation; returns when the call began, in milliseconds."""
    train = 3.0 / (1 + 0.05 * epoch)
    writer.log_decodes(epoch, ["MORGEN SONNE REGEN"] * CLIPS, references=["MORGEN REGEN SONNE WIND"] * CLIPS)
    began = time.time()
    writer.log_epoch(
        epoch,
        step=epoch * 100,
        train_loss=train + 0.1,
        train_eval_loss=train,
        val_loss=train + gap,
        val_wer=max(0.2, 0.95 - 0.005 * epoch),
        train_wer=max(0.1, 0.9 - 0.006 * epoch),
        blank_ratio=0.75,
        length_ratio=0.8,
        lr=1e-3,
        grad_norm=1.0 + 0.01 * (epoch % 7),
    )
    return 1000 * began


def open_run(browser: Browser, dashboard: Served, run: str) -> Page:
    page = browser.new_context(viewport={"width": 1360, "height": 900}).new_page()
    page.goto(f"{dashboard.link}&run={run}")
    page.wait_for_function("() => document.querySelector('[data-testid=chart-loss]')?._fullLayout", timeout=60_000)
    page.get_by_test_id("machine").locator("summary").click()
    page.wait_for_timeout(1500)
    return page
