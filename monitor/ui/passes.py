"""What a visitor shows: a link, exchanged at once for a cookie. Both are good for one life of one server on one port.

Another user of the machine may listen on a port that the dashboard has left, and a browser sends him its cookie, or
the link that a person opens again. So neither is a secret of the user's: a link is made of the secret and of this
server, a cookie of a key that this process alone has. At the next server both are worth nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field

from monitor.ui.tokens import ROLES, Role, Tokens

COOKIE_PREFIX = "vitalsigns_"
COOKIE_SECS = 3 * 86_400
RENEW_SECS = 3600
"""A cookie older than this is renewed by the next request: who comes back within three days stays in."""
QUESTION_SECS, MOST_QUESTIONS = 30.0, 1000
LIFE_VARIABLE = "VITALSIGNS_LIFE"
"""Names one life of a server, so that the command that starts it can print its links. It is no secret."""


def new_life() -> str:
    """32 hex digits at random."""
    return secrets.token_hex(16)


def link_token(tokens: Tokens, role: Role, life: str, port: int) -> str:
    """The token of a link: only the user's file makes it, and no other server accepts it."""
    return keyed_hash(tokens.of(role).encode(), f"{role} {life} {port}")


def tab_secret(tokens: Tokens, holder: str, port: int) -> str:
    """What an open tab proves itself with after a new start of the server: it answers the server's question with it and
    never sends it, so who listens in between learns nothing. It is the tab's alone: no cookie, no address holds it.

    `holder`: a role, or the mark of a person's link; it ends with that link.
    """
    return keyed_hash((tokens.look if holder == "look" else tokens.control).encode(), f"tab {holder} {port}")


def tab_answer(secret: str, question: str) -> str:
    """As static/socket.js makes it."""
    return hmac.new(secret.encode(), question.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Passes:
    """The links and cookies of one server process, and the questions that it has asked of tabs."""

    life: str = field(default_factory=lambda: os.environ.get(LIFE_VARIABLE) or new_life())
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _asked: dict[str, float] = field(default_factory=dict, repr=False)

    def question(self, now: float) -> str:
        """A question for a tab, to be answered once, soon. `now`: UTC seconds."""
        if len(self._asked) >= MOST_QUESTIONS:
            self._asked.pop(next(iter(self._asked)))
        asked = secrets.token_hex(16)
        self._asked[asked] = now + QUESTION_SECS
        return asked

    def holder_of_tab(self, given: str, holders: Iterable[str], tokens: Tokens, port: int, now: float) -> str | None:
        """Which of the holders the tab belongs to that has answered: `<question> <answer>`."""
        question, _, answer = given.partition(" ")
        if self._asked.pop(question, 0.0) < now:
            return None
        answers = {holder: tab_answer(tab_secret(tokens, holder, port), question) for holder in holders}
        return next((holder for holder, right in answers.items() if same(answer, right)), None)

    def role_of_link(self, token: str, tokens: Tokens, port: int) -> Role | None:
        """The role of an owner's link; None for a token that is none of his, or of another life or port."""
        return next((role for role in ROLES if same(token, link_token(tokens, role, self.life, port))), None)

    def cookie(self, holder: str, tokens: Tokens, port: int, now: float) -> str:
        """The value of a cookie that is good from `now` (UTC seconds) on. `holder`: a role, or a person's link."""
        until = str(int(now) + COOKIE_SECS)
        return f"{holder}.{until}.{self._mark(holder, until, tokens, port)}"

    def holders_of_cookies(self, header: str, tokens: Tokens, port: int, now: float) -> dict[str, float]:
        """The holders that a Cookie header names with our mark, each with the seconds for which it is still good."""
        found: dict[str, float] = {}
        for value in values_of(header, f"{COOKIE_PREFIX}{port}"):
            holder, _, rest = value.partition(".")
            until, _, mark = rest.partition(".")
            if not until.isdecimal() or not same(mark, self._mark(holder, until, tokens, port)):
                continue
            if (left := float(until) - now) > 0:
                found[holder] = left
        return found

    def _mark(self, holder: str, until: str, tokens: Tokens, port: int) -> str:
        return keyed_hash(self.key, f"{holder} {until} {port} {tokens.control} {tokens.look}")


def values_of(header: str, name: str) -> list[str]:
    """Every value of one cookie. Other programs of this host share the header, and write there what they like."""
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return [value.strip().strip('"') for key, _, value in pairs if key == name]


def set_cookie_header(port: int, value: str, *, secure: bool) -> str:
    """The Set-Cookie header: never read by a script, and not sent along by another site's page."""
    end = "; Secure" if secure else ""
    return f"{COOKIE_PREFIX}{port}={value}; Max-Age={COOKIE_SECS}; Path=/; HttpOnly; SameSite=lax{end}"


def keyed_hash(key: bytes, text: str) -> str:
    """192 bits that cannot be made without the key."""
    digest = hmac.new(key, text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


def same(given: str, ours: str) -> bool:
    """Whether two secrets agree, in a time that tells nothing."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), ours.encode())
