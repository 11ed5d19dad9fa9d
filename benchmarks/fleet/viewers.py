"""The viewers of the simulation: WebSocket clients that look at the list or at a run each, as a tab does.

`python -m benchmarks.fleet.viewers PORT RUNS VIEWERS SECS` prints one JSON document: how long what was written took
to their sockets. Of each ten viewers five look at the list and five at a run of their own.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import msgspec
import websockets

SETTLE_SHARE = 0.3
"""The first part of the time is not counted: everybody comes at once, which no team does."""


class Clock(msgspec.Struct, frozen=True):
    last_record_at: float | None = None


class Row(msgspec.Struct):
    run: str
    epoch: float = 0.0
    numbers: dict[str, float] = {}


class Heard(msgspec.Struct):
    """As much of a message as is measured."""

    kind: str
    clock: Clock = Clock()
    rows: list[Row] = []


class Viewer:
    def __init__(self, run: str | None) -> None:
        self.run = run
        self.came_after: float | None = None
        """Seconds from the connection's begin to the first rows or the first frame."""
        self.late: list[float] = []
        self._newest: dict[str, float] = {}
        self.bytes = 0
        self.fault = ""

    def _news(self, heard: Heard) -> list[float]:
        """When each thing was written that this message tells and none before it: the newest record of the run, or
        each row's evaluation (its summary has the moment in the place of the gap)."""
        found = []
        if (at := heard.clock.last_record_at) is not None and at > self._newest.get("", 0.0):
            self._newest[""] = at
            found.append(at)
        for row in heard.rows:
            if row.epoch > self._newest.get(row.run, -1.0):
                self._newest[row.run] = row.epoch
                found.append(row.numbers.get("gap", 0.0))
        return found

    async def look(self, port: int, until: float, count_from: float) -> None:
        begun = time.monotonic()
        url, origin = f"ws://127.0.0.1:{port}/vs/live", f"http://127.0.0.1:{port}"
        try:
            async with websockets.connect(url, origin=origin, max_size=None, open_timeout=120) as tab:  # type: ignore[arg-type]
                await tab.send(json.dumps({"kind": "hello", "run": self.run} if self.run else {"list": True}))
                async with asyncio.timeout(max(0.1, until - time.monotonic())):
                    async for text in tab:
                        now = time.time()
                        self.bytes += len(text)
                        heard = msgspec.json.decode(text, type=Heard)
                        written = self._news(heard)
                        if heard.kind in ("frame", "rows") and self.came_after is None:
                            self.came_after = time.monotonic() - begun
                        elif time.monotonic() > count_from:
                            self.late += [now - at for at in written]
        except TimeoutError:
            pass
        except (OSError, websockets.WebSocketException) as problem:
            self.fault = repr(problem)


async def everybody(port: int, runs: int, viewers: int, secs: float) -> list[Viewer]:
    """All of them at once, for so many seconds."""
    here = [Viewer(f"live-{n % runs:05d}" if n % 2 else None) for n in range(viewers)]
    begun = time.monotonic()
    until, count_from = begun + secs, begun + SETTLE_SHARE * secs
    await asyncio.gather(*(viewer.look(port, until, count_from) for viewer in here))
    return here


def told(here: list[Viewer]) -> dict[str, float | None]:
    """Figures of all viewers; None where nobody heard anything to count."""
    found: dict[str, float | None] = {"faults": sum(bool(viewer.fault) for viewer in here)}
    for name, those in (("run", [v for v in here if v.run]), ("list", [v for v in here if not v.run])):
        late = sorted(secs for viewer in those for secs in viewer.late)
        came = sorted(viewer.came_after for viewer in those if viewer.came_after is not None)
        found |= {
            f"{name}_p50": late[len(late) // 2] if late else None,
            f"{name}_p95": late[int(0.95 * len(late))] if late else None,
            f"{name}_first": came[-1] if len(came) == len(those) and came else None,
            f"{name}_waiting": len(those) - len(came),
        }
    found["megabytes"] = sum(viewer.bytes for viewer in here) / 1e6
    return found


def main() -> int:
    port, runs, viewers, secs = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    here = asyncio.run(everybody(port, runs, viewers, secs))
    print(json.dumps({**told(here), "cpu": time.process_time()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
