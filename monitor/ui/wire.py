"""What goes over the wire of Streamlit's own files: its scripts and styles compressed, once per server.

Streamlit sends them as they lie on the disk, two megabytes of them. They carry a hash in their name and never change.
"""

from __future__ import annotations

import gzip

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

DROPPED = frozenset({b"accept-encoding", b"if-none-match", b"if-modified-since", b"range"})
"""What is changed on its way must come whole and plain."""
KINDS = {".js": "text/javascript", ".css": "text/css"}
MOST_KEPT = 400
ICON_FONT = b'format("woff2")'
ICON_NAME = b"font-family:Material Symbols Rounded;"
LETTERS_ONLY = ICON_FONT + b";unicode-range:U+21-7E"
"""Streamlit loads its font of icons, 376 kB, at every start, for a blank: now only the letters of an icon load it."""


class Collected:
    """An answer of the app, held back."""

    def __init__(self) -> None:
        self.status = 0
        self.body = b""
        self._is_ended = False
        self._length: int | None = None
        self._messages: list[Message] = []

    @property
    def is_whole(self) -> bool:
        """Whether all of it came: the app stops in the middle where the visitor has left."""
        return self._is_ended and self._length in (None, len(self.body))

    async def send(self, message: Message) -> None:
        """Takes one message of the app."""
        self._messages.append(message)
        if message["type"] == "http.response.start":
            self.status = message["status"]
            length = dict(message.get("headers", [])).get(b"content-length", b"")
            self._length = int(length) if length.isdigit() else None
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
            self._is_ended = not message.get("more_body", False)

    async def pass_on(self, send: Send) -> None:
        """Sends everything as the app sent it."""
        for message in self._messages:
            await send(message)


def whole(scope: Scope) -> Scope:
    """The same request for the whole file, uncompressed."""
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0].lower() not in DROPPED]}


class Compressed:
    """ASGI middleware: answers for Streamlit's scripts and styles are compressed and kept in memory (about 2 MB)."""

    def __init__(self, app: ASGIApp, base: str = "") -> None:
        self._app = app
        self._folder = f"{base}/static/"
        self._kept: dict[str, bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers what it keeps; passes on what is not compressible, not asked for with gzip, or no GET."""
        kind = next((KINDS[end] for end in KINDS if scope["type"] == "http" and scope["path"].endswith(end)), None)
        is_ours = kind and scope["method"] == "GET" and scope["path"].startswith(self._folder)
        if not is_ours or "gzip" not in Request(scope).headers.get("accept-encoding", ""):
            await self._app(scope, receive, send)
            return
        data = self._kept.get(scope["path"])
        if data is None:
            answer = Collected()
            await self._app(whole(scope), receive, answer.send)
            if answer.status != 200 or not answer.is_whole:
                await answer.pass_on(send)
                return
            data = await run_in_threadpool(compressed, answer.body)
            if len(self._kept) < MOST_KEPT:
                self._kept[scope["path"]] = data
        await packed(data, str(kind))(scope, receive, send)


def compressed(body: bytes) -> bytes:
    """The bytes of a file as they go over the wire."""
    place = body.find(ICON_NAME)
    end = body.find(ICON_FONT, place) if place >= 0 else -1
    if end >= 0:
        body = body[:end] + LETTERS_ONLY + body[end + len(ICON_FONT) :]
    return gzip.compress(body, 9)


def packed(data: bytes, media_type: str) -> Response:
    """An answer of compressed bytes whose address changes with them."""
    headers = {
        "Content-Encoding": "gzip",
        "Cache-Control": "private, max-age=31536000, immutable",
        "Vary": "Accept-Encoding",
    }
    return Response(data, media_type=media_type, headers=headers)
