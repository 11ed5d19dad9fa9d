"""The live route: a WebSocket that streams what is new in a run.

One tailer per run serves every tab; it stops when the last tab has gone.
A tab that falls behind gets the newest state when it is ready again, never a queue of old ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace
from starlette.websockets import WebSocket, WebSocketDisconnect

from monitor.diagnosis.judging import judge_run
from monitor.diagnosis.verdict import Judged
from monitor.launcher import ensure_supervised
from monitor.launcher.engines import queues
from monitor.launcher.hosts import mirror
from monitor.launcher.trash import where_is
from monitor.run_dir import RUN_ID_PATTERN, Snapshot, words
from monitor.run_dir.errors import MonitorError, guarded
from monitor.run_dir.lives import is_mirrored
from monitor.run_dir.opening import is_within
from monitor.run_dir.reader import RunReader
from monitor.run_dir.status import status_of
from monitor.run_dir.words import monitor_line, steady
from monitor.ui import memory
from monitor.ui.family import Family
from monitor.ui.listing import LIST_SECS, Briefs, TabRows
from monitor.ui.messages import Ping, Problem, Refused
from monitor.ui.places import Place, Places
from monitor.ui.questions import Answer, Others, answer, question_of
from monitor.ui.seats import ASK_AGAIN, NO_SEAT, NoSeatError, Seats
from monitor.ui.visitors import role_in
from monitor.view.frame import Frames
from monitor.view.series import Since, child_marks

log = logging.getLogger(__name__)

LOOK_SECS = 0.05
"""Looking costs a tenth of a millisecond where nothing is new."""
LOOK_ENDED_SECS = 0.5
REJUDGE_SECS = 2.0
"""Without any new record only time passes: a stalled run shows by that."""
REJUDGE_TIMES = 50
"""Between two judgements without a new record, times what the last one took."""
PING_SECS = 2.0
GIVE_BACK_SECS = 15.0
WANT_AGAIN_SECS = 5.0
"""A run of another host is asked for again so often while somebody looks at it."""
ADOPT_EVERY_SECS = 10.0
"""An adoption that was refused is not tried again at once."""


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
        self._is_far = is_mirrored(run_dir)
        self._read_at = time.monotonic()
        self.watchers = self.controllers = 0
        """Tabs that look, and those among them that came by the control link."""
        self.version = 0
        self.problem = ""
        self.seen: tuple[Snapshot, Judged] | None = None
        """What was read last and its judgement, set together: a frame is always of one moment."""
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
        """(frame as JSON, what a tab has after it); a fault in drawing is said, and the tab has what it had."""

        def drawn() -> tuple[str, Since]:
            frame = self._frames.frame(snapshot, judged, time.time(), since=since, seq=version)
            children = child_marks(snapshot, self._family.children(snapshot.run_id))
            seen = replace(frame, kind="frame", children=children, trouble=self.problem, unread_secs=self.unread_secs)
            text = steady(msgspec.json.encode(seen).decode())
            return text, Since(len(snapshot.epochs), len(snapshot.steps), snapshot.life)

        def said(fault: Exception) -> tuple[str, Since]:
            # The tab would else see its line cut, and connect again without end.
            return steady(msgspec.json.encode(Problem(message=_own_fault("drawn", fault))).decode()), since

        return guarded(drawn, said)

    def _look_and_say(self) -> bool:
        """As `_look`; a fault in reading or judging is said on the page, which would otherwise stand still."""
        return guarded(self._look, self._say)

    def _say(self, fault: Exception) -> bool:
        said = self.problem
        self.problem = said if repr(fault) in said else _own_fault("judged", fault)
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
        # Of what cannot be seen from here the age is all that is known: it is said anew as it grows.
        known = status.evidence if status.unseen else status.word
        # A child that is started is marked on its parent's chart also when the parent writes nothing any more.
        children = tuple(self._family.children(snapshot.run_id))
        mark = (snapshot.seq, snapshot.life, judged.diagnosis.verdict, flags, known, children)
        changed, self._mark = mark != self._mark or recovered, mark
        if changed:
            self.seen = snapshot, judged
        return changed

    def _is_to_be_judged_again(self, snapshot: Snapshot) -> bool:
        """Whether time alone may change something: of a live run what is said, of an ended one its children. A long
        run takes long to judge: never more than a small share of the time goes into that."""
        waited = time.monotonic() - self._judged_at
        if self.seen is not None and not status_of(snapshot).live:
            return waited >= REJUDGE_SECS and tuple(self._family.children(snapshot.run_id)) != self._mark[-1]
        return waited >= max(REJUDGE_SECS, REJUDGE_TIMES * self._judging_secs)

    def _judge(self, snapshot: Snapshot, now: float) -> Judged:
        """Steps alone change no verdict: rules look at evaluations, and at the clock now and then."""
        recent = time.monotonic() - self._judged_at < REJUDGE_SECS
        if recent and self.seen is not None and _judged_by(self.seen[0]) == _judged_by(snapshot):
            return self.seen[1]
        self._judged_at = begun = time.monotonic()
        judged = judge_run(snapshot, now)
        self._judging_secs = time.monotonic() - begun
        return judged


def _own_fault(what: str, fault: Exception) -> str:
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


class Asked:
    """The questions of one tab that wait for an answer: a few, and what comes beyond them is dropped."""

    MOST = 8

    def __init__(self) -> None:
        self._waiting: deque[dict[str, Any]] = deque()
        self._some = asyncio.Event()

    def add(self, question: dict[str, Any]) -> None:
        if len(self._waiting) < self.MOST:
            self._waiting.append(question)
            self._some.set()

    def take(self) -> dict[str, Any] | None:
        if self._waiting:
            return self._waiting.popleft()
        self._some.clear()
        return None

    async def wait(self) -> None:
        """Returns once a question is there."""
        await self._some.wait()


class LiveHub:
    """The WebSocket endpoint, and the tailers behind it."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._seats = Seats()
        self._briefs = Briefs()
        self.tailers: dict[str, Tailer] = {}
        self._giving_back: set[asyncio.Task[None]] = set()

    async def endpoint(self, socket: WebSocket) -> None:
        """Serves one tab until it goes: hello says what it wants and what it has."""
        await socket.accept()
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            hello = await _receive(socket)
            if not hello.get("list") and "run" not in hello:
                await socket.close(1003)
                return
            asked = Asked()
            await self._serve_until_gone(socket, self._serve_in_turn(socket, hello, asked), asked)

    async def _serve_in_turn(self, socket: WebSocket, hello: dict[str, Any], asked: Asked) -> None:
        """What the tab asks for, once it has a seat."""

        async def tell(said: str) -> None:
            await _send(socket, Problem(message=said))

        try:
            async with self._seats.seat(role_in(socket.scope) == "control", tell):
                if hello.get("list"):
                    await self._send_list(socket, TabRows(_moment(hello), self._briefs), asked)
                elif (found := self._readable(address := str(hello["run"]))) is not None:
                    await self._serve_run(socket, address, *found, hello, asked)
                else:
                    await tell("Say which run: a run id.")
        except NoSeatError:
            await socket.close(ASK_AGAIN, NO_SEAT)

    def _readable(self, address: str) -> tuple[Place, Path] | None:
        """A plain name, and no link out of its folder; a run that has just gone may still be asked for."""
        try:
            place, run_id = self._places.of(address)
        except MonitorError:
            return None
        run_dir = place.folder.path / run_id
        fits = RUN_ID_PATTERN.fullmatch(run_id) and is_within(place.folder.path, run_dir)
        return (place, run_dir) if fits else None

    async def _serve_run(
        self, socket: WebSocket, address: str, place: Place, run_dir: Path, hello: dict[str, Any], asked: Asked
    ) -> None:
        tailer = self.tailers.setdefault(address, Tailer(run_dir, place.family))
        controls = role_in(socket.scope) == "control"
        tailer.controllers += controls
        try:
            async with tailer:
                await self._send_run(socket, tailer, Since.of(hello), asked, place.others)
        finally:  # a browser that goes cancels this
            tailer.controllers -= controls
            if tailer.watchers == 0 and self.tailers.get(address) is tailer:
                del self.tailers[address]
                del tailer
                task = asyncio.create_task(self._give_back(address, run_dir))
                self._giving_back.add(task)
                task.add_done_callback(self._giving_back.discard)

    async def _give_back(self, address: str, run_dir: Path) -> None:
        """Some seconds after the last tab has left a run, its memory is the system's again. A reload is no leaving."""
        await asyncio.sleep(GIVE_BACK_SECS)
        if address not in self.tailers:
            await asyncio.to_thread(memory.give_back, run_dir)

    async def _serve_until_gone(self, socket: WebSocket, sending: Coroutine[Any, Any, None], asked: Asked) -> None:
        """Runs the sender until the browser goes away or the sender ends."""
        sender = asyncio.ensure_future(sending)
        listener = asyncio.ensure_future(_listen(socket, asked))
        try:
            await asyncio.wait({sender, listener}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sender, listener):
                task.cancel()
            await asyncio.gather(sender, listener, return_exceptions=True)

    async def _send_run(self, socket: WebSocket, tailer: Tailer, since: Since, asked: Asked, others: Others) -> None:
        sent, complained = -1, ""
        while tailer.snapshot is None and not tailer.problem:
            await tailer.newer_than(tailer.version)
        while True:
            while (question := asked.take()) is not None:
                await self._answer(socket, tailer, question, others)
            if tailer.problem and tailer.problem != complained and tailer.snapshot is None:
                complained = tailer.problem
                await _send(socket, Problem(message=complained))
            if tailer.version > sent and tailer.snapshot is not None:
                text, sent, since = await tailer.encoded(since)
                complained = ""
                await socket.send_text(text)
            else:
                await _send(socket, Ping(server_now=time.time(), unread_secs=tailer.unread_secs))
            await self._wait(tailer, sent, asked)

    async def _wait(self, tailer: Tailer, sent: int, asked: Asked) -> None:
        """Waits until something is new, a visitor asks, or a ping is due."""
        question = asyncio.ensure_future(asked.wait())
        news = asyncio.ensure_future(tailer.newer_than(sent))
        try:
            await asyncio.wait({question, news}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
            question.cancel()

    async def _answer(self, socket: WebSocket, tailer: Tailer, question: dict[str, Any], others: Others) -> None:
        if tailer.seen is None:
            return
        snapshot, judged = tailer.seen

        def refused(fault: Exception) -> Answer:
            # One question must not cut the line of all.
            return Refused(asked=str(question.get("kind")), message=_own_fault("asked that", fault))

        given = await asyncio.to_thread(guarded, lambda: answer(snapshot, judged, question, others), refused)
        if given is not None:
            await _send(socket, given)

    async def _send_list(self, socket: WebSocket, tab: TabRows, asked: Asked) -> None:
        while True:
            message = tab.message(await self._places.listing.latest())
            await _send(socket, message or Ping(server_now=time.time()))
            due = time.monotonic() + LIST_SECS
            while (left := due - time.monotonic()) > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(asked.wait(), left)
                while (question := asked.take()) is not None:
                    rows = tab.answer(question, time.time())
                    if rows is not None:
                        await _send(socket, rows)


def _moment(hello: Mapping[str, Any]) -> float | None:
    """When the visitor of a list last looked, as the browser says; anything odd means never."""
    seen_at = hello.get("seen_at")
    return float(seen_at) if isinstance(seen_at, (int, float)) else None


async def _listen(socket: WebSocket, asked: Asked) -> None:
    """Takes messages until the browser goes; what is no message of ours is ignored."""
    while True:
        asked.add(await _receive(socket))


async def _receive(socket: WebSocket) -> dict[str, Any]:
    given = await socket.receive()
    if given["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(given.get("code", 1000))
    return question_of(given.get("text") or "")


async def _send(socket: WebSocket, message: msgspec.Struct) -> None:
    await socket.send_text(steady(msgspec.json.encode(message).decode()))
