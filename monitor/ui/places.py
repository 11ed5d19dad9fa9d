"""The folders of runs that this server shows, with what reads each of them; and their lists as one.

Each folder is looked at by itself: one on a disk that hangs keeps neither the others nor the page waiting.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Sequence

from msgspec.structs import replace

from monitor.launcher.devices import Machine
from monitor.launcher.hosts.following import FolderFollower
from monitor.run_dir import words
from monitor.run_dir.folders import Folder, Folders
from monitor.ui.family import Family
from monitor.ui.listing import LIST_SECS, Listing
from monitor.ui.messages import ListLook, TrashedRun
from monitor.ui.questions import Others
from monitor.view.shapes.listing import RunGroup, RunRow, Sweep, TriedOption

FIRST_SECS = 0.5
"""So long the first look waits for a slow folder; its rows come later."""
MORE_SECS = 0.1
"""So long it waits for more once there are rows."""
FIRST_AT_ONCE = 1
"""Folders read for the first time at once: of ten together all would have their rows late. One that takes longer
than ALONE_SECS keeps no other waiting."""
ALONE_SECS = 0.2
LATE_SECS = 10.0


class Place:
    """One folder and what reads it."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.listing = Listing(folder.path)
        self.family = Family(folder.path)
        self.others = Others(folder.path, self.family)
        self.following = FolderFollower(folder) if folder.far else None


class Places:
    """All folders of a server. `listing`: the rows of all of them."""

    def __init__(self, folders: Folders) -> None:
        self.folders = folders
        self.all = [Place(folder) for folder in folders.all]
        self.listing: Listing | Together = Together(self.all) if folders.several else self.all[0].listing

    def start(self) -> None:
        """Begins to follow the folders of other hosts and the archives."""
        for place in self.all:
            if place.following is not None:
                place.following.start()

    def stop(self) -> None:
        """Ends every connection that `start` began."""
        for place in self.all:
            if place.following is not None:
                place.following.stop()

    def of(self, address: str) -> tuple[Place, str]:
        """The place and the run id of an address. Raises UsageError."""
        folder, run_id = self.folders.of(address)
        return self.all[self.folders.all.index(folder)], run_id


class _Seen:
    """The last look at one folder, and its rows under their addresses."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.look: ListLook | None = None
        self.rows: list[RunRow] = []
        self.trouble = ""
        self.looked_at = self.asked_at = time.monotonic()
        self.task: asyncio.Task[ListLook] | None = None
        self.version = 0
        self._named: dict[int, tuple[RunRow, RunRow]] = {}

    @property
    def is_first(self) -> bool:
        """Whether nothing is known of it yet."""
        return self.look is None and not self.trouble

    @property
    def is_begun(self) -> bool:
        """Whether its first look is under way, and so for a short time."""
        young = time.monotonic() - self.asked_at < ALONE_SECS
        return self.is_first and self.task is not None and not self.task.done() and young

    def start(self) -> asyncio.Task[ListLook] | None:
        """Looks again where no look is under way and the last one is old."""
        if self.task is None and (self.is_first or time.monotonic() - self.looked_at >= LIST_SECS):
            self.asked_at = time.monotonic()
            self.task = asyncio.ensure_future(self.place.listing.latest())
        return self.task

    def take(self) -> None:
        """Takes what a look that has ended has found; something new is another version."""
        if self.task is None or not self.task.done():
            return
        before, said = self.look, self.trouble
        try:
            self.look, self.trouble = self.task.result(), ""
        except (asyncio.CancelledError, Exception) as fault:  # noqa: BLE001 - one folder's fault is shown with it
            self.trouble = f"This folder could not be looked at: {fault!r}."
        self.task, self.looked_at = None, time.monotonic()
        if self.look is not None and (before is None or before.rows is not self.look.rows):
            self.rows = self._under_their_addresses(self.look.rows)
        self.version += self.look is not before or said != self.trouble

    def _under_their_addresses(self, rows: Sequence[RunRow]) -> list[RunRow]:
        # A row that is the same object stays the same object: most of them at each look.
        address = self.place.folder.address
        kept = self._named
        self._named = {}
        for row in rows:
            before = kept.get(id(row))
            if before is None or before[0] is not row:
                parent, seed_of = (address(run) if run else run for run in (row.parent, row.seed_of))
                named = replace(
                    row, run=address(row.run), parent=parent, seed_of=seed_of or "", group=self.place.folder.name
                )
                before = (row, named)
            self._named[id(row)] = before
        return [named for _, named in self._named.values()]

    def group(self) -> RunGroup:
        """The heading of this folder in the list, with what keeps it from being read."""
        folder = self.place.folder
        where = folder.there if folder.name == folder.host else folder.location
        where = f"{where} (archive, read only)" if folder.is_archive else where
        return RunGroup(
            name=folder.name, where=where, problem=self._problem(), far=folder.far, archive=folder.is_archive
        )

    def _problem(self) -> str:
        late = time.monotonic() - self.asked_at
        if self.task is not None and late > LATE_SECS:
            since = words.clock(time.time() - late, time.time())
            return f"This folder has not answered since {since}; what was read last stays below."
        if self.look is not None and self.look.problem:
            return f"{self.look.problem} What was read last stays below."
        if self.place.following is not None:
            return self.trouble or self.place.following.problem(time.time())
        if self.look is not None and not self.look.rows and not self.place.folder.path.is_dir():
            return "There is no such folder yet."
        return self.trouble or ("" if self.look is not None else "Being read for the first time.")


class Together:
    """The lists of several folders as one, folder after folder; none waits for another."""

    def __init__(self, places: Sequence[Place]) -> None:
        self._seen = [_Seen(place) for place in places]
        self._now: ListLook | None = None
        self._versions: list[int] = []
        self._is_first = True

    @property
    def is_reading(self) -> bool:
        """Whether a folder is read for the first time: more comes in a moment."""
        now = time.monotonic()
        return any(seen.is_first and (seen.task is None or now - seen.asked_at < LATE_SECS) for seen in self._seen)

    async def latest(self) -> ListLook:
        """What is known of all folders; the first look waits a moment for them, later ones for none."""
        self._go_on()
        if self._is_first:
            self._is_first = False
            await self._first_rows()
        versions = [seen.version for seen in self._seen]
        groups = [seen.group() for seen in self._seen]
        if self._now is None or versions != self._versions or groups != self._now.groups:
            self._now, self._versions = self._merged(groups), versions
        return self._now

    def _go_on(self, *_: object) -> None:
        """Takes the looks that have ended and begins those that are due; of folders that were never read a few at
        once, in their order."""
        for seen in self._seen:
            seen.take()
        begun = sum(seen.is_begun for seen in self._seen)
        for seen in self._seen:
            if not seen.is_first:
                seen.start()
            elif seen.task is None and begun < FIRST_AT_ONCE:
                begun += 1
                if (task := seen.start()) is not None:
                    task.add_done_callback(self._go_on)

    async def _first_rows(self) -> None:
        deadline = time.monotonic() + FIRST_SECS
        while (left := deadline - time.monotonic()) > 0:
            tasks = [seen.task for seen in self._seen if seen.task is not None]
            if not tasks:
                return
            await asyncio.wait(tasks, timeout=min(left, ALONE_SECS), return_when=asyncio.FIRST_COMPLETED)
            self._go_on()
            if any(seen.rows for seen in self._seen):
                deadline = min(deadline, time.monotonic() + MORE_SECS)

    def _merged(self, groups: list[RunGroup]) -> ListLook:
        looks = [(seen.place.folder, seen.look) for seen in self._seen if seen.look is not None]
        rows = [row for seen in self._seen for row in seen.rows]
        before = self._now.rows if self._now is not None else None
        same = before is not None and len(before) == len(rows) and all(map(lambda a, b: a is b, before, rows))
        return ListLook(
            rows=before if same and before is not None else rows,
            trash=[_trashed(folder, each) for folder, look in looks for each in look.trash],
            machine=next((_machine(folder, look.machine) for folder, look in looks if not folder.far), NO_MACHINE),
            tried=[_tried(folder, each) for folder, look in looks for each in look.tried],
            problem="",
            server_now=time.time(),
            groups=groups,
            sweeps=[_sweep(folder, each) for folder, look in looks for each in look.sweeps],
        )


NO_MACHINE = Machine("", (), None)


def _trashed(folder: Folder, each: TrashedRun) -> TrashedRun:
    return replace(each, name=folder.address(each.name), run=folder.address(each.run))


def _sweep(folder: Folder, each: Sweep) -> Sweep:
    best = folder.address(each.best_run) if each.best_run else ""
    return replace(each, group=folder.name, best_run=best)


def _tried(folder: Folder, each: TriedOption) -> TriedOption:
    children = [
        replace(child, run=folder.address(child.run), parent=folder.address(child.parent)) for child in each.children
    ]
    return replace(each, option=f"{folder.name}: {each.option}", children=children)


def _machine(folder: Folder, machine: Machine) -> Machine:
    """The devices of this machine, with the runs of the folder that was asked under their addresses."""
    devices = [
        dataclasses.replace(
            device,
            tenants=tuple(
                dataclasses.replace(each, run=folder.address(each.run)) if each.run else each for each in device.tenants
            ),
        )
        for device in machine.devices
    ]
    return dataclasses.replace(machine, devices=tuple(devices))
