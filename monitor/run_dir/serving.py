"""Which dashboard serves a folder, and where: what `serve` leaves for others to find. It holds no token."""

from __future__ import annotations

import getpass
import os
import socket
from pathlib import Path

from monitor.run_dir import files, processes
from monitor.run_dir.records import Identity, Record


class Serving(Record, frozen=True):
    """What a running dashboard left in its file: enough to find it, and to stop this process and no other."""

    identity: Identity
    port: int
    runs_dir: str
    no_token: bool = False
    base: str = ""
    life: str = ""
    """Names this life of the server; its links hold for no other."""
    names: tuple[str, ...] = ()
    """What a reverse proxy is asked by."""
    beside: tuple[Serving, ...] = ()
    """Those of the same folder on other ports, that lived when this one began."""


def state_dir() -> Path:
    """Where tokens and the server's pid live: private to the user, outside every run."""
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "vitalsigns"


def serving_file(folder: Path | str) -> Path:
    """`folder`: the one that is served; of several, the text of all of them."""
    name = "".join(letter if letter.isalnum() else "_" for letter in str(folder))[-150:]
    return state_dir() / f"serve{name}.json"


def all_serving(folder: Path | str) -> list[Serving]:
    """The dashboards of this folder whose very processes still live, the newest first: each has a port of its own."""
    newest = last_served(folder)
    known = [newest, *newest.beside] if newest is not None else []
    return [each for each in known if processes.liveness(each.identity) == "alive"]


def serving_of(folder: Path | str) -> Serving | None:
    """The newest dashboard of this folder whose very process still lives."""
    return next(iter(all_serving(folder)), None)


def last_served(folder: Path | str) -> Serving | None:
    """The dashboard that served this folder last, whether or not it lives: a folder keeps its port."""
    serving = files.read_document(serving_file(folder), Serving, ignoring=files.UNREADABLE)
    return serving if serving is not None and serving.runs_dir == str(folder) else None


def ssh_line(port: int) -> str:
    """The command that brings a port of this machine to a laptop."""
    return f"ssh -N -L {port}:127.0.0.1:{port} {getpass.getuser()}@{socket.getfqdn()}"
