"""Links for persons and programs: who may come in by name, what for, and until when.

They stand in `links.json` beside the user's secrets. A token is random and leaves this program once, in its link; what
is kept of it is a hash keyed with the control secret, so a new secret ends these links too. A link belongs to the
page of certain folders of runs and outlives the server, until its day or until it is revoked.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from monitor.run_dir import files
from monitor.run_dir.audit import audited
from monitor.run_dir.errors import RefusedError, UsageError
from monitor.run_dir.folders import Folders
from monitor.run_dir.opening import make_folder
from monitor.run_dir.processes import alone_in
from monitor.run_dir.records import Record, decode, encode
from monitor.run_dir.serving import state_dir
from monitor.ui import private
from monitor.ui.passes import keyed_hash, same
from monitor.ui.private import NotPrivateError, read_private
from monitor.ui.tokens import Tokens, load_tokens

log = logging.getLogger(__name__)

May = Literal["look", "control", "metrics", "proxy"]
"""`metrics`: reads /metrics and nothing else. `proxy`: a reverse proxy proves itself with it (monitor.ui.proxies)."""
LINKS_FILE = "links.json"
NAME = re.compile(r"[^\W_](?:[\w .@'+-]{0,38}[^\W_])?")
MOST_LINKS = 500
MOST_DAYS = 3650
MOST_BYTES = 1 << 20
DAY_SECS = 86_400.0


class Person(Record, frozen=True, kw_only=True):
    """Who has a link: `mark` is the keyed hash of its token; times are UTC seconds."""

    name: str
    may: May
    runs_dir: str
    mark: str
    made_at: float
    until: float


class People(Record, frozen=True, kw_only=True):
    """The file. `key`: a hash of the secret that the marks were made with."""

    key: str
    links: tuple[Person, ...] = ()


class Made(NamedTuple):
    """A new link. Not the token alone: what an audited act returns as text would be noted."""

    person: Person
    token: str


def _check_name(name: str) -> str:
    """The name itself. Raises UsageError for one that could not stand in a line of the audit."""
    if not NAME.fullmatch(name):
        raise UsageError(
            f"--name {name!r}: must be 1 to 40 letters, digits and any of ' .@_+-, first and last a letter or digit."
        )
    return name


def mark_of(token: str, tokens: Tokens) -> str:
    """The keyed hash by which a token is known again: worth nothing under another secret."""
    return keyed_hash(tokens.control.encode(), f"link {token}")


def _noted(folders: Folders, name: str, *_: object, **__: object) -> tuple[Path, str]:
    """Where a link is noted, and whose it is."""
    return folders.all[0].path, name


@audited("link", _noted)
def make_link(folders: Folders, name: str, may: str, days: float, now: float, where: Path | None = None) -> Made:
    """Makes the link of `name` to the page of these folders, with its token, which is kept nowhere. An earlier link of
    that name to that page ends. `now`: UTC seconds; `where`: the folder of the secrets.

    Raises UsageError for an odd name, right or number of days, RefusedError where the file cannot be used.
    """
    _check_name(name)
    if may not in get_args(May):
        raise UsageError(f"--may {may}: must be {', '.join(get_args(May))}.")
    if not 0 < days <= MOST_DAYS:
        raise UsageError(f"--days {days:g}: must be more than 0 and at most {MOST_DAYS}.")
    token = secrets.token_urlsafe(24)
    with _changing(where) as (tokens, known, write):
        others = [each for each in known if (each.name, each.runs_dir) != (name, folders.text)]
        if len(others) >= MOST_LINKS:
            raise RefusedError(f"There are {MOST_LINKS} links; revoke some first.")
        person = Person(
            name=name,
            may=may,  # type: ignore[arg-type]
            runs_dir=folders.text,
            mark=mark_of(token, tokens),
            made_at=now,
            until=now + days * DAY_SECS,
        )
        write([*others, person])
    return Made(person, token)


@audited("revoke", _noted)
def revoke_link(folders: Folders, name: str, where: Path | None = None) -> None:
    """Ends the link of `name` to the page of these folders. Raises RefusedError where there is none."""
    with _changing(where) as (_, known, write):
        left = [each for each in known if (each.name, each.runs_dir) != (name, folders.text)]
        if len(left) == len(known):
            names = sorted(each.name for each in known if each.runs_dir == folders.text)
            there = f"there are those of {', '.join(names)}" if names else "there is none"
            raise RefusedError(f"{name} has no link to {folders.location}; {there}.")
        write(left)


def links_to(folders: Folders, where: Path | None = None) -> list[Person]:
    """Every link to the page of these folders, expired ones too, by name. Raises RefusedError."""
    tokens = load_tokens(where)
    return sorted((p for p in _read(_path(where), tokens) if p.runs_dir == folders.text), key=lambda each: each.name)


@contextmanager
def _changing(where: Path | None) -> Iterator[tuple[Tokens, list[Person], Callable[[list[Person]], None]]]:
    tokens = load_tokens(where)
    path = _path(where)

    def write(links: list[Person]) -> None:
        """Replaces the file."""
        files.replace(path, encode(People(key=_key(tokens), links=tuple(links))))

    try:
        make_folder(path.parent)
        with alone_in(path.parent):
            yield tokens, _read(path, tokens), write
    except OSError as problem:
        raise RefusedError(f"Cannot use {path}: {problem.strerror or problem}.") from problem


def _path(where: Path | None) -> Path:
    return (where or state_dir()) / LINKS_FILE


def _key(tokens: Tokens) -> str:
    return keyed_hash(tokens.control.encode(), "links")


def _read(path: Path, tokens: Tokens) -> list[Person]:
    """The links that are worth something with these secrets. Raises RefusedError for a file that is not the user's
    alone, or damaged: it is never replaced, because that would end every link."""
    try:
        data = read_private(path, MOST_BYTES)
    except FileNotFoundError:
        return []
    except NotPrivateError as problem:
        raise RefusedError(f"{path} {problem}; no link in it counts until it is yours alone (chmod 600).") from None
    except OSError as problem:
        raise RefusedError(f"Cannot read {path}: {problem.strerror or problem}; no link in it counts.") from None
    try:
        people = decode(data, People)
    except ValueError:
        raise RefusedError(f"{path} is damaged; no link in it counts. Remove it to start over.") from None
    return list(people.links) if same(people.key, _key(tokens)) else []


class PeopleBook:
    """The links to one page as the file has them at this moment."""

    def __init__(self, folders: Folders, where: Path | None = None) -> None:
        self._shown = folders.text
        self._path = _path(where)
        self._seen: tuple[object, ...] | None = None
        self._people: list[Person] = []

    def current(self, tokens: Tokens) -> list[Person]:
        """The people of the file, looked at by its time only. Of a file that cannot be used, none."""
        mark = (*private.mark_of(self._path), tokens)
        if mark != self._seen:
            try:
                self._people = [each for each in _read(self._path, tokens) if each.runs_dir == self._shown]
            except RefusedError as problem:
                log.warning("no name is accepted: %s", problem)
                self._people = []
            self._seen = mark
        return self._people

    def by_token(self, token: str, tokens: Tokens, now: float) -> Person | None:
        """Whose token it is, if it still counts at `now` (UTC seconds)."""
        mark = mark_of(token, tokens)
        return next((p for p in self.current(tokens) if same(p.mark, mark) and now < p.until), None)

    def still(self, person: Person, tokens: Tokens, now: float) -> bool:
        """Whether this very link still counts at `now` (UTC seconds)."""
        return now < person.until and person in self.current(tokens)
