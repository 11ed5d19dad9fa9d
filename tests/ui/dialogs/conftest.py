"""The stand-in for Streamlit, in all modules of the dialogs."""

from __future__ import annotations

import pytest

from monitor.ui.dialogs import away, device, elsewhere, log, parts, race, resume, review, seeds, start, stop
from tests.ui.dialogs.screen import Screen


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    made = Screen()
    for module in (away, device, elsewhere, log, parts, race, resume, review, seeds, start, stop):
        monkeypatch.setattr(module, "st", made)
        if hasattr(module, "asked_by"):
            monkeypatch.setattr(module, "asked_by", lambda: "ana")
        if hasattr(module, "way_now"):
            monkeypatch.setattr(module, "way_now", lambda: "the page")
    return made
