"""One page over the folders of many hosts: when its first rows come, and when all of them.

`python -m benchmarks.hosts [--quick] [--hosts N] [--runs N] [--place DIR] [--json]`

The server, the feeds of the hosts and the socket of the tab are the real ones. In the place of ssh stands a program
that runs the same command on this machine, so that a login costs nothing; where no host answers, one that sleeps.
Seconds are those from the first look at a server just started, which has been up for as long as its row says; CPU is
that of the server's process from that look on.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shlex
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import websockets

from benchmarks.importers.__main__ import as_text
from benchmarks.scale.cases import Checkout, served
from benchmarks.scale.folders import many_runs

HOSTS, RUNS = 10, 300
QUICK_HOSTS, QUICK_RUNS = 2, 5
TREE = Path(__file__).resolve().parents[1]
RUNS_IT_HERE = """#!/bin/sh
for last do :; done
exec sh -c "$last"
"""
SLEEPS = "sh -c 'exec sleep 1000' --"
LONGEST_SECS = 300.0


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hosts", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that everything runs")
    parser.add_argument("--hosts", type=int, metavar="N")
    parser.add_argument("--runs", type=int, metavar="N", help="runs of each host")
    parser.add_argument("--place", type=Path, help="where the runs lie")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args(argv)
    hosts = asked.hosts or (QUICK_HOSTS if asked.quick else HOSTS)
    runs = asked.runs or (QUICK_RUNS if asked.quick else RUNS)
    with tempfile.TemporaryDirectory(prefix="vs", dir=asked.place) as folder:
        rows = measured(Path(folder), hosts, runs)
    print(json.dumps(rows, indent=2) if asked.json else "\n".join(as_text([shown(row) for row in rows])), flush=True)
    return 0


def measured(place: Path, hosts: int, runs: int) -> list[dict[str, Any]]:
    """A row for each way to begin: nothing kept of any host; everything kept; everything kept and no host answers."""
    folders = [many_runs(place / f"host{number}" / "data" / "runs", runs) for number in range(hosts)]
    near = place / "ssh"
    near.write_text(RUNS_IT_HERE)
    near.chmod(0o700)
    found = []
    for begin, program in (("nothing kept", str(near)), ("copies kept", str(near)), ("no host answers", SLEEPS)):
        here = Checkout(TREE, place / "here", {"VITALSIGNS_SSH": program})
        specs = [f"host{number}:{folder}" for number, folder in enumerate(folders)]
        with served(
            here, *specs, programs=[f"host{number}={_program(place, number)}" for number in range(hosts)]
        ) as server:
            looked = asyncio.run(looked_at(server.port, server.process, hosts * runs))
        found.append({"begin": begin, "hosts": hosts, "runs": runs, **looked})
    return found


def _program(place: Path, number: int) -> str:
    """The product on a host: with a state and a cache of its own."""
    own = {"PYTHONPATH": TREE, **{f"XDG_{name}_HOME": place / f"host{number}" / name for name in ("STATE", "CACHE")}}
    return shlex.join(["env", *(f"{name}={value}" for name, value in own.items()), sys.executable, "-m", "monitor"])


async def looked_at(port: int, server: psutil.Process, wanted: int) -> dict[str, Any]:
    """Seconds from the tab's connection to its first rows and to all of them, and what the server needed for each."""
    url, origin = f"ws://127.0.0.1:{port}/vs/live", f"http://127.0.0.1:{port}"
    begun, before = time.monotonic(), _busy(server)
    found: dict[str, Any] = {"up_secs": time.time() - server.create_time()}
    seen: set[str] = set()
    async with websockets.connect(url, origin=origin, max_size=None, open_timeout=120) as tab:  # type: ignore[arg-type]
        await tab.send(json.dumps({"kind": "hello", "list": True}))
        while len(seen) < wanted:
            heard = json.loads(await asyncio.wait_for(tab.recv(), LONGEST_SECS))
            seen |= {row["run"] for row in heard.get("rows", [])}
            spent = {"secs": time.monotonic() - begun, "cpu": _busy(server) - before}
            if seen and "first_secs" not in found:
                found |= {f"first_{name}": value for name, value in spent.items()} | {"first_rows": len(seen)}
    return {**found, **{f"all_{name}": value for name, value in spent.items()}, "rows": len(seen)}


def _busy(server: psutil.Process) -> float:
    used = server.cpu_times()
    return used.user + used.system


def shown(row: dict[str, Any]) -> dict[str, str]:
    return {
        "hosts × runs": f"{row['hosts']} × {row['runs']}",
        "at the start": row["begin"],
        "server up for, s": f"{row['up_secs']:.1f}",
        "first rows, s": f"{row['first_secs']:.2f}",
        "rows in them": f"{row['first_rows']:,}",
        "CPU until then, s": f"{row['first_cpu']:.2f}",
        "all rows, s": f"{row['all_secs']:.2f}",
        "CPU, s": f"{row['all_cpu']:.2f}",
    }


if __name__ == "__main__":
    sys.exit(main())
