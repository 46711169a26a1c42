"""What a connection tells its server: one value for each thing a client can do at the level of framing (RFC 9051 §2.2.1).

The rule it protects: whatever a peer sends becomes one of these; the server answers by kind and never sees an exception.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from restante.imap.wire.errors import BadSyntax
from restante.imap.wire.fragments import Literal
from restante.imap.wire.reader import Reader


@dataclass(frozen=True, slots=True)
class Request:
    """A complete command.

    Attributes:
        tag: the client's tag.
        name: the command in upper case, ``UID`` with the word after it: ``UID FETCH``.
        reader: stands behind the name, before the space or the end; its ``uid`` is set for ``UID`` commands.
        literals: all literals of the command, in order.
    """

    tag: str
    name: str
    reader: Reader
    literals: tuple[Literal, ...] = ()

    def discard(self) -> None:
        """Release every sink that was not taken over; for a command that keeps no literal, whatever its end."""
        discard(self.literals)


@dataclass(frozen=True, slots=True)
class Malformed:
    """A line that is no command, or a command beyond a limit. Answer ``tag BAD``, or ``* BAD`` without a tag."""

    tag: str | None
    error: BadSyntax


@dataclass(frozen=True, slots=True)
class ContinuationWanted:
    """A literal is welcome and the client waits for ``+ ``, with the space, which some clients insist on (RFC 9051 §7.6)."""


@dataclass(frozen=True, slots=True)
class LiteralRefused:
    """A literal over the limit; its command is gone, the next line begins a new one. Answer ``tag NO [TOOBIG]``.

    Attributes:
        tag: the command's tag.
        limit: the most octets its literals may have.
        name: the command, as in :class:`Request`.
    """

    tag: str | None
    limit: int
    name: str


@dataclass(frozen=True, slots=True)
class RawLine:
    """The line the server asked for by :meth:`Connection.expect_line`, without its end."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Overflow:
    """More than the server will even throw away. Answer ``* BYE`` and close; *reason* is fit for the client."""

    reason: str


Event: TypeAlias = Request | Malformed | ContinuationWanted | LiteralRefused | RawLine | Overflow


def discard(literals: Iterable[Literal]) -> None:
    """Release the sinks of *literals*."""
    for literal in literals:
        literal.discard()
