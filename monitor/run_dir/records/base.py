"""What every record builds on: the schema, the words of a record, a run id, and which process is meant."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from monitor.run_dir.errors import UsageError

SCHEMA_VERSION = 1

Severity = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
"""Worst first."""
Outcome = Literal["finished", "stopped", "failed"]
GapBasis = Literal["eval", "train"]

RUN_ID_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
RunId = Annotated[str, msgspec.Meta(pattern=rf"\A{RUN_ID_PATTERN.pattern}\Z")]
"""The name of a folder beside this one; a name in another's record never leads out of the folder of runs."""
Words = Annotated[str, msgspec.Meta(max_length=2000)]
"""Text that is shown wherever its run is: what is longer is none, and would be sent to every tab again and again."""


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of all records: immutable, unknown fields ignored.

    Lines leave out what is not set; whole documents (run.json, state.json …) spell every field out. Of what comes in
    hundreds of thousands the collector of cycles need not look at each (`gc=False`): numbers and texts make none.
    """


class Identity(Record, frozen=True, kw_only=True):
    """Which process, so that a recycled pid is never mistaken for it. `start_ticks` is raw, since boot."""

    host: str
    boot_id: str
    pid_namespace: str
    pid: int
    start_ticks: int


def check_run_id(run_id: str) -> str:
    """Returns `run_id` if it is a plain folder name. Raises UsageError otherwise (no separators, no `..`)."""
    if not RUN_ID_PATTERN.fullmatch(run_id):
        raise UsageError(
            f"Run id {run_id!r} is not allowed: use 1 to 100 letters, digits, '.', '_' or '-', "
            "starting with a letter or digit."
        )
    return run_id
