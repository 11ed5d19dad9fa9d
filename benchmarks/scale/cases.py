"""What is measured of one checkout over the made folders; every figure comes from processes of that checkout."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import websockets

from tests.served import cookie_of

Figures = dict[str, float]
ROOT = Path(__file__).resolve().parents[2]
HAMMERED = ("page", "reports", "numbers", "tabs", "questions", "script")
"""What one visitor asks for again and again from 32 connections (`tests.hammering`)."""

PACED = """
import json, sys, time
from monitor.writer import RunWriter
run = RunWriter(sys.argv[1], epochs=1)
took = []
for step in range(1, int(sys.argv[2]) + 1):
    time.sleep(0.004)
    begun = time.perf_counter()
    run.log_step(step, train_loss=1.0, lr=1e-3, grad_norm=2.0, clips_per_sec=40.0, mine=1.5, yours=2.5)
    took.append(time.perf_counter() - begun)
run.finish()
took = sorted(took[len(took) // 20:])
print(json.dumps([took[len(took) // 2] * 1e6, took[int(len(took) * 0.99)] * 1e6]))
"""


@dataclass(frozen=True)
class Checkout:
    """A tree whose code is measured, with a home for its caches and its server's state."""

    tree: Path
    home: Path
    own: Mapping[str, str] = field(default_factory=dict)
    """Further variables of its processes."""

    def run(self, *words: object) -> str:
        """What a process of this checkout printed. Raises CalledProcessError unless it ends well (or finds a flag)."""
        done = subprocess.run(
            [sys.executable, *map(str, words)], cwd=self.tree, env=self.env, capture_output=True, text=True
        )
        if done.returncode not in (0, 1, 2):
            raise subprocess.CalledProcessError(done.returncode, done.args, done.stdout, done.stderr)
        return done.stdout

    @property
    def env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("VITALSIGNS_")}
        own = {"XDG_STATE_HOME": str(self.home / "state"), "XDG_CACHE_HOME": str(self.home / "cache")}
        return {**kept, **own, "PYTHONPATH": str(self.tree), **self.own}


def listed(checkout: Checkout, runs: Path) -> Figures:
    """Seconds of `list`, the first time and the second."""
    return {f"list {when}, s": _seconds(checkout, "list", "--runs", runs) for when in ("first", "again")}


def checked(checkout: Checkout, run_dir: Path) -> Figures:
    """Seconds of `check`."""
    return {"check, s": _seconds(checkout, "check", run_dir.name, "--runs", run_dir.parent)}


def _seconds(checkout: Checkout, *words: object) -> float:
    begun = time.monotonic()
    checkout.run("-m", "monitor", *words)
    return time.monotonic() - begun


def logged(checkout: Checkout, place: Path, steps: int) -> Figures:
    """µs that one paced `log_step` of six numbers takes."""
    middle, high = json.loads(checkout.run("-c", PACED, place / f"paced-{checkout.home.name}", steps))
    return {"log_step p50, µs": middle, "log_step p99, µs": high}


def paged(checkout: Checkout, runs: Path, run: str | None, idle_secs: float) -> Figures:
    """Of a server's first visitor: seconds from the request to the first frame, its size, what an idle tab costs."""
    with served(checkout, runs) as server:
        return asyncio.run(_looked_at(server, run, idle_secs))


def crowded(checkout: Checkout, runs: Path, run: str, tabs: int) -> Figures:
    """Seconds until the first and the last of many tabs at once have their first frame; descriptors afterwards."""
    with served(checkout, runs) as server:
        return asyncio.run(_crowd(server, run, tabs))


@dataclass(frozen=True)
class Server:
    """`cookies`: of one who may look, and of another person; none where the page asks for no token."""

    port: int
    process: psutil.Process
    cookies: tuple[str, ...] = ()

    def tab(self) -> websockets.connect:
        url, origin = f"ws://127.0.0.1:{self.port}/vs/live", f"http://127.0.0.1:{self.port}"
        headers = {"Cookie": self.cookies[-1]} if self.cookies else {}
        return websockets.connect(  # type: ignore[arg-type]
            url, origin=origin, additional_headers=headers, max_size=None, open_timeout=120
        )


@contextlib.contextmanager
def served(
    checkout: Checkout, *folders: object, tokens: bool = False, programs: Sequence[str] = ()
) -> Iterator[Server]:
    """A server over these folders and programs of hosts, each as `serve` takes it."""
    named = [word for folder in folders for word in ("--runs", folder)]
    named += [word for program in programs for word in ("--program", program)]
    asked = ["--json", *named]
    answer = json.loads(checkout.run("-m", "monitor", "serve", *asked, *([] if tokens else ["--no-token"])))
    pids = (
        each.pid
        for each in psutil.net_connections("tcp")
        if each.laddr and each.laddr.port == answer["port"] and each.pid
    )
    try:
        process, cookies = psutil.Process(next(pids)), ()
        if tokens:
            other = json.loads(checkout.run("-m", "monitor", "link", *asked, "--name", "another", "--may", "look"))
            cookies = cookie_of(answer["look"]), cookie_of(other["urls"][-1])
        yield Server(answer["port"], process, cookies)
    finally:
        checkout.run("-m", "monitor", "serve", "--stop", *named)


async def _looked_at(server: Server, run: str | None, idle_secs: float) -> Figures:
    asked = f"?run={run}" if run else ""
    begun = time.monotonic()
    await asyncio.to_thread(
        lambda: urllib.request.urlopen(f"http://127.0.0.1:{server.port}/{asked}", timeout=300).read()
    )
    async with server.tab() as tab:
        size = await _first_frame(tab, run)
        came = time.monotonic() - begun
        await _heard(tab, 3.0)
        before, then = _cpu(server), time.monotonic()
        await _heard(tab, idle_secs)
        busy = 100 * (_cpu(server) - before) / (time.monotonic() - then)
        most = server.process.memory_info().rss / 2**20
    return {"page, s": came, "frame, MB": size / 1e6, "idle tab, % of a core": busy, "memory, MiB": most}


async def _first_frame(tab: websockets.ClientConnection, run: str | None) -> int:
    """Characters of the first message that is no sign of life."""
    await tab.send(json.dumps({"kind": "hello", "run": run} if run else {"kind": "hello", "list": True}))
    while True:
        text = await asyncio.wait_for(tab.recv(), 300)
        if '"kind":"ping"' not in text[:40]:  # type: ignore[operator]
            return len(text)


async def _heard(tab: websockets.ClientConnection, secs: float) -> None:
    """Reads along for so long."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(secs):
            async for _ in tab:
                pass


def hammered(checkout: Checkout, runs: Path, run: str, secs: float) -> Figures:
    """Seconds to another visitor's first frame (p50), while nobody hammers and while one who may look does, by kind."""
    with served(checkout, runs, tokens=True) as server:
        found = {"nobody hammers, s": _middle_frame(server, run, secs)}
        for kind in HAMMERED:
            command = [
                sys.executable,
                "-m",
                "tests.hammering",
                str(server.port),
                kind,
                str(4 * secs),
                server.cookies[0],
            ]
            hammer = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
            try:
                time.sleep(1.5)
                found[f"one hammers {kind}, s"] = _middle_frame(server, run, secs)
                if hammer.poll() is not None:
                    raise RuntimeError(f"who hammered {kind} ended before the frames were there")
            finally:
                hammer.kill()
                hammer.wait()
        return found


def _middle_frame(server: Server, run: str, secs: float) -> float:
    """Of the first frames that come in so many seconds, at least three."""

    async def one() -> float:
        begun = time.monotonic()
        async with server.tab() as tab:
            await _first_frame(tab, run)
            return time.monotonic() - begun

    took, until = [], time.monotonic() + secs
    while len(took) < 3 or time.monotonic() < until:
        took.append(asyncio.run(one()))
    return statistics.median(took)


def _cpu(server: Server) -> float:
    used = server.process.cpu_times()
    return used.user + used.system


async def _crowd(server: Server, run: str, tabs: int) -> Figures:
    begun = time.monotonic()

    async def one() -> float:
        async with server.tab() as tab:
            await _first_frame(tab, run)
            return time.monotonic() - begun

    came = await asyncio.gather(*(one() for _ in range(tabs)))
    await asyncio.sleep(3)
    return {"first of tabs, s": min(came), "last of tabs, s": max(came), "descriptors after": server.process.num_fds()}
