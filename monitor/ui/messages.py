"""The shapes of what the server sends of itself, beside frames and answers: the list of runs, signs of life, refusals.

Times are UTC seconds. `kind` tells the page's script which message it is; tests/ui/test_page_fields.py holds that
script to these fields.
"""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from monitor.launcher.devices import Machine
from monitor.view.shapes.listing import RunGroup, RunRow, Sweep, TriedOption


class Ping(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="ping"):
    """Nothing is new. `unread_secs`: seconds since the server read the run's folder; unset for the list."""

    server_now: float
    unread_secs: float | UnsetType = UNSET


class Problem(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="problem"):
    """Why nothing can be shown, as a sentence."""

    message: str


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="refused"):
    """Why a question has no answer; `asked` is the question's kind."""

    asked: str
    message: str


class TrashedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run in the trash: the name of its folder there, its id, and when it was moved."""

    name: str
    run: str
    at: float


class ListLook(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the list shows, as of one look. `problem`: why the folder cannot be read now, else "".

    `groups`: the folders, where there are several.
    """

    rows: list[RunRow]
    trash: list[TrashedRun]
    machine: Machine
    tried: list[TriedOption]
    problem: str
    server_now: float
    groups: list[RunGroup] = []
    sweeps: list[Sweep] = []


class ListNews(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="rows"):
    """What has changed for one tab: new rows, their order if it is another one, and the rest if it has changed."""

    rows: list[RunRow]
    server_now: float
    order: list[str] | UnsetType = UNSET
    trash: list[TrashedRun] | UnsetType = UNSET
    machine: Machine | UnsetType = UNSET
    tried: list[TriedOption] | UnsetType = UNSET
    problem: str | UnsetType = UNSET
    groups: list[RunGroup] | UnsetType = UNSET
    sweeps: list[Sweep] | UnsetType = UNSET


class PageMode(msgspec.Struct, frozen=True, kw_only=True):
    """What kind of page it is; of a run that cannot be shown, why, and the id of one with a similar name if any."""

    mode: Literal["list", "run", "missing"]
    message: str | UnsetType = UNSET
    near: str | UnsetType | None = UNSET


class PageData(PageMode, frozen=True, kw_only=True):
    """What the component starts from. `ws`, `plotly`, `report` are addresses on this server; `role` is "control" or
    "look"; `again` what an open tab proves itself with to a server that was started anew, "" where no token is needed;
    `run` the address of the run, None for the list, `name` its id; `tunnel` the ssh command for a laptop, "" for a
    visitor; `title`, `note` and `tags` what people say of the run; `folder`: the heading of its folder, where there are
    several, and whether that is `far`, on another host or in an `archive`, of which this is the address."""

    ws: str
    plotly: str
    report: str
    role: str
    again: str
    run: str | None
    name: str
    runs_dir: str
    tunnel: str = ""
    title: str = ""
    note: str = ""
    tags: list[str] = []
    folder: str = ""
    far: bool = False
    archive: str = ""
