"""What the server takes of a core while tabs look: held by bare connections, or by twelve tabs of one browser."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import websockets
from playwright.sync_api import Browser

from benchmarks.page.dashboard import Served, log_epoch, open_writer
from monitor.writer import RunWriter

KNOWN_EPOCHS = 100
PAUSE_SECS = 0.5
"""Two records a second, where records come in."""


def server_cpu(dashboard: Served, count: int, live: bool, secs: float) -> float:
    """Percent of one core that the server takes with so many tabs; live: two records a second come in."""
    name = f"cpu-{count}-{live}"
    with open_writer(dashboard.runs, name, 2000) as writer:
        _fill(writer)

        def watch() -> float:
            return _percent_of_a_core(dashboard, writer, live, secs)

        # In a thread of its own: the browser's driver keeps an event loop in this one.
        with ThreadPoolExecutor(1) as pool:
            result: float = pool.submit(asyncio.run, _sockets(dashboard, name, count, watch)).result()
    return result


def _fill(writer: RunWriter) -> None:
    for epoch in range(1, KNOWN_EPOCHS + 1):
        log_epoch(writer, epoch)


def _percent_of_a_core(dashboard: Served, writer: RunWriter, live: bool, secs: float) -> float:
    process = psutil.Process(dashboard.pid)
    before, began, epoch = process.cpu_times(), time.monotonic(), KNOWN_EPOCHS
    while time.monotonic() - began < secs:
        if live:
            epoch += 1
            log_epoch(writer, epoch)
        time.sleep(PAUSE_SECS)
    after = process.cpu_times()
    used = after.user + after.system - before.user - before.system
    return round(100 * used / (time.monotonic() - began), 1)


async def _sockets(dashboard: Served, run: str, count: int, during: Callable[[], Any]) -> Any:
    """Holds `count` tabs' connections open while `during` works in a thread."""

    async def tab() -> None:
        address = f"ws://127.0.0.1:{dashboard.port}/vs/live"
        origin = f"http://127.0.0.1:{dashboard.port}"
        headers = {"Cookie": dashboard.cookie()}
        async with websockets.connect(address, additional_headers=headers, origin=origin, max_size=None) as socket:
            await socket.send(json.dumps({"kind": "hello", "run": run}))
            async for _ in socket:
                pass

    tabs = [asyncio.create_task(tab()) for _ in range(count)]
    await asyncio.sleep(2.0)
    assert not any(task.done() for task in tabs), "a tab was refused"
    try:
        return await asyncio.to_thread(during)
    finally:
        for task in tabs:
            task.cancel()
        await asyncio.gather(*tabs, return_exceptions=True)


def twelve_in_one_browser(browser: Browser, dashboard: Served, secs: float) -> dict[str, Any]:
    """Twelve tabs of one browser: how many load, how many show a new record, what the server takes for them."""
    with open_writer(dashboard.runs, "twelve", 2000) as writer:
        _fill(writer)
        context = browser.new_context()
        pages = [context.new_page() for _ in range(12)]
        for page in pages:
            page.goto(f"{dashboard.link}&run=twelve")
        for page in pages:
            page.wait_for_function("() => document.querySelector('[data-testid=flags]')?.dataset.seq", timeout=90_000)
        cpu = {name: _percent_of_a_core(dashboard, writer, name == "live", secs) for name in ("idle", "live")}
        last = 2000
        log_epoch(writer, last)
        shown = 0
        for page in pages:
            page.bring_to_front()
            with contextlib.suppress(Exception):
                page.wait_for_function(
                    f"() => document.querySelector('.vs-header').innerText.includes('epoch {last}')", timeout=10_000
                )
                shown += 1
        context.close()
    return {"opened": len(pages), "live": shown, "server_cpu_percent": cpu}
