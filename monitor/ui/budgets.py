"""What one visitor may take of the server in a time: requests, processor seconds, bytes; and how much of it at once.

A visitor is a link and the address that it is used from; all without a link from one address are one. Who may control
runs has no limit: he could start a training instead. What is above its share waits, or the answer says when to ask
again, so that one visitor can slow himself and not the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from monitor.run_dir import words
from monitor.ui.visitors import Visitor

T = TypeVar("T")
Tell = Callable[[], Awaitable[None]]

REQUESTS, REQUESTS_PER_SEC = 3000.0, 100.0
"""A cold page of a browser asks some fifty times; thirty people may open one link at once."""
STRANGERS_REQUESTS, STRANGERS_REQUESTS_PER_SEC = 300.0, 20.0
SECONDS, SECONDS_PER_SEC = 60.0, 0.5
"""Of one core."""
BYTES, BYTES_PER_SEC = 512 * 2.0**20, 16 * 2.0**20
AT_ONCE = 4
"""Requests of one visitor that are being answered; further ones wait."""
LIFE_SIGN_SECS = 4.0
"""How often a tab that waits for its visitor's other tabs is given a sign of life."""
STRANGERS_WAIT_SECS, STRANGERS_WAITING = 1.0, 50
"""A stranger's refusal comes late, so that each of his connections asks seldom."""
SCRIPT_SECS = 0.1
"""Between two runs of Streamlit's script for one visitor."""
MOST_KEPT = 1000


@dataclass
class Bucket:
    """So much at once, and so much more a second. A cost that is known only afterwards is owed."""

    most: float
    per_sec: float
    clock: Callable[[], float] = time.monotonic
    _left: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._left, self._at = self.most, self.clock()

    def take(self, amount: float) -> None:
        """Takes `amount`, whether there is enough or not; what is missing is owed."""
        self._fill()
        self._left -= amount

    def owed_secs(self) -> float:
        """Seconds until nothing is owed; 0 where there is something left."""
        self._fill()
        return 0.0 if self._left > 0 else (1 - self._left) / self.per_sec if self.per_sec else math.inf

    def _fill(self) -> None:
        now = self.clock()
        self._left = min(self.most, self._left + (now - self._at) * self.per_sec)
        self._at = now


class Allowance(NamedTuple):
    """Requests that are answered at once, works, downloads; seconds between two runs of Streamlit's script."""

    at_once: int = AT_ONCE
    works: int = 1
    downloads: int = 2
    script_secs: float = SCRIPT_SECS


NO_LIMITS = Allowance(1_000_000, 1_000_000, 1_000_000, 0.0)


class Budget:
    """What one visitor has left. `requests`, `bytes` as counted; `seconds`: of processor time in our threads."""

    def __init__(self, requests: Bucket, seconds: Bucket, bytes_: Bucket, limits: Allowance) -> None:
        self.requests, self.seconds, self.bytes = requests, seconds, bytes_
        self._downloads, self._most_downloads = 0, limits.downloads
        self._at_once, self._works = asyncio.Semaphore(limits.at_once), asyncio.Semaphore(limits.works)
        self._scripts, self._script_secs = asyncio.Lock(), limits.script_secs

    def ask(self) -> float:
        """Takes one request; seconds until the visitor may ask again, 0 where this one may pass."""
        secs = max(self.requests.owed_secs(), self.seconds.owed_secs())
        if not secs:
            self.requests.take(1)
        return secs

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[Callable[[], None]]:
        """Entered when few enough requests of this visitor are under way; what it gives ends the turn early."""
        await self._at_once.acquire()
        is_over = False

        def end() -> None:
            """Gives the place back, once."""
            nonlocal is_over
            if not is_over:
                is_over = True
                self._at_once.release()

        try:
            yield end
        finally:
            end()

    @contextlib.asynccontextmanager
    async def working(self, tell: Tell) -> AsyncIterator[None]:
        """Entered when nothing else that takes the processor for long is done for this visitor; `tell` is called now
        and then until that."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LIFE_SIGN_SECS):
                    await self._works.acquire()
                break
            await tell()
        try:
            yield
        finally:
            self._works.release()

    async def work(self, what: Callable[[], T], tell: Tell) -> T:
        """Does something that takes the processor in a thread, in this visitor's turn and at his expense."""

        def timed() -> tuple[T, float]:
            """The result, and the processor seconds that it took in this thread."""
            begun = time.thread_time()
            return what(), time.thread_time() - begun

        async with self.working(tell):
            done, secs = await asyncio.to_thread(timed)
        self.seconds.take(secs)
        return done

    @contextlib.contextmanager
    def download(self) -> Iterator[bool]:
        """While one download is made and sent; gives whether one more may be."""
        self._downloads += 1
        try:
            yield self._downloads <= self._most_downloads
        finally:
            self._downloads -= 1

    async def pieces(self, pieces: Iterator[T]) -> AsyncIterator[T]:
        """The parts of a download, each made as `work`."""
        while (piece := await self.work(lambda: next(pieces, None), lambda: asyncio.sleep(0))) is not None:
            yield piece

    def sending(self, send: Send, begun: Callable[[], None] = lambda: None) -> Send:
        """`send`, which counts the bytes: what is above the visitor's share goes slowly. `begun`: called when the
        answer begins."""

        async def sending(message: Message) -> None:
            """Sends late what is above the share."""
            if message["type"] == "http.response.start":
                begun()
            self.bytes.take(sum(len(message.get(part) or b"") for part in ("body", "text", "bytes")))
            if secs := self.bytes.owed_secs():
                await asyncio.sleep(secs)
            await send(message)

        return sending

    def hearing(self, receive: Receive) -> Receive:
        """`receive` of Streamlit's socket: a visitor's messages come one by one, as each may run its script."""

        async def hearing() -> Message:
            """Hands a message on once the one before it had its time."""
            message = await receive()
            if message["type"] == "websocket.receive" and self._script_secs:
                async with self._scripts:
                    await asyncio.sleep(self._script_secs)
            return message

        return hearing


class Budgets:
    """The budget of each visitor that was here a moment ago."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], Budget] = OrderedDict()
        without = Bucket(math.inf, 0.0)
        self._free = Budget(without, without, without, NO_LIMITS)
        self._late = 0

    def of(self, who: Visitor | None, scope: Scope) -> Budget:
        """The budget that a request is paid from. `who`: None for a stranger."""
        if who is not None and who.role == "control":
            return self._free
        key = (who.way if who is not None else "", str((scope.get("client") or ("",))[0]))
        budget = self._kept.pop(key, None) or _fresh(who is not None)
        self._kept[key] = budget
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return budget

    async def refusal(self, secs: float, who: Visitor | None) -> Response:
        """What is answered instead, in words; to a stranger late, while few enough of them wait for it."""
        if who is None and self._late < STRANGERS_WAITING:
            self._late += 1
            try:
                await asyncio.sleep(STRANGERS_WAIT_SECS)
            finally:
                self._late -= 1
        return _too_much(secs)


def _too_much(secs: float) -> Response:
    """The answer to who has asked for more than his share."""
    wait = math.ceil(max(1.0, secs))
    return PlainTextResponse(words_for(secs), 429, {"Retry-After": str(wait)})


def words_for(secs: float) -> str:
    """The sentence for a visitor who may ask again in `secs` seconds; it says at least 1 s."""
    wait = math.ceil(max(1.0, secs))
    return f"One visitor has asked this dashboard for more than his share. Ask again in {words.count(wait, 'second')}."


def paid_by(budget: Budget, scope: Scope) -> Scope:
    """The scope with what it is paid from, for a route of ours."""
    return {**scope, "vitalsigns_budget": budget}


def budget_in(scope: Mapping[str, Any]) -> Budget:
    """The budget that the gate found for this request."""
    budget: Budget = scope["vitalsigns_budget"]
    return budget


def _fresh(is_let_in: bool) -> Budget:
    requests = (REQUESTS, REQUESTS_PER_SEC) if is_let_in else (STRANGERS_REQUESTS, STRANGERS_REQUESTS_PER_SEC)
    seconds, bytes_ = Bucket(SECONDS, SECONDS_PER_SEC), Bucket(BYTES, BYTES_PER_SEC)
    # A stranger's requests cost nothing but their number, and one that comes slowly must not hold up the others.
    return Budget(Bucket(*requests), seconds, bytes_, Allowance() if is_let_in else NO_LIMITS)
