"""A trainer that writes 1,000 records a second: nothing is lost, page and supervisor keep up, in bounded memory."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import psutil
import websockets

from monitor.launcher import start
from monitor.run_dir.reader import RunReader
from tests.faults.table import times
from tests.faults.test_kills import serve, serving
from tests.served import cookie_of
from tests.supervised import script, state_of, wait_for_state

SECS = times(4, 60)
RECORDS_PER_SEC = 1000
KEEPS_UP_SECS = 10.0
"""Generous: the machine may be busy. What was measured stands in the table."""
MEGABYTE = 1e6

FAST = """
import sys, time
from monitor.writer import RunWriter

secs, rate = int(sys.argv[1]), int(sys.argv[2])
with RunWriter(epochs=secs) as run:
    began, late = time.monotonic(), 0
    for step in range(1, secs * rate + 1):
        run.log_step(step, train_loss=1 / step, lr=1e-3, grad_norm=0.5, clips_per_sec=100.0)
        if step % rate == 0:
            run.log_decodes(step // rate, ["REGEN MORGEN NORD"] * 50)
            run.log_epoch(step // rate, train_loss=1 / step, val_loss=1.0, val_wer=0.9)
        ahead = began + step / rate - time.monotonic()
        if ahead > 0.002:
            time.sleep(ahead)
print(f"{step / (time.monotonic() - began):.0f}", flush=True)
"""
"""Prints how many steps a second it wrote."""


def test_a_thousand_records_a_second_are_all_there_and_everybody_keeps_up(runs, tell):
    # The page first: on a busy machine the run, a few seconds long, would have ended before it is served.
    page = serve(runs)
    app = serving(page["port"])
    run_dir = runs / start(runs, [*script(runs.parent, FAST), str(SECS), str(RECORDS_PER_SEC)], run_id="fast")
    supervisor = psutil.Process(state_of(run_dir).supervisor.pid)
    try:
        cpu_before, began = sum(app.cpu_times()[:2]), time.monotonic()
        used = asyncio.run(_tab(page, run_dir, supervisor))
        app_share = (sum(app.cpu_times()[:2]) - cpu_before) / (time.monotonic() - began)
        app_bytes = app.memory_info().rss
    finally:
        app.kill()
    wait_for_state(run_dir, "finished", secs=120)
    seen = RunReader(run_dir).read(time.time())
    assert [record.step for record in seen.steps] == list(range(1, SECS * RECORDS_PER_SEC + 1))
    assert len(seen.epochs) == SECS and not seen.problems
    assert used["last_step"] == SECS * RECORDS_PER_SEC, "the tab has not seen the last record"
    at = {record.step: record.at for record in seen.steps}
    lags = sorted(moment - at[step] for moment, step in used["seen"])
    assert lags[-1] < KEEPS_UP_SECS
    assert used["supervisor_share"] < 0.5 and used["supervisor_bytes"] < 400 * MEGABYTE
    rate = (run_dir / "trainer.log").read_text().split()[-1]
    figures = (
        f"{rate} records/s for {SECS} s; newest in a tab {1000 * lags[len(lags) // 2]:.0f} ms old (median; worst "
        f"{1000 * lags[-1]:.0f} ms); supervisor {100 * used['supervisor_share']:.0f} % of a core, "
        f"{used['supervisor_bytes'] / MEGABYTE:.0f} MB; app {100 * app_share:.0f} %, {app_bytes / MEGABYTE:.0f} MB"
    )
    tell(
        "1,000 records/s",
        "steps with evaluations in between, supervisor, page and one tab",
        len(seen.steps),
        0,
        figures,
    )


async def _tab(page: dict[str, Any], run_dir: Path, supervisor: psutil.Process) -> dict[str, Any]:
    """One tab for as long as the run lasts: when it saw which step, and what the supervisor used meanwhile."""
    headers = {"Cookie": cookie_of(page["look"])}
    used: dict[str, Any] = {"seen": [], "last_step": 0, "supervisor_share": 0.0, "supervisor_bytes": 0}
    last, deadline = SECS * RECORDS_PER_SEC, time.monotonic() + 3 * SECS + 60
    url = f"ws://127.0.0.1:{page['port']}/vs/live"
    async with websockets.connect(url, additional_headers=headers, max_size=None) as tab:
        await tab.send(json.dumps({"kind": "hello", "run": run_dir.name}))
        began, before = time.monotonic(), sum(supervisor.cpu_times()[:2])
        while used["last_step"] < last and time.monotonic() < deadline:
            message = json.loads(await asyncio.wait_for(tab.recv(), 60))
            if message["kind"] == "frame" and message["series"]["steps"]["step"]:
                used["last_step"] = message["series"]["steps"]["step"][-1]
                used["seen"].append((time.time(), used["last_step"]))
            _note(supervisor, used, before, began)
    return used


def _note(supervisor: psutil.Process, used: dict[str, Any], before: float, began: float) -> None:
    try:
        secs, size = sum(supervisor.cpu_times()[:2]), supervisor.memory_info().rss
    except psutil.Error:
        return  # the run has ended, and its supervisor with it
    used["supervisor_share"] = (secs - before) / max(1.0, time.monotonic() - began)
    used["supervisor_bytes"] = max(used["supervisor_bytes"], size)
