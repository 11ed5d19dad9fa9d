"""Who asks: the owner by his links, a person by a link of his own, a user whom a trusted proxy names."""

from __future__ import annotations

import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Scope

from monitor.ui.passes import COOKIE_SECS, RENEW_SECS, Passes, set_cookie_header
from monitor.ui.people import PeopleBook, Person
from monitor.ui.proxies import TrustedProxy
from monitor.ui.tokens import ROLES, Role, Tokens

OUR_HEADERS = b"x-vitalsigns-"
"""How the gate tells the page's script who speaks; what a visitor sends under such a name is dropped."""
ROLE_HEADER, NAME_HEADER, WAY_HEADER, HOLDER_HEADER = (
    f"{OUR_HEADERS.decode()}{what}" for what in ("role", "name", "way", "holder")
)


@dataclass(frozen=True)
class Visitor:
    """`name`: of a person, "" for who has one of the owner's links. `way`: as the audit says it. `holder`: what his
    cookie names, "" where he has none. `tokens`: those that he came with."""

    role: Role
    way: str
    name: str = ""
    holder: str = ""
    left: float = COOKIE_SECS
    """Seconds for which his cookie is still good."""
    tokens: Tokens | None = None
    person: Person | None = None
    """The link that he came by; of a proxy's user, the proxy's."""


class Visitors:
    """`tokens` returns those in force; where it returns None, every visitor of the port has control."""

    def __init__(
        self,
        tokens: Callable[[], Tokens | None],
        passes: Passes,
        people: PeopleBook | None = None,
        proxy: TrustedProxy | None = None,
    ) -> None:
        self._tokens, self._passes, self._people, self._proxy = tokens, passes, people, proxy

    def of(self, scope: Scope) -> Visitor | None:
        """The sender of a request, or None for a stranger. A user whom the trusted proxy names is that user, whatever
        cookie his browser has."""
        tokens = self._tokens()
        if tokens is None:
            return Visitor("control", "page, no token")
        named = self._named_by_proxy(scope, tokens)
        if named is not None:
            return named
        jar = ";".join(Headers(scope=scope).getlist("cookie"))
        holders = self._passes.holders_of_cookies(jar, tokens, _port_of(scope), time.time())
        found = [who for holder, left in holders.items() if (who := self._holding(holder, tokens, left)) is not None]
        return min(found, key=lambda who: ROLES.index(who.role), default=None)

    def by_link(self, token: str, scope: Scope) -> Visitor | None:
        """Who has a link with this token."""
        tokens = self._tokens()
        if tokens is None:
            return None
        role = self._passes.role_of_link(token, tokens, _port_of(scope))
        person = None if role or self._people is None else self._people.by_token(token, tokens, time.time())
        return self._holding(role or (person.mark if person is not None else ""), tokens)

    def by_tab(self, sent: str, scope: Scope) -> Visitor | None:
        """Whose tab has answered the question of a server that was started anew."""
        tokens = self._tokens()
        if tokens is None:
            return None
        holders = [*ROLES, *(person.mark for person in self._known(tokens))]
        holder = self._passes.holder_of_tab(sent, holders, tokens, _port_of(scope), time.time())
        return self._holding(holder or "", tokens)

    def is_program(self, request: Request) -> bool:
        """Whether a request for the numbers has a token of a link, in its Authorization header or in its address."""
        tokens = self._tokens()
        if tokens is None or self._people is None:
            return tokens is None
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        token = given.strip() if scheme.lower() == "bearer" else request.query_params.get("token", "")
        person = self._people.by_token(token, tokens, time.time())
        return person is not None and person.may != "proxy"

    def question(self) -> str:
        """A question for a tab that was open before this server started (see Passes.question)."""
        return self._passes.question(time.time())

    def needs_token(self) -> bool:
        """Whether a stranger is kept out."""
        return self._tokens() is not None

    def still(self, who: Visitor) -> bool:
        """Whether what he came with still counts: his secret, his link, his day."""
        if who.tokens is None or self._tokens() != who.tokens:
            return who.tokens is None and self._tokens() is None
        person = who.person
        return person is None or (self._people is not None and self._people.still(person, who.tokens, time.time()))

    def cookie(self, who: Visitor, scope: Scope) -> str:
        """The Set-Cookie header that lets him in from now on."""
        assert who.tokens is not None
        port = _port_of(scope)
        value = self._passes.cookie(who.holder, who.tokens, port, time.time())
        return set_cookie_header(port, value, secure=scope.get("scheme") in ("https", "wss"))

    def is_to_be_renewed(self, who: Visitor) -> bool:
        """Whether his cookie is older than an hour."""
        return bool(who.holder) and who.left <= COOKIE_SECS - RENEW_SECS

    def as_came(self, scope: Scope) -> Scope:
        """The scope with the scheme that the visitor used, where a trusted proxy tells it."""
        if self._proxy is None or not self._proxy.sent(scope):
            return scope
        return {**scope, "scheme": self._proxy.scheme_of(scope)}

    def _named_by_proxy(self, scope: Scope, tokens: Tokens) -> Visitor | None:
        if self._proxy is None or self._people is None or not self._proxy.sent(scope):
            return None
        name = self._proxy.user_of(scope)
        proof = self._people.by_token(self._proxy.token_of(scope), tokens, time.time()) if name else None
        if proof is None or proof.may != "proxy":
            return None
        role: Role = "control" if name in self._proxy.controllers else "look"
        return Visitor(role, f"page, {name} through the proxy {proof.name}", name, tokens=tokens, person=proof)

    def _holding(self, holder: str, tokens: Tokens, left: float = COOKIE_SECS) -> Visitor | None:
        for role in ROLES:
            if holder == role:
                way = "page, control link" if role == "control" else "page, looking-only link"
                return Visitor(role, way, holder=role, left=left, tokens=tokens)
        person = next((each for each in self._known(tokens) if each.mark == holder), None)
        if person is None or person.may not in ROLES:
            return None
        way = f"page, link of {person.name}"
        return Visitor(person.may, way, person.name, holder, left, tokens, person)

    def _known(self, tokens: Tokens) -> list[Person]:
        """Those whose links count now."""
        now = time.time()
        return [] if self._people is None else [each for each in self._people.current(tokens) if now < each.until]


def _port_of(scope: Scope) -> int:
    """The port that this server listens on, even where a tunnel gives it another."""
    return int((scope.get("server") or ("", 0))[1] or 0)


def scope_with_visitor(scope: Scope, who: Visitor | None) -> Scope:
    """The scope with what the gate decided, for a route of ours and, as headers, for Streamlit's script."""
    headers = [(key, value) for key, value in scope["headers"] if not key.lower().startswith(OUR_HEADERS)]
    said = {ROLE_HEADER: who.role, NAME_HEADER: who.name, WAY_HEADER: who.way, HOLDER_HEADER: who.holder} if who else {}
    ours = [(name.encode(), urllib.parse.quote(value).encode()) for name, value in said.items()]
    return {**scope, "vitalsigns_role": who.role if who is not None else None, "headers": [*headers, *ours]}


def heard(headers: Mapping[str, str], name: str) -> str:
    """The gate's value under one of its headers, as the script reads it."""
    return urllib.parse.unquote(headers.get(name) or "")


def role_in(scope: Mapping[str, Any]) -> Role | None:
    """What the gate decided for this request."""
    role: Role | None = scope.get("vitalsigns_role")
    return role
