"""Addresses as templates: `${NAME}` is filled in from the environment at the moment of sending, and only in memory."""

from __future__ import annotations

import re
from collections.abc import Mapping

from monitor.run_dir.errors import UsageError

PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def resolved(template: str, environment: Mapping[str, str]) -> str:
    """The address itself. Raises UsageError that names the variable which is not set, never a value."""
    missing = sorted({name for name in PLACEHOLDER.findall(template) if not environment.get(name)})
    if missing:
        raise UsageError(f"the environment has no {', '.join(missing)}")
    return PLACEHOLDER.sub(lambda found: environment[found[1]], template)
