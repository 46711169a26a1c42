"""Writes ENVELOPE, BODY and BODYSTRUCTURE (RFC 9051 §7.5.2, §9: envelope, body).

Strategy: from values straight to octets, each string by the writer. What is written here is stored with the message
and sent as it is, so it is done once for each message and each way of writing strings.

The rule it protects: whatever the message held, the result is what the grammar says; a client never loses its place in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from restante.imap.wire.writer import nstring, parenthesised, string
from restante.mime.address import Address
from restante.mime.content import Params
from restante.mime.envelope import Envelope
from restante.mime.part import Part

_NIL: Final = b"NIL"
_NO_ENVELOPE: Final = Envelope()
_EMPTY_BODY: Final = Part(0, 0, 0)


def envelope(value: Envelope, *, utf8: bool = False) -> bytes:
    """``envelope``: the ten fields between parentheses; with *utf8* (RFC 9755 §3) UTF-8 goes quoted, not as literals."""
    fields = [nstring(value.date, utf8=utf8), nstring(value.subject, utf8=utf8)]
    written: dict[tuple[Address, ...], bytes] = {}
    for people in (value.from_, value.sender, value.reply_to, value.to, value.cc, value.bcc):
        if people not in written:
            written[people] = _addresses(people, utf8)
        fields.append(written[people])
    fields.append(nstring(value.in_reply_to, utf8=utf8))
    fields.append(nstring(value.message_id, utf8=utf8))
    return parenthesised(fields)


def body(part: Part, extensible: bool = False, *, utf8: bool = False) -> bytes:
    """``body``: of *part* and all below it; as BODYSTRUCTURE with *extensible*, as BODY without."""
    return bodies(part, utf8=utf8)[extensible]


def bodies(part: Part, *, utf8: bool = False) -> tuple[bytes, bytes]:
    """*part* and all below it as BODY and as BODYSTRUCTURE, which have most in common."""
    if part.type == b"MULTIPART":
        return _multipart(part, utf8)
    short, more = _basic(part, utf8), [nstring(part.md5, utf8=utf8), *_extension(part, utf8)]
    if part.message is None:
        if part.type == b"TEXT":
            short.append(b"%d" % part.lines)
        return parenthesised(short), parenthesised(short + more)
    short.append(envelope(part.message.envelope or _NO_ENVELOPE, utf8=utf8))
    lines, (inner, inner_extended) = b"%d" % part.lines, bodies(part.message, utf8=utf8)
    return parenthesised([*short, inner, lines]), parenthesised([*short, inner_extended, lines, *more])


def _basic(part: Part, utf8: bool) -> list[bytes]:
    return [
        string(part.type, utf8=utf8),
        string(part.subtype, utf8=utf8),
        _params(part.params, utf8),
        nstring(part.content_id, utf8=utf8),
        nstring(part.description, utf8=utf8),
        string(part.encoding, utf8=utf8),
        b"%d" % part.size,
    ]


def _multipart(part: Part, utf8: bool) -> tuple[bytes, bytes]:
    # The grammar wants at least one body: 1*body SP media-subtype.
    children = [bodies(child, utf8=utf8) for child in part.children or (_EMPTY_BODY,)]
    subtype = string(part.subtype, utf8=utf8)
    more = (_params(part.params, utf8), *_extension(part, utf8))
    return (
        parenthesised((b"".join([short for short, _ in children]), subtype)),
        parenthesised((b"".join([extended for _, extended in children]), subtype, *more)),
    )


def _extension(part: Part, utf8: bool) -> list[bytes]:
    """Disposition, language and location, which all kinds of body have."""
    placed = _NIL
    if part.disposition is not None:
        kind, params = part.disposition
        placed = parenthesised((string(kind, utf8=utf8), _params(params, utf8)))
    spoken = parenthesised(string(tag, utf8=utf8) for tag in part.language) if part.language else _NIL
    return [placed, spoken, nstring(part.location, utf8=utf8)]


def _params(params: Params, utf8: bool) -> bytes:
    if not params:
        return _NIL
    return parenthesised([string(text, utf8=utf8) for pair in params for text in pair])


def _addresses(people: Iterable[Address], utf8: bool) -> bytes:
    """``"(" 1*address ")" / nil``, the addresses without a space between them."""
    written = b"".join([parenthesised([nstring(text, utf8=utf8) for text in person]) for person in people])
    return b"(%b)" % written if written else _NIL
