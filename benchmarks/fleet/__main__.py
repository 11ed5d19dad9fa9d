"""What one server bears of a fleet: live runs of 50 hosts in one folder, and their viewers.

`python -m benchmarks.fleet [--quick] [--runs N,…] [--viewers N,…] [--hosts N] [--secs N] [--place DIR] [--json]`

The writers are one process that appends to each run at a real pace (a step and a sign of life every 5 s, an evaluation
each minute), on tmpfs; server and viewers are the real ones. CPU is that of the server's process alone, so a busy
machine does not change it; latencies are the machine's too. With 1 viewer there is one of the list and one of a run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks.importers.__main__ import as_text
from benchmarks.scale.cases import Checkout, served

RUNS, VIEWERS, HOSTS, SECS = [50, 500, 5000], [1, 20, 200], 50, 60.0
QUICK_RUNS, QUICK_VIEWERS, QUICK_HOSTS, QUICK_SECS = [20], [4], 5, 8.0
TMPFS = Path("/dev/shm")
TREE = Path(__file__).resolve().parents[2]


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fleet", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that everything runs")
    parser.add_argument("--runs", type=counts, metavar="N,…", help="live runs")
    parser.add_argument("--viewers", type=counts, metavar="N,…", help="tabs: half at the list, half at a run each")
    parser.add_argument("--hosts", type=int, metavar="N")
    parser.add_argument("--secs", type=float, metavar="N", help="how long each pair is watched")
    parser.add_argument("--place", type=Path, default=TMPFS if TMPFS.is_dir() else None, help="where the runs lie")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args(argv)
    runs = asked.runs or (QUICK_RUNS if asked.quick else RUNS)
    viewers = asked.viewers or (QUICK_VIEWERS if asked.quick else VIEWERS)
    hosts = asked.hosts or (QUICK_HOSTS if asked.quick else HOSTS)
    secs = asked.secs or (QUICK_SECS if asked.quick else SECS)
    rows = [row for count in runs for row in measured(count, viewers, hosts, secs, asked.place)]
    print(json.dumps(rows, indent=2) if asked.json else "\n".join(as_text([shown(row) for row in rows])), flush=True)
    return 0


def counts(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def measured(count: int, viewers: Sequence[int], hosts: int, secs: float, place: Path | None) -> list[dict[str, Any]]:
    """A row for each number of viewers, over one folder of `count` live runs and one server."""
    with tempfile.TemporaryDirectory(dir=place) as folder:
        here, runs = Checkout(TREE, Path(folder)), Path(folder) / "shared" / "runs"
        words = [sys.executable, "-m", "benchmarks.fleet.hosts", str(runs), str(count), str(hosts)]
        with subprocess.Popen(
            words, cwd=TREE, env=here.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as writers:
            assert writers.stdout is not None
            assert writers.stdout.readline() == "ready\n"
            with served(here, runs) as server:
                rows = [watched(here, server.port, server.process, count, number, secs) for number in viewers]
            said, _ = writers.communicate("")
        late = json.loads(said)["late_p95"]
        return [{**row, "hosts": hosts, "writers_late_p95": late} for row in rows]


def watched(here: Checkout, port: int, server: psutil.Process, count: int, viewers: int, secs: float) -> dict[str, Any]:
    """What one server needs, and its viewers see, in so many seconds."""
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {count} runs, {viewers} viewers\n")
    tabs = max(2, viewers)
    words = ["-m", "benchmarks.fleet.viewers", port, count, tabs, secs]
    before, begun, most = busy(server), time.monotonic(), 0.0
    with subprocess.Popen(
        [sys.executable, *map(str, words)], cwd=TREE, env=here.env, stdout=subprocess.PIPE, text=True
    ) as process:
        while process.poll() is None and time.monotonic() - begun < 3 * secs + 120:
            most = max(most, server.memory_info().rss / 2**20)
            time.sleep(0.5)
        share = 100 * (busy(server) - before) / (time.monotonic() - begun)
        process.kill()
        said, _ = process.communicate()
    heard = json.loads(said)
    return {"runs": count, "viewers": viewers, "server_cpu_percent": share, "server_mib": most, **heard}


def busy(server: psutil.Process) -> float:
    used = server.cpu_times()
    return used.user + used.system


def shown(row: dict[str, Any]) -> dict[str, str]:
    def secs(name: str) -> str:
        return "–" if row[name] is None else f"{row[name]:.2f}"

    return {
        "live runs": f"{row['runs']:,}",
        "viewers": str(row["viewers"]),
        "server CPU, % of a core": f"{row['server_cpu_percent']:.0f}",
        "memory, MiB": f"{row['server_mib']:.0f}",
        "run: p50, p95 s": f"{secs('run_p50')}, {secs('run_p95')}",
        "list: p50, p95 s": f"{secs('list_p50')}, {secs('list_p95')}",
        "first rows, frame (last viewer) s": f"{secs('list_first')}, {secs('run_first')}",
        "sent, MB": f"{row['megabytes']:.1f}",
        "lost": str(row["faults"] + row["run_waiting"] + row["list_waiting"]),
        "writers late p95, s": secs("writers_late_p95"),
    }


if __name__ == "__main__":
    sys.exit(main())
