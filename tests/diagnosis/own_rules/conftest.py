"""A folder that is a project: the current one, with an empty folder of runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.diagnosis.own_rules import asking, sources


@pytest.fixture
def project(runs_made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(runs_made.parent)
    sources.installed.cache_clear()
    asking._KNOWN.clear()
    return runs_made.parent
