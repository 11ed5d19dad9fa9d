"""Whose user header is believed: what may be asked for, and how a peer's address is read."""

import pytest

from monitor.run_dir.errors import MonitorError
from monitor.ui.proxies import TrustedProxy, address, from_environment, trusted_proxy

PROXY = TrustedProxy("x-forwarded-user", frozenset({"127.0.0.1"}), frozenset({"ana"}))


def scope(client, *headers, kind="http"):
    return {"type": kind, "client": client, "headers": [(k.lower().encode(), v.encode()) for k, v in headers]}


@pytest.mark.parametrize(
    ("client", "counts"),
    [
        (("127.0.0.1", 5), True),
        (("::ffff:127.0.0.1", 5), True),
        (("127.0.0.2", 5), False),
        (("::1", 5), False),
        (("203.0.113.9", 0), False),
        (("127.0.0.1.example", 5), False),
        (("", 0), False),
        (None, False),
    ],
)
def test_only_the_named_address_counts(client, counts):
    assert PROXY.sent(scope(client)) == counts


def test_a_name_is_taken_once_and_plain():
    here = ("127.0.0.1", 5)
    assert PROXY.user_of(scope(here, ("X-Forwarded-User", "ana@lab.example"))) == "ana@lab.example"
    for odd in ("", "a" * 41, "ana,bo", "<b>", "ana\x00", " ana"):
        assert PROXY.user_of(scope(here, ("X-Forwarded-User", odd))) == ""
    assert PROXY.user_of(scope(here, ("X-Forwarded-User", "ana"), ("x-forwarded-user", "bo"))) == ""
    assert PROXY.user_of(scope(here)) == ""


def test_the_scheme_is_the_visitors():
    for given, kind, seen in (
        ("https", "http", "https"),
        ("https", "websocket", "wss"),
        ("wss", "websocket", "wss"),
        ("javascript", "http", "http"),
    ):
        assert PROXY.scheme_of(scope(("127.0.0.1", 5), ("X-Forwarded-Proto", given), kind=kind)) == seen


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("", ("127.0.0.1",), (), "127.0.0.1"), "add --trust-user-header"),
        (("", (), ("ana",), "127.0.0.1"), "add --trust-user-header"),
        (("X-Forwarded-User", (), (), "127.0.0.1"), "needs --from"),
        (("User-Agent", ("127.0.0.1",), (), "127.0.0.1"), "a header of the proxy's own"),
        (("X-User: a", ("127.0.0.1",), (), "127.0.0.1"), "a header of the proxy's own"),
        (("X-Forwarded-User", ("10.0.0.0/8",), (), "0.0.0.0"), "must be one address"),
        (("X-Forwarded-User", ("proxy",), (), "0.0.0.0"), "must be one address"),
        (("X-Forwarded-User", ("10.1.2.3",), (), "127.0.0.1"), "cannot come from"),
        (("X-Forwarded-User", ("127.0.0.1",), ("a,b",), "127.0.0.1"), "--may-control a,b"),
    ],
)
def test_half_an_order_or_an_odd_one_is_refused(words, why):
    with pytest.raises(MonitorError, match=why):
        trusted_proxy(*words)


def test_the_servers_process_is_told_what_was_ordered():
    assert trusted_proxy("", (), (), "127.0.0.1") is None and from_environment({}) is None
    ordered = trusted_proxy("X-Forwarded-User", ("127.0.0.1", "::1"), ("ana", "bo"), "127.0.0.1")
    assert from_environment(ordered.environment()) == ordered
    assert ordered.environment()["FORWARDED_ALLOW_IPS"] == ""


def test_an_address_has_one_form():
    assert [address(each) for each in ("::FFFF:10.0.0.1", "0:0::1", "x", "")] == ["10.0.0.1", "::1", "", ""]
