"""The user's two secrets: the file they stand in, and what becomes of one that is missing or cannot be used.

The token of a link is made of a secret and of the server that it leads to; the secret itself never leaves the file.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from monitor.run_dir import files
from monitor.run_dir.errors import RefusedError
from monitor.run_dir.opening import make_folder
from monitor.run_dir.serving import state_dir
from monitor.ui.private import NotPrivateError, mark_of, read_private

log = logging.getLogger(__name__)

Role = Literal["control", "look"]
ROLES: tuple[Role, Role] = ("control", "look")
TOKENS_FILE = "tokens.json"
SHORTEST = 20
"""Letters of a secret; those that are made here have 32."""
MOST_BYTES = 4096


@dataclass(frozen=True)
class Tokens:
    """What a `control` link, which may stop and start runs, and a `look` link are made of."""

    control: str
    look: str

    def of(self, role: Role) -> str:
        """The secret that links of this role are made of."""
        return self.control if role == "control" else self.look


def load_tokens(folder: Path | None = None) -> Tokens:
    """The user's tokens, made on first use in a file only the user can read. Raises RefusedError.

    A file that others could read or have made, or that holds no tokens, is replaced: what was given out before is
    worth nothing from then on.
    """
    path = (folder or state_dir()) / TOKENS_FILE
    try:
        make_folder(path.parent)
        if (why := _own_folder(path.parent)) is not None:
            raise RefusedError(f"The folder of the tokens {why}. Give it to yourself alone, or set XDG_STATE_HOME.")
        found = _read(path)
        if isinstance(found, Tokens):
            return found
        if found:
            log.warning("%s %s, so new tokens were made; links given out before are worth nothing.", path, found)
        return _made(path, replacing=bool(found))
    except OSError as problem:
        raise RefusedError(f"Cannot use the token file {path}: {problem.strerror or problem}.") from problem


def _own_folder(folder: Path) -> str | None:
    """What is wrong with the folder, if anything; one of the user's own is closed to others first."""
    found = folder.stat()
    if found.st_uid != os.geteuid():
        return f"{folder} belongs to another user"
    if found.st_mode & 0o077:
        folder.chmod(0o700)
    return None


def _read(path: Path) -> Tokens | str:
    """The tokens, or why there are none: "" where there is no file."""
    try:
        data = read_private(path, MOST_BYTES)
    except FileNotFoundError:
        return ""
    except NotPrivateError as problem:
        return str(problem)
    try:
        values = json.loads(data)
        control, look = (values[role] for role in ROLES)
    except (ValueError, KeyError, TypeError, RecursionError):
        return "holds no tokens"
    return Tokens(control, look) if control != look and all(map(_is_token, (control, look))) else "holds no tokens"


def _is_token(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and len(value) >= SHORTEST


def _made(path: Path, *, replacing: bool) -> Tokens:
    """Made whole and exclusively: two servers that start together agree on one file."""
    made = Tokens(secrets.token_urlsafe(24), secrets.token_urlsafe(24))
    data = json.dumps({role: made.of(role) for role in ROLES}).encode()
    if replacing:
        files.replace(path, data)
    elif not files.create(path, data):
        found = _read(path)
        return found if isinstance(found, Tokens) else _made(path, replacing=True)
    return made


class TokenBook:
    """The tokens in force, as the file has them at this moment: a file removed or changed ends what was given out."""

    def __init__(self, folder: Path | None = None) -> None:
        self._path = (folder or state_dir()) / TOKENS_FILE
        self._seen: tuple[int, ...] | None = None
        self._tokens = _nobodys()
        self.current()

    def current(self) -> Tokens:
        """The tokens in force, looked at by the file's time only. Where none can be kept, tokens that no link has."""
        if self._seen is None or mark_of(self._path) != self._seen:
            try:
                self._tokens = load_tokens(self._path.parent)
            except RefusedError as problem:
                log.warning("no token is accepted: %s", problem)
                self._tokens = _nobodys()
            self._seen = mark_of(self._path)
        return self._tokens


def _nobodys() -> Tokens:
    return Tokens(secrets.token_urlsafe(24), secrets.token_urlsafe(24))
