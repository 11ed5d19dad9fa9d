"""`vitalsigns.toml`: what a project sets differently.

[thresholds]
gap_limit = 0.5
wer_target_epoch = 30

[devices]
runs_per_gpu = 1
cpu_runs = 2

[notify]
addresses = ["ntfy://${NTFY_TOPIC}"]

Thresholds are read where a run is started and frozen into its launch.json.
Addresses may hold secrets: they are read when a message is sent, and never kept anywhere else.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from monitor.run_dir import SEVERITIES
from monitor.run_dir.errors import UsageError

SETTINGS_FILE = "vitalsigns.toml"
TABLES = ("thresholds", "devices", "notify")
KIND = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
EVENTS = ("start", "end", "failed")


@dataclass(frozen=True)
class Notify:
    """Whom to tell, and of what. `addresses` are templates: `${NAME}` stands for an environment variable.

    `events`: "start", "end" (however it ended) and "failed" (failed or lost). `min_minutes` lie between two messages
    about one run, unless the second is graver. `retry_secs` is the first wait after a message that was not delivered.
    """

    addresses: tuple[str, ...] = field(default=(), repr=False)
    severities: tuple[str, ...] = ("critical", "warning")
    events: tuple[str, ...] = ("end",)
    min_minutes: float = 15.0
    retry_secs: float = 10.0

    def by_key(self) -> dict[str, str]:
        """Key → template. A key holds nothing secret: the place in the list and the kind, such as "1-mailto"."""
        found = {}
        for place, address in enumerate(self.addresses, 1):
            kind = KIND.match(address)
            found[f"{place}-{kind[1].lower() if kind else 'address'}"] = address
        return found


@dataclass(frozen=True)
class Devices:
    """How many runs may have a device at a time, of those that asked for one. `cpu_runs` None: as many as come."""

    runs_per_gpu: int = 1
    cpu_runs: int | None = None


@dataclass(frozen=True)
class Settings:
    """`path` is the file they came from, None where there is none. `thresholds`: only those that it sets."""

    path: Path | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    notify: Notify = Notify()
    devices: Devices = Devices()


def settings_for(folder: Path) -> Settings:
    """The settings of the project that a folder belongs to: the nearest file there or above it.

    Raises UsageError, naming the file, for what cannot be read, is unknown or of the wrong kind.
    """
    folder = folder.absolute()
    path = next((each / SETTINGS_FILE for each in (folder, *folder.parents) if (each / SETTINGS_FILE).is_file()), None)
    return Settings() if path is None else read_settings(path)


def read_settings(path: Path) -> Settings:
    """The settings in one file. Raises UsageError as `settings_for` does."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise UsageError(f"{path} cannot be read: {problem}.") from None
    unknown = [name for name in content if name not in TABLES]
    if unknown:
        raise UsageError(f"{path}: [{unknown[0]}] is unknown; it may have {', '.join(f'[{name}]' for name in TABLES)}.")
    return Settings(
        path,
        _thresholds(path, content),
        _notify(path, content.get("notify", {})),
        _devices(path, content.get("devices", {})),
    )


def _thresholds(path: Path, content: dict[str, Any]) -> Mapping[str, float]:
    given = content.get("thresholds", {})
    if not isinstance(given, dict) or any(isinstance(value, (bool, str)) for value in given.values()):
        raise UsageError(f"{path}: [thresholds] holds numbers only, e.g. gap_limit = 0.5.")
    try:
        if given:
            # Imported here: a start or a look at the devices that sets no threshold must not wait for the rules.
            from monitor.rules.registry import from_mapping

            from_mapping(given)
    except UsageError as problem:
        raise UsageError(f"{path}: {problem}") from None
    return given


def _devices(path: Path, given: Any) -> Devices:
    names = [each.name for each in fields(Devices)]
    if not isinstance(given, dict) or not set(given) <= set(names):
        raise UsageError(f"{path}: [devices] must be a table with {' and '.join(names)}.")
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise UsageError(f"{path}: [devices] {name} must be a whole number of at least 1.")
    return Devices(**given)


def _notify(path: Path, given: Any) -> Notify:
    """The table [notify]. What is wrong is said by its name and place: a value may be a secret."""
    names = [each.name for each in fields(Notify)]
    if not isinstance(given, dict):
        raise UsageError(f"{path}: [notify] must be a table with {', '.join(names)}.")
    for name, value in given.items():
        problem = _problem(name, value)
        if problem:
            raise UsageError(f"{path}: [notify] {name} {problem}")
    values: dict[str, Any] = {name: tuple(item) if isinstance(item, list) else item for name, item in given.items()}
    return Notify(**values)


def _problem(name: str, value: Any) -> str:
    allowed = {"severities": SEVERITIES, "events": EVENTS}.get(name)
    if name in ("min_minutes", "retry_secs"):
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
        return "" if is_number else "must be a number of at least 0."
    if name != "addresses" and allowed is None:
        return f"is unknown; it may have {', '.join(each.name for each in fields(Notify))}."
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        return "must be a list of texts."
    if allowed is not None:
        return "" if set(value) <= set(allowed) else f"may hold {', '.join(allowed)}."
    wrong = [place for place, each in enumerate(value, 1) if "://" not in each and not each.startswith("${")]
    return f": number {wrong[0]} is no address such as ntfy://… or ${{NAME}}." if wrong else ""
