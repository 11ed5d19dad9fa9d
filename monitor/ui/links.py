"""The words that `serve` prints: where to open the page, from here and from a laptop."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from monitor.run_dir.reader import list_runs
from monitor.run_dir.serving import ssh_line
from monitor.run_dir.words import monitor_line
from monitor.ui.passes import link_token
from monitor.ui.tokens import Tokens


def links_of(port: int, tokens: Tokens | None, base: str = "", life: str = "") -> dict[str, str]:
    """`open` (may control), `look` (view only) and the `ssh` line for a laptop. `life`: of the server on that port."""
    root = f"http://127.0.0.1:{port}{base}/"
    links = {"open": root if tokens is None else f"{root}?token={link_token(tokens, 'control', life, port)}"}
    if tokens is not None:
        links["look"] = f"{root}?view_token={link_token(tokens, 'look', life, port)}"
    links["ssh"] = ssh_line(port)
    return links


def links_text(links: dict[str, str], runs_dir: Path, detached: bool = False) -> str:
    count = len(list_runs(runs_dir))
    lines = [f"Vitalsigns: {count} {'run' if count == 1 else 'runs'} in {runs_dir}."]
    if detached:
        elsewhere = () if runs_dir == Path("runs").absolute() else ("--runs", runs_dir)
        lines[0] += f" Stays up after you log out (stop it: {monitor_line('serve', '--stop', *elsewhere)})."
    if over_ssh():
        lines.append(f"  On your laptop   {links['ssh']}")
    lines.append(f"  {'Then open' if over_ssh() else 'Open'}{' ' * (8 if over_ssh() else 13)}{links['open']}")
    lines[-1] += "   you can stop and start runs"
    if "look" in links:
        lines.append(f"  To show others   {links['look']}   view only")
    if not over_ssh():
        lines.append(f"  From a laptop    {links['ssh']}")
    return "\n".join(lines)


def over_ssh() -> bool:
    return bool(os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))


def has_desktop() -> bool:
    """Whether opening a browser makes sense: a screen here, and no remote session."""
    screen = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(screen) and not over_ssh()
