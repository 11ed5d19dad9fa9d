"""The one ssh of a host: how it is called, and what went wrong, as a sentence.

It never asks: no password, no host key, no passphrase. It never hangs: a connection that does not come within ten
seconds, or from which nothing comes for fifteen, is given up. Nothing of this machine is forwarded.
"""

from __future__ import annotations

import os
import shlex

from monitor.run_dir.folders import Folder
from monitor.run_dir.lives import hosts_dir
from monitor.run_dir.opening import make_folder

SSH_VARIABLE = "VITALSIGNS_SSH"
"""The ssh to use, with options, such as `ssh -F FILE`."""
CONNECT_SECS = 10
OPTIONS = (
    ("BatchMode", "yes"),
    ("ConnectTimeout", str(CONNECT_SECS)),
    ("ServerAliveInterval", "5"),
    ("ServerAliveCountMax", "3"),
    ("ForwardAgent", "no"),
    ("ForwardX11", "no"),
    ("ClearAllForwardings", "yes"),
    ("PermitLocalCommand", "no"),
    ("RequestTTY", "no"),
    ("LogLevel", "ERROR"),
)
LONGEST_SOCKET = 80
"""Of the path of a shared connection's socket; the system allows 108 bytes, and ssh adds some."""
MISSING = "vitalsigns: no such program"
PROGRAM = (
    'for p in vitalsigns "$HOME/.local/bin/vitalsigns"; do command -v "$p" >/dev/null 2>&1 && break; p=; done; '
    f'[ -n "$p" ] || {{ echo "{MISSING}" >&2; exit 127; }}; exec "$p"'
)
"""Finds the product there: on the path of a login without a terminal, or where pip puts it for one user."""
LONGEST_QUOTE = 200


def command(folder: Folder, words: list[str], asked_from: str = "", *, shares: bool = False) -> list[str]:
    """The command line that runs a verb of the product on the host of a folder. `shares`: it may go through the
    connection that is open, and opens none for others."""
    options = [part for name, value in OPTIONS for part in ("-o", f"{name}={value}")]
    socket = _shared_socket()
    if socket:
        options += [
            "-o",
            f"ControlMaster={'no' if shares else 'auto'}",
            "-o",
            f"ControlPath={socket}",
            "-o",
            "ControlPersist=no",
        ]
    start = f"exec {folder.program}" if folder.program else PROGRAM
    say = f"VITALSIGNS_ASKED_FROM={shlex.quote(asked_from)}; export VITALSIGNS_ASKED_FROM; " if asked_from else ""
    script = f"{say}{start} {shlex.join(words)}"
    return [
        *shlex.split(os.environ.get(SSH_VARIABLE) or "ssh"),
        "-T",
        *options,
        "--",
        folder.host,
        f"sh -c {shlex.quote(script)}",
    ]


def environment() -> dict[str, str]:
    """The environment of ssh: without programs that ask for a password, and with errors in English, which are
    recognised."""
    return {**os.environ, "SSH_ASKPASS_REQUIRE": "never", "LC_ALL": "C"}


def _shared_socket() -> str:
    """Where the connections to one host share one; "" where the path would be too long for a socket."""
    folder = hosts_dir()
    path = folder / "ssh-%C"
    if len(os.fsencode(path)) + 40 > LONGEST_SOCKET + 20:
        return ""
    make_folder(folder)
    return str(path)


BROKEN_OFF = 255
"""Exit code of ssh where the connection did not come about, or broke off."""
BEFORE_ANYTHING = (
    "ssh: connect to host",
    "Could not resolve hostname",
    "HOST IDENTIFICATION HAS CHANGED",
    "Host key verification failed",
    "host key is known for",
    "Permission denied",
    "Too many authentication failures",
)
"""What it says where the other side was asked nothing yet."""
KINDS = (
    (
        ("REMOTE HOST IDENTIFICATION HAS CHANGED",),
        "The host key of {host} is not the one known here: another machine may answer under its name. Ask who runs it; "
        "if the change is meant, ssh-keygen -R {host} and then ssh {host} once.",
    ),
    (
        ("Host key verification failed", "No matching host key", "host key is known for"),
        "The host key of {host} is not known here. Look at it once by hand: ssh {host}",
    ),
    (
        ("Permission denied", "Too many authentication failures", "Authentication failed"),
        "{host} refuses the login without a password, and none is ever asked for here. Give it your key: "
        "ssh-copy-id {host}, or load the key into ssh-agent.",
    ),
    (("Could not resolve hostname",), "There is no host {host}: its name is not known. Look at ~/.ssh/config."),
    ((MISSING,), "There is no vitalsigns on {host}. Install it there, or say where it is: --program {host}=PATH."),
    (
        ("No such option: --feed", "No such option '--feed'"),
        "The Vitalsigns on {host} is older than this one and cannot feed a page. Install the same version on both.",
    ),
    (
        (
            "Connection refused",
            "No route to host",
            "timed out",
            "Network is unreachable",
            "Connection closed",
            "Connection reset",
            "Broken pipe",
            "not responding",
        ),
        "{host} cannot be reached: {last}.",
    ),
)
"""Marks in the error of ssh or of the other side → the sentence."""


def why(folder: Folder, code: int | None, said: str) -> str:
    """Why the connection ended, as one sentence with what to do. `said`: what ssh wrote to standard error."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = quoted(lines[-1]) if lines else ""
    for marks, sentence in KINDS:
        if any(mark in said for mark in marks):
            return sentence.format(host=folder.host, last=last.rpartition(": ")[2] or last)
    if code == 127 or (code == 126):
        return KINDS[4][1].format(host=folder.host)
    if code == BROKEN_OFF and not last:
        return f"{folder.host} cannot be reached: the connection broke off."  # it gives up a silent host without a word
    if last:
        return f"The connection to {folder.host} has ended: {last}."
    return f"The connection to {folder.host} has ended" + (f" with code {code}." if code else ".")


def may_have_begun(code: int | None, said: str) -> bool:
    """Whether the verb may have run there although no answer came: it was given up, or the connection broke off."""
    return code is None or (code == BROKEN_OFF and not any(mark in said for mark in BEFORE_ANYTHING))


def quoted(line: str, longest: int = LONGEST_QUOTE) -> str:
    """A foreign line as part of a sentence of ours: short, of printable characters, without a full stop."""
    return "".join(sign for sign in line if sign.isprintable())[:longest].removeprefix("error: ").rstrip(" .")
