"""The live list of runs: one look a second for all tabs, and to each tab only what has changed for it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from msgspec import UNSET
from msgspec.structs import replace

from monitor.launcher.devices import MachineWatch
from monitor.launcher.trash import trashed
from monitor.run_dir.errors import MonitorError
from monitor.ui.messages import ListLook, ListNews, TrashedRun
from monitor.view.rows import RowBook
from monitor.view.shapes.listing import RunRow
from monitor.view.tried import TriedBook

LIST_SECS = 1.0
FIRST_ROWS = 25
"""So many rows are in the page itself; the others follow over the socket."""


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

    def look(self) -> ListLook:
        """Everything the list shows, read now."""
        now = time.time()
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
        )
        return self._now

    async def latest(self) -> ListLook:
        """The look of this second, made by the first request."""
        async with self._looking:
            if self._now is None or time.monotonic() - self._looked_at >= LIST_SECS:
                self._now = await asyncio.to_thread(self.look)
                self._looked_at = time.monotonic()
            return self._now


class TabRows:
    """What one tab has been sent."""

    def __init__(self) -> None:
        self._rows: dict[str, RunRow] = {}
        self._order: list[str] = []
        self._rest: tuple[object, ...] | None = None

    def message(self, look: ListLook) -> ListNews | None:
        """What this tab does not know yet, or None."""
        changed = [row for row in look.rows if self._rows.get(row.run) != row]
        order = [row.run for row in look.rows]
        rest = (look.trash, look.machine, look.tried, look.problem)
        if not changed and order == self._order and rest == self._rest:
            return None
        news = ListNews(rows=changed, server_now=look.server_now, order=order if order != self._order else UNSET)
        if rest != self._rest:
            news = replace(news, trash=look.trash, machine=look.machine, tried=look.tried, problem=look.problem)
        self._rows, self._order, self._rest = {row.run: row for row in look.rows}, order, rest
        return news
