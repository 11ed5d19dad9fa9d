"""Who may look, and who may control: two tokens, one cookie, and a gate in front of everything.

On a shared machine loopback is open to every user, so reading needs a token too.
The gate is pure ASGI: it sees Streamlit's own routes and sockets as well as ours.
It checks Host (a foreign name is DNS rebinding), Origin (a foreign page must not talk to us) and the cookie.
"""

from __future__ import annotations

import hmac
import http.cookies
import json
import os
import secrets
import urllib.parse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from monitor.run_dir.errors import RefusedError
from monitor.run_dir.opening import make_folder
from monitor.run_dir.serving import state_dir
from monitor.ui.door import door
from monitor.ui.headers import guarded, host_name, is_address, is_from_another_page, same_origin

Role = Literal["control", "look"]

COOKIE_PREFIX = "vitalsigns_"
COOKIE_DAYS = 365
TOKEN_PATH = "/vs/token"
OPEN_PATHS = ("/_stcore/health",)
LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
ALL_ADDRESSES = frozenset({"0.0.0.0", "::"})
MOST_FORM_BYTES = 4096


@dataclass(frozen=True)
class Tokens:
    """`control` may stop and start runs, `look` may only look."""

    control: str
    look: str

    def role_of(self, token: str | None) -> Role | None:
        """The role of a presented token, compared in constant time."""
        if token and hmac.compare_digest(token.encode(), self.control.encode()):
            return "control"
        if token and hmac.compare_digest(token.encode(), self.look.encode()):
            return "look"
        return None

    def role_of_cookies(self, cookies: Mapping[str, str]) -> Role | None:
        """The best role among our cookies; ports share tokens, so any of them counts."""
        roles = {self.role_of(value) for name, value in cookies.items() if name.startswith(COOKIE_PREFIX)}
        return "control" if "control" in roles else "look" if "look" in roles else None


def load_tokens(folder: Path | None = None) -> Tokens:
    """The user's tokens, made on first use in a file only the user can read. Raises RefusedError.

    Tokens that others could read or have made are tokens no more: new ones are made.
    """
    path = (folder or state_dir()) / "tokens.json"
    try:
        make_folder(path.parent)
        if path.exists() and not _is_private(path):
            path.unlink()
        if not path.exists():
            _make(path)
        values = json.loads(path.read_text(encoding="utf-8"))
        return Tokens(values["control"], values["look"])
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise RefusedError(f"Cannot use the token file {path}: {problem}. Remove it to get new tokens.") from problem


def _is_private(path: Path) -> bool:
    found = path.lstat()
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077


def _make(path: Path) -> None:
    """Creates the file whole and exclusively: two servers that start together agree on one."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"control": secrets.token_urlsafe(24), "look": secrets.token_urlsafe(24)}, file)
    try:
        os.link(aside, path)
    except FileExistsError:
        pass
    finally:
        aside.unlink()


class AccessGate:
    """ASGI middleware. `tokens` None: everybody who reaches the port may do everything (an explicit choice).

    `hosts`: names that the dashboard is asked by, besides those of this machine's loopback. With an address that
    stands for all of them (0.0.0.0, ::) any plain address is taken: a rebinding attack needs a name.
    """

    def __init__(self, app: ASGIApp, tokens: Tokens | None, hosts: Iterable[str] = (), base: str = "") -> None:
        self._app = app
        self._tokens = tokens
        self._hosts = LOOPBACK_NAMES | {host.lower() for host in hosts}
        self._by_address = not self._hosts.isdisjoint(ALL_ADDRESSES)
        self._base = base.rstrip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._page(scope, receive, guarded(send, scope))

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        role = self._role(headers)
        if not self._host_is_ours(headers) or not same_origin(headers) or role is None:
            await send({"type": "websocket.close", "code": 1008, "reason": "no token"})
            return
        scope["vitalsigns_role"] = role
        await self._app(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        answer = await self._refusal(request)
        if answer is not None:
            await answer(scope, receive, send)
            return
        scope["vitalsigns_role"] = self._role(request.headers)
        await self._app(scope, receive, send)

    async def _refusal(self, request: Request) -> Response | None:
        """What to answer instead of the page, or None where the request may pass."""
        path = request.url.path.removeprefix(self._base)
        if not self._host_is_ours(request.headers):
            return PlainTextResponse("Unknown host name.", 421)
        if path in OPEN_PATHS:
            return None
        if is_from_another_page(request.method, request.headers):
            return PlainTextResponse("A request from another site is refused.", 403)
        if self._tokens is None:
            return None
        given = request.query_params.get("token") or request.query_params.get("view_token")
        if given is not None:
            return self._let_in(request, given)
        if path == TOKEN_PATH and request.method == "POST":
            return self._let_in(request, await _pasted(request))
        return None if self._role(request.headers) else door(self._base + TOKEN_PATH)

    def _let_in(self, request: Request, token: str) -> Response:
        """Sets the cookie and sends the browser on to the same address without the token."""
        # A whole link may be pasted instead of the token alone.
        token = token.rpartition("token=")[2] if "token=" in token else token
        role = self._tokens.role_of(token) if self._tokens else None
        if role is None:
            return door(self._base + TOKEN_PATH, "That token is not one of this server's.")
        kept = [(key, value) for key, value in request.query_params.multi_items() if "token" not in key]
        asked = f"{self._base}/" if request.url.path.endswith(TOKEN_PATH) else request.url.path
        # One slash: with two, a browser takes what follows for the name of another server.
        path = "/" + asked.lstrip("/\\")
        answer = RedirectResponse(path + (f"?{urllib.parse.urlencode(kept)}" if kept else ""), 303)
        answer.set_cookie(
            f"{COOKIE_PREFIX}{(request.scope.get('server') or ('', 0))[1]}",
            token,
            max_age=COOKIE_DAYS * 86400,
            path="/",
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return answer

    def _role(self, headers: Headers) -> Role | None:
        if self._tokens is None:
            return "control"
        jar = http.cookies.SimpleCookie()
        try:
            jar.load(headers.get("cookie", ""))
        except http.cookies.CookieError:
            return None
        return self._tokens.role_of_cookies({name: morsel.value for name, morsel in jar.items()})

    def _host_is_ours(self, headers: Headers) -> bool:
        """Any port is fine (a tunnel chooses its own); any other name is a rebinding attack."""
        name = host_name(headers.get("host", ""))
        return name is not None and (name in self._hosts or (self._by_address and is_address(name)))


async def _pasted(request: Request) -> str:
    """The token in the door's form; nothing where more is sent than a form could hold."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_FORM_BYTES:
            return ""
    form = urllib.parse.parse_qs(body.decode("utf-8", "replace"))
    return form.get("token", [""])[0].strip()


def role_in(scope: Mapping[str, Any]) -> Role | None:
    """What the gate decided for this request."""
    role: Role | None = scope.get("vitalsigns_role")
    return role
