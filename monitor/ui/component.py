"""Mounts the browser component: it draws everything on the page but the dialogs."""

from __future__ import annotations

from typing import Any

import msgspec
import streamlit as st

from monitor.ui import assets
from monitor.ui.messages import PageData

KEY = "vitalsigns"


def mount(data: PageData) -> dict[str, Any] | None:
    """Shows the page for `data` and returns what the person just asked for, if anything.

    The styles are not isolated: plotly.js writes its own into the document, and they must reach its charts.
    """
    draw = st.components.v2.component("vitalsigns_page", js=assets.script(), css=assets.styles(), isolate_styles=False)
    result = draw(key=KEY, data=msgspec.to_builtins(data), on_action_change=lambda: None)
    action = getattr(result, "action", None)
    return action if isinstance(action, dict) else None
