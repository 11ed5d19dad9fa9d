"""Was a command written down by this user on this machine? A run directory may have come from anywhere.

What a resume or a restart executes stands in launch.json, and a file can be copied, shared and edited. So a launch is
sealed when it is written: a keyed hash over what would be executed and over this machine, with a key that only this
user can read. A copied or edited launch.json has no valid seal here, and runs only after a person has agreed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import socket
from pathlib import Path

import msgspec

from monitor.run_dir import files
from monitor.run_dir.records import Launch
from monitor.run_dir.serving import state_dir

KEY_FILE = "launch.key"
KEY_BYTES = 32
MACHINE_ID_FILES = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))


def sealed(launch: Launch, folder: Path | None = None) -> Launch:
    """The launch with this host and its seal; without a seal where no key can be kept (a home that is read-only)."""
    host = socket.gethostname()
    try:
        key = _key(folder or state_dir(), make=True)
    except OSError:
        return msgspec.structs.replace(launch, host=host, seal="")
    return msgspec.structs.replace(launch, host=host, seal=_seal(launch, key))


def is_from_here(launch: Launch, folder: Path | None = None) -> bool:
    """Whether this user wrote this very command on this machine."""
    if not launch.seal:
        return False
    try:
        key = _key(folder or state_dir(), make=False)
    except OSError:
        return False
    return hmac.compare_digest(launch.seal.encode(), _seal(launch, key).encode())


def unverified_command_warning(launch: Launch) -> str:
    """What a person must know before a command that is not from here is executed."""
    if launch.host and launch.host != socket.gethostname():
        made = f"This run was made on another machine ({launch.host[:80]})."
    else:
        made = "This run was not started by you on this machine, or its launch.json was edited."
    return f"{made} The command below has never run here. Read it before you start it."


def fingerprint(launch: Launch) -> str:
    """Short for what would be executed: two launches that execute the same have the same one."""
    return hashlib.sha256(json.dumps([launch.argv, launch.cwd]).encode()).hexdigest()[:16]


def _seal(launch: Launch, key: bytes) -> str:
    executed = [launch.argv, launch.cwd, sorted(launch.environment.items()), _machine()]
    return hmac.new(key, json.dumps(executed).encode(), hashlib.sha256).hexdigest()


def _machine() -> str:
    """The same through reboots, another on every machine; never written anywhere as it is."""
    for path in MACHINE_ID_FILES:
        try:
            if text := path.read_text(encoding="ascii").strip():
                return text
        except (OSError, ValueError):
            continue
    return socket.gethostname()


def _key(folder: Path, *, make: bool) -> bytes:
    """The user's key, made on first use in a file that only the user can read. Raises OSError."""
    path = folder / KEY_FILE
    if make and not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files.create(path, secrets.token_bytes(KEY_BYTES))
    key = path.read_bytes()
    found = path.stat()
    if len(key) < KEY_BYTES or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{path} is not this user's own key")
    return key
