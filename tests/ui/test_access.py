"""The gate: who gets in, who is turned away, and what no answer may leak. Driven as ASGI, without a server."""

import asyncio
import stat

import pytest

from monitor.ui.access import AccessGate, Tokens, load_tokens, role_in

TOKENS = Tokens(control="c" * 32, look="l" * 32)


async def behind(scope, receive, send):
    """The application behind the gate: tells which role came through."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(role_in(scope)).encode()})


def ask(path="/", method="GET", headers=None, body=b"", tokens=TOKENS, kind="http", hosts=()):
    """(status, headers, body) of one request; a closed WebSocket has status 403, an open one 101."""
    path, _, query = path.partition("?")
    sent = []
    raw = {"host": "127.0.0.1:8501", **(headers or {})}
    scope = {
        "type": kind,
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "scheme": "http",
        "server": ("127.0.0.1", 8501),
        "client": ("127.0.0.1", 50_000),
        "headers": [(key.lower().encode(), value.encode()) for key, value in raw.items()],
    }

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    asyncio.run(AccessGate(behind, tokens, hosts)(scope, receive, send))
    if kind == "websocket":
        return (101 if sent[0]["type"] == "websocket.accept" else 403), {}, b""
    answered = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(message.get("body", b"") for message in sent[1:])


def cookie(token):
    return {"cookie": f"vitalsigns_8501={token}"}


@pytest.mark.parametrize(("token", "role"), [(TOKENS.control, b"control"), (TOKENS.look, b"look")])
def test_a_known_cookie_passes_with_its_role(token, role):
    status, _, came_through_as = ask(headers=cookie(token))
    assert (status, came_through_as) == (200, role)


def test_without_a_cookie_there_is_only_the_door():
    status, _, body = ask("/?run=mine")
    assert status == 401
    assert b"needs its link" in body and b"mine" not in body


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/_stcore/stream", "/vs/live", "/component/x", "/media/1"])
def test_every_path_but_the_health_check_is_behind_the_gate(path):
    assert ask(path)[0] == 401


def test_the_health_check_is_open_and_says_nothing_of_runs():
    assert ask("/_stcore/health")[0] == 200


@pytest.mark.parametrize("name", ["token", "view_token"])
def test_a_link_sets_a_cookie_and_leaves_no_token_in_the_address(name):
    status, headers, _ = ask(f"/?{name}={TOKENS.control}&run=mine")
    assert (status, headers["location"]) == (303, "/?run=mine")
    assert "HttpOnly" in headers["set-cookie"] and "SameSite=lax" in headers["set-cookie"]
    assert headers["cache-control"] == "no-store"


def test_a_wrong_token_is_told_so_and_gets_no_cookie():
    status, headers, body = ask("/?token=guess")
    assert status == 401 and "set-cookie" not in headers
    assert b"guess" not in body


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:9999", "null"])
def test_a_post_or_a_socket_from_another_page_is_refused(origin):
    headers = {**cookie(TOKENS.control), "origin": origin}
    assert ask("/anything", "POST", headers)[0] == 403
    assert ask("/vs/live", headers=headers, kind="websocket")[0] == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "127.0.0.1.evil.example", ""])
def test_another_host_name_is_a_rebinding_attack_and_refused(host):
    headers = {**cookie(TOKENS.control), "host": host}
    assert ask(headers=headers)[0] == 421
    assert ask("/vs/live", headers=headers, kind="websocket")[0] == 403


@pytest.mark.parametrize("host", ["localhost:8742", "127.0.0.1:1", "[::1]:8501"])
def test_any_port_is_fine_because_a_tunnel_chooses_its_own(host):
    assert ask(headers={**cookie(TOKENS.look), "host": host})[0] == 200


def test_the_address_that_was_asked_for_is_a_name_of_ours():
    assert ask(headers={**cookie(TOKENS.look), "host": "gpu3.lab:8501"}, hosts=["gpu3.lab"])[0] == 200


def test_a_socket_without_a_token_is_closed_before_it_opens():
    assert ask("/vs/live", kind="websocket")[0] == 403
    assert ask("/vs/live", headers=cookie("x" * 32), kind="websocket")[0] == 403
    assert ask("/vs/live", headers=cookie(TOKENS.look), kind="websocket")[0] == 101


def test_the_pasted_link_opens_the_door():
    body = b"token=http%3A%2F%2F127.0.0.1%3A8501%2F%3Ftoken%3D" + TOKENS.look.encode()
    status, headers, _ = ask("/vs/token", "POST", {"content-type": "application/x-www-form-urlencoded"}, body)
    assert (status, headers["location"]) == (303, "/")
    assert TOKENS.look in headers["set-cookie"]


def test_no_token_is_a_choice_that_lets_everybody_on_this_machine_in():
    assert ask(tokens=None)[0::2] == (200, b"control")
    assert ask(tokens=None, headers={"host": "evil.example"})[0] == 421


@pytest.mark.parametrize("jar", ["", "x", "vitalsigns_8501=", "vitalsigns_8501=;;;=", "a=" + "b" * 5000])
def test_an_odd_cookie_is_no_cookie(jar):
    assert ask(headers={"cookie": jar})[0] == 401


def test_tokens_are_made_once_and_only_their_owner_can_read_them(tmp_path):
    first, second = load_tokens(tmp_path / "state"), load_tokens(tmp_path / "state")
    assert first == second and first.control != first.look
    assert len(first.control) >= 32
    assert stat.S_IMODE((tmp_path / "state" / "tokens.json").stat().st_mode) == 0o600
