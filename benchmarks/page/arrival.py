"""How a page arrives: first words, whole page and charts, cold and warm; what it weighs; a list of 1,000 runs."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from benchmarks.page.dashboard import Served, log_epoch, open_writer, served
from monitor.diagnosis.alerts import summarise
from monitor.diagnosis.verdict import judge
from monitor.run_dir import SUMMARY_FILE, encode
from monitor.run_dir.reader import RunReader
from monitor.ui import assets

FIRST = """(() => {
  const look = () => {
    if (document.querySelector('#vs-first .v, .vs-verdict')) window.firstWords ??= performance.now();
    if (document.querySelectorAll('#vs-first .r, .vs-run').length > 20) window.firstRows ??= performance.now();
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""


def first_paint(browser: Browser, dashboard: Served) -> dict[str, Any]:
    """Milliseconds from navigation to verdict, whole page, charts, and to where a click is heard; bytes over the wire.
    Cold and warm."""
    with open_writer(dashboard.runs, "first", 100) as writer:
        for epoch in range(1, 61):
            log_epoch(writer, epoch)
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    arrived = {name: _arrived(context, f"{dashboard.link}&run=first") for name in ("cold", "warm")}
    context.close()
    return arrived


FAST_3G = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
"""Of Chromium's network emulation: milliseconds and bytes a second (1.6 and .75 Mbit/s)."""
LINES: dict[str, dict[str, Any]] = {"no limit": {}, "Fast 3G": FAST_3G}


def over_the_wire(browser: Browser, dashboard: Served) -> dict[str, Any]:
    """The same on lines of different speed, each in a browser that has loaded nothing, and again."""
    with open_writer(dashboard.runs, "wire", 100) as writer:
        for epoch in range(1, 61):
            log_epoch(writer, epoch)
    found = {}
    for name, line in LINES.items():
        context = browser.new_context(viewport={"width": 1360, "height": 768})
        found[name] = {kind: _arrived(context, f"{dashboard.link}&run=wire", line) for kind in ("cold", "warm")}
        context.close()
    return found


def _arrived(context: BrowserContext, address: str, line: dict[str, Any] | None = None) -> dict[str, int]:
    page = context.new_page()
    if line:
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", line)
    page.add_init_script(FIRST)
    wire = _Wire(page)
    began = time.monotonic()
    page.goto(address, wait_until="commit")
    page.wait_for_function("() => document.querySelector('[data-testid=verdict]')?.dataset.seq", timeout=90_000)
    words = time.monotonic() - began
    page.wait_for_function("() => document.querySelector('[data-testid=chart-loss]')?._fullLayout", timeout=90_000)
    charts = time.monotonic() - began
    page.wait_for_function("() => !document.getElementById('vs-early')", timeout=90_000)
    acts = time.monotonic() - began
    verdict = page.evaluate("() => window.firstWords")
    page.close()
    return {
        "verdict_ms": round(verdict),
        "words_ms": round(1000 * words),
        "charts_ms": round(1000 * charts),
        "acts_ms": round(1000 * acts),
        "wire_kb": round(wire.bytes / 1000),
        "requests": wire.requests,
    }


class _Wire:
    """Counts what comes over the wire for a page: compressed bytes, and answers."""

    def __init__(self, page: Page) -> None:
        self.bytes = self.requests = 0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", self._finished)

    def _finished(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])
        self.requests += 1


def page_weight_kb() -> dict[str, int]:
    """Kilobytes, compressed, of what is ours on the page, and of plotly.js; the rest is Streamlit's own."""
    return {name: round(size / 1000) for name, size in assets.weights().items()}


def a_thousand_runs(browser: Browser, folder: Path) -> dict[str, Any]:
    """A folder of 1,000 runs: first rows after a cold start of the server, and a search."""
    with served(folder) as many:
        with open_writer(many.runs, "run-0000", 20) as writer:
            for epoch in range(1, 11):
                log_epoch(writer, epoch)
        # As a supervisor leaves it: its summary is there.
        snapshot = RunReader(many.runs / "run-0000").read(time.time())
        summary = summarise(snapshot, judge(snapshot, time.time()), time.time())
        (many.runs / "run-0000" / SUMMARY_FILE).write_bytes(encode(summary))
        for place in range(1, 1000):
            shutil.copytree(many.runs / "run-0000", many.runs / f"run-{place:04d}")
        page = browser.new_context().new_page()
        page.add_init_script(FIRST)
        page.goto(many.link, wait_until="commit")
        page.get_by_text("Showing 25 of 1,000").wait_for(timeout=60_000)
        first = page.evaluate("() => window.firstRows")
        search = page.evaluate(
            """() => {
              const box = document.querySelector('[data-testid=search]');
              return ['0', '07', '077', '0777'].map((word) => {
                const began = performance.now();
                box.value = word;
                box.dispatchEvent(new Event('input'));
                return performance.now() - began;
              });
            }"""
        )
        page.context.close()
    return {"first_rows_ms": round(first), "search_ms": round(max(search))}
