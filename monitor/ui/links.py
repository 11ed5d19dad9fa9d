"""The words that `serve` prints: where to open the page, from here and from a laptop."""

from __future__ import annotations

import contextlib
import os
import sys
import time
import urllib.parse
from pathlib import Path

from monitor.diagnosis.glances import status_at
from monitor.run_dir import LAUNCH_FILE, RUN_FILE
from monitor.run_dir.errors import MonitorError
from monitor.run_dir.folders import Folders
from monitor.run_dir.launch import read_launch, read_progress, read_state
from monitor.run_dir.reader import list_runs
from monitor.run_dir.serving import last_served, serving_of, ssh_line
from monitor.run_dir.words import monitor_line
from monitor.ui.passes import link_token
from monitor.ui.tokens import Tokens


def links_of(port: int, tokens: Tokens | None, base: str = "", life: str = "", run: str = "") -> dict[str, str]:
    """`open` (may control), `look` (view only) and the `ssh` line for a laptop. `life`: of the server on that port.
    `run`: a run that has a link of its own, which may control too."""
    root = f"http://127.0.0.1:{port}{base}/"
    links = {"open": root if tokens is None else f"{root}?token={link_token(tokens, 'control', life, port)}"}
    if run:
        links["run"] = f"{links['open']}{'?' if tokens is None else '&'}run={urllib.parse.quote(run)}"
    if tokens is not None:
        links["look"] = f"{root}?view_token={link_token(tokens, 'look', life, port)}"
    links["ssh"] = ssh_line(port)
    return links


def person_links(folders: Folders, token: str) -> list[str]:
    """The addresses under which a person's token opens the page of these folders, the proxy's names first; of
    the server that serves them, or did so last. Empty where none has."""
    serving = serving_of(folders.text) or last_served(folders.text)
    if serving is None:
        return []
    roots = [f"https://{name}" for name in serving.names] + [f"http://127.0.0.1:{serving.port}"]
    return [f"{root}{serving.base}/?token={token}" for root in roots]


def links_text(links: dict[str, str], folders: Folders, detached: bool = False, run: str = "") -> str:
    """The lines that are printed. `run`: the name of the run whose own link is among them, which then comes first."""
    count = sum(len(list_runs(folder.path)) for folder in folders.all)
    first = f"Vitalsigns: {count} {'run' if count == 1 else 'runs'} in {folders.location}."
    if detached:
        usual = folders.text == str(Path("runs").absolute())
        elsewhere = () if usual else [part for folder in folders.all for part in ("--runs", folder.text)]
        first += f" Stays up after you log out (stop it: {monitor_line('serve', '--stop', *elsewhere)})."
    opening = "Then open" if over_ssh() else "Open"
    rows = [("On your laptop", links["ssh"])] if over_ssh() else []
    if "run" in links:
        rows.append((opening, f"{links['run']}   {run}, the newest run"))
        opening = "All runs"
    rows.append((opening, f"{links['open']}   you can stop and start runs"))
    if "look" in links:
        rows.append(("To show others", f"{links['look']}   view only"))
    if not over_ssh():
        rows.append(("From a laptop", links["ssh"]))
    return "\n".join([first, *(f"  {label:<16} {text}" for label, text in rows)])


def worth_opening(folders: Folders) -> str:
    """The newest run of the only folder where it is at work or alone, else "": then the list says more."""
    if folders.several:
        return ""
    runs_dir = folders.all[0].path
    names = list_runs(runs_dir)
    newest = max(names, key=lambda name: _begun_at(runs_dir / name), default="")
    return newest if len(names) == 1 or (newest and _is_live(runs_dir / newest)) else ""


def _begun_at(run_dir: Path) -> float:
    for name in (LAUNCH_FILE, RUN_FILE):
        with contextlib.suppress(OSError):
            return (run_dir / name).stat().st_mtime
    return 0.0


def _is_live(run_dir: Path) -> bool:
    try:
        launch = read_launch(run_dir)
        return status_at(run_dir, read_state(run_dir), read_progress(run_dir), launch, time.time()).live
    except (MonitorError, OSError):
        return False


def over_ssh() -> bool:
    """Whether this terminal came over ssh."""
    return bool(os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))


def has_desktop() -> bool:
    """Whether opening a browser makes sense: a screen here, and no remote session."""
    screen = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(screen) and not over_ssh()
