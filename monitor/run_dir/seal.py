"""Was a command written down by this user, on this machine, for this very folder? A folder may come from anywhere.

What a resume, a restart or a queue executes stands in launch.json, and a file can be copied, shared and edited. So a
launch is sealed when it is written: a keyed hash over all of it (command, folder, environment, grace, stop signal, away
policy, thresholds, run id), over this machine and over a number of its own, with a key that only this user can read.
Under that number the user's own state folder keeps a `Fact`: which folder was sealed, which start of the run may still
happen, and which process is its trainer. A start is spent once its trainer exists, and nothing is signalled that the
fact does not name; what the run directory itself says of it (state.json, progress.json) is not believed.
A copied, unpacked, moved or edited run directory has no valid seal: it is read, and nothing more, until its owner
seals it anew (`monitor.launcher.resume`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import shlex
import socket
from pathlib import Path
from typing import Any

import msgspec

from monitor.run_dir import files, held, opening
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.records import LAUNCH_FILE, Identity, Launch, Record, decode, encode
from monitor.run_dir.serving import state_dir

KEY_FILE = "launch.key"
KEY_BYTES = 32
FACTS_DIR = "sealed"
MACHINE_ID_FILES = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
SEAL = re.compile(r"([0-9a-f]{32})\.[0-9a-f]{64}")


class Fact(Record, frozen=True):
    """What this user knows of a sealed run, outside of the run's folder.

    `may_start`: the generation that was asked for and whose trainer was not started yet; 0 for none.
    `trainer`: the process of generation `started`, and `supervisor`: the only ones that are signalled for this run.
    """

    folder: str
    inode: int
    owner: int
    may_start: int = 0
    started: int = 0
    trainer: Identity | None = None
    supervisor: Identity | None = None
    job: str = ""
    """The number of the job that was submitted for it: the only one that is cancelled for it, or may start it."""


def write_sealed(run_dir: Path, launch: Launch, *, anew: bool = False, **known: Any) -> bool:
    """Seals a launch for its folder and writes launch.json, or returns False where there is one already.

    `anew` replaces it; `known`: fields of its Fact. Raises RefusedError where no key can be kept, OSError.
    """
    launch = decode(encode(msgspec.structs.replace(launch, host=socket.gethostname(), seal="")), Launch)
    number = secrets.token_hex(16)
    here = held.stat_of(run_dir, follow=True)
    seal = f"{number}.{_hash(launch, number, _key(make=True))}"
    _keep(number, Fact(folder=_real(run_dir), inode=here.st_ino, owner=here.st_uid, **known))
    data = encode(msgspec.structs.replace(launch, seal=seal))
    if anew:
        files.replace(run_dir / LAUNCH_FILE, data)
        return True
    return files.create(run_dir / LAUNCH_FILE, data)


def is_own(launch: Launch) -> bool:
    """Whether this user wrote this very launch on this machine, for any folder."""
    found = SEAL.fullmatch(launch.seal)
    try:
        return found is not None and hmac.compare_digest(
            launch.seal, f"{found[1]}.{_hash(launch, found[1], _key(make=False))}"
        )
    except (RefusedError, OSError):
        return False


def fact_of(launch: Launch | None, run_dir: Path) -> Fact | None:
    """What is known of a sealed run; None where its launch is not from here, or not of this folder."""
    if launch is None or not is_own(launch):
        return None
    fact = files.read_document(_path(launch), Fact, files.UNREADABLE)
    try:
        here = held.stat_of(run_dir, follow=True)
    except OSError:
        return None
    # No device number: a disk that is mounted again may get another one, and the path says which disk it is.
    of_here = fact is not None and (fact.folder, fact.inode, fact.owner) == (_real(run_dir), here.st_ino, here.st_uid)
    return fact if of_here else None


def is_from_here(launch: Launch | None, run_dir: Path) -> bool:
    """Whether this user wrote this very launch on this machine for this very folder."""
    return fact_of(launch, run_dir) is not None


def note(launch: Launch, run_dir: Path, **changes: Any) -> None:
    """Changes fields of what is known of a sealed run. Raises RefusedError where it is not sealed here, OSError."""
    fact = fact_of(launch, run_dir)
    if fact is None:
        raise RefusedError(unverified_command_warning(launch))
    _keep(SEAL.fullmatch(launch.seal)[1], msgspec.structs.replace(fact, **changes))  # type: ignore[index]


def seal_anew(run_dir: Path, launch: Launch) -> None:
    """Seals a launch for this folder after its owner has read the command. Raises RefusedError, OSError.

    Of a launch that is not this user's own, its environment and its away policy are left out: they were not shown.
    """
    known: dict[str, Any] = {}
    if not is_own(launch):
        launch = msgspec.structs.replace(launch, environment={}, away=None)
    elif (fact := files.read_document(_path(launch), Fact, files.UNREADABLE)) is not None:
        known = {"started": fact.started, "trainer": fact.trainer, "job": fact.job}
    write_sealed(run_dir, launch, anew=True, **known)


def unverified_command_warning(launch: Launch) -> str:
    """What a person must know before a command that is not from here is executed."""
    if is_own(launch):
        return (
            "This command is yours, but its folder was renamed, moved, copied or unpacked since it was sealed. "
            "Check what lies in the folder before you start it."
        )
    if launch.host and launch.host != socket.gethostname():
        made = f"This run was made on another machine ({launch.host[:80]})."
    else:
        made = "This run was not started by you on this machine, or its launch.json was edited."
    return f"{made} The command below has never run here. Read it before you start it."


def fingerprint(launch: Launch) -> str:
    """Short for everything that stands in a launch: two that are the same have the same one."""
    return hashlib.sha256(encode(launch)).hexdigest()[:16]


def _hash(launch: Launch, number: str, key: bytes) -> str:
    written = _without_blanks(msgspec.to_builtins(msgspec.structs.replace(launch, seal="")))
    # A submitted launch starts on a node: there the same key, in the same user's home, is all that proves it.
    place = "any machine that shares this key" if launch.job is not None else _machine()
    text = json.dumps([written, number, place], sort_keys=True)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _without_blanks(value: Any) -> Any:
    """A field that a later version adds is blank in the launches of today, whose seals stay valid."""
    if isinstance(value, dict):
        kept = {key: _without_blanks(each) for key, each in value.items()}
        return {
            key: each
            for key, each in kept.items()
            if each is not None and each is not False and each not in ("", {}, [])
        }
    return [_without_blanks(each) for each in value] if isinstance(value, list) else value


def _real(run_dir: Path) -> str:
    return str(run_dir.resolve())


def _path(launch: Launch) -> Path:
    return state_dir() / FACTS_DIR / f"{launch.seal.partition('.')[0]}.json"


def _keep(number: str, fact: Fact) -> None:
    path = state_dir() / FACTS_DIR / f"{number}.json"
    opening.make_folder(path.parent)
    files.replace(path, encode(fact))


def _machine() -> str:
    """The same through reboots, another on every machine; never written anywhere as it is."""
    for path in MACHINE_ID_FILES:
        try:
            if text := path.read_text(encoding="ascii").strip():
                return text
        except (OSError, ValueError):
            continue
    return socket.gethostname()


def _key(*, make: bool) -> bytes:
    """The user's key, made on first use in a file that only the user can read. Raises RefusedError, with what to do."""
    folder, path = state_dir(), state_dir() / KEY_FILE
    try:
        if make and not folder.exists():
            opening.make_folder(folder)
        if why := _why_not_ours(folder, 0o022):
            raise RefusedError(_unsealable(folder, f"{why}. {OWN_FOLDER}"))
        if make and not os.path.lexists(path):
            files.create(path, secrets.token_bytes(KEY_BYTES))
        key = files.read_bytes(path) or b""
        why = _why_not_ours(path, 0o077) if key else ""
    except opening.OddFileError:
        raise RefusedError(_unsealable(path, f"is no plain file. {_moved(path)}")) from None
    except OSError as problem:
        why = f"cannot be read or made ({problem.strerror or problem})"
        raise RefusedError(_unsealable(path, f"{why}. {OWN_FOLDER}")) from None
    if why or len(key) < KEY_BYTES:
        why = why or f"holds {len(key)} bytes instead of {KEY_BYTES}"
        raise RefusedError(_unsealable(path, f"{why}. {_moved(path)}"))
    return key


OWN_FOLDER = "Make it yours alone (chown, chmod 700), or set XDG_STATE_HOME to a folder of yours"


def _why_not_ours(path: Path, rights: int) -> str:
    found = path.stat()
    if found.st_uid == os.geteuid() and not found.st_mode & rights:
        return ""
    return f"is not yours alone (owner {found.st_uid}, mode {found.st_mode & 0o777:o})"


def _unsealable(path: Path, why: str) -> str:
    return f"{path} {why}. It keeps what proves that a command is yours; nothing was started."


def _moved(path: Path) -> str:
    name = shlex.quote(str(path))
    return f"Move it away (mv {name} {name}.old): a new one is made, and older runs need --trust-command once"
