"""The page's server: Streamlit's app with our gate in front and our live route beside it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import streamlit as st
from msgspec.structs import asdict
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from streamlit import config

from monitor.run_dir import audit
from monitor.run_dir.folders import Folder, served
from monitor.run_dir.labels import label_of
from monitor.run_dir.serving import ssh_line
from monitor.ui import assets, metrics
from monitor.ui.access import AccessGate
from monitor.ui.dialogs.parts import way_now
from monitor.ui.firstpaint import FirstPaint
from monitor.ui.headers import is_loopback
from monitor.ui.limits import protect
from monitor.ui.links import links_of, links_text, worth_opening
from monitor.ui.live import LiveHub
from monitor.ui.messages import PageData
from monitor.ui.metrics import METRICS_PATH, metrics_route
from monitor.ui.page_mode import mode_of, place_of
from monitor.ui.passes import Passes, tab_secret
from monitor.ui.people import PeopleBook
from monitor.ui.places import Places
from monitor.ui.proxies import from_environment
from monitor.ui.reports import ReportRoute
from monitor.ui.tokens import TokenBook, Tokens
from monitor.ui.visitors import Visitors
from monitor.ui.wire import Compressed

PAGE = Path(__file__).parent / "page" / "page.py"
NO_TOKEN_VARIABLE = "VITALSIGNS_NO_TOKEN"
QUIET_VARIABLE = "VITALSIGNS_QUIET"
NAMES_VARIABLE = "VITALSIGNS_NAMES"
"""Names that a reverse proxy is asked by, with commas between."""
HARDENING: dict[str, Any] = {
    "server.address": "127.0.0.1",
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.maxUploadSize": 1,
    "server.maxMessageSize": 32,
    "server.enableStaticServing": False,
    "server.runOnSave": False,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "type",
}
"""Set where nothing else was asked for: by `python app.py`, `streamlit run app.py` and `serve` alike."""


def tokens() -> Tokens | None:
    """The tokens in force, or None where the user chose to do without: on this machine alone, never beyond it."""
    without = os.environ.get(NO_TOKEN_VARIABLE) and is_loopback(_address())
    return None if without else _book().current()


@functools.cache
def _book() -> TokenBook:
    return TokenBook()


@functools.cache
def _visitors() -> Visitors:
    """Made once: it knows this process's links and cookies."""
    return Visitors(tokens, _passes(), PeopleBook(_places().folders), from_environment())


def again(holder: str) -> str:
    """What an open tab of this holder (a role, or a person's link) proves itself with after a new start; "" where none
    is needed."""
    known = tokens()
    return tab_secret(known, holder, _port()) if known is not None and holder else ""


def _port() -> int:
    return int(config.get_option("server.port"))


@functools.cache
def _passes() -> Passes:
    """The links and cookies of this process."""
    return Passes()


def _address() -> str:
    return str(config.get_option("server.address") or "")


def _names() -> list[str]:
    """What browsers may call this server besides localhost."""
    named = [name.strip() for name in os.environ.get(NAMES_VARIABLE, "").split(",")]
    ours = [] if is_loopback(_address()) else [socket.gethostname(), socket.getfqdn()]
    return [name for name in (_address(), *ours, *named) if name]


def base_path() -> str:
    """Routes of ours carry the base path themselves: Streamlit adds it to its own only."""
    path = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


@functools.cache
def _places() -> Places:
    """The folders of this process, and the list of their runs that the page and every tab share."""
    return Places(served())


def role_at(folder: Folder, run_id: str | None, role: str) -> str:
    """The role that a page is painted for: a run in an archive is always view-only."""
    return "look" if folder.is_archive and run_id is not None else role


def page_data(address: str | None, role: str, holder: str) -> PageData:
    """What the page of a run (None: of the list) starts from; of the tunnel only what is known without waiting.

    `role` and `holder`: of the visitor (monitor.ui.visitors).
    """
    base, folders = base_path(), _places().folders
    folder, run_id = place_of(folders, address)
    said = label_of(folder.path, run_id)
    return PageData(
        ws=f"{base}/vs/live",
        plotly=assets.plotly_url(base),
        report=f"{base}/vs/report",
        role=role_at(folder, run_id, role),
        again=again(holder),
        run=address,
        name=run_id or "",
        folder=folder.name,
        far=folder.far,
        archive=folder.there if folder.is_archive else "",
        runs_dir=folders.heading,
        tunnel=tunnel() if role == "control" and tunnel.cache_info().currsize else "",
        title=said.title,
        note=said.note,
        tags=said.tags,
        **asdict(mode_of(folders, address)),
    )


def routes() -> list[BaseRoute]:
    """What is served beside Streamlit: the live WebSocket and the chart library."""
    base = base_path()
    numbers = [metrics_route(base, _places())] if metrics.is_on() else []
    return [
        *numbers,
        WebSocketRoute(f"{base}/vs/live", LiveHub(_places()).endpoint),
        *assets.routes(base),
        Route(f"{base}/vs/report/{{name}}", ReportRoute(_places().folders)),
    ]


def middleware() -> list[Middleware]:
    """The gate that every request passes first, and the first words of the page."""
    open_to_programs = METRICS_PATH if metrics.is_on() else ""
    return [
        Middleware(AccessGate, visitors=_visitors(), hosts=_names(), base=base_path(), metrics=open_to_programs),
        Middleware(Compressed, base=base_path()),
        Middleware(FirstPaint, places=_places(), data=page_data, base=base_path()),
    ]


@functools.cache
def tunnel() -> str:
    """The command that brings this page to a laptop. The first answer may wait for a name service."""
    return ssh_line(_port())


@contextlib.asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Prints the links: the socket is bound by now, so the port is the real one."""
    protect()
    folders = _places().folders
    if not os.environ.get(QUIET_VARIABLE):
        run = worth_opening(folders)
        links = links_of(_port(), tokens(), base_path(), _passes().life, run)
        sys.stdout.write(links_text(links, folders, run=run) + "\n")
        sys.stdout.flush()
    way = "page, no token" if tokens() is None else "page, control link"
    audit.set_origin(way, way_now)
    port = f"port {_port()}{'' if tokens() else ', no token'}"
    for folder in folders.all:
        audit.note(folder.path, "serve", "", "done", port, via="terminal")
    _places().start()
    # The first look at a large folder is made before anybody asks for it.
    warming = [asyncio.create_task(work) for work in (_places().listing.latest(), asyncio.to_thread(tunnel))]
    yield
    for task in warming:
        task.cancel()
    await asyncio.to_thread(_places().stop)
    for folder in folders.all:
        audit.note(folder.path, "serve --stop", "", "done", port, via="terminal")
