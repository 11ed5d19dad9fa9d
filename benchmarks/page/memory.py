"""Memory of a tab and of the server while an hour of records comes in, faster."""

from __future__ import annotations

from typing import Any

import psutil
from playwright.sync_api import Browser

from benchmarks.page.dashboard import Served, log_epoch, open_run, open_writer


def an_hour(browser: Browser, dashboard: Served, records: int) -> dict[str, Any]:
    """Memory of tab and server while an hour of two records a second comes in, faster: at its thirds and its end."""
    with open_writer(dashboard.runs, "hour", 100_000) as writer:
        log_epoch(writer, 1)
        page = open_run(browser, dashboard, "hour")
        session = page.context.new_cdp_session(page)
        session.send("HeapProfiler.enable")
        taken = []

        def take() -> None:
            page.wait_for_timeout(2000)
            session.send("HeapProfiler.collectGarbage")
            heap = page.evaluate("() => performance.memory.usedJSHeapSize") / 1e6
            nodes = page.evaluate("() => document.querySelectorAll('*').length")
            server = psutil.Process(dashboard.pid).memory_info().rss / 1e6
            taken.append({"tab_mb": round(heap, 1), "dom_nodes": nodes, "server_mb": round(server, 1)})

        for third in range(4):
            if third:
                for place in range(records // 3):
                    step = (third - 1) * (records // 3) + place
                    writer.log_step(step + 1, train_loss=2.0, lr=1e-3, grad_norm=1.0)
                    if place % 24 == 23:
                        log_epoch(writer, 2 + step // 24)
                    if place % 20 == 19:
                        page.wait_for_timeout(50)
            take()
        page.context.close()
    return {"records": records, "at_thirds": taken}
