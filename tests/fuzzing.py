"""Mutated questions and requests for the page's server: what the quick attacks and the long fault suite share."""

from __future__ import annotations

import json
import socket
from typing import Any

import msgspec
from hypothesis import strategies as st

from monitor.diagnosis.verdict import Judged
from monitor.run_dir import Snapshot
from monitor.ui.messages import Refused
from monitor.ui.questions import Answer, Others, answer, question_of

KINDS = ("compare", "predictions", "clip", "moment", "log", "hello", "__class__", "")
FIELDS = ("epoch", "filter", "word", "watched", "asked", "id", "known", "only_grave", "with", "mode", "run", "list")
WORDS = (
    "first",
    "worst",
    "overlay",
    "healthy",
    "../healthy",
    "",
    "\0",
    "\ud800",
    "a" * 300,
    "val-0000",
    "[",
    "(?:x+)+y",
)


def scalars() -> st.SearchStrategy[Any]:
    numbers = st.integers() | st.integers(min_value=10**300, max_value=10**320) | st.floats()
    return st.none() | st.booleans() | numbers | st.sampled_from(WORDS) | st.text(max_size=20)


def questions() -> st.SearchStrategy[dict[str, Any]]:
    """What a hand-made WebSocket message may hold once it is JSON."""
    values = st.recursive(
        scalars(),
        lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=10,
    )
    fields = st.dictionaries(st.sampled_from(FIELDS), values, max_size=6)
    kinds = st.sampled_from(KINDS) | values
    return st.builds(lambda kind, rest: {**rest, "kind": kind}, kinds, fields)


def check_question(snapshot: Snapshot, judged: Judged, question: dict[str, Any], others: Others) -> None:
    """Asks in this process. Fails on anything but an answer that a browser can read, a refusal in words, or none."""
    given = answer(snapshot, judged, question_of(json.dumps(question)), others)
    assert given is None or isinstance(given, Answer)
    text = msgspec.json.encode(given)
    assert len(text) < 50 * 2**20
    if isinstance(given, Refused):
        assert given.message


METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "get", "VERYLONG" * 40, "")
PATHS = (
    "/", "//", "/?run=healthy", "/?run=../../etc/passwd", "/?run=%00", "/?run=" + "a" * 5000, "/vs/live", "/vs/token",
    "/vs/report/healthy.html", "/vs/report/healthy.md", "/vs/report/healthy.log", "/vs/report/../healthy.log",
    "/vs/report/%2e%2e%2fhealthy.log", "/vs/report/..%5chealthy.log", "/vs/report/healthy.exe", "/vs/report/.html",
    "/_stcore/health", "/_stcore/stream", "/_stcore/host-config", "/_stcore/upload_file/a/b",
    "/_stcore/agent/openapi.json",
    "/static/../../../../etc/passwd", "/static/%2e%2e/%2e%2e/etc/passwd", "/media/x", "/component/x/y", "/app/static/x",
    "http://evil.example/", "*", "/\x7f", "/é", "/?token=", "/?view_token=guess", "/#", "/%zz", "/?%00=%00", "/;a=b",
)  # fmt: skip
HEADERS = (
    "Host: 127.0.0.1", "Host: evil.example", "Host: [::1", "Host: 127.0.0.1:99999999", "Host: ",
    "Host: localhost:80@evil",
    "Origin: null", "Origin: http://evil.example", "Origin: http://[", "Cookie: vitalsigns_1=\xff", "Cookie: =;=;;",
    "Cookie: " + "a=b; " * 500, "Content-Length: -1", "Content-Length: 99999999999", "Transfer-Encoding: chunked",
    "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13", "Range: bytes=0-",
    "Accept-Encoding: gzip", "Sec-Fetch-Site: cross-site", "X-Forwarded-Proto: https", "X-Forwarded-Host: evil",
    "Expect: 100-continue",
)  # fmt: skip


def requests() -> st.SearchStrategy[bytes]:
    """Raw requests: well-formed, odd, and broken ones."""

    def written(method: str, path: str, headers: list[str], body: bytes) -> bytes:
        return "\r\n".join([f"{method} {path} HTTP/1.1", *headers, "", ""]).encode("utf-8", "surrogatepass") + body

    built = st.builds(
        written,
        st.sampled_from(METHODS),
        st.sampled_from(PATHS) | st.text(max_size=30).map(lambda text: f"/{text}"),
        st.lists(st.sampled_from(HEADERS), max_size=8, unique=True),
        st.binary(max_size=40),
    )
    return built | st.binary(min_size=1, max_size=200)


def status_of_raw(port: int, data: bytes, *, patience_secs: float = 20.0) -> int | None:
    """Sends bytes and returns the status code of the answer, None where the server just hangs up.

    A server that waits for the rest of a request is given its end. Raises TimeoutError where no answer comes.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=patience_secs) as there:
        try:
            there.sendall(data)
            there.shutdown(socket.SHUT_WR)
            first = there.recv(64)
        except (ConnectionError, BrokenPipeError):
            return None
    words = first.split(b" ", 2)
    return int(words[1]) if first.startswith(b"HTTP/") and len(words) > 1 and words[1][:3].isdigit() else None
