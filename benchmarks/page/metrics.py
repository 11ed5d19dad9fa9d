"""The Metrics tab of a run with hundreds of numbers at ten thousand steps: how it opens, and what an update costs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, Page

from benchmarks.page.dashboard import Served, open_writer
from benchmarks.page.liveness import percentiles
from monitor.writer import RunWriter

IN_VIEW = """() => {
  const cards = [...document.querySelectorAll('[data-testid=metrics] .vs-metric')];
  const seen = cards.filter((card) => card.getBoundingClientRect().top < innerHeight && card.offsetWidth);
  return seen.length > 0 && seen.every((card) => card.querySelector('.js-plotly-plot'));
}"""
LONG_TASKS = """() => {
  window.longest = [];
  new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => window.longest.push(duration)))
    .observe({ type: 'longtask' });
}"""


def many_metrics(browser: Browser, dashboard: Served, metrics: int, steps: int, updates: int) -> dict[str, Any]:
    """Milliseconds from the click to every chart in view, first and later; of an update the browser's main thread."""
    name = f"metrics-{metrics}"
    with open_writer(dashboard.runs, name, 100) as writer:
        for step in range(1, steps + 1):
            _log(writer, step, metrics)
            if step % 500 == 0:
                # The writer's queue is finite: a trainer is slower than this loop.
                time.sleep(0.5)
        opened = [_opened(browser, dashboard, name) for _ in range(3)]
        page = _open(browser, dashboard, name)
        page.get_by_test_id("tab-metrics").click()
        page.wait_for_function(IN_VIEW, timeout=60_000)
        page.wait_for_timeout(3000)
        spent = _updates(page, writer, steps, metrics, updates)
        page.context.close()
    (first, _), *later = opened
    return {
        "first_ms": first,
        "later_ms": [wall for wall, _ in later],
        "open_cpu_ms": [cpu for _, cpu in opened],
        **spent,
    }


def _log(writer: RunWriter, step: int, metrics: int) -> None:
    numbers = {f"layer{place}/norm": math.sin(step / 50 + place) + 2 for place in range(metrics)}
    writer.log_step(step, epoch=step / 1000, train_loss=3.0 / step**0.3, lr=1e-3, **numbers)


def _open(browser: Browser, dashboard: Served, name: str) -> Page:
    page = browser.new_context(viewport={"width": 1360, "height": 900}).new_page()
    page.goto(f"{dashboard.link}&run={name}")
    page.wait_for_function("() => document.querySelector('[data-testid=chart-loss]')?._fullLayout", timeout=120_000)
    page.wait_for_timeout(1500)
    return page


def _opened(browser: Browser, dashboard: Served, name: str) -> tuple[int, int]:
    """(milliseconds on the clock, those that the main thread worked)."""
    page = _open(browser, dashboard, name)
    busy = _busy(page)
    before = busy()
    took = page.evaluate(
        """async (inView) => {
          const seen = eval(inView);
          const began = performance.now();
          document.querySelector('[data-testid=tab-metrics]').click();
          while (!seen()) await new Promise(requestAnimationFrame);
          return performance.now() - began;
        }""",
        IN_VIEW,
    )
    spent = busy() - before
    page.context.close()
    return round(took), round(spent)


def _busy(page: Page) -> Callable[[], float]:
    """What the page's main thread has worked so far, in milliseconds of its own processor time."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy() -> float:
        found = session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(float(each["value"]) for each in found if each["name"] == "TaskDuration")

    return busy


def _updates(page: Page, writer: RunWriter, known: int, metrics: int, count: int) -> dict[str, Any]:
    """Processor time of the main thread for each update, and its longest task; a record every 1.5 seconds."""
    busy = _busy(page)
    page.evaluate(LONG_TASKS)
    spent = []
    for more in range(1, count + 1):
        before = busy()
        _log(writer, known + more, metrics)
        page.wait_for_timeout(1500)
        spent.append(busy() - before)
    longest = page.evaluate("() => window.longest")
    return {"update_ms": percentiles(spent), "longest_task_ms": round(max(longest, default=0.0))}
