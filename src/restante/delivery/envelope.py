"""The envelope: what is known of a message besides its octets (RFC 5321 §2.3.1)."""

from __future__ import annotations

from dataclasses import dataclass

from restante.store.directory import AccountRecord


@dataclass(frozen=True, slots=True)
class Hop:
    """How a message came here, for its Received field (RFC 5321 §4.4).

    Attributes:
        host: this machine's name.
        id: names the transaction, in the header, in replies and in the log.
        time: when it arrived, epoch seconds.
        client: what the client called itself; empty for a message that came by no protocol.
        peer: the client's IP address; empty if it has none.
        protocol: ``LMTP`` or one of its kin (RFC 3848 §2, RFC 6531 §4.3); empty for none.
    """

    host: str
    id: str
    time: int
    client: str = ""
    peer: str = ""
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message's origin: *sender* is the reverse-path without its brackets, empty for a bounce."""

    sender: str
    hop: Hop


@dataclass(frozen=True, slots=True)
class Addressee:
    """One recipient whose mail is kept here.

    Attributes:
        address: as the client wrote it.
        account: whose mail it is.
        detail: what followed the delimiter in the local part, or None (RFC 5233 §4).
    """

    address: str
    account: AccountRecord
    detail: str | None = None
