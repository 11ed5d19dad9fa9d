"""The gate: who gets in, who is turned away, and what no answer may leak. Driven as ASGI, without a server."""

import asyncio
import os
import stat
import time

import pytest

from monitor.ui.access import LOOK_AGAIN_SECS, AccessGate
from monitor.ui.passes import (
    COOKIE_SECS,
    MOST_QUESTIONS,
    RENEW_SECS,
    Passes,
    link_token,
    tab_answer,
    tab_secret,
    values_of,
)
from monitor.ui.tokens import ROLES, TokenBook, Tokens, load_tokens
from monitor.ui.visitors import ROLE_HEADER, Visitor, Visitors, role_in, scope_with_visitor

TOKENS = Tokens(control="c" * 32, look="l" * 32)
PASSES = Passes(life="one")
LINKS = {role: link_token(TOKENS, role, "one", 8501) for role in ("control", "look")}


async def behind(scope, receive, send):
    """The application behind the gate: tells which role came through."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(role_in(scope)).encode()})


def ask(path="/", method="GET", headers=None, body=b"", tokens=TOKENS, kind="http", hosts=(), passes=PASSES, port=8501):
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
        "server": ("127.0.0.1", port),
        "client": ("127.0.0.1", 50_000),
        "headers": [(key.lower().encode(), value.encode()) for key, value in raw.items()],
    }

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    asyncio.run(AccessGate(behind, Visitors(lambda: tokens, passes), hosts)(scope, receive, send))
    if kind == "websocket":
        return (101 if sent[0]["type"] == "websocket.accept" else 403), {}, b""
    answered = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], answered, b"".join(message.get("body", b"") for message in sent[1:])


def cookie(role, ago=0.0, passes=PASSES, tokens=TOKENS, port=8501):
    """The header of a browser that got its cookie `ago` seconds before."""
    return {"cookie": f"vitalsigns_{port}={passes.cookie(role, tokens, port, time.time() - ago)}"}


@pytest.mark.parametrize(("token", "role"), [("control", b"control"), ("look", b"look")])
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
    status, headers, _ = ask(f"/?{name}={LINKS['control']}&run=mine")
    assert (status, headers["location"]) == (303, "/?run=mine")
    assert "HttpOnly" in headers["set-cookie"] and "SameSite=lax" in headers["set-cookie"]
    assert headers["cache-control"] == "no-store"


def test_a_wrong_token_is_told_so_and_gets_no_cookie():
    status, headers, body = ask("/?token=guess")
    assert status == 401 and "set-cookie" not in headers
    assert b"guess" not in body


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:9999", "null"])
def test_a_post_or_a_socket_from_another_page_is_refused(origin):
    headers = {**cookie("control"), "origin": origin}
    assert ask("/anything", "POST", headers)[0] == 403
    assert ask("/vs/live", headers=headers, kind="websocket")[0] == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501", "127.0.0.1.evil.example", ""])
def test_another_host_name_is_a_rebinding_attack_and_refused(host):
    headers = {**cookie("control"), "host": host}
    assert ask(headers=headers)[0] == 421
    assert ask("/vs/live", headers=headers, kind="websocket")[0] == 403


@pytest.mark.parametrize("host", ["localhost:8742", "127.0.0.1:1", "[::1]:8501"])
def test_any_port_is_fine_because_a_tunnel_chooses_its_own(host):
    assert ask(headers={**cookie("look"), "host": host})[0] == 200


def test_the_address_that_was_asked_for_is_a_name_of_ours():
    assert ask(headers={**cookie("look"), "host": "gpu3.lab:8501"}, hosts=["gpu3.lab"])[0] == 200


def test_a_socket_without_a_token_is_closed_before_it_opens():
    assert ask("/vs/live", kind="websocket")[0] == 403
    assert ask("/vs/live", headers={"cookie": "vitalsigns_8501=" + "x" * 32}, kind="websocket")[0] == 403
    assert ask("/vs/live", headers=cookie("look"), kind="websocket")[0] == 101


def test_the_pasted_link_opens_the_door():
    body = b"token=http%3A%2F%2F127.0.0.1%3A8501%2F%3Ftoken%3D" + LINKS["look"].encode()
    status, headers, _ = ask("/vs/token", "POST", {"content-type": "application/x-www-form-urlencoded"}, body)
    assert (status, headers["location"]) == (303, "/")
    assert ask(headers={"cookie": headers["set-cookie"].partition(";")[0]})[::2] == (200, b"look")


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


# A cookie is one server's.


def test_a_cookie_is_worth_nothing_at_another_server_port_or_life_nor_as_a_link():
    """What a stranger gets who listens on the port while the dashboard is down."""
    mine = cookie("control")
    assert ask(headers=mine)[0] == 200
    assert ask(headers=mine, passes=Passes(life="one"))[0] == 401, "the next server, even by the same name"
    moved = {"cookie": mine["cookie"].replace("8501", "8502")}
    assert ask(headers=moved, port=8502)[0] == ask(headers=mine, port=8502)[0] == 401
    value = mine["cookie"].partition("=")[2]
    assert ask(f"/?token={value}")[0] == ask(f"/?token={TOKENS.control}")[0] == 401
    assert TOKENS.control not in value and LINKS["control"] not in value


def test_a_link_is_worth_nothing_at_the_next_server():
    assert ask(f"/?token={LINKS['control']}")[0] == 303
    assert ask(f"/?token={LINKS['control']}", passes=Passes(life="two"))[0] == 401
    assert ask(f"/?token={LINKS['control']}", port=8502)[0] == 401


@pytest.mark.parametrize(
    "forged",
    [
        lambda value: value.replace("look", "control", 1),
        lambda value: value.replace(value.split(".")[1], str(int(value.split(".")[1]) + 1)),
        lambda value: value[:-1] + ("A" if value[-1] != "A" else "B"),
        lambda value: value.rpartition(".")[0],
        lambda value: value + ".x",
        lambda value: value.replace(".", "..", 1),
    ],
)
def test_a_cookie_that_was_changed_is_none(forged):
    value = cookie("look")["cookie"].partition("=")[2]
    assert ask(headers={"cookie": f"vitalsigns_8501={forged(value)}"})[0] == 401


def test_a_cookie_ends_and_is_renewed_before():
    assert ask(headers=cookie("look", ago=COOKIE_SECS + 1))[0] == 401
    assert "set-cookie" not in ask(headers=cookie("look", ago=RENEW_SECS / 2))[1]
    for age in (RENEW_SECS + 60, COOKIE_SECS - 60):
        status, headers, role = ask(headers=cookie("look", ago=age))
        assert (status, role) == (200, b"look")
        renewed = headers["set-cookie"]
        assert f"Max-Age={COOKIE_SECS}" in renewed and "HttpOnly" in renewed
        assert ask(headers={"cookie": renewed.partition(";")[0]})[::2] == (200, b"look")


@pytest.mark.parametrize(
    "other",
    ['prefs={"theme":"dark"}', "name=Ann Lee", "flag", "path=/x", "city=Z\xfcrich", 'x="a\\"b', "=", "a=b=c", "(a)=1"],
)
@pytest.mark.parametrize("first", [True, False])
def test_another_programs_cookie_locks_nobody_out(other, first):
    ours = cookie("control")["cookie"]
    both = f"{other}; {ours}" if first else f"{ours}; {other}"
    assert ask(headers={"cookie": both.encode("utf-8").decode("latin-1")})[::2] == (200, b"control")


def test_the_better_of_two_cookies_counts_and_a_bad_one_hides_none():
    two = "; ".join(cookie(role)["cookie"] for role in ("look", "control"))
    assert ask(headers={"cookie": f"vitalsigns_8501=bad; {two}; vitalsigns_8501=x"})[2] == b"control"
    assert values_of('a=1; vitalsigns_8501="q"; vitalsigns_85011=2', "vitalsigns_8501") == ["q"]


def test_a_visitor_names_no_role_himself():
    """The page's script goes by this header."""
    headers = [(ROLE_HEADER.encode(), b"control"), (ROLE_HEADER.title().encode(), b"control"), (b"host", b"h")]
    passed = scope_with_visitor({"headers": headers}, Visitor("look", "page, looking-only link"))["headers"]
    assert [value for name, value in passed if name == ROLE_HEADER.encode()] == [b"look"]
    assert scope_with_visitor({"headers": headers}, None)["headers"] == [(b"host", b"h")]


def answered(question, role="control", tokens=TOKENS, port=8501):
    return f"{question} {tab_answer(tab_secret(tokens, role, port), question)}".encode()


@pytest.mark.parametrize("role", ["control", "look"])
def test_a_tab_that_was_open_before_a_new_start_proves_itself_and_sends_no_secret(role):
    question = ask("/vs/again")[2].decode()
    status, headers, _ = ask("/vs/again", "POST", body=answered(question, role))
    assert status == 204
    assert ask(headers={"cookie": headers["set-cookie"].partition(";")[0]})[::2] == (200, role.encode())
    assert tab_secret(TOKENS, role, 8501).encode() not in answered(question, role)


def test_an_answer_counts_once_soon_and_at_the_server_that_asked():
    """Who listens on the port in between can pass questions and answers on; it helps him nowhere."""
    question = ask("/vs/again")[2].decode()
    assert ask("/vs/again", "POST", body=answered(question))[0] == 204
    assert ask("/vs/again", "POST", body=answered(question))[0] == 401, "a second time"
    question = ask("/vs/again")[2].decode()
    assert ask("/vs/again", "POST", body=answered(question), passes=Passes())[0] == 401, "another server"
    question = ask("/vs/again", port=8502)[2].decode()
    assert ask("/vs/again", "POST", body=answered(question), port=8502)[0] == 401, "a tab of another port"
    question = ask("/vs/again")[2].decode()
    assert ask("/vs/again", "POST", body=answered(question, tokens=Tokens("n" * 32, "m" * 32)))[0] == 401
    assert PASSES.holder_of_tab(answered(PASSES.question(0.0)).decode(), ROLES, TOKENS, 8501, 1000.0) is None, (
        "too late"
    )
    for odd in (b"", b"x", b" ", b"\xff \xff", question.encode()):
        assert ask("/vs/again", "POST", body=odd)[0] == 401


def test_questions_that_nobody_answers_are_few():
    passes = Passes()
    for _ in range(MOST_QUESTIONS + 50):
        passes.question(0.0)
    assert len(passes._asked) == MOST_QUESTIONS


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "FOO"])
@pytest.mark.parametrize("path", ["/_stcore/upload_file/a/b", "/", "/vs/report/x.md", "/auth/login"])
@pytest.mark.parametrize("role", ["control", "look"])
def test_nothing_takes_a_body_but_the_door(method, path, role):
    assert ask(path, method, cookie(role), b"x" * 100)[0] == 405


# Links that were taken back.


def test_a_token_file_that_is_removed_or_changed_ends_links_cookies_and_sockets(tmp_path):
    book = TokenBook(tmp_path)
    before = book.current()
    assert book.current() is before
    (tmp_path / "tokens.json").unlink()
    after = book.current()
    assert after not in (before,) and after == load_tokens(tmp_path)
    mine = cookie("control", tokens=before)
    assert ask(headers=mine, tokens=before)[0] == 200 and ask(headers=mine, tokens=after)[0] == 401
    (tmp_path / "tokens.json").write_text('{"control": "' + "n" * 24 + '", "look": "' + "m" * 24 + '"}')
    assert book.current() == Tokens("n" * 24, "m" * 24)


@pytest.mark.parametrize("silent", [True, False], ids=["a silent one", "one that asks"])
def test_an_open_socket_ends_when_its_link_is_taken_back(silent):
    tokens, sent = [TOKENS], []

    async def go():
        arrived = asyncio.Queue()

        async def echo(scope, receive, send):
            assert (await receive())["type"] == "websocket.connect"
            await send({"type": "websocket.accept"})
            while (message := await receive())["type"] != "websocket.disconnect":
                await send({"type": "websocket.send", "text": message["text"]})
            sent.append(message)

        async def send(message):
            sent.append(message)

        headers = {"host": "127.0.0.1:8501", **cookie("control")}
        scope = {
            "type": "websocket",
            "path": "/vs/live",
            "server": ("127.0.0.1", 8501),
            "headers": [(key.encode(), value.encode()) for key, value in headers.items()],
        }
        served = asyncio.ensure_future(AccessGate(echo, Visitors(lambda: tokens[0], PASSES))(scope, arrived.get, send))
        await arrived.put({"type": "websocket.connect"})
        await arrived.put({"type": "websocket.receive", "text": "before"})
        async with asyncio.timeout(30):
            while len(sent) < 2:
                await asyncio.sleep(0.01)
        tokens[0] = Tokens("n" * 32, "m" * 32)
        if not silent:
            await arrived.put({"type": "websocket.receive", "text": "after"})
        await asyncio.wait_for(served, LOOK_AGAIN_SECS + 30)

    asyncio.run(go())
    assert [message["type"] for message in sent] == [
        "websocket.accept",
        "websocket.send",
        "websocket.close",
        "websocket.disconnect",
    ]


@pytest.mark.parametrize(
    "content",
    ["", "{", "{}", "null", "[]", "3", '{"control":"","look":""}', '{"control":null,"look":null}', '"x"',
     '{"control":1,"look":2}', '{"control":"a","look":"b"}', '{"control":"' + "s" * 32 + '","look":"' + "s" * 32 + '"}',
     '{"control":"' + "ü" * 32 + '","look":"' + "s" * 32 + '"}', "[" * 3000, "\0" * 5000],
)  # fmt: skip
def test_a_file_without_tokens_is_replaced_and_said_in_one_sentence(tmp_path, content, caplog):
    (tmp_path / "tokens.json").write_text(content)
    (tmp_path / "tokens.json").chmod(0o600)
    found = load_tokens(tmp_path)
    assert load_tokens(tmp_path) == found and len({found.control, found.look}) == 2
    assert len(caplog.messages) == 1 and "holds no tokens, so new tokens were made" in caplog.text
    assert ask("/", tokens=found)[0] == ask("/?token=null", tokens=found)[0] == 401


def test_a_file_that_others_could_read_or_put_there_is_replaced(tmp_path):
    path = tmp_path / "tokens.json"
    path.write_text(good := '{"control": "' + "n" * 24 + '", "look": "' + "m" * 24 + '"}')
    path.chmod(0o640)
    assert load_tokens(tmp_path).control != "n" * 24 and stat.S_IMODE(path.stat().st_mode) == 0o600
    path.unlink()
    (tmp_path / "elsewhere").write_text(good)
    (tmp_path / "elsewhere").chmod(0o600)
    for plant in (lambda: path.symlink_to("elsewhere"), lambda: os.mkfifo(path, 0o600)):
        path.unlink(missing_ok=True)
        plant()
        assert load_tokens(tmp_path).control != "n" * 24 and path.is_file() and not path.is_symlink()
    assert (tmp_path / "elsewhere").read_text() == good


def test_where_no_tokens_can_be_kept_nobody_gets_in_and_nothing_breaks(tmp_path, caplog):
    (tmp_path / "tokens.json").mkdir()
    book = TokenBook(tmp_path)
    assert ask(f"/?token={LINKS['control']}", tokens=book.current())[0] == 401
    assert book.current() == book.current() and "no token is accepted" in caplog.text


def test_the_folder_of_the_tokens_is_closed_to_others(tmp_path):
    tmp_path.chmod(0o755)
    load_tokens(tmp_path)
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
