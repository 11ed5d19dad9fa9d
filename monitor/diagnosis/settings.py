"""`vitalsigns.toml`: what a project sets differently.

[thresholds]
gap_limit = 0.5
wer_target_ratio = 0.3
slow_epochs.times = 2.5

[metric]
name = "val_cer"

[devices]
runs_per_gpu = 1
cpu_runs = 2

[notify]
addresses = ["ntfy://${VITALSIGNS_NTFY_TOPIC}"]

Thresholds and the metric that decides are read where a run is started and frozen into its launch.json.
Addresses may hold secrets: they are read when a message is sent, and never kept anywhere else.
"""

from __future__ import annotations

import functools
import logging
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, get_type_hints

import msgspec
from msgspec import Meta

from monitor.run_dir import Severity
from monitor.run_dir.errors import UsageError
from monitor.run_dir.metric import Direction, Metric, Unit
from monitor.run_dir.metric_given import LONGEST_NAME, metric_named
from monitor.run_dir.ownership import read_own
from monitor.run_dir.records import ready

log = logging.getLogger(__name__)

SETTINGS_FILE = "vitalsigns.toml"
MOST_BYTES = 262_144
OWN_VARIABLES = "VITALSIGNS_"
LISTED_VARIABLE = "VITALSIGNS_VARIABLES"
PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
PLACE = re.compile(r" - at `\$\.(?P<table>\w+)(?:\.(?P<key>\w+))?(?:\[(?P<entry>\d+)\])?")
"""Where msgspec found a mistake, such as "- at `$.notify.addresses[1]`"; no place: in the file itself."""

Address = Annotated[str, Meta(pattern=r"^\$\{|://")]
Addresses = Annotated[tuple[Address, ...], Meta(description="a list of addresses such as ntfy://… or ${NAME}")]
Severities = Annotated[tuple[Severity, ...], Meta(description="a list of critical, warning, info")]
Events = Annotated[tuple[Literal["start", "end", "failed"], ...], Meta(description="a list of start, end, failed")]
Amount = Annotated[float, Meta(ge=0, description="a number of at least 0")]
AT_LEAST_1 = Meta(description="a whole number of at least 1")
Count = Annotated[int, Meta(ge=1)]


class ForeignFileError(UsageError):
    """Others may have written the file, so nothing of it is used."""


class Notify(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who gets messages, and about what. `addresses` are templates: `${NAME}` stands for an environment variable.

    `events`: "start", "end" (however it ended) and "failed" (failed or lost). `min_minutes` lie between two messages
    about one run, unless the second is graver. `retry_secs` is the first wait after a message that was not delivered.
    """

    addresses: Addresses = ()
    severities: Severities = ("critical", "warning")
    events: Events = ("end",)
    min_minutes: Amount = 15.0
    retry_secs: Amount = 10.0

    def __repr__(self) -> str:
        return f"Notify({len(self.addresses)} addresses)"  # they may hold secrets

    def by_key(self) -> dict[str, str]:
        """Key → template. A key holds nothing secret: the place in the list and the kind, such as "1-mailto"."""
        found = {}
        for place, address in enumerate(self.addresses, 1):
            scheme = SCHEME.match(address)
            found[f"{place}-{scheme[1].lower() if scheme else 'address'}"] = address
        return found


class Devices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many runs may have a device at a time, of those that asked for one. `cpu_runs` None: no limit."""

    runs_per_gpu: Annotated[Count, AT_LEAST_1] = 1
    cpu_runs: Annotated[Count | None, AT_LEAST_1] = None


class PrimaryMetric(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which metric decides; what is not set is what the table of known names says of it."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST_NAME, description="a name such as val_cer")]
    direction: Annotated[Direction | None, Meta(description="error or score")] = None
    unit: Annotated[Unit | None, Meta(description="fraction, percent, raw or auto")] = None
    chance: Annotated[float | None, Meta(description="a number")] = None
    target: Annotated[float | None, Meta(description="a number")] = None

    def declared(self) -> Metric:
        """Raises UsageError for a name without direction that is not known, and for numbers out of range."""
        return metric_named(self.name, self.direction, self.unit, self.chance, self.target, primary=True)


class Tables(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a vitalsigns.toml may hold. `thresholds`: only those that it sets."""

    thresholds: Mapping[str, int | float | Mapping[str, int | float]] = {}
    notify: Notify = Notify()
    devices: Devices = Devices()
    metric: PrimaryMetric | None = None


class Settings(Tables, frozen=True, kw_only=True):
    """`path` is the file they came from, None where there is none. `problem`: one sentence about a file, or an address
    in it, that is not used."""

    thresholds: Mapping[str, float] = {}
    """By name; of a rule of one's own as `rule.name`."""
    path: Path | None = None
    problem: str = ""

    @property
    def primary(self) -> Metric | None:
        """The metric that decides, as it is frozen into launch.json; None where the file names none."""
        return self.metric.declared() if self.metric is not None else None


def settings_for(folder: Path) -> Settings:
    """The settings of the project that a folder belongs to: the nearest file there or above it. Raises nothing.

    A file that others may have written is passed over. One that cannot be used is left out; both are named in
    `problem`, which is also logged, once in a process.
    """
    found = _nearest(folder.absolute())
    if found.problem:
        _complain(found.problem)
    return found


def _nearest(folder: Path) -> Settings:
    problem = ""
    for path in (each / SETTINGS_FILE for each in (folder, *folder.parents)):
        try:
            path.lstat()
        except OSError:
            continue  # none there, or in a folder that may not be searched
        try:
            found = read_settings(path)
            return msgspec.structs.replace(found, problem=problem or found.problem)
        except ForeignFileError as refused:
            problem = problem or f"{refused} It is left out."
        except UsageError as broken:
            return Settings(problem=f"{broken} It is left out, so the defaults are in force.")
    return Settings(problem=problem)


@functools.lru_cache(64)
def _complain(problem: str) -> None:
    log.warning("%s", problem)


def read_settings(path: Path) -> Settings:
    """The settings in one file.

    Raises ForeignFileError where others may have written it, UsageError, naming it, for what cannot be read, is unknown
    or of the wrong kind.
    """
    try:
        data, why = read_own(path, MOST_BYTES)
    except (OSError, ValueError) as problem:
        raise UsageError(f"{path} cannot be read: {getattr(problem, 'strerror', None) or problem}.") from None
    if why:
        raise ForeignFileError(f"{path} may hold what others wrote: {why}.")
    if len(data) > MOST_BYTES:
        raise UsageError(f"{path} is larger than {MOST_BYTES // 1024} KiB.")
    return _understood(path, data)


def _understood(path: Path, data: bytes) -> Settings:
    try:
        tables = msgspec.convert(tomllib.loads(data.decode("utf-8")), ready(Tables))
        thresholds: Mapping[str, float] = {}
        if tables.thresholds:
            # Imported here: a start that sets no threshold must not wait for the rules to load.
            from monitor.rules.registry import flat_thresholds

            thresholds = flat_thresholds(tables.thresholds)
        if tables.metric is not None:
            tables.metric.declared()
    except msgspec.ValidationError as problem:
        raise UsageError(f"{path}: {_what_is_wrong(str(problem))}") from None
    except UsageError as problem:
        raise UsageError(f"{path}: {problem}") from None
    except (ValueError, RecursionError) as problem:
        raise UsageError(f"{path} cannot be read: {problem}.") from None
    refused = [name for address in tables.notify.addresses for name in refused_variables(address, os.environ)]
    return Settings(
        path=path,
        thresholds=thresholds,
        notify=tables.notify,
        devices=tables.devices,
        metric=tables.metric,
        problem=f"{path}: {not_allowed(refused)}." if refused else "",
    )


def refused_variables(address: str, environment: Mapping[str, str]) -> list[str]:
    """The variables that an address names and may not hold: a file that came with a project, such as a clone, must not
    send a secret of the environment to an address of its own.

    Allowed are names that begin with VITALSIGNS_, those that the user lists in VITALSIGNS_VARIABLES, and one variable
    that is the whole address: its value says itself where it goes.
    """
    if PLACEHOLDER.fullmatch(address):
        return []
    listed = environment.get(LISTED_VARIABLE, "").replace(",", " ").split()
    names = sorted(set(PLACEHOLDER.findall(address)))
    return [name for name in names if not name.startswith(OWN_VARIABLES) and name not in listed]


def not_allowed(names: list[str]) -> str:
    """Why an address with these variables is not used, and what to do."""
    return (
        f"an address may not hold the variable {' and '.join(names)}: call it {OWN_VARIABLES}{names[0]}, "
        f"or list it in {LISTED_VARIABLE}"
    )


def _what_is_wrong(problem: str) -> str:
    """msgspec's sentence as one that names table, key and what is allowed; never a value, which may be a secret."""
    place = PLACE.search(problem)
    table, key, entry = place.group("table", "key", "entry") if place is not None else ("", None, None)
    if table == "thresholds":
        return "[thresholds] holds numbers only, e.g. gap_limit = 0.5."
    kinds: dict[str, type[msgspec.Struct]] = {"notify": Notify, "devices": Devices, "metric": PrimaryMetric}
    kind = kinds.get(table, Tables)
    names = ", ".join(name if table else f"[{name}]" for name in kind.__struct_fields__)
    unknown = re.search(r"unknown field `(.*?)`", problem)
    if unknown is not None:
        return f"{f'[{table}] {unknown[1]}' if table else f'[{unknown[1]}]'} is unknown; allowed are {names}."
    if key is None:
        return f"[{table}] must be a table with {names}."
    wrong = f"; entry {int(entry) + 1} is not" if entry else ""
    return f"[{table}] {key} must be {_allowed(kind, key)}{wrong}."


def _allowed(kind: type[msgspec.Struct], key: str) -> str:
    """What may stand under a key, from the annotation of its field."""
    metadata = get_type_hints(kind, include_extras=True)[key].__metadata__
    return next(str(meta.description) for meta in metadata if meta.description)
