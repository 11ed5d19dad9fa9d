"""The live route: a WebSocket that streams what is new in a run.

One tailer per run serves every tab; it stops when the last tab has gone.
A tab that falls behind gets the newest state when it is ready again, never a queue of old ones.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import time
from collections import deque
from collections.abc import AsyncIterator, Coroutine, Mapping
from pathlib import Path
from typing import Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from monitor.diagnosis import verdict
from monitor.run_dir import RUN_ID_PATTERN
from monitor.run_dir.errors import MonitorError, guarded
from monitor.run_dir.opening import is_within
from monitor.run_dir.words import steady
from monitor.ui.budgets import budget_in, words_for
from monitor.ui.listing import LIST_SECS, Briefs, TabRows
from monitor.ui.messages import Ping, Problem, Refused
from monitor.ui.places import Place, Places
from monitor.ui.questions import Answer, Others, answer, question_of
from monitor.ui.seats import ASK_AGAIN, NO_SEAT, NoSeatError, Seats
from monitor.ui.tailing import Tailer, own_fault
from monitor.ui.visitors import role_in
from monitor.view.series import Since

GIVE_BACK_SECS = 15.0
READING_SECS = 0.2
"""Between two messages of the list while its folders are read for the first time."""


class OpenQuestions:
    """The questions of one tab that wait for an answer: a few, and what comes beyond them is dropped."""

    MOST = 8

    def __init__(self) -> None:
        self._waiting: deque[dict[str, Any]] = deque()
        self._some = asyncio.Event()

    def add(self, question: dict[str, Any]) -> None:
        """Drops the question where `MOST` wait already."""
        if len(self._waiting) < self.MOST:
            self._waiting.append(question)
            self._some.set()

    def take(self) -> dict[str, Any] | None:
        """The question that waits longest; None where there is none, and `wait` waits for another."""
        if self._waiting:
            return self._waiting.popleft()
        self._some.clear()
        return None

    async def wait(self) -> None:
        """Returns once a question is there."""
        await self._some.wait()


def give_back(run_dir: Path) -> None:
    """Drops what is kept of a run that no page shows, and returns free memory to the system where that is possible."""
    verdict.forget(str(run_dir), run_dir.name)
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # another allocator than glibc's has no such call
        ctypes.CDLL(None).malloc_trim(0)


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
            asked = OpenQuestions()
            await self._serve_until_gone(socket, self._serve_in_turn(socket, hello, asked), asked)

    async def _serve_in_turn(self, socket: WebSocket, hello: dict[str, Any], asked: OpenQuestions) -> None:
        """What the tab asks for, once it has a seat."""

        async def tell(said: str) -> None:
            """Says in the tab what it waits for."""
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
        self, socket: WebSocket, address: str, place: Place, run_dir: Path, hello: dict[str, Any], asked: OpenQuestions
    ) -> None:
        budget, since = budget_in(socket.scope), Since.of(hello)
        async with contextlib.AsyncExitStack() as turn:
            # Reading a long run, and its first frame, take the processor for seconds: one visitor's one by one.
            await turn.enter_async_context(budget.working(lambda: _ping(socket)))
            tailer = self.tailers.setdefault(address, Tailer(run_dir, place.family))
            async with self._watching(tailer, address, run_dir, role_in(socket.scope) == "control"):
                before = tailer.spent_secs
                while tailer.snapshot is None and not tailer.problem:
                    await tailer.newer_than(tailer.version)
                if tailer.seen is not None:
                    await tailer.encoded(since)
                budget.seconds.take(tailer.spent_secs - before)
                await turn.aclose()
                await self._send_run(socket, tailer, since, asked, place.others)

    @contextlib.asynccontextmanager
    async def _watching(self, tailer: Tailer, address: str, run_dir: Path, controls: bool) -> AsyncIterator[None]:
        """While one tab looks at a run."""
        tailer.controllers += controls
        try:
            async with tailer:
                yield
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
            await asyncio.to_thread(give_back, run_dir)

    async def _serve_until_gone(
        self, socket: WebSocket, sending: Coroutine[Any, Any, None], asked: OpenQuestions
    ) -> None:
        """Runs the sender until the browser goes away or the sender ends."""
        sender = asyncio.ensure_future(sending)
        listener = asyncio.ensure_future(_listen(socket, asked))
        try:
            await asyncio.wait({sender, listener}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sender, listener):
                task.cancel()
            await asyncio.gather(sender, listener, return_exceptions=True)

    async def _send_run(
        self, socket: WebSocket, tailer: Tailer, since: Since, asked: OpenQuestions, others: Others
    ) -> None:
        sent, complained = -1, ""
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

    async def _wait(self, tailer: Tailer, sent: int, asked: OpenQuestions) -> None:
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
            """The fault as an answer to this question."""
            # One question must not cut the line of all.
            return Refused(asked=str(question.get("kind")), message=own_fault("asked that", fault))

        budget = budget_in(socket.scope)
        given: Answer | None
        if secs := budget.seconds.owed_secs():
            given = Refused(asked=str(question.get("kind")), message=words_for(secs))
        else:
            given = await budget.work(
                lambda: guarded(lambda: answer(snapshot, judged, question, others), refused),
                lambda: _ping(socket),
            )
        if given is not None:
            await _send(socket, given)

    async def _send_list(self, socket: WebSocket, tab: TabRows, asked: OpenQuestions) -> None:
        while True:
            message = tab.message(await self._places.listing.latest())
            await _send(socket, message or Ping(server_now=time.time()))
            due = time.monotonic() + (READING_SECS if self._places.listing.is_reading else LIST_SECS)
            while (left := due - time.monotonic()) > 0:
                with contextlib.suppress(TimeoutError):
                    # Not wait_for: of a tab that leaves as it asks, it would forget that it left.
                    async with asyncio.timeout(left):
                        await asked.wait()
                while (question := asked.take()) is not None:
                    rows = tab.answer(question, time.time())
                    if rows is not None:
                        await _send(socket, rows)


def _moment(hello: Mapping[str, Any]) -> float | None:
    """When the visitor of a list last looked, as the browser says; anything odd means never."""
    seen_at = hello.get("seen_at")
    return float(seen_at) if isinstance(seen_at, (int, float)) else None


async def _listen(socket: WebSocket, asked: OpenQuestions) -> None:
    """Takes messages until the browser goes; what is no message of ours is ignored."""
    while True:
        asked.add(await _receive(socket))


async def _receive(socket: WebSocket) -> dict[str, Any]:
    given = await socket.receive()
    if given["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(given.get("code", 1000))
    return question_of(given.get("text") or "")


async def _ping(socket: WebSocket) -> None:
    await _send(socket, Ping(server_now=time.time()))


async def _send(socket: WebSocket, message: msgspec.Struct) -> None:
    await socket.send_text(steady(msgspec.json.encode(message).decode()))
