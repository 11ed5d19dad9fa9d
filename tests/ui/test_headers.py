"""What the headers of a request prove: which host was asked, whether our own page asks, what every answer forbids."""

import pytest
from starlette.datastructures import Headers

from monitor.ui.headers import host_name, is_from_another_page, is_loopback, policy, same_origin


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "localhost"),
        ("LOCALHOST:8501", "localhost"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("[::1]:8501", "::1"),
        ("gpu-3.lab.example", "gpu-3.lab.example"),
    ],
)
def test_a_host_is_its_name_in_small_letters_without_the_port(host, name):
    assert host_name(host) == name


@pytest.mark.parametrize("host", ["", ":80", "a b", "a@b", "a/b", "[::1", "::1", "host:port", "host:123456", "host\n"])
def test_what_is_no_host_has_no_name(host):
    assert host_name(host) is None


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machines_own_addresses_are_loopback(address):
    assert is_loopback(address)


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::", "10.0.0.1", "localhost.example", "loopback"])
def test_no_other_address_is_loopback(address):
    assert not is_loopback(address)


def asked(**headers):
    return Headers({name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize("headers", [{}, {"host": "a:1"}, {"host": "a:1", "origin": "http://a:1"}])
def test_our_own_page_and_no_page_at_all_are_of_the_same_origin(headers):
    assert same_origin(asked(**headers))


@pytest.mark.parametrize("origin", ["http://b:1", "http://a:2", "http://a", "null", "", "http://[", "http://a:1.evil"])
def test_another_host_another_port_and_no_address_are_not(origin):
    assert not same_origin(asked(host="a:1", origin=origin))


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {}),
        ("POST", {"origin": "http://a:1"}),
        ("GET", {"sec_fetch_site": "same-origin"}),
        ("GET", {"sec_fetch_site": "none", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}),
        ("GET", {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}),
        ("GET", {"origin": "http://b:1"}),
    ],
)
def test_a_link_from_anywhere_and_our_own_requests_are_let_in(method, headers):
    assert not is_from_another_page(method, asked(host="a:1", **headers))


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", {"origin": "http://b:1"}),
        ("DELETE", {"origin": "null"}),
        ("GET", {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors", "sec_fetch_dest": "image"}),
        ("GET", {"sec_fetch_site": "same-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "iframe"}),
        ("HEAD", {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}),
    ],
)
def test_what_a_foreign_page_embeds_fetches_or_posts_is_not(method, headers):
    assert is_from_another_page(method, asked(host="a:1", **headers))


def test_the_policy_allows_sockets_to_the_named_host_only_and_to_none_without_a_name():
    rules = dict(rule.split(" ", 1) for rule in policy("a:1").split("; "))
    assert rules["connect-src"] == "'self' ws://a:1 wss://a:1"
    assert "connect-src 'self';" in policy("a b; script-src *")
    assert "unsafe" not in rules["script-src"] and rules["script-src"].count("'sha256-") >= 1
