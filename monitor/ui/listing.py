"""The live list of runs: one look a second for all tabs, and to each tab only what has changed for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import UNSET
from msgspec.structs import replace

from monitor.launcher.devices import MachineWatch
from monitor.launcher.engines import queues
from monitor.launcher.trash import trashed
from monitor.run_dir.errors import MonitorError
from monitor.ui.messages import ListLook, ListNews, TrashedRun
from monitor.view.rows import RowBook
from monitor.view.shapes.listing import RunRow, brief
from monitor.view.tried import TriedBook

LIST_SECS = 1.0
FIRST_ROWS = 25
"""So many rows are in the page itself; the others follow over the socket."""
WHOLE_ROWS = 200
"""Of so many runs each row is sent whole at once."""


class Listing:
    """All rows of a folder as of the last look, shared by the page and every tab."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        self._book = RowBook(runs_dir)
        self._machine = MachineWatch(runs_dir)
        self._tried = TriedBook(runs_dir)
        self._looking = asyncio.Lock()
        self._looked_at = float("-inf")
        self._now: ListLook | None = None
        self.is_reading = False

    def look(self) -> ListLook:
        """Everything the list shows, read now."""
        now = time.time()
        queues.look_soon()
        try:
            rows, problem = self._book.rows(now), ""
        except MonitorError as trouble:
            rows, problem = self._now.rows if self._now is not None else [], str(trouble)
        self._now = ListLook(
            rows=rows,
            trash=[TrashedRun(name=each.name, run=each.run_id, at=each.at) for each in trashed(self._runs_dir)],
            machine=self._machine.look(),
            tried=self._tried.options(rows, now),
            problem=problem,
            server_now=now,
            sweeps=self._book.sweeps,
        )
        return self._now

    async def latest(self) -> ListLook:
        """The look of this second, made by the first request; one that ended while the caller waited is new enough."""
        asked_at = time.monotonic()
        async with self._looking:
            is_old = asked_at > self._looked_at and time.monotonic() - self._looked_at >= LIST_SECS
            if self._now is None or is_old:
                self._now = await asyncio.to_thread(self.look)
                self._looked_at = time.monotonic()
            return self._now


class Briefs:
    """Of each row the brief one, made once for all tabs; but for the visitor who has missed something of the run."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[RunRow, RunRow]] = {}

    def of(self, row: RunRow, seen_at: float | None) -> RunRow:
        """`seen_at`: when its visitor last looked, UTC seconds; a row is his own only if something happened since."""
        if seen_at is not None and any(event.at > seen_at for event in row.events):
            return brief(row, seen_at)
        known = self._made.get(row.run)
        if known is None or known[0] is not row:
            known = self._made[row.run] = (row, brief(row, None))
        return known[1]


class TabRows:
    """What one tab has been sent. Of a large folder it gets whole what lives (if that is not much), what stands first
    and what it asks for; the others are brief.

    `seen_at`: when its visitor last looked (UTC seconds); `briefs`: those of all tabs.
    """

    def __init__(self, seen_at: float | None = None, briefs: Briefs | None = None) -> None:
        self._seen_at = seen_at
        self._briefs = briefs or Briefs()
        self._sent: Sequence[RunRow] = ()
        self._rows: dict[str, RunRow] = {}
        self._order: list[str] = []
        self._rest: tuple[object, ...] | None = None
        self._asked: set[str] = set()

    def message(self, look: ListLook) -> ListNews | None:
        """What this tab does not know yet, or None."""
        rest = (look.trash, look.machine, look.tried, look.problem, look.groups, look.sweeps)
        if look.rows is self._sent and rest == self._rest:
            return None
        changed = [row for row in look.rows if (known := self._rows.get(row.run)) is not row and known != row]
        order = [row.run for row in look.rows]
        if not changed and order == self._order and rest == self._rest:
            return None
        if not self._order:
            self._asked.update(order[:FIRST_ROWS] if len(order) > WHOLE_ROWS else order)
        few = len(order) <= WHOLE_ROWS or sum(row.live for row in look.rows) <= WHOLE_ROWS
        rows = [self._as_sent(row, len(order), few) for row in changed]
        news = ListNews(rows=rows, server_now=look.server_now, order=order if order != self._order else UNSET)
        if rest != self._rest:
            news = replace(news, trash=look.trash, machine=look.machine, tried=look.tried, problem=look.problem)
            news = replace(news, groups=look.groups or UNSET, sweeps=look.sweeps)
        self._sent, self._rows, self._order, self._rest = look.rows, {row.run: row for row in look.rows}, order, rest
        return news

    def answer(self, question: Mapping[str, Any], now: float) -> ListNews | None:
        """The whole rows that the tab asks for, as of the last message; None for what is no such question."""
        runs = question.get("runs")
        if question.get("kind") != "rows" or not isinstance(runs, list):
            return None
        found = [self._rows[run] for run in runs[:WHOLE_ROWS] if isinstance(run, str) and run in self._rows]
        self._asked.update(row.run for row in found)
        return ListNews(rows=found, server_now=now)

    def _as_sent(self, row: RunRow, count: int, few_live: bool) -> RunRow:
        whole = count <= WHOLE_ROWS or (row.live and few_live) or row.run in self._asked
        return row if whole else self._briefs.of(row, self._seen_at)
