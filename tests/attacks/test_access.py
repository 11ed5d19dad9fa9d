"""Attacks on the served page: getting in without a token, from other pages, by other names.

Each test is one attack of docs/security.md, named there by the first sentence of its docstring.
"""

from __future__ import annotations

import urllib.parse

import pytest
import websockets

from tests.fuzzing import status_of_raw
from tests.served import STREAM

pytest_plugins = ["tests.attacked"]


PATHS = [
    "/",
    "/?run=healthy",
    "/vs/live",
    "/vs/report/healthy.html",
    "/vs/report/healthy.md",
    "/vs/report/healthy.log",
    "/vs/plotly-7.1.0.min.js",
    "/_stcore/stream",
    "/_stcore/host-config",
    "/_stcore/allowed-message-origins",
    "/_stcore/script-health-check",
    "/_stcore/metrics",
    "/_stcore/upload_file/a/b",
    "/_stcore/bidi-components/x/y",
    "/_stcore/agent/openapi.json",
    "/static/js/index.js",
    "/static/../tokens.json",
    "/media/x",
    "/component/x/y",
    "/app/static/x",
    "/favicon.png",
    "/healthy",
    "//",
    "/no-such-page",
]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_no_path_says_anything(there, path, method):
    """No token: every path, every method."""
    answer = there.ask(path, method)
    assert answer.status == 401
    assert b"healthy" not in answer.body and b"overfitting" not in answer.body


def test_without_a_token_only_the_health_check_answers(there):
    """No token: the one open path reveals nothing about any run."""
    assert there.ask("/_stcore/health").body == b"ok"


@pytest.mark.parametrize("guess", ["x", "c" * 32, "CONTROL", "\u00e9", "a" * 5000, "%00", "' OR 1=1 --", "null"])
def test_a_wrong_token_is_like_every_other(there, guess):
    """Wrong tokens: in the address, in a cookie, in the form; nearly right ones too."""
    quoted = urllib.parse.quote(guess)
    nearly = there.control[:-1] + ("A" if there.control[-1] != "A" else "B")
    by_address = there.ask(f"/?token={quoted}")
    assert by_address.status == 401 and "set-cookie" not in by_address.headers
    assert by_address.body == there.ask(f"/?token={nearly}").body == there.ask(f"/?view_token={nearly}").body
    by_form = there.ask("/vs/token", "POST", body=f"token={quoted}")
    assert by_form.status == 401 and by_form.body == by_address.body
    assert there.ask("/", token=quoted).status == there.ask("/", token=nearly).status == 401


def test_the_token_leaves_the_address_at_once(there):
    """The token in the address: history, bookmarks, Referer."""
    answer = there.ask(f"/?run=healthy&token={there.control}")
    assert (answer.status, answer.headers["location"]) == (303, "/?run=healthy")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"vitalsigns_{there.port}=")
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert answer.headers["referrer-policy"] == "same-origin" and answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["//evil.example/", "///evil.example", "/\\evil.example/", "//evil.example:80/%2e%2e"])
def test_a_link_with_a_token_leads_nowhere_else(there, path):
    """An open redirect: a link with a good token and two slashes."""
    answer = there.ask(f"{path}?token={there.look}")
    location = answer.headers.get("location", "/")
    assert location.startswith("/") and not location.startswith(("//", "/\\"))


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil", ""]
)
@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/vs/report/healthy.md"])
def test_another_name_for_this_host_is_refused(there, host, path):
    """DNS rebinding: a foreign Host name with a valid cookie."""
    answer = there.ask(path, headers={"Host": host.format(port=there.port)}, token=there.control)
    assert answer.status in (400, 421)


@pytest.mark.parametrize(
    "host",
    ["[::1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:999999", "a@127.0.0.1", "127.0.0.1/x", "localhost;x", "\xe9"],
)
def test_an_odd_host_is_refused_and_breaks_nothing(there, host):
    """A malformed Host: brackets, users, paths, invalid ports."""
    status = status_of_raw(there.port, f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert status in (400, 421)


ORIGINS = [
    "http://evil.example",
    "http://127.0.0.1:1",
    "http://localhost:{port}",
    "https://127.0.0.1.evil",
    "null",
    "http://[",
]


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("how", [{"path": "/vs/live"}, STREAM], ids=["live", "streamlit"])
def test_a_socket_from_another_page_is_refused(there, origin, how):
    """A WebSocket from another page: its Origin is foreign, the cookie is good."""

    async def conversation(tab):
        return await tab.recv()

    with pytest.raises(websockets.InvalidStatus, match="HTTP 403"):
        there.talk(conversation, token=there.control, origin=origin.format(port=there.port), **how)


@pytest.mark.parametrize("how", [{"path": "/vs/live"}, STREAM], ids=["live", "streamlit"])
@pytest.mark.parametrize("origin", [None, "http://127.0.0.1:{port}"], ids=["no origin", "our origin"])
@pytest.mark.parametrize("token", ["", "x" * 32], ids=["no token", "a wrong one"])
def test_a_socket_without_the_token_is_refused_whatever_it_says(there, how, origin, token):
    """A WebSocket without a token, with our Origin or with none."""

    async def conversation(tab):
        return await tab.recv()

    named = None if origin is None else origin.format(port=there.port)
    with pytest.raises(websockets.InvalidStatus, match=r"HTTP 40[13]"):
        there.talk(conversation, token=token, origin=named, **how)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/vs/token", "/", "/_stcore/upload_file/a/b"])
def test_a_form_on_another_page_changes_nothing(there, method, path):
    """Cross-site request forgery: another page posts with its visitor's cookie."""
    headers = {"Origin": "http://evil.example", "Content-Type": "application/x-www-form-urlencoded"}
    answer = there.ask(path, method, headers, body=f"token={there.look}", token=there.control)
    assert answer.status == 403 and "set-cookie" not in answer.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("dest", ["script", "image", "iframe", "empty", "object"])
def test_a_page_on_another_port_embeds_nothing_of_ours(there, site, dest):
    """Another page, also on another port of this host, embeds or fetches our content."""
    mode = "navigate" if dest in ("iframe", "object") else "no-cors"
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}
    assert there.ask("/vs/report/healthy.md", headers=headers, token=there.control).status == 403


def test_a_link_on_another_page_may_lead_here(there):
    """Not an attack: a link in a chat still opens the page, and a tunnel may use any port."""
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert there.ask("/", headers=followed, token=there.look).status == 200
    tunnelled = {"Host": "localhost:9999", "Origin": "http://localhost:9999"}
    assert there.ask("/", headers=tunnelled, token=there.look).status == 200


@pytest.mark.parametrize(
    "path", ["/", "/?run=healthy", "/vs/report/healthy.html", "/_stcore/health", "/no-such", "/vs/live"]
)
@pytest.mark.parametrize("who", ["nobody", "looks", "controls"])
def test_every_answer_forbids_framing_sniffing_and_foreign_scripts(there, path, who):
    """Clickjacking, content sniffing, injected scripts, cached pages."""
    token = {"nobody": "", "looks": there.look, "controls": there.control}[who]
    headers = there.ask(path, token=token).headers
    policy = dict(rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";"))
    assert policy["frame-ancestors"] == "'none'" and headers["x-frame-options"] == "DENY"
    assert "unsafe" not in policy["script-src"] and "http" not in policy["script-src"]
    assert policy["object-src"] == policy["base-uri"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "no-store" in headers["cache-control"] or "no-cache" in headers["cache-control"]
