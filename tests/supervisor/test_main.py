"""`python -m monitor.supervisor`: its words are handed on, and its exit code is the supervisor's."""

import runpy
import sys

import pytest

from monitor.supervisor import main as supervising


def test_the_words_behind_the_module_are_handed_on_and_the_code_comes_back(monkeypatch):
    given = []
    monkeypatch.setattr(supervising, "main", lambda words: given.append(words) or 7)
    monkeypatch.setattr(sys, "argv", ["monitor.supervisor", "/runs/a", "--adopt"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("monitor.supervisor.__main__", run_name="__main__")
    assert (ended.value.code, given) == (7, [["/runs/a", "--adopt"]])
