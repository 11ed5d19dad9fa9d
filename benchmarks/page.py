"""How live the page is: `python -m benchmarks.page [--json] [--quick]`.

A real dashboard, a real Chromium, a real writer on one machine; times are taken by one clock.
Append → painted runs from just before the writer's call to the animation frame in which header, tiles and all charts
show that record. Figures of a loaded machine are worse: the load while measuring is printed beside them.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import websockets
from playwright.sync_api import Browser, Page, sync_playwright

from monitor.alerts import summarise
from monitor.diagnosis import judge
from monitor.reader import RunReader
from monitor.run_dir import SUMMARY_FILE, Floors, encode
from monitor.writer import RunWriter

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-precise-memory-info"]
CLIPS = 40
CPU_AIMS = {"20 live": "10"}

WATCH = """() => {
  window.painted = {};
  window.flagged = null;
  const look = () => {
    const at = (id) => document.querySelector(`[data-testid=${id}]`);
    const seqs = ['verdict', 'tile-val_wer', 'chart-loss', 'chart-wer', 'chart-words'].map((id) => at(id)?.dataset.seq);
    const epoch = Number(document.querySelector('.vs-header')?.innerText.match(/epoch (\\d+)/)?.[1] ?? 0);
    if (epoch && new Set(seqs).size === 1) window.painted[epoch] ??= Date.now();
    if (!window.flagged && document.querySelector('[data-rule=gap]')) window.flagged = Date.now();
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""

FIRST = """(() => {
  const look = () => {
    if (document.querySelector('#vs-first .v, .vs-verdict')) window.firstWords ??= performance.now();
    if (document.querySelectorAll('#vs-first .r, .vs-run').length > 20) window.firstRows ??= performance.now();
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""


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


def percentiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    pick = lambda share: ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))]  # noqa: E731
    return {"p50": round(pick(0.5)), "p95": round(pick(0.95)), "max": round(ordered[-1]), "n": len(ordered)}


def open_run(browser: Browser, dashboard: Served, run: str) -> Page:
    page = browser.new_context(viewport={"width": 1360, "height": 900}).new_page()
    page.goto(f"{dashboard.link}&run={run}")
    page.wait_for_function("() => document.querySelector('[data-testid=chart-loss]')?._fullLayout", timeout=60_000)
    page.get_by_test_id("machine").locator("summary").click()
    page.wait_for_timeout(1500)
    return page


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


def server_cpu(dashboard: Served, count: int, live: bool, secs: float) -> float:
    """Percent of one core that the server takes with so many tabs; live: two records a second come in."""
    name = f"cpu-{count}-{live}"
    with open_writer(dashboard.runs, name, 2000) as writer:
        for epoch in range(1, 101):
            log_epoch(writer, epoch)

        def watch() -> float:
            process = psutil.Process(dashboard.pid)
            before, began, epoch = process.cpu_times(), time.monotonic(), 100
            while time.monotonic() - began < secs:
                if live:
                    epoch += 1
                    log_epoch(writer, epoch)
                time.sleep(0.5)
            after = process.cpu_times()
            used = after.user + after.system - before.user - before.system
            return round(100 * used / (time.monotonic() - began), 1)

        # In a thread of its own: the browser's driver keeps an event loop in this one.
        with ThreadPoolExecutor(1) as pool:
            result: float = pool.submit(asyncio.run, _sockets(dashboard, name, count, watch)).result()
    return result


def twelve_in_one_browser(browser: Browser, dashboard: Served) -> dict[str, Any]:
    """Twelve tabs of one browser: all of them load, and all of them are live."""
    with open_writer(dashboard.runs, "twelve", 100) as writer:
        for epoch in range(1, 11):
            log_epoch(writer, epoch)
        context = browser.new_context()
        pages = [context.new_page() for _ in range(12)]
        for page in pages:
            page.goto(f"{dashboard.link}&run=twelve")
        for page in pages:
            page.wait_for_function("() => document.querySelector('[data-testid=flags]')?.dataset.seq", timeout=90_000)
        log_epoch(writer, 11)
        live = 0
        for page in pages:
            page.bring_to_front()
            with contextlib.suppress(Exception):
                page.wait_for_function(
                    "() => document.querySelector('.vs-header').innerText.includes('epoch 11')", timeout=10_000
                )
                live += 1
        context.close()
    return {"opened": 12, "live": live}


def first_paint(browser: Browser, dashboard: Served) -> dict[str, Any]:
    """Milliseconds from navigation to verdict, whole page and charts, cold and warm; bytes over the wire."""
    with open_writer(dashboard.runs, "first", 100) as writer:
        for epoch in range(1, 61):
            log_epoch(writer, epoch)
    context = browser.new_context(viewport={"width": 1360, "height": 900})
    result: dict[str, Any] = {}
    for name in ("cold", "warm"):
        page = context.new_page()
        page.add_init_script(FIRST)
        wire = {"bytes": 0}
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.on(
            "Network.loadingFinished",
            lambda event, wire=wire: wire.update(bytes=wire["bytes"] + int(event["encodedDataLength"])),
        )
        began = time.monotonic()
        page.goto(f"{dashboard.link}&run=first", wait_until="commit")
        page.wait_for_function("() => document.querySelector('[data-testid=verdict]')?.dataset.seq", timeout=90_000)
        words = time.monotonic() - began
        page.wait_for_function("() => document.querySelector('[data-testid=chart-loss]')?._fullLayout", timeout=90_000)
        result[name] = {
            "verdict_ms": round(page.evaluate("() => window.firstWords")),
            "words_ms": round(1000 * words),
            "charts_ms": round(1000 * (time.monotonic() - began)),
            "wire_kb": round(wire["bytes"] / 1000),
        }
        page.close()
    context.close()
    return result


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


def a_thousand_runs(browser: Browser, dashboard: Served, folder: Path) -> dict[str, Any]:
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


def measure(quick: bool) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="vitalsigns-page-"))
    system = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    load = os.getloadavg()[0]
    try:
        with served(folder) as dashboard, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=system, args=FLAGS)
            count = 20 if quick else 100
            secs = 5.0 if quick else 15.0
            result: dict[str, Any] = {
                "first_paint": first_paint(browser, dashboard),
                "append_to_painted_ms": append_to_painted(browser, dashboard, 60, count, 0.5),
                "append_to_painted_500_ms": append_to_painted(browser, dashboard, 500, count // 2, 1.0),
                "flag_ms": flag_to_visible(browser, dashboard, 2 if quick else 5),
                "twelve_tabs": twelve_in_one_browser(browser, dashboard),
                "server_cpu_percent": {
                    f"{tabs} {'live' if live else 'idle'}": server_cpu(dashboard, tabs, live, secs)
                    for live in (False, True)
                    for tabs in (1, 5, 20)
                },
                "thousand_runs": a_thousand_runs(browser, dashboard, folder / "many"),
                "memory": an_hour(browser, dashboard, 720 if quick else 7200),
            }
            browser.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        **result,
        "cores": os.cpu_count(),
        "load_before": round(load, 2),
        "load_after": round(os.getloadavg()[0], 2),
    }


def text(result: dict[str, Any]) -> str:
    paint, large, flag = (result[name] for name in ("append_to_painted_ms", "append_to_painted_500_ms", "flag_ms"))
    many = result["thousand_runs"]
    cpu, thirds = result["server_cpu_percent"], result["memory"]["at_thirds"]
    rows = [
        ("append → painted, 60 evaluations, 5 charts", f"p50 {paint['p50']} ms, p95 {paint['p95']} ms", "150, 400"),
        ("append → painted, 500 evaluations", f"p50 {large['p50']} ms, p95 {large['p95']} ms", ""),
        ("record → flag on the screen", f"p50 {flag['p50']} ms, max {flag['max']} ms", "1000"),
        *(
            (f"server, {tabs} tabs", f"{value} % of a core", "10" if tabs == "20 live" else "")
            for tabs, value in cpu.items()
        ),
        ("twelve tabs in one browser", f"{result['twelve_tabs']['live']} live", "12"),
        *(
            (
                f"first paint, {name}: verdict and numbers, whole page, charts, over the wire",
                f"{of['verdict_ms']} ms, {of['words_ms']} ms, {of['charts_ms']} ms, {of['wire_kb']} kB",
                "",
            )
            for name, of in result["first_paint"].items()
        ),
        (
            "1,000 runs",
            f"first rows {many['first_rows_ms']} ms, search {many['search_ms']} ms",
            "500, 100",
        ),
        *(
            (
                f"memory after {place}/3 of {result['memory']['records']} records",
                f"tab {of['tab_mb']} MB, server {of['server_mb']} MB, {of['dom_nodes']} nodes",
                "",
            )
            for place, of in enumerate(thirds)
        ),
    ]
    lines = ["| what | measured | aim |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join([*lines, f"\n{result['cores']} cores, load {result['load_before']} before."])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="a quarter of the records, for a first impression")
    options = parser.parse_args()
    result = measure(options.quick)
    sys.stdout.write((json.dumps(result, indent=2) if options.json else text(result)) + "\n")


if __name__ == "__main__":
    main()
