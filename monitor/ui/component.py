"""Mounts the browser components: the page, which draws everything but the dialogs, and the form of a dialog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import streamlit as st

from monitor.ui import assets
from monitor.ui.messages import PageData
from monitor.ui.server import base_path

KEY = "vitalsigns"


def mount(data: PageData) -> dict[str, Any] | None:
    """Shows the page for `data` and returns what the person just asked for, if anything.

    Its styles stand in the document, where plotly.js writes its own too.
    """
    draw = st.components.v2.component("vitalsigns_page", js=assets.loader(base_path()), isolate_styles=False)
    result = draw(key=KEY, data=msgspec.to_builtins(data), on_action_change=lambda: None)
    action = getattr(result, "action", None)
    return action if isinstance(action, dict) else None


def mount_form(key: str, data: Mapping[str, Any]) -> None:
    """Shows a form of settings; what is typed stands in the session under `key`, as `typed`. Its styles are the page's.

    `data`: name, basis, problems (setting → what is wrong with it), values and another (what was typed before), and
    rows with key, now, start, options, help, why, usual.
    """
    draw = st.components.v2.component("vitalsigns_form", js=assets.form_script(), isolate_styles=False)
    draw(key=key, data=dict(data), on_typed_change=lambda: None)
