"""Where the printed logs are kept, each under its name."""

from __future__ import annotations

from typing import Any

PRINTED: dict[str, tuple[str, dict[str, Any]]] = {}


def keep(name: str, text: str, **right: Any) -> None:
    assert name not in PRINTED, name
    PRINTED[name] = (text.strip("\n") + "\n", right)
