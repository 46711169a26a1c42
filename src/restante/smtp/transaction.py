"""The rules of a dialogue: what is offered, which command may come when, what MAIL may ask for.

One table says what each command answers where it does not belong (RFC 5321 §4.1.4, RFC 2033 §4.1, RFC 3030 §2).
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from restante.smtp.command import Bdat, Command, Data, Mail, Parameters, Rcpt
from restante.smtp.errors import BadCommand
from restante.smtp.reply import TOO_LARGE, Reply, bad_arguments, bad_sequence


class Phase(enum.Enum):
    """Where a dialogue stands."""

    CONNECTED = "connected"
    """Nobody has said hello."""
    READY = "ready"
    """Between transactions."""
    OPEN = "open"
    """MAIL was accepted."""
    CHUNKS = "chunks"
    """A BDAT has begun the content."""


_HELLO_FIRST: Final = bad_sequence("Say hello first")
_MAIL_FIRST: Final = bad_sequence("MAIL comes first")
_NESTED: Final = bad_sequence("A transaction is open already; RSET ends it")
_IN_CHUNKS: Final = bad_sequence("The content has begun; BDAT goes on with it, RSET ends it")

_MISPLACED: Final[dict[type[Command], dict[Phase, Reply]]] = {
    Mail: {Phase.CONNECTED: _HELLO_FIRST, Phase.OPEN: _NESTED, Phase.CHUNKS: _NESTED},
    Rcpt: {Phase.CONNECTED: _HELLO_FIRST, Phase.READY: _MAIL_FIRST, Phase.CHUNKS: _IN_CHUNKS},
    Data: {Phase.CONNECTED: _HELLO_FIRST, Phase.READY: _MAIL_FIRST, Phase.CHUNKS: _IN_CHUNKS},
    Bdat: {Phase.CONNECTED: _HELLO_FIRST, Phase.READY: _MAIL_FIRST},
}


def misplaced(command: Command, phase: Phase) -> Reply | None:
    """What to answer if *command* cannot come in *phase*; None if it can."""
    return _MISPLACED.get(type(command), {}).get(phase)


def hello_reply(host: str, size: int, more: Sequence[str] = ()) -> Reply:
    """The answer to LHLO or EHLO: who speaks and what is offered, *more* after what every dialogue has.

    *size* is the largest message taken, in octets (RFC 1870 §3).
    """
    offers = ("PIPELINING", "ENHANCEDSTATUSCODES", "8BITMIME", "SMTPUTF8", "CHUNKING", f"SIZE {size}", *more)
    return Reply(250, "", "\n".join((host, *offers)))


@dataclass(frozen=True, slots=True)
class MailOptions:
    """What MAIL's parameters asked for.

    Attributes:
        size: octets declared (RFC 1870 §6), or None.
        utf8: whether addresses and headers may be in UTF-8 (RFC 6531 §3.4).
    """

    size: int | None = None
    utf8: bool = False


_BODIES: Final = frozenset(("7BIT", "8BITMIME"))
_SIZE_DIGITS: Final = 20


def mail_options(parameters: Parameters, limit: int) -> MailOptions:
    """What *parameters* ask for. Raises BadCommand for what is unknown or wrong, and for a size over *limit*."""
    size, utf8 = None, False
    seen = dict(parameters)
    if len(seen) != len(parameters):
        raise BadCommand(bad_arguments("each parameter at most once"))
    for keyword, value in parameters:
        if keyword == "SIZE":
            size = _size(value, limit)
        elif keyword == "SMTPUTF8" and value is None:
            utf8 = True
        elif keyword != "BODY" or value is None or value.upper() not in _BODIES:
            raise BadCommand(_unknown(keyword, seen))
    return MailOptions(size, utf8)


def no_parameters(parameters: Parameters) -> None:
    """Raises BadCommand if there are any: RCPT takes none of the extensions offered."""
    for keyword, _ in parameters:
        raise BadCommand(_unknown(keyword, {}))


def _unknown(keyword: str, seen: dict[str, str | None]) -> Reply:
    if keyword in ("BODY", "SMTPUTF8") and keyword in seen:
        return bad_arguments("BODY=7BIT, BODY=8BITMIME, SMTPUTF8")
    return Reply(555, "5.5.4", f"Parameter {keyword[:40]} is not supported")


def _size(value: str | None, limit: int) -> int:
    if value is None or not value.isascii() or not value.isdigit() or len(value) > _SIZE_DIGITS:
        raise BadCommand(bad_arguments("SIZE=octets"))
    size = int(value)
    if size > limit:
        raise BadCommand(TOO_LARGE)
    return size
