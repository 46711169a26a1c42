"""Network addresses as settings write them: ``HOST:PORT``, and the networks of ``ADDRESS/PREFIX``.

The rule it protects: an IPv6 address stands in brackets (RFC 3986 §3.2.2), so the colon before the port is never a guess.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final, NewType

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
"""A range of addresses, for example ``192.0.2.0/24``."""

Domain = NewType("Domain", str)
"""A mail domain in the form in which domains are compared: folded, in Unicode."""

ALL_INTERFACES: Final = "*"

_ADDRESS: Final = re.compile(r"(?:\[(?P<v6>[^\[\]]*)\]|(?P<host>[^\[\]:\s]*)):(?P<port>[0-9]{1,5})", re.ASCII)
_HOST: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?", re.ASCII)
_MAX_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class Address:
    """A place to listen.

    Attributes:
        host: an IP address or host name, or ``*`` for every interface.
        port: 0 to 65535; 0 asks the system for a free one.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def address(text: str) -> Address:
    """The address that *text* writes; ``:143`` and ``*:143`` mean every interface. Raises ValueError saying why not."""
    match = _ADDRESS.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not HOST:PORT (an IPv6 address goes in brackets: [::1]:143)")
    port = int(match["port"])
    if port > _MAX_PORT:
        raise ValueError(f"port {port} of {text!r} is above {_MAX_PORT}")
    if match["v6"] is not None:
        return Address(_ipv6(match["v6"]), port)
    host = match["host"] or ALL_INTERFACES
    if host != ALL_INTERFACES and not _HOST.fullmatch(host):
        raise ValueError(f"{host!r} is neither a host name nor an IP address")
    return Address(host, port)


def network(text: str) -> Network:
    """The network that *text* writes, ``ADDRESS`` or ``ADDRESS/PREFIX``. Raises ValueError saying why not."""
    return ipaddress.ip_network(text.strip())


def _ipv6(text: str) -> str:
    try:
        return str(ipaddress.IPv6Address(text))
    except ValueError as error:
        raise ValueError(f"{text!r} is not an IPv6 address") from error
