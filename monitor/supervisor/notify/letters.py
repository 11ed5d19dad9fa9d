"""What goes to the process that sends, and what comes back. Neither holds an address."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import msgspec

from monitor.diagnosis.settings import PLACEHOLDER, not_allowed, refused_variables
from monitor.run_dir import Severity
from monitor.run_dir.errors import UsageError


class Letter(msgspec.Struct, frozen=True):
    """One message to one address, which is named by its key in vitalsigns.toml."""

    to: str
    title: str
    body: str
    severity: Severity = "info"


class Job(msgspec.Struct, frozen=True):
    """`settings`: path of the vitalsigns.toml in which the addresses stand. `run_dir`: whose curves are attached."""

    settings: str
    letters: list[Letter]
    run_dir: str = ""


class Delivery(msgspec.Struct, frozen=True):
    """The result of one letter. `why` is in our own words and holds no part of an address."""

    to: str
    ok: bool
    why: str = ""


def deliveries_in(data: bytes) -> list[Delivery]:
    """The results in what the sending process has written so far; half a line waits.

    Other lines are passed over: a service's plugin may print anything.
    """
    found = []
    for line in data.split(b"\n")[:-1]:
        with contextlib.suppress(msgspec.DecodeError):
            found.append(msgspec.json.decode(line, type=Delivery))
    return found


def resolved(template: str, environment: Mapping[str, str]) -> str:
    """The address itself. Raises UsageError that names the variable which is not allowed or not set, never a value."""
    if refused := refused_variables(template, environment):
        raise UsageError(not_allowed(refused))
    missing = sorted({name for name in PLACEHOLDER.findall(template) if not environment.get(name)})
    if missing:
        raise UsageError(f"the environment has no {', '.join(missing)}")
    return PLACEHOLDER.sub(lambda found: environment[found[1]], template)
