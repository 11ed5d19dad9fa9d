"""`serve`: what it hands to the server, and the door for a page that calls over a pipe."""

import io
import sys
from types import SimpleNamespace

import pytest

from monitor.commands import serve
from monitor.launcher.hosts import feed as feeding
from monitor.run_dir.errors import EXIT_OK, RefusedError, UsageError
from monitor.ui import serve as page


@pytest.fixture
def asked(monkeypatch):
    """What the server was asked for; it answers with the code 7."""
    found = {}
    monkeypatch.setattr(page, "run_serve", lambda **how: found.update(how) or 7)
    return found


def test_the_options_reach_the_server_and_its_code_comes_back(asked, runs_by_default):
    assert serve.run(port=8123, name=["lab.example"], base="/vs", metrics=True, detach=False, as_json=True) == 7
    assert asked["folders"].text == str(runs_by_default)
    assert (asked["host"], asked["port"], asked["names"]) == ("127.0.0.1", 8123, ("lab.example",))
    assert (asked["base"], asked["metrics"], asked["detach"], asked["as_json"]) == ("/vs", True, False, True)
    assert (asked["no_token"], asked["stop"], asked["proxy"]) == (False, False, None)


def test_a_proxy_is_trusted_by_its_header_and_address(asked, runs_by_default):
    serve.run(trust_user_header="X-Forwarded-User", proxy_from=["127.0.0.1"], may_control=["anna"])
    assert asked["proxy"].header.lower() == "x-forwarded-user"
    with pytest.raises(UsageError, match="add --trust-user-header NAME"):
        serve.run(may_control=["anna"])


def test_an_archive_is_refused_where_its_packages_are_missing(asked, runs_by_default, monkeypatch):
    def missing(there):
        raise RefusedError(f"no package for {there}")

    monkeypatch.setattr(serve, "refuse_without_packages", missing)
    with pytest.raises(RefusedError, match="no package for s3://bucket/runs"):
        serve.run(runs=[str(runs_by_default), "s3://bucket/runs"])
    assert asked == {}


class Pipe:
    """Standard input or output of a page that calls."""

    def __init__(self, is_terminal=False):
        self.buffer, self.isatty = io.BytesIO(), lambda: is_terminal


def test_a_page_that_calls_is_fed_with_the_folder(runs_by_default, monkeypatch):
    fed = []
    monkeypatch.setattr(feeding, "feed", lambda source, words: fed.append((source, words)))
    monkeypatch.setattr(feeding, "FolderFeed", lambda path, out: ("folder", path, out))
    monkeypatch.setattr(serve, "ArchiveFeed", lambda store, out: ("archive", store, out))
    monkeypatch.setattr(serve, "Store", SimpleNamespace(at=lambda there: there))
    monkeypatch.setattr(sys, "stdin", Pipe())
    monkeypatch.setattr(sys, "stdout", Pipe())
    assert serve.run(feed=True) == EXIT_OK
    assert fed == [(("folder", runs_by_default, sys.stdout.buffer), sys.stdin.buffer)]
    assert serve.run(runs=["s3://bucket/runs"], feed=True) == EXIT_OK
    assert fed[1] == (("archive", "s3://bucket/runs", sys.stdout.buffer), sys.stdin.buffer)


@pytest.mark.parametrize(
    ("runs", "is_terminal"), [(["runs", "other"], False), (["host:runs"], False), (["runs"], True)]
)
def test_only_one_folder_of_this_machine_is_fed_and_never_to_a_terminal(monkeypatch, runs, is_terminal):
    monkeypatch.setattr(sys, "stdin", Pipe(is_terminal))
    with pytest.raises(UsageError, match="--feed takes one folder"):
        serve.run(runs=runs, feed=True)
