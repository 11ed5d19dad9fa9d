"""Who may look, and who may control: a gate in front of everything.

On a shared machine loopback is open to every user, so reading needs a link too.
The gate is pure ASGI: it sees Streamlit's own routes and sockets as well as ours.
It checks Host (a foreign name is DNS rebinding), Origin (a foreign page must not talk to us) and the cookie, at every
request and, on a socket, at every message: a link that was taken back ends what it has opened.
"""

from __future__ import annotations

import asyncio
import contextlib
import urllib.parse
from collections.abc import Callable, Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.ui.budgets import Budgets, paid_by
from monitor.ui.door import door
from monitor.ui.headers import guarded, host_name, is_address, is_from_another_page, same_origin
from monitor.ui.visitors import Visitor, Visitors, scope_with_visitor

TOKEN_PATH = "/vs/token"
AGAIN_PATH = "/vs/again"
OPEN_PATHS = ("/_stcore/health",)
SCRIPT_PATH = "/_stcore/stream"
"""Streamlit's own socket: each message on it may run its script."""
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
ALL_ADDRESSES = frozenset({"0.0.0.0", "::"})
MOST_FORM_BYTES = 4096
FORM_SECS = 10.0
LOOK_AGAIN_SECS = 2.0
"""How long a silent socket outlives its link."""


class AccessGate:
    """ASGI middleware. `visitors` knows who asks.

    `hosts`: names that the dashboard is asked by, besides those of this machine's loopback. With an address that
    stands for all of them (0.0.0.0, ::) any plain address is taken: a rebinding attack needs a name.
    `metrics`: the one path that a program may read with a token alone, "" where there is none.
    """

    def __init__(
        self, app: ASGIApp, visitors: Visitors, hosts: Iterable[str] = (), base: str = "", metrics: str = ""
    ) -> None:
        self._app = app
        self._visitors = visitors
        self._hosts = LOOPBACK_NAMES | {host.lower() for host in hosts}
        self._by_address = not self._hosts.isdisjoint(ALL_ADDRESSES)
        self._base = base.rstrip("/")
        self._metrics = metrics
        self._budgets = Budgets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on what the asker's access allows; refuses everything else, or asks for the token."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope = self._visitors.as_came(scope)
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._page(scope, receive, guarded(send, scope))

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, who = Headers(scope=scope), self._visitors.of(scope)
        budget = self._budgets.of(who, scope)
        if secs := budget.ask():
            await (await self._budgets.refusal(secs, who))(scope, receive, send)
            return
        if not self._host_is_ours(headers) or not same_origin(headers) or who is None:
            await send({"type": "websocket.close", "code": 1008, "reason": "no token"})
            return
        is_over = _Revocation(lambda: not self._visitors.still(who), receive, budget.sending(send))
        heard = budget.hearing(is_over.receive) if scope["path"].endswith(SCRIPT_PATH) else is_over.receive
        try:
            await self._app(
                paid_by(budget, scope_with_visitor(scope, who)), heard, self._renewing(scope, who, is_over.send)
            )
        finally:
            is_over.leave()

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        request, who = Request(scope, receive), self._visitors.of(scope)
        # Who comes with a good link is no stranger, however many of those ask at the same time.
        payer = who or self._visitors.by_link(_link_in(request) or "", scope)
        budget = self._budgets.of(payer, scope)
        if request.url.path.removeprefix(self._base) not in OPEN_PATHS and (secs := budget.ask()):
            await (await self._budgets.refusal(secs, payer))(scope, receive, send)
            return
        async with budget.turn() as end:
            answer = await self._refusal(request, who)
            send = budget.sending(send, end)
            if answer is not None:
                await answer(scope, receive, send)
                return
            await self._app(paid_by(budget, scope_with_visitor(scope, who)), receive, self._renewing(scope, who, send))

    async def _refusal(self, request: Request, who: Visitor | None) -> Response | None:
        """What to answer instead of the page, or None where the request may pass."""
        path = request.url.path.removeprefix(self._base)
        if not self._host_is_ours(request.headers):
            return PlainTextResponse("Unknown host name.", 421)
        if path in OPEN_PATHS:
            return None
        if is_from_another_page(request.method, request.headers):
            return PlainTextResponse("A request from another site is refused.", 403)
        if self._metrics and path == self._metrics and request.method in ("GET", "HEAD"):
            return None if who is not None or self._visitors.is_program(request) else door(self._base + TOKEN_PATH)
        if self._visitors.needs_token():
            given = _link_in(request)
            if given is not None:
                return self._let_in(request, given)
            if path == TOKEN_PATH and request.method == "POST":
                return self._let_in(request, _parsed(await _sent(request)))
            if path == AGAIN_PATH:
                return await self._again(request)
        if who is None:
            return door(self._base + TOKEN_PATH)
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            # Streamlit's upload route among others: it keeps in memory what anybody sends, and the page uses none.
            return PlainTextResponse("Only GET, HEAD and OPTIONS are answered here.", 405)
        return None

    def _let_in(self, request: Request, token: str) -> Response:
        """Sets the cookie and sends the browser on to the same address without the token."""
        # A whole link may be pasted instead of the token alone.
        token = token.rpartition("token=")[2] if "token=" in token else token
        who = self._visitors.by_link(token, request.scope)
        if who is None:
            return door(self._base + TOKEN_PATH, "That token is not one of this server's.")
        kept = [(key, value) for key, value in request.query_params.multi_items() if "token" not in key]
        asked = f"{self._base}/" if request.url.path.endswith(TOKEN_PATH) else request.url.path
        # One slash: with two, a browser takes what follows for the name of another server.
        path = "/" + asked.lstrip("/\\")
        answer = RedirectResponse(path + (f"?{urllib.parse.urlencode(kept)}" if kept else ""), 303)
        answer.headers["Set-Cookie"] = self._visitors.cookie(who, request.scope)
        return answer

    async def _again(self, request: Request) -> Response:
        """A tab that was let in before the server's new start: a question, and a cookie for the right answer."""
        if request.method != "POST":
            return PlainTextResponse(self._visitors.question())
        who = self._visitors.by_tab((await _sent(request)).strip(), request.scope)
        if who is None:
            return door(self._base + TOKEN_PATH)
        return Response(status_code=204, headers={"Set-Cookie": self._visitors.cookie(who, request.scope)})

    def _renewing(self, scope: Scope, who: Visitor | None, send: Send) -> Send:
        """`send`, which gives a visitor whose cookie is no longer new another one with the answer."""
        if who is None or not self._visitors.is_to_be_renewed(who):
            return send
        cookie = self._visitors.cookie(who, scope)

        async def sending(message: Message) -> None:
            """Adds the cookie to the head of the answer."""
            if message["type"] in ("http.response.start", "websocket.accept"):
                message.setdefault("headers", [])
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        return sending

    def _host_is_ours(self, headers: Headers) -> bool:
        """Any port is fine (a tunnel chooses its own); any other name is a rebinding attack."""
        name = host_name(headers.get("host", ""))
        return name is not None and (name in self._hosts or (self._by_address and is_address(name)))


class _Revocation:
    """A socket's two ends, which close when its link has been taken back: before the next message, or soon after."""

    def __init__(self, revoked: Callable[[], bool], receive: Receive, send: Send) -> None:
        self._revoked, self._receive, self._send = revoked, receive, send
        self._next: asyncio.Future[Message] | None = None
        self._begun = self._closed = False

    async def receive(self) -> Message:
        """The next message; a disconnect once the link was taken back, noticed within seconds."""
        if not self._begun:  # the handshake, which is there already
            self._begun = True
            return await self._receive()
        while not await self._is_over():
            self._next = self._next or asyncio.ensure_future(self._receive())
            done, _ = await asyncio.wait({self._next}, timeout=LOOK_AGAIN_SECS)
            if done and not await self._is_over():
                message, self._next = self._next.result(), None
                return message
        return {"type": "websocket.disconnect", "code": 1008, "reason": "the link was taken back"}

    async def send(self, message: Message) -> None:
        """Sends nothing once the link was taken back."""
        if not await self._is_over():
            await self._send(message)

    def leave(self) -> None:
        """Stops waiting for the visitor's next message."""
        if self._next is not None:
            self._next.cancel()

    async def _is_over(self) -> bool:
        if not self._closed and self._revoked():
            self._closed = True
            with contextlib.suppress(RuntimeError, OSError):  # the visitor has left already
                await self._send({"type": "websocket.close", "code": 1008, "reason": "the link was taken back"})
        return self._closed


def _link_in(request: Request) -> str | None:
    """The token in a link's address."""
    return request.query_params.get("token") or request.query_params.get("view_token")


async def _sent(request: Request) -> str:
    """What was posted; nothing where more is sent than a form could hold."""
    body = b""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FORM_SECS):
            async for piece in request.stream():
                body += piece
                if len(body) > MOST_FORM_BYTES:
                    return ""
    return body.decode("utf-8", "replace")


def _parsed(form: str) -> str:
    """The token in the door's form."""
    return urllib.parse.parse_qs(form).get("token", [""])[0].strip()
