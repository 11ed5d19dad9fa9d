"""`python -m monitor serve`: one dashboard per user and folder, that outlives the terminal it was started from."""

from __future__ import annotations

import errno
import html
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import psutil

from monitor.run_dir import files, processes, words
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.folders import FOLDERS_VARIABLE, PROGRAMS_VARIABLE, RUNS_VARIABLE, Folders, folders_of
from monitor.run_dir.opening import make_folder, open_to_write
from monitor.run_dir.processes import HOME
from monitor.run_dir.serving import Serving, all_serving, last_served, serving_file, state_dir
from monitor.ui.headers import is_loopback
from monitor.ui.links import has_desktop, links_of, links_text, worth_opening
from monitor.ui.metrics import METRICS_VARIABLE
from monitor.ui.passes import LIFE_VARIABLE, new_life
from monitor.ui.people import links_to
from monitor.ui.proxies import CONTROLLERS_VARIABLE, HEADER_VARIABLE, PEERS_VARIABLE, TrustedProxy
from monitor.ui.tokens import Tokens, load_tokens

PORTS = range(10_000, 32_000)
"""Above those of other services, below those that the system hands out by itself."""
START_SECS = 60.0
STOP_SECS = 10.0
TRIES = 5
OPEN_TO_THE_NETWORK = (
    "Anybody on the network can reach this port, and without TLS read what passes, tokens included. "
    "Better: omit --host and use the ssh line, or a reverse proxy with TLS (docs/security.md)."
)
NO_PROXY_YET = (
    "The header is ignored until the proxy proves itself: make its token with "
    "`link --name PROXY --may proxy` (docs/security.md)."
)


@dataclass(frozen=True)
class ServeOrder:
    """What to serve, and where."""

    host: str
    port: int
    folders: Folders
    no_token: bool
    base: str = ""
    names: tuple[str, ...] = ()
    life: str = field(default_factory=new_life)
    proxy: TrustedProxy | None = None
    metrics: bool = False


def run_serve(
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    folders: Folders,
    no_token: bool = False,
    base: str = "",
    names: tuple[str, ...] = (),
    proxy: TrustedProxy | None = None,
    metrics: bool = False,
    detach: bool = True,
    stop: bool = False,
    as_json: bool = False,
) -> int:
    """Starts, finds or stops the dashboard of these folders; returns the exit code. Raises RefusedError."""
    alive = all_serving(folders.text)
    if stop:
        return _stop(alive, folders)
    known = next((each for each in alive if port in (None, each.port)), None)
    if no_token and not is_loopback(host):
        raise RefusedError(f"Beyond this machine ({host}) the page needs its token; omit --no-token or --host.")
    if no_token and proxy is not None:
        raise RefusedError("--no-token gives everyone control; omit it or --trust-user-header.")
    tokens = None if no_token else load_tokens()
    if known is not None:
        if not known.life:
            command = words.monitor_line("serve", "--stop", "--runs", folders.location)
            raise RefusedError(f"The running dashboard is an older version: stop it with {command}, then serve again.")
        if proxy is not None or metrics:
            again = "--trust-user-header" if proxy is not None else "--metrics"
            raise RefusedError(f"The dashboard is already running; serve --stop, then serve with {again}.")
        # The one that runs decides whether a token is needed.
        _tell(known, None if known.no_token else load_tokens(), as_json)
        return 0
    base = f"/{base.strip('/')}" if base.strip("/") else ""
    order = ServeOrder(
        host, _free_port(host, port, folders), folders, no_token, base, names, proxy=proxy, metrics=metrics
    )
    if not is_loopback(host):
        sys.stderr.write(f"{OPEN_TO_THE_NETWORK}\n")
    if proxy is not None and not any(each.may == "proxy" and time.time() < each.until for each in links_to(folders)):
        sys.stderr.write(f"{NO_PROXY_YET}\n")
    if not detach:
        os.chdir(HOME)
        os.execve(sys.executable, _command(order), _environment(order, quiet=False))
    order, pid = _start_somewhere(order, any_port=port is None)
    _tell(_remember(order, pid), tokens, as_json)
    return 0


def _command(order: ServeOrder) -> list[str]:
    """`streamlit run`, because only its command line takes a port and an address."""
    options = {"server.port": str(order.port), "server.address": order.host, "server.headless": "true"}
    if order.base:
        options["server.baseUrlPath"] = order.base.strip("/")
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    return [sys.executable, "-m", "streamlit", "run", "app.py", *flags]


def _environment(order: ServeOrder, *, quiet: bool) -> dict[str, str]:
    values = {
        **os.environ,
        RUNS_VARIABLE: str(order.folders.home.path),
        "PYTHONUNBUFFERED": "1",
    }
    values.pop(FOLDERS_VARIABLE, None)
    if order.folders.several:
        values[FOLDERS_VARIABLE] = order.folders.text
        programs = {folder.host: folder.program for folder in order.folders.all if folder.program}
        values[PROGRAMS_VARIABLE] = "\n".join(f"{host}={program}" for host, program in programs.items())
    values["VITALSIGNS_NAMES"] = ",".join(order.names)
    values[LIFE_VARIABLE] = order.life
    for name in (HEADER_VARIABLE, PEERS_VARIABLE, CONTROLLERS_VARIABLE):
        values.pop(name, None)
    values |= order.proxy.environment() if order.proxy is not None else {}
    for name, wanted in (
        ("VITALSIGNS_NO_TOKEN", order.no_token),
        ("VITALSIGNS_QUIET", quiet),
        (METRICS_VARIABLE, order.metrics),
    ):
        values.pop(name, None)
        if wanted:
            values[name] = "1"
    return values


def _start_somewhere(order: ServeOrder, *, any_port: bool) -> tuple[ServeOrder, int]:
    """The server's order and pid once it answers. Between look and start another program may take the port:
    where none was asked for, the next free one is tried. Raises RefusedError."""
    for _ in range(TRIES if any_port else 1):
        process = _start(order)
        if _comes_up(order, process):
            return order, process.pid
        if any_port:
            order = replace(order, port=_free_port(order.host, None, order.folders))
    log = state_dir() / f"serve-{order.port}.log"
    tail = (files.read_bytes(log) or b"")[-500:].decode("utf-8", "replace").strip().splitlines()
    raise RefusedError(f"The dashboard did not start: {tail[-1] if tail else 'it printed nothing'}. Its log: {log}")


def _start(order: ServeOrder) -> subprocess.Popen[bytes]:
    """The server as a process of its own session, with its log beside the tokens."""
    folder = state_dir()
    make_folder(folder)
    descriptor = open_to_write(folder / f"serve-{order.port}.log", os.O_WRONLY | os.O_APPEND)
    with os.fdopen(descriptor, "ab") as log:
        return subprocess.Popen(
            _command(order),
            cwd=HOME,
            env=_environment(order, quiet=True),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _comes_up(order: ServeOrder, process: subprocess.Popen[bytes]) -> bool:
    """Whether this very process answers on its port; another server's answer is not taken for ours."""
    deadline = time.monotonic() + START_SECS
    url = f"http://{_reachable(order.host)}:{order.port}{order.base}/_stcore/health"
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200 and _listens(process.pid, order.port):
                    return True
        except OSError:
            pass
        time.sleep(0.1)
    if process.poll() is None:
        process.terminate()
    return False


def _listens(pid: int, port: int) -> bool:
    try:
        found = psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return False
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in found)


def _reachable(host: str) -> str:
    here = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{here}]" if ":" in here else here


def _free_port(host: str, wanted: int | None, folders: Folders) -> int:
    """The requested port, or the one that this folder had before, or any. A stranger on the usual port is reported: an
    old link or tab leads to it."""
    if wanted is not None:
        if not _is_free(host, wanted):
            raise RefusedError(f"Port {wanted} on {host} is in use. Omit --port to get a free one.")
        return wanted
    last = last_served(folders.text)
    if last is not None and _is_free(host, last.port):
        return last.port
    port = next((each for each in secrets.SystemRandom().sample(PORTS, 200) if _is_free(host, each)), None)
    if port is None:
        raise RefusedError(f"None of 200 ports tried is free on {host}; give one with --port.")
    if last is not None:
        sys.stderr.write(
            f"Another process listens on port {last.port}, the usual one of this folder; it is not this dashboard. "
            f"Close tabs and forget links with that port: this one has port {port}.\n"
        )
    return port


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except socket.gaierror as problem:
        raise RefusedError(f"There is no address {host!r} on this machine: {problem.strerror}.") from problem
    except OSError as problem:
        if problem.errno == errno.EADDRNOTAVAIL:
            raise RefusedError(f"There is no address {host!r} on this machine; omit --host.") from problem
        return False
    return True


def _remember(order: ServeOrder, pid: int) -> Serving:
    identity, text = processes.identify(pid), order.folders.text
    serving = Serving(identity, order.port, text, order.no_token, order.base, order.life, order.names)
    with processes.alone_in(state_dir()):
        beside = tuple(msgspec.structs.replace(each, beside=()) for each in all_serving(text))
        files.replace(serving_file(text), msgspec.json.encode(msgspec.structs.replace(serving, beside=beside)))
    return serving


def _stop(alive: Sequence[Serving], folders: Folders) -> int:
    """Ends every dashboard of these folders, whatever its port."""
    if not alive:
        raise RefusedError(f"No dashboard of yours serves {folders.location}.")
    for each in alive:
        os.kill(each.identity.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECS
    while (left := _living(alive)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for each in left:
        os.kill(each.identity.pid, signal.SIGKILL)
    ports = " and ".join(str(each.port) for each in alive)
    said = "The dashboard has" if len(alive) == 1 else f"The dashboards on ports {ports} have"
    sys.stdout.write(f"{said} stopped; runs go on.\n")
    return 0


def _living(servers: Sequence[Serving]) -> list[Serving]:
    return [each for each in servers if processes.liveness(each.identity) == "alive"]


def _tell(serving: Serving, tokens: Tokens | None, as_json: bool) -> None:
    folders = folders_of(serving.runs_dir.split("\n"))
    run = worth_opening(folders)
    links = links_of(serving.port, tokens, serving.base, serving.life, run)
    if as_json:
        sys.stdout.write(json.dumps({"port": serving.port, **links}) + "\n")
        return
    sys.stdout.write(links_text(links, folders, detached=True, run=run) + "\n")
    if has_desktop():
        webbrowser.open(_doorstep(links.get("run", links["open"]), serving.port).as_uri())


def _doorstep(link: str, port: int) -> Path:
    """A private page that leads on to the link: what a browser is started with, every user can read in its argv."""
    path = state_dir() / f"open-{port}.html"
    page = f'<!doctype html><meta http-equiv="refresh" content="0;url={html.escape(link)}"><title>Vitalsigns</title>'
    files.replace(path, page.encode())
    return path
