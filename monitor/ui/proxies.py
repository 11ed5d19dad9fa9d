"""A reverse proxy that says who asks: its header counts only from a named address and with the proxy's own token.

Every user of the machine can connect from 127.0.0.1, so an address alone proves nothing: the proxy also sends a token
that was made for it (`link --may proxy`), in a header that its visitors cannot set.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Scope

from monitor.run_dir.errors import RefusedError, UsageError
from monitor.ui.headers import is_loopback
from monitor.ui.people import NAME

TOKEN_HEADER = "x-vitalsigns-proxy"
HEADER_VARIABLE = "VITALSIGNS_USER_HEADER"
PEERS_VARIABLE = "VITALSIGNS_PROXY_ADDRESSES"
CONTROLLERS_VARIABLE = "VITALSIGNS_MAY_CONTROL"
UVICORN_VARIABLE = "FORWARDED_ALLOW_IPS"
"""The addresses whose X-Forwarded-For uvicorn believes: none where a proxy is trusted by the address that this would
replace."""
HEADER = re.compile(r"(?:X|Remote|Tailscale|Cf)-[A-Za-z0-9-]{1,60}")
"""None of those that a browser sends by itself."""


@dataclass(frozen=True)
class TrustedProxy:
    """Which header is believed, from which peer addresses, and which of its users may control; the others may look."""

    header: str
    peers: frozenset[str]
    controllers: frozenset[str] = frozenset()

    def sent(self, scope: Scope) -> bool:
        """Whether the request comes from one of the named addresses."""
        return address((scope.get("client") or ("",))[0]) in self.peers

    def token_of(self, scope: Scope) -> str:
        """What the proxy proves itself with; "" where it does not."""
        given = Headers(scope=scope).getlist(TOKEN_HEADER)
        return given[0] if len(given) == 1 else ""

    def user_of(self, scope: Scope) -> str:
        """The name in the header; "" where there is none, more than one, or no name that could be noted."""
        given = Headers(scope=scope).getlist(self.header)
        return given[0] if len(given) == 1 and given[0].isascii() and NAME.fullmatch(given[0]) else ""

    def scheme_of(self, scope: Scope) -> str:
        """How the visitor came to the proxy: http(s), or ws(s) for a socket."""
        given = Headers(scope=scope).get("x-forwarded-proto", "").strip()
        secure = given in ("https", "wss")
        return ("wss" if secure else "ws") if scope["type"] == "websocket" else ("https" if secure else "http")

    def environment(self) -> dict[str, str]:
        """The environment that passes it to the server's process."""
        return {
            HEADER_VARIABLE: self.header,
            PEERS_VARIABLE: ",".join(sorted(self.peers)),
            CONTROLLERS_VARIABLE: ",".join(sorted(self.controllers)),
            UVICORN_VARIABLE: "",
        }


def trusted_proxy(header: str, peers: tuple[str, ...], controllers: tuple[str, ...], host: str) -> TrustedProxy | None:
    """What `serve` was asked to trust; None where nothing. `host`: the address it listens on.

    Raises UsageError for half an order or an odd one, RefusedError where no such peer could come.
    """
    if not header:
        if peers or controllers:
            raise UsageError("--from and --may-control name a proxy and its users: add --trust-user-header NAME.")
        return None
    if not HEADER.fullmatch(header):
        raise UsageError(
            f"--trust-user-header {header}: must be a header of the proxy's own, such as X-Forwarded-User."
        )
    if not peers:
        raise UsageError(
            "--trust-user-header needs --from ADDRESS, the proxy's; the header is ignored from other addresses."
        )
    known = [(peer, address(peer)) for peer in peers]
    for peer, found in known:
        if not found:
            raise UsageError(f"--from {peer}: must be one address, such as 127.0.0.1.")
        if is_loopback(host) and not is_loopback(found):
            raise RefusedError(f"--from {peer}: the page listens on {host} alone, where that cannot come from.")
    for name in controllers:
        if not NAME.fullmatch(name):
            raise UsageError(f"--may-control {name}: must be a name as the proxy sends it.")
    return TrustedProxy(header.lower(), frozenset(found for _, found in known), frozenset(controllers))


def from_environment(environment: Mapping[str, str] = os.environ) -> TrustedProxy | None:
    """The proxy that `serve` has made this process trust."""
    header = environment.get(HEADER_VARIABLE, "")
    lists = [environment.get(name, "").split(",") for name in (PEERS_VARIABLE, CONTROLLERS_VARIABLE)]
    peers, controllers = (frozenset(filter(None, each)) for each in lists)
    return TrustedProxy(header, peers, controllers) if header and peers else None


def address(text: str) -> str:
    """An address in its one form, an IPv4 address in IPv6 clothes as itself; "" for what is none."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return ""
    return str(getattr(found, "ipv4_mapped", None) or found)
