"""Text for a terminal: what a run says of itself must not move a cursor, set a title, or turn a line round."""

from __future__ import annotations

import re
from typing import Any

from rich.console import Console
from rich.text import Text

CODES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters but for the tab and the line end, and those that change a line's direction."""


def harmless(text: str) -> str:
    """The text with a visible gap for each code in it."""
    return CODES.sub("\N{REPLACEMENT CHARACTER}", text)


class HarmlessConsole(Console):
    """Prints every text so; its own colours are none of the text's."""

    def render_str(self, text: str, **how: Any) -> Text:
        return super().render_str(harmless(text), **how)
