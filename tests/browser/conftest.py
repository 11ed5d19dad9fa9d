"""The real app in a real browser: one dashboard a test session, one fresh browser context a test."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from monitor.run_dir import STATE_FILE, Floors
from monitor.writer import RunWriter
from tests.served import monitor, stop_serving

ROOT = Path(__file__).resolve().parent.parent.parent
SYSTEM_BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@dataclass
class Dashboard:
    """A served folder of runs."""

    runs: Path
    env: dict[str, str]
    port: int = 0
    control: str = ""
    look: str = ""

    def monitor(self, *words: object, ok: bool = True) -> str:
        done = monitor(words, self.env)
        assert done.returncode == 0 or not ok, done.stderr + done.stdout
        return done.stdout

    def serve(self, *words: object) -> None:
        answer = json.loads(self.monitor("serve", "--runs", self.runs, "--json", *words))
        self.port, self.control, self.look = answer["port"], answer["open"], answer["look"]

    def stop_serving(self) -> None:
        stop_serving(self.runs, self.env)

    def start(self, name: str, *options: object) -> str:
        """A real training run of the bundled trainer; returns its run id."""
        command = [sys.executable, "-m", "trainer", *map(str, options), "--output_dir", "{run_dir}"]
        self.monitor("start", "--runs", self.runs, "--name", name, "--", *command)
        return name

    def link(self, run: str | None = None, *, look: bool = False) -> str:
        return (self.look if look else self.control) + (f"&run={run}" if run else "")

    def address(self, run: str | None = None) -> str:
        return f"http://127.0.0.1:{self.port}/" + (f"?run={run}" if run else "")

    def rows(self) -> list[dict]:
        return json.loads(self.monitor("list", "--runs", self.runs, "--json"))["runs"]

    def states(self) -> dict[str, str]:
        return {row["run_id"]: row["state"] for row in self.rows()}

    def stop_all(self) -> None:
        if not any(self.runs.glob(f"*/{STATE_FILE}")):
            return  # most tests only write runs; to list them is a process
        for row in self.rows():
            if row["live"]:
                self.monitor("stop", row["run_id"], "--runs", self.runs, ok=False)


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory):
    home = tmp_path_factory.mktemp("dashboard")
    env = {**os.environ, "XDG_STATE_HOME": str(home / "state"), "OMP_NUM_THREADS": "1"}
    env.pop("VITALSIGNS_RUNS", None)
    served = Dashboard(home / "runs", env)
    served.runs.mkdir()
    served.serve()
    yield served
    served.stop_all()
    served.stop_serving()


@pytest.fixture
def own(dashboard, tmp_path):
    """A dashboard of this test alone, over an empty folder."""
    served = Dashboard(tmp_path / "runs", {**dashboard.env, "XDG_STATE_HOME": str(tmp_path / "state")})
    served.runs.mkdir()
    served.serve()
    yield served
    served.stop_all()
    served.stop_serving()


@pytest.fixture(scope="package")
def browser():
    """Closed behind the last test of this folder: while it is open, no other test can run a loop of asyncio."""
    with sync_playwright() as playwright:
        system = next(filter(None, map(shutil.which, SYSTEM_BROWSERS)), None)
        chromium = playwright.chromium.launch(executable_path=system, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def tab(browser):
    """`tab()` opens a page of its own context; what the console complains of fails the test."""
    contexts, complaints = [], []

    def open_tab(width: int = 1360, height: int = 900, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)  # it does not go by the context's: five seconds are few on a busy machine
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        return page

    yield open_tab
    for context in contexts:
        context.close()
    assert complaints == []


def wait_until(condition, secs: float = 120.0, why: str = "it never became true"):
    """Polls a condition of the real world; returns its first true value."""
    deadline = time.monotonic() + secs
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"After {secs:g} s: {why}")


WORDS = ["REGEN", "SONNE", "WIND", "NORD", "SUED", "MORGEN"]


def sentence(clip, epoch):
    """What clip `clip` is decoded as: each epoch one word more of its target, the second word always swapped."""
    target = [WORDS[(clip + place) % len(WORDS)] for place in range(4)]
    return " ".join("WOLKE" if place == 1 else word for place, word in enumerate(target[: epoch // 3]))


@pytest.fixture(scope="session")
def sick(dashboard):
    """A run that overfits from epoch 10 on, with a limit of the project's own."""
    name = "sick"
    clips = 6
    references = [" ".join(WORDS[(clip + place) % len(WORDS)] for place in range(4)) for clip in range(clips)]
    floors = Floors(wer_constant=0.9, loss_unigram=4.0, blank_ratio=0.7)
    with RunWriter(dashboard.runs / name, floors=floors, gap_basis="eval", epochs=30) as run:
        for epoch in range(1, 31):
            train = max(0.1, 3.0 - 0.2 * epoch)
            val = 3.2 - 0.15 * epoch if epoch <= 10 else 1.7 + 0.06 * (epoch - 10)
            run.log_decodes(epoch, [sentence(clip, epoch) for clip in range(clips)], references=references)
            run.log_epoch(
                epoch,
                step=epoch * 40,
                train_loss=train + 0.1,
                train_eval_loss=train,
                val_loss=val,
                val_wer=max(0.5, 0.95 - 0.05 * epoch),
                length_ratio=min(1.0, epoch / 12),
            )
    return name
