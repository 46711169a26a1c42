"""The sockets a server takes connections on, bound before anything else, so that several processes can share them.

The rule it protects: an address that cannot be had is known before a process is started or an octet of data is touched.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from restante.config.address import ALL_INTERFACES, Address
from restante.server.unix_socket import bind_unix, unlink_unix


@dataclass(frozen=True, slots=True)
class Sockets:
    """Bound, listening sockets by what is spoken there.

    Attributes:
        imap: IMAP that offers STARTTLS.
        imaps: IMAP under TLS.
        lmtp: LMTP, over TCP and over a UNIX socket.
        path: the UNIX socket's, if there is one.
        backlog: connections the system holds until they are accepted. An event loop sets its own unless it is told.
    """

    imap: tuple[socket.socket, ...]
    imaps: tuple[socket.socket, ...]
    lmtp: tuple[socket.socket, ...]
    path: Path | None = None
    backlog: int = 1024

    def close(self) -> None:
        """Take no more connections; the UNIX socket's name goes too."""
        for one in (*self.imap, *self.imaps, *self.lmtp):
            one.close()
        if self.path is not None:
            unlink_unix(self.path)


@dataclass(frozen=True, slots=True)
class Places:
    """Where to listen: addresses by what is spoken there, and LMTP's UNIX socket with its permissions.

    Attributes:
        backlog: connections the system holds until they are accepted.
    """

    imap: Sequence[Address]
    imaps: Sequence[Address]
    lmtp: Sequence[Address]
    path: Path | None
    mode: int
    backlog: int


def bind(places: Places) -> Sockets:
    """Bind and listen at *places*. Raises OSError, and then nothing is left bound."""
    bound: list[socket.socket] = []
    try:
        imap = _all(places.imap, places.backlog, bound)
        imaps = _all(places.imaps, places.backlog, bound)
        lmtp = _all(places.lmtp, places.backlog, bound)
        if places.path is not None:
            local = bind_unix(places.path, places.mode)
            bound.append(local)
            local.listen(places.backlog)
            lmtp = (*lmtp, local)
    except OSError:
        for one in bound:
            one.close()
        raise
    return Sockets(imap, imaps, lmtp, places.path, places.backlog)


def addresses(sockets: Iterable[socket.socket]) -> list[Address]:
    """Where the TCP sockets among *sockets* came to be."""
    names = (one.getsockname() for one in sockets if one.family != socket.AF_UNIX)
    return [Address(str(name[0]), int(name[1])) for name in names]


def _all(wanted: Iterable[Address], backlog: int, bound: list[socket.socket]) -> tuple[socket.socket, ...]:
    first = len(bound)
    for address in wanted:
        bound.extend(_bind(address, backlog))
    return tuple(bound[first:])


def _bind(address: Address, backlog: int) -> list[socket.socket]:
    if address.host == ALL_INTERFACES:
        return [_every_interface(address.port, backlog)]
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    places = dict.fromkeys((family, place) for family, _, _, _, place in found)
    return [_listening(family, place, backlog) for family, place in places]


def _every_interface(port: int, backlog: int) -> socket.socket:
    """IPv6 and IPv4 in one socket, or IPv4 alone where the machine has no other."""
    if socket.has_dualstack_ipv6():
        with suppress(OSError):
            return socket.create_server(
                ("", port), family=socket.AF_INET6, backlog=backlog, dualstack_ipv6=True, reuse_port=False
            )
    return _listening(socket.AF_INET, ("0.0.0.0", port), backlog)


def _listening(family: int, place: object, backlog: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.setblocking(False)
        made.bind(place)  # type: ignore[arg-type] # what getaddrinfo gave for this family
        made.listen(backlog)
    except OSError:
        made.close()
        raise
    return made
