"""How live the page is: `python -m benchmarks.page [--json] [--quick]`.

A real dashboard, a real Chromium, a real writer on one machine; times are taken by one clock.
Append → painted runs from just before the writer's call to the animation frame in which header, tiles and all charts
show that record. Figures of a loaded machine are worse: the load while measuring is printed beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from benchmarks.page.arrival import a_thousand_runs, first_paint, over_the_wire, page_weight_kb
from benchmarks.page.dashboard import Served, chromium, served
from benchmarks.page.liveness import append_to_painted, flag_to_visible
from benchmarks.page.load import server_cpu, twelve_in_one_browser
from benchmarks.page.memory import an_hour
from benchmarks.page.metrics import many_metrics


def measure(quick: bool, only: str | None = None) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="vitalsigns-page-"))
    load = os.getloadavg()[0]
    try:
        with served(folder) as dashboard, chromium() as browser:
            if only is None:
                result = _measured(browser, dashboard, quick, folder)
            elif only == "wire":
                result = {"wire": over_the_wire(browser, dashboard)}
            else:
                result = {"metrics": many_metrics(browser, dashboard, 300, 10_000, 12)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        **result,
        "cores": os.cpu_count(),
        "load_before": round(load, 2),
        "load_after": round(os.getloadavg()[0], 2),
    }


def _measured(browser: Browser, dashboard: Served, quick: bool, folder: Path) -> dict[str, Any]:
    count, secs = (20, 5.0) if quick else (100, 15.0)
    return {
        "first_paint": first_paint(browser, dashboard),
        "wire": over_the_wire(browser, dashboard),
        "page_weight_kb": page_weight_kb(),
        "append_to_painted_ms": append_to_painted(browser, dashboard, 60, count, 0.5),
        "append_to_painted_500_ms": append_to_painted(browser, dashboard, 500, count // 2, 1.0),
        "flag_ms": flag_to_visible(browser, dashboard, 2 if quick else 5),
        "server_cpu_percent": {
            f"{tabs} {'live' if live else 'idle'}": server_cpu(dashboard, tabs, live, secs)
            for live in (False, True)
            for tabs in (1, 5, 20)
        },
        "twelve_tabs": twelve_in_one_browser(browser, dashboard, secs),
        "thousand_runs": a_thousand_runs(browser, folder / "many"),
        "metrics": many_metrics(browser, dashboard, 300, 10_000, count // 4),
        "memory": an_hour(browser, dashboard, 720 if quick else 7200),
    }


Row = tuple[str, str, str]


def text(result: dict[str, Any]) -> str:
    """The figures as a table: what, measured, aim."""
    if "memory" not in result:
        rows = _metric_rows(result["metrics"]) if "metrics" in result else _wire_rows(result["wire"])
    else:
        rows = [
            *_liveness_rows(result),
            *_server_rows(result),
            *_arrival_rows(result),
            *_wire_rows(result["wire"]),
            *_metric_rows(result["metrics"]),
            *_memory_rows(result),
        ]
    lines = ["| what | measured | aim |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join([*lines, f"\n{result['cores']} cores, load {result['load_before']} before."])


def _liveness_rows(result: dict[str, Any]) -> list[Row]:
    paint, large, flag = (result[name] for name in ("append_to_painted_ms", "append_to_painted_500_ms", "flag_ms"))
    return [
        ("append → painted, 60 evaluations, 5 charts", f"p50 {paint['p50']} ms, p95 {paint['p95']} ms", "150, 400"),
        ("append → painted, 500 evaluations", f"p50 {large['p50']} ms, p95 {large['p95']} ms", ""),
        ("record → flag on the screen", f"p50 {flag['p50']} ms, max {flag['max']} ms", "1000"),
    ]


def _server_rows(result: dict[str, Any]) -> list[Row]:
    aims = {"20 live": "10"}
    twelve = result["twelve_tabs"]
    cpu = {
        **result["server_cpu_percent"],
        **{f"12 of one browser, {k}": v for k, v in twelve["server_cpu_percent"].items()},
    }
    rows = [(f"server, {tabs} tabs", f"{value} % of a core", aims.get(tabs, "")) for tabs, value in cpu.items()]
    return [*rows, ("twelve tabs in one browser", f"{twelve['live']} live", "12")]


def _arrival_rows(result: dict[str, Any]) -> list[Row]:
    rows = [
        (
            f"first paint, {name}: verdict and numbers, whole page, charts, over the wire",
            f"{of['verdict_ms']} ms, {of['words_ms']} ms, {of['charts_ms']} ms, {of['wire_kb']} kB",
            "",
        )
        for name, of in result["first_paint"].items()
    ]
    many = result["thousand_runs"]
    weight = ", ".join(f"{name} {size} kB" for name, size in result["page_weight_kb"].items())
    return [
        *rows,
        ("of that, compressed", weight, ""),
        ("1,000 runs", f"first rows {many['first_rows_ms']} ms, search {many['search_ms']} ms", "500, 100"),
    ]


def _wire_rows(of: dict[str, Any]) -> list[Row]:
    return [
        (
            f"{line}, {name}: words, charts, a click is heard, over the wire",
            f"{seen['verdict_ms']} ms, {seen['charts_ms']} ms, {seen['acts_ms']} ms, "
            f"{seen['wire_kb']} kB in {seen['requests']} requests",
            {"Fast 3G, cold": "charts 6000, 1300 kB"}.get(f"{line}, {name}", ""),
        )
        for line, both in of.items()
        for name, seen in both.items()
    ]


def _metric_rows(of: dict[str, Any]) -> list[Row]:
    update = of["update_ms"]
    return [
        ("300 metrics × 10,000 steps: charts in view after the click, first", f"{of['first_ms']} ms", "1000"),
        ("the same, later", ", ".join(f"{took} ms" for took in of["later_ms"]), "1000"),
        ("of that, processor time of the main thread", ", ".join(f"{took} ms" for took in of["open_cpu_ms"]), ""),
        (
            "an update of them, processor time of the main thread",
            f"p50 {update['p50']} ms, p95 {update['p95']} ms",
            "50",
        ),
        ("its longest task, by the clock", f"{of['longest_task_ms']} ms", "50"),
    ]


def _memory_rows(result: dict[str, Any]) -> list[Row]:
    records = result["memory"]["records"]
    return [
        (
            f"memory after {place}/3 of {records} records",
            f"tab {of['tab_mb']} MB, server {of['server_mb']} MB, {of['dom_nodes']} nodes",
            "",
        )
        for place, of in enumerate(result["memory"]["at_thirds"])
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="a quarter of the records, for a first impression")
    parser.add_argument("--only", choices=["metrics", "wire"], help="one part alone")
    options = parser.parse_args()
    result = measure(options.quick, options.only)
    sys.stdout.write((json.dumps(result, indent=2) if options.json else text(result)) + "\n")


if __name__ == "__main__":
    main()
