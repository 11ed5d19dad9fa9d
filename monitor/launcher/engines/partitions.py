"""What is free in a cluster: each SLURM partition's processors and GPUs, by sinfo, and each Ray's, by its dashboard."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from monitor.launcher.engines import ray_jobs, slurm
from monitor.run_dir import jobs
from monitor.run_dir.errors import RefusedError

ASKED_EVERY_SECS = 15.0
FIELDS = ("PartitionName", "NodeList", "StateCompact", "CPUsState", "Gres", "GresUsed")
USABLE = frozenset({"idle", "mix", "alloc", "comp", "plnd"})
"""States of nodes that take jobs, now or when one ends; "~" (asleep) and "#" (waking) after them change nothing."""
GPUS = re.compile(r"(?:^|,)gpu(?::[^:,(]+)?:(\d+)")
MOST = 8


RECENT_SECS = 86_400.0
"""A Ray is asked so long after the last job of this user's there has ended."""


@dataclass(frozen=True)
class Partition:
    """Of the nodes that take jobs. `nodes_out`: those that are down, drained or do not answer.

    A Ray is one partition, whose `name` is its address; it counts parts of a GPU, and its nodes are not counted.
    """

    name: str
    nodes: int = 0
    nodes_out: int = 0
    cpus: float = 0
    cpus_free: float = 0
    gpus: float = 0
    gpus_free: float = 0
    is_ray: bool = False


def parsed(lines: Iterable[str]) -> tuple[Partition, ...]:
    """The partitions in sinfo's answer, a line a node of a partition; a line that is none is left out."""
    found: dict[str, Partition] = {}
    for line in lines:
        cells = [cell.strip() for cell in line.split("|")][: len(FIELDS)]
        if len(cells) < len(FIELDS) or not cells[0] or not re.fullmatch(r"\d+/\d+/\d+/\d+", cells[3]):
            continue
        name, state = cells[0], cells[2]
        known = found.get(name, Partition(name))
        if state.rstrip("~#") not in USABLE:
            found[name] = Partition(**{**vars(known), "nodes_out": known.nodes_out + 1})
            continue
        _, cpus_free, _, cpus = map(int, cells[3].split("/"))
        gpus = _gpus(cells[4])
        found[name] = Partition(
            name,
            known.nodes + 1,
            known.nodes_out,
            known.cpus + cpus,
            known.cpus_free + cpus_free,
            known.gpus + gpus,
            known.gpus_free + max(0, gpus - _gpus(cells[5])),
        )
    return tuple(found.values())[:MOST]


def _gpus(text: str) -> int:
    """Of "gpu:h100:4(S:0-1),shard:8" 4; 0 for "(null)"."""
    return sum(int(count) for count in GPUS.findall(text))


def asked() -> tuple[Partition, ...]:
    """As the engines say now; none of one that is not there, or does not answer. It may take seconds."""
    found: list[Partition] = []
    if slurm.is_here():
        with contextlib.suppress(RefusedError):
            found += parsed(slurm.nodes(FIELDS).splitlines())
    for address in rays(jobs.book(), time.time()):
        with contextlib.suppress(RefusedError):
            free = ray_jobs.resources(address)
            (cpus_free, cpus), (gpus_free, gpus) = (free.get(kind, (0, 0)) for kind in ("CPU", "GPU"))
            name = urlsplit(address).netloc
            found += [Partition(name, 0, 0, cpus, cpus_free, gpus, gpus_free, is_ray=True)] if free else []
    return tuple(found)


def rays(book: jobs.Book, now: float) -> list[str]:
    """The addresses of the Rays where this user has a job, or had one within a day."""
    recent = (seen for seen in book.jobs.values() if seen.ended_at is None or now - seen.ended_at < RECENT_SECS)
    return list(dict.fromkeys(seen.address for seen in recent if seen.engine == "ray"))[:MOST]


class PartitionWatch:
    """Asks at most every 15 s, in the background: a page does not wait for an engine."""

    def __init__(self, ask: Callable[[], tuple[Partition, ...]] = asked) -> None:
        self._ask = ask
        self._known: tuple[Partition, ...] = ()
        self._asked_at = float("-inf")
        self._thread: threading.Thread | None = None

    def now(self) -> tuple[Partition, ...]:
        """The last answer; the first look has none yet."""
        is_due = time.monotonic() - self._asked_at >= ASKED_EVERY_SECS
        if is_due and (self._thread is None or not self._thread.is_alive()):
            self._asked_at = time.monotonic()
            self._thread = threading.Thread(target=self._look, name="sinfo", daemon=True)
            self._thread.start()
        return self._known

    def _look(self) -> None:
        self._known = self._ask()
