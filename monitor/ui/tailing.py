"""One run, read for all who look at it: what it says, its judgement and its frame, made once for every tab."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from monitor.diagnosis.judging import judge_run
from monitor.diagnosis.verdict import Judged
from monitor.launcher import ensure_supervised
from monitor.launcher.engines import queues
from monitor.launcher.hosts import mirror
from monitor.launcher.trash import where_is
from monitor.run_dir import Snapshot, words
from monitor.run_dir.errors import MonitorError, guarded
from monitor.run_dir.lives import is_mirrored
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import status_of
from monitor.run_dir.words import monitor_line, steady
from monitor.ui.family import Family
from monitor.ui.messages import Problem
from monitor.view.came import CameBook
from monitor.view.frame import Frames
from monitor.view.series import Since, child_marks
from monitor.view.shapes.frame import CameOfChange

log = logging.getLogger(__name__)

LOOK_SECS = 0.05
"""Looking costs a tenth of a millisecond where nothing is new."""
LOOK_ENDED_SECS = 0.5
REJUDGE_SECS = 2.0
"""Without any new record only time passes: a stalled run shows by that."""
REJUDGE_TIMES = 50
"""Between two judgements without a new record, times what the last one took."""
PING_SECS = 2.0
WANT_AGAIN_SECS = 5.0
"""How often a run of another host is requested while a page shows it."""
ADOPT_EVERY_SECS = 10.0
"""An adoption that was refused is not tried again at once."""


class Beside(NamedTuple):
    """What changes the page of a run that writes nothing any more: its children, marked on its charts once they are
    started, and what came of its own change."""

    children: tuple[str, ...] = ()
    came: CameOfChange | None = None


class Tailer:
    """Reads one run for all who look at it."""

    def __init__(self, run_dir: Path, family: Family) -> None:
        self._reader = RunReader(run_dir)
        self._family = family
        self._run_dir = run_dir
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()
        self._mark: tuple[object, ...] = ()
        self._judged_at = float("-inf")
        self._judging_secs = 0.0
        self._adopted_at = self._wanted_at = float("-inf")
        self._came = CameBook(run_dir)
        self._is_far = is_mirrored(run_dir)
        self._read_at = time.monotonic()
        self.spent_secs = 0.0
        """Processor time that the first look and the frames took."""
        self.watchers = self.controllers = 0
        """Tabs that look, and those among them that came by the control link."""
        self.version = 0
        self.problem = ""
        self.seen: tuple[Snapshot, Judged] | None = None
        """What was read last and its judgement, set together: a frame is always of one moment."""
        self._beside = Beside()
        self._frames = Frames()
        self._encoded: tuple[tuple[object, ...], str, Since] = ((), "", Since())
        self._encoding = asyncio.Lock()

    async def __aenter__(self) -> Tailer:
        self.watchers += 1
        if self._task is None:
            self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.watchers -= 1
        if self.watchers == 0 and self._task is not None:
            self._task.cancel()
            self._task = None

    @property
    def snapshot(self) -> Snapshot | None:
        """The last one that was read; None before the first."""
        return None if self.seen is None else self.seen[0]

    @property
    def unread_secs(self) -> float:
        """How long ago the folder was last read: a disk that hangs raises nothing, and lets nothing be read."""
        return time.monotonic() - self._read_at

    async def newer_than(self, version: int) -> None:
        """Returns once there is something newer than `version`, or after the ping interval."""
        async with self._changed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PING_SECS):
                    await self._changed.wait_for(lambda: self.version > version)

    async def _follow(self) -> None:
        while True:
            if self._is_alone():
                await asyncio.to_thread(_adopt, self._run_dir)
            if await asyncio.to_thread(self._look_and_say):
                async with self._changed:
                    self.version += 1
                    self._changed.notify_all()
            live = self.snapshot is None or status_of(self.snapshot).live
            await asyncio.sleep(LOOK_SECS if live else LOOK_ENDED_SECS)

    def _is_alone(self) -> bool:
        """Whether the run is to be taken over for a visitor who may control it, also where its supervisor dies now."""
        alone = self.snapshot is None or status_of(self.snapshot).unsupervised
        if not self.controllers or not alone or time.monotonic() - self._adopted_at < ADOPT_EVERY_SECS:
            return False
        self._adopted_at = time.monotonic()
        return True

    async def encoded(self, since: Since) -> tuple[str, int, Since]:
        """(frame as JSON, its version, what a tab has after it). Tabs that have the same share one making."""
        async with self._encoding:
            seen, version = self.seen, self.version
            assert seen is not None
            wanted = (version, since)
            if self._encoded[0] != wanted:
                self._encoded = (wanted, *await asyncio.to_thread(self._encode, *seen, since, version))
            return self._encoded[1], version, self._encoded[2]

    def _encode(self, snapshot: Snapshot, judged: Judged, since: Since, version: int) -> tuple[str, Since]:
        """(frame as JSON, what a tab has after it); a fault in drawing is reported, and the tab keeps what it had."""

        begun = time.thread_time()

        def drawn() -> tuple[str, Since]:
            """What is new to a tab that has `since`, and what it has then."""
            frame = self._frames.frame(snapshot, judged, time.time(), since=since, seq=version)
            children = child_marks(snapshot, self._family.children(snapshot.run_id))
            came, unread = self._beside.came, self.unread_secs
            seen = replace(frame, kind="frame", children=children, came=came, trouble=self.problem, unread_secs=unread)
            text = steady(msgspec.json.encode(seen).decode())
            return text, Since(len(snapshot.epochs), len(snapshot.steps), snapshot.life)

        def instead(fault: Exception) -> tuple[str, Since]:
            """The fault in place of the frame."""
            # The tab would else see its line cut, and connect again without end.
            return steady(msgspec.json.encode(Problem(message=own_fault("drawn", fault))).decode()), since

        made = guarded(drawn, instead)
        self.spent_secs += time.thread_time() - begun
        return made

    def _look_and_say(self) -> bool:
        """As `_look`; a fault in reading or judging is shown on the page, which would otherwise stand still."""
        begun, is_first = time.thread_time(), self.snapshot is None
        changed = guarded(self._look, self._say)
        self.spent_secs += (time.thread_time() - begun) * is_first
        return changed

    def _say(self, fault: Exception) -> bool:
        said = self.problem
        self.problem = said if repr(fault) in said else own_fault("judged", fault)
        return self.problem != said

    def _look(self) -> bool:
        """Reads and judges what is new; True if what is shown changes."""
        now = time.time()
        queues.look_soon()
        if self._is_far and time.monotonic() - self._wanted_at > WANT_AGAIN_SECS:
            self._wanted_at = time.monotonic()
            mirror.want(self._run_dir)
        try:
            snapshot = self._reader.read(now)
        except MonitorError as problem:
            said = _gone_where(self._run_dir) or str(problem)
            changed, self.problem = self.problem != said, said
            return changed
        self._read_at = time.monotonic()
        fresh = self.snapshot is None or (snapshot.seq, snapshot.life) != (self.snapshot.seq, self.snapshot.life)
        if not fresh and not self.problem and not self._is_to_be_judged_again(snapshot):
            return False
        judged = self._judge(snapshot, now)
        recovered, self.problem = bool(self.problem), ""
        flags = tuple((f.rule, f.severity, f.line) for f in judged.diagnosis.findings)
        status = status_of(snapshot)
        # Of what cannot be seen from here the age is all that is known: it is shown anew as it grows.
        known = status.evidence if status.unseen else status.word
        self._beside = self._look_beside(snapshot, now)
        mark = (snapshot.seq, snapshot.life, judged.diagnosis.verdict, flags, known, self._beside)
        changed, self._mark = mark != self._mark or recovered, mark
        if changed:
            self.seen = snapshot, judged
        return changed

    def _is_to_be_judged_again(self, snapshot: Snapshot) -> bool:
        """Whether time alone may change the frame: of a live run its sentences, of an ended one what stands beside it.
        A long run takes long to judge: never more than a small share of the time goes into that."""
        waited = time.monotonic() - self._judged_at
        if self.seen is not None and not status_of(snapshot).live:
            return waited >= REJUDGE_SECS and self._look_beside(snapshot, time.time()) != self._beside
        return waited >= max(REJUDGE_SECS, REJUDGE_TIMES * self._judging_secs)

    def _look_beside(self, snapshot: Snapshot, now: float) -> Beside:
        return Beside(tuple(self._family.children(snapshot.run_id)), self._came.shown(snapshot, now))

    def _judge(self, snapshot: Snapshot, now: float) -> Judged:
        """Steps alone change no verdict: rules look at evaluations, and at the clock now and then."""
        recent = time.monotonic() - self._judged_at < REJUDGE_SECS
        if recent and self.seen is not None and _judged_by(self.seen[0]) == _judged_by(snapshot):
            return self.seen[1]
        self._judged_at = begun = time.monotonic()
        judged = judge_run(snapshot, now)
        self._judging_secs = time.monotonic() - begun
        return judged


def own_fault(what: str, fault: Exception) -> str:
    """The sentence for a fault of this program; the server's log gets the whole of it."""
    log.error("a run could not be %s", what, exc_info=fault)
    return f"This run cannot be {what}: {fault!r}. That is a fault of this program; its log says where."


def _judged_by(snapshot: Snapshot) -> tuple[object, ...]:
    """What a verdict is made of."""
    words = (len(snapshot.epochs), len(snapshot.decodes), len(snapshot.clips), snapshot.life)
    return (*words, snapshot.run, snapshot.launch, snapshot.choice, status_of(snapshot).word)


def _gone_where(run_dir: Path) -> str:
    put_aside = where_is(run_dir)
    if put_aside is None:
        return ""
    when = words.clock(put_aside.at, time.time())
    return (
        f"This run was moved to the trash at {when}. The last data stay below. "
        f"Take it back: {monitor_line('restore', put_aside.run_id, '--runs', run_dir.parent)}"
    )


def _adopt(run_dir: Path) -> None:
    # A read-only folder is no reason not to look.
    with contextlib.suppress(MonitorError, OSError):
        ensure_supervised(run_dir)
