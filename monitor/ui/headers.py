"""What the headers of a request prove, and those that every answer carries."""

from __future__ import annotations

import base64
import functools
import hashlib
import ipaddress
import re
import urllib.parse
from pathlib import Path
from typing import Any

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Scope, Send

HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")
INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)

FIXED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": with it a browser hides its Origin from us too, and the form that takes a token is refused.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def host_name(host: str) -> str | None:
    """The name in a Host header, in small letters; None for what is no name (and port)."""
    match = HOST.fullmatch(host)
    return match[1].strip("[]").lower() if match else None


def is_address(name: str) -> bool:
    """Whether a name is an IPv4 or IPv6 address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is this machine's own."""
    return host == "localhost" or (is_address(host) and ipaddress.ip_address(host).is_loopback)


def same_origin(headers: Headers) -> bool:
    """Whether a page of ours asks: Origin names the very host and port that the browser asked.

    Without Origin no page asks: every browser sends it with a WebSocket and with any request that changes something.
    """
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        return urllib.parse.urlsplit(origin).netloc == headers.get("host")
    except ValueError:
        return False


def is_from_another_page(method: str, headers: Headers) -> bool:
    """Whether another site's page makes its visitor's browser send this request; another port of this host counts too.

    A link may lead here from anywhere; what a foreign page embeds, fetches or posts is refused.
    """
    if method not in ("GET", "HEAD", "OPTIONS") and not same_origin(headers):
        return True
    followed = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return headers.get("sec-fetch-site") in ("cross-site", "same-site") and not (followed and method == "GET")


def guarded(send: Send, scope: Scope) -> Send:
    """`send` with the headers that every answer carries, whichever handler makes it."""
    host = Headers(scope=scope).get("host", "")

    async def sending(message: Message) -> None:
        """Replaces such headers of the handler's; Cache-Control is set only where it gave none."""
        if message["type"] == "http.response.start":
            headers: Any = MutableHeaders(scope=message)
            for name, value in {**FIXED, "Content-Security-Policy": policy(host)}.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending


def policy(host: str) -> str:
    """The Content-Security-Policy: everything from here, nothing framed, no script but files and the component's.

    Streamlit loads a component's script from a `blob:` and writes styles into the page.
    """
    sockets = f" ws://{host} wss://{host}" if host_name(host) else ""
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", "blob:", *_inline_hashes()]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        # Older browsers do not count a socket to the same host as 'self'.
        "connect-src": f"'self'{sockets}",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


@functools.cache
def _inline_hashes() -> tuple[str, ...]:
    """Of the scripts that stand in the page of the installed Streamlit itself."""
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    digests = [hashlib.sha256(script.encode()).digest() for script in INLINE_SCRIPT.findall(page)]
    return tuple(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
