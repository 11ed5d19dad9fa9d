"""From the writer's call to the animation frame in which header, tiles and charts carry that record."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser

from benchmarks.page.dashboard import Served, log_epoch, open_run, open_writer

WATCH = """() => {
  window.painted = {};
  window.flagged = null;
  const look = () => {
    const at = (id) => document.querySelector(`[data-testid=${id}]`);
    const places = ['verdict', 'tile-val_wer', 'chart-loss', 'chart-metric', 'chart-words'];
    const seqs = places.map((id) => at(id)?.dataset.seq);
    const epoch = Number(document.querySelector('.vs-header')?.innerText.match(/epoch (\\d+)/)?.[1] ?? 0);
    if (epoch && new Set(seqs).size === 1) window.painted[epoch] ??= Date.now();
    if (!window.flagged && document.querySelector('[data-rule=gap]')) window.flagged = Date.now();
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


def append_to_painted(browser: Browser, dashboard: Served, known: int, count: int, every_secs: float) -> dict[str, Any]:
    """Records every `every_secs` into a run that has `known` evaluations, with five charts open."""
    name = f"paint-{known}-{every_secs:g}"
    with open_writer(dashboard.runs, name, known + count + 10) as writer:
        for epoch in range(1, known + 1):
            log_epoch(writer, epoch)
        page = open_run(browser, dashboard, name)
        page.evaluate(WATCH)
        written = {}
        for epoch in range(known + 1, known + count + 1):
            written[epoch] = log_epoch(writer, epoch)
            # Not in step with anything that polls.
            page.wait_for_timeout(1000 * every_secs + (epoch * 37) % 90)
        page.wait_for_timeout(1500)
        painted = {int(epoch): at for epoch, at in page.evaluate("() => window.painted").items()}
        page.context.close()
    waits = [painted[epoch] - at for epoch, at in written.items() if epoch in painted]
    return {**percentiles(waits), "never_painted": sum(epoch not in painted for epoch in written)}


def flag_to_visible(browser: Browser, dashboard: Served, times: int) -> dict[str, float]:
    """From the record that makes the gap flag due to the flag on the screen."""
    waits = []
    for attempt in range(times):
        name = f"flag-{attempt}"
        with open_writer(dashboard.runs, name, 100) as writer:
            for epoch in range(1, 9):
                log_epoch(writer, epoch)
            page = open_run(browser, dashboard, name)
            page.evaluate(WATCH)
            epoch, began = 8, 0.0
            while not page.evaluate("() => window.flagged") and epoch < 20:
                epoch += 1
                began = log_epoch(writer, epoch, gap=1.5)
                page.wait_for_timeout(1200)
            waits.append(page.evaluate("() => window.flagged") - began)
            page.context.close()
    return percentiles(waits)


def percentiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    pick = lambda share: ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]  # noqa: E731
    return {"p50": round(pick(0.5)), "p95": round(pick(0.95)), "max": round(ordered[-1]), "n": len(ordered)}
