"""`mcp`: what it needs, and which tools it offers by which option."""

import builtins
import sys

import pytest

from monitor.commands import mcp
from monitor.run_dir.errors import EXIT_OK, RefusedError

SERVER = "monitor.commands.agents.server"


class Served:
    """In place of the server's module: what it was asked to offer, and how to speak."""

    def serve(self, reading, acting):
        self.reading, self.acting = reading, acting
        return self

    def run(self, way):
        self.way = way


@pytest.fixture
def served(monkeypatch):
    one = Served()
    monkeypatch.setitem(sys.modules, SERVER, one)
    return one


def test_it_only_looks_unless_it_is_allowed_to_act(served, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert mcp.run(tmp_path.relative_to(tmp_path) / "runs") == EXIT_OK
    assert (served.reading.runs, served.acting, served.way) == (tmp_path / "runs", None, "stdio")


def test_with_control_it_has_a_budget(served, tmp_path):
    mcp.run(tmp_path, allow_control=True, budget=2)
    assert (served.acting.runs, served.acting.left, served.acting._several) == (tmp_path, 2, False)
    mcp.run(tmp_path, allow_control=True, several=True)
    assert (served.acting.left, served.acting._several) == (3, True)


@pytest.mark.parametrize("name", ["mcp", "anyio"])
def test_a_missing_sdk_is_told_and_another_missing_module_is_not_hidden(monkeypatch, tmp_path, name):
    real = builtins.__import__

    def without(wanted, *words, **how):
        if wanted == SERVER:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(wanted, *words, **how)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RefusedError if name == "mcp" else ModuleNotFoundError, match=name):
        mcp.run(tmp_path)
