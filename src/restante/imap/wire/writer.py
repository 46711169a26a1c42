"""Writes IMAP's terminals: strings, names and lists (RFC 9051 §9). The one place that decides quoted or literal.

Strategy: plain functions from values to octets, joined once by the caller. A string is quoted when it can be, and a
literal when it holds what a quoted string cannot: CR, LF, NUL, or eight-bit octets before UTF-8 was agreed on.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from restante.imap.wire import utf7
from restante.model.mailbox_name import MailboxName
from restante.model.message_set import MessageSet

_NEEDS_LITERAL: Final = re.compile(rb"[\x00\r\n\x80-\xff]")
_NEEDS_LITERAL_UTF8: Final = re.compile(rb"[\x00\r\n]")
_ESCAPE: Final = re.compile(rb'(["\\])')
_SPECIAL: Final = bytes((0x00, 0x0A, 0x0D, *b'"\\', *range(0x80, 0x100)))
"""Octets for whose sake a string cannot just stand between quotes."""

_ASTRING: Final = re.compile(rb"[!#$&'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")
_MAX_QUOTED: Final = 1000
"""Octets. Longer strings go as literals: line-limited clients (RFC 2683 §3.2.1.5) read those by count."""


def quoted(value: bytes) -> bytes:
    """``quoted``: *value* between double quotes, which the caller knows to be fit for it."""
    return b'"' + _ESCAPE.sub(rb"\\\1", value) + b'"'


def literal(value: bytes) -> bytes:
    """``literal``: ``{n}`` CRLF octets. The caller has replaced NULs where they may not stand."""
    return b"{%d}\r\n%b" % (len(value), value)


def string(value: bytes, *, utf8: bool = False) -> bytes:
    """``string``: quoted if it can be. With *utf8* (RFC 9755 §3), valid UTF-8 goes quoted too."""
    if len(value) > _MAX_QUOTED:
        return literal(value)
    if len(value.translate(None, _SPECIAL)) == len(value):
        # Nearly everything: nothing to escape, nothing to look for.
        return b'"%b"' % value
    if not _NEEDS_LITERAL.search(value):
        return quoted(value)
    if utf8 and not _NEEDS_LITERAL_UTF8.search(value) and _is_utf8(value):
        return quoted(value)
    return literal(value)


def nstring(value: bytes | None, *, utf8: bool = False) -> bytes:
    """``nstring``: a string, or NIL for None."""
    return b"NIL" if value is None else string(value, utf8=utf8)


def nstring8(value: bytes | None, *, utf8: bool = False) -> bytes:
    """``nstring / literal8``, the last of which is for what holds a NUL (RFC 5464 §5)."""
    if value is not None and b"\x00" in value:
        return b"~" + literal(value)
    return nstring(value, utf8=utf8)


def astring(value: bytes, *, utf8: bool = False) -> bytes:
    """``astring``: an atom if it can be; never the bare word NIL, which clients misread."""
    if _ASTRING.fullmatch(value) and value.upper() != b"NIL":
        return value
    return string(value, utf8=utf8)


def mailbox(name: MailboxName, *, utf8: bool = False) -> bytes:
    """``mailbox``: in modified UTF-7 (RFC 3501 §5.1.3), or with *utf8* in UTF-8 (RFC 9051 §5.1)."""
    return _mailbox(name, utf8)


@lru_cache(maxsize=4096)
def _mailbox(name: MailboxName, utf8: bool) -> bytes:
    # The same names are written again and again: clients ask for the list, and for each one's figures.
    return astring(_spelling(name) if utf8 else utf7.encode(name), utf8=utf8)


def message_set(messages: MessageSet) -> bytes:
    """``sequence-set`` (RFC 9051 §9)."""
    return messages.wire().encode("ascii")


def numbers(values: Sequence[int]) -> bytes:
    """``1*(SP number)``, with the space before each; nothing for none."""
    return b" " + msgspec.json.encode(list(values))[1:-1].replace(b",", b" ") if values else b""


def parenthesised(items: Iterable[bytes]) -> bytes:
    """``"(" [item *(SP item)] ")"``."""
    return b"(" + b" ".join(items) + b")"


def _spelling(name: MailboxName) -> bytes:
    # Clients that agreed on UTF-8 still send modified UTF-7 at times, and so that is read. A name that happens to look
    # like it ("R&-D") is therefore written in it, and comes back as itself.
    raw = name.encode()
    if b"&" in raw and raw.isascii():
        try:
            utf7.decode(raw)
        except ValueError:
            return raw
        return utf7.encode(name)
    return raw


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True
