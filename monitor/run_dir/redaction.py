"""Secrets that a run's command or settings hold, hidden where records are shown.

A token in a command line stands in launch.json, because a restart must give it again; the report that a colleague is
sent, the page of a visitor, a message and a terminal do not need it. The reader hides it, by the name of the setting
and by the look of the value, so everything that shows a run shows it hidden. What starts a process reads launch.json
itself and gives the real value.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

HIDDEN = "***"

SECRET_WORDS = r"passw(?:or)?d|passphrase|pwd|secret|credentials?|token|bearer|authorization"
SECRET_KEYS = r"(?:api|access|secret|private|auth|account|signing|encryption|license|ssh|wandb|comet|neptune)[_-]?key"
NAME = rf"(?:[\w.+-]*[_.-])?(?:{SECRET_WORDS}|{SECRET_KEYS})(?:[_-]?(?:id|value|string))?"
SECRET_NAME = re.compile(rf"(?i:[-+~]*{NAME})|(?:[A-Z0-9]+_)*KEY")
TEXT_TOKENS = "pad|eos|bos|sos|unk|mask|cls|sep|blank|start|end|special|oov|space|silence|word|image|num|max|min|next"
NOT_SECRET = re.compile(rf"(?i)[-+~]*(?:[\w.+-]*[_.-])?(?:{TEXT_TOKENS})(?:_id)?[_-]?token(?:_?id)?s?")
"""Names of a vocabulary's own tokens."""
LOOKS = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{12,}"
    r"|\bhf_(?=[a-z]{0,40}[A-Z0-9])[A-Za-z0-9]{8,}"
    r"|\b(?:sk|pk|rk)-(?=[A-Za-z_-]{0,20}[0-9])[A-Za-z0-9_-]{16,}"
    r"|\b(?:gh[opsur]_|github_pat_|glpat-|npm_|pypi-|xox[abeoprs]-|dckr_pat_)[A-Za-z0-9_-]{10,}"
    r"|\bAIza[0-9A-Za-z_-]{30,}"
    r"|\beyJ[A-Za-z0-9_-]{8,1000}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"
    r"|-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:.*?-----END [A-Z ]{0,30}PRIVATE KEY-----|.*)",
    re.DOTALL,
)
"""Keys of Amazon, Hugging Face, OpenAI, GitHub, GitLab, npm, PyPI, Slack, Docker and Google; JSON web tokens."""
IN_URL = re.compile(r"(?<=://)[^\s/@:'\"]*:[^\s/@'\"]+(?=@)|(?<=://)[^\s/@:'\"]{16,}(?=@)")
"""`user:password` in an address, or a token alone."""
HINT = re.compile(r"(?i)passw|passphrase|pwd|secret|credential|token|key|bearer|authorization")
LONGEST_NAME = 120
NAMED = re.compile(
    rf"(?<![\w.+~-])(?P<name>[\w.+~-]{{1,{LONGEST_NAME}}})"
    r"(?P<sign>[\"']?\s{0,4}[=:]\s{0,4}(?:Bearer |Basic )?[\"']?|\s{1,4})(?P<value>[^\s\"'&;,]*)"
)
"""A name and what follows it in a text: `--password x`, `HF_TOKEN=x python …`, `"secret": "x"`."""

T = TypeVar("T")


@functools.lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether a value of this name is hidden: a password, token or key by its name."""
    return len(name) <= LONGEST_NAME and bool(SECRET_NAME.fullmatch(name)) and not NOT_SECRET.fullmatch(name)


def redacted_text(text: str) -> str:
    """A text with what looks like a secret hidden, and what stands after a name of one."""
    return _known_short(text) if len(text) <= SHORT else _known_long(text)


def _hidden(text: str) -> str:
    if "://" in text:
        text = IN_URL.sub(HIDDEN, text)
    text = LOOKS.sub(HIDDEN, text)
    if HINT.search(text) is None:
        return text
    parts, done = [], 0
    while found := NAMED.search(text, done):
        by_sign = found["sign"].strip() or found["name"].startswith("-")
        hides = bool(found["value"] and by_sign and is_secret_name(found["name"]))
        # A value that is none may be the next name.
        parts += [text[done : found.start("value")], HIDDEN] if hides else [text[done : found.start("value")]]
        done = found.end() if hides else found.start("value")
    return "".join([*parts, text[done:]])


SHORT = 500
_known_short = functools.lru_cache(maxsize=4096)(_hidden)
_known_long = functools.lru_cache(maxsize=4)(_hidden)
"""Runs of one folder say the same: names of variables, versions, the same changes since the last commit."""


def redacted(value: T, name: str = "") -> T:
    """The same record or value with every secret hidden; the very same object where there is none.

    `name` is the setting that it is the value of. Numbers are kept, but for those of a password.
    """
    kept: Any = value
    if isinstance(value, str):
        kept = HIDDEN if value and is_secret_name(name) else redacted_text(value)
    elif isinstance(value, Mapping):
        kept = {key: redacted(each, name if key in ("default", "const") else str(key)) for key, each in value.items()}
    elif isinstance(value, (list, tuple)):
        kept = type(value)(_words(value, name))
    elif isinstance(value, msgspec.Struct):
        fields = {key: getattr(value, key) for key in value.__struct_fields__}
        changed = {key: new for key, each in fields.items() if (new := redacted(each)) is not each}
        kept = msgspec.structs.replace(value, **changed) if changed else value
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and _is_password(name):
        kept = HIDDEN
    return value if kept == value else kept


def _words(values: list[Any] | tuple[Any, ...], name: str) -> list[Any]:
    """The values of a list; in a command, the word after the name of a secret is one."""
    found: list[Any] = []
    before = ""
    for value in values:
        flag = before if before.startswith("-") and "=" not in before else ""
        found.append(redacted(value, flag if is_secret_name(flag) else name))
        before = value if isinstance(value, str) else ""
    return found


def _is_password(name: str) -> bool:
    return is_secret_name(name) and re.search(r"(?i)passw|passphrase|pwd|secret", name) is not None
