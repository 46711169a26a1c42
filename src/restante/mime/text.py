"""The text a reader sees: for SEARCH BODY and TEXT, and for PREVIEW (RFC 9051 §6.4.4, RFC 8970 §3).

Strategy: transfer encoding undone, charset decoded, HTML stripped of its marks.

The rule it protects: linear in the size, and never a failure: damaged text is searched as far as it can be read.
"""

from __future__ import annotations

import re
from typing import Final

from restante.mime.charset import codec_of, decode_text, guess_text
from restante.mime.header import raw_values
from restante.mime.html import html_text
from restante.mime.part import Part
from restante.mime.scan import Raw
from restante.mime.transfer import decode
from restante.mime.words import decode_words

PREVIEW_CHARACTERS: Final = 200
"""RFC 8970 §3.3: what a server SHOULD keep to; 256 is the most it MAY send."""

_PREVIEW_OCTETS: Final = 64 * 1024
_MAX_OCTETS: Final = 64 * 1024 * 1024
_BEGINNING: Final = 1024
"""Octets that most often hold the words of a preview."""

_UNCERTAIN: Final = 4
"""Octets before a cut that would be others without it: an encoded one is cut in two, or a group of base64."""

_ASCII_IS_ASCII: Final = frozenset(("utf_8", "cp1252"))
_UNSEEN: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f\u00ad\u034f\u200b-\u200f\u2060\ufeff]+")


def decoded_text(raw: Raw, part: Part, limit: int = _MAX_OCTETS) -> str:
    """All text of *part* of the message *raw*, one piece to a line: text parts, and encapsulated messages' headers.

    The header of *part* itself is left out: SEARCH BODY does not look there. Reads at most *limit* octets of *raw*.
    """
    pieces: list[str] = []
    for one in part.walk():
        if limit <= 0:
            break
        if one is not part and one.envelope is not None:
            header = raw[one.start : min(one.body_start, one.start + limit)]
            limit -= len(header)
            pieces.append(header_text(header))
        if one.type == b"TEXT":
            pieces.append(part_text(raw, one, limit))
            limit -= one.size
    return "\n".join(pieces)


def header_text(header: bytes) -> str:
    """A raw *header* as a reader sees it: a line for each field, its encoded words decoded."""
    return "\n".join([f"{guess_text(name)}: {decode_words(value)}" for name, value in raw_values(header)])


def part_text(raw: Raw, part: Part, limit: int = _MAX_OCTETS) -> str:
    """The text of one text *part* of the message *raw*, from at most *limit* of its octets; HTML without its marks."""
    octets = decode(raw[part.body_start : min(part.end, part.body_start + limit)], part.encoding)
    text = decode_text(octets, part.charset)
    return html_text(text) if part.subtype == b"HTML" else text


def preview(raw: Raw, part: Part, characters: int = PREVIEW_CHARACTERS) -> str:
    """The first words of the message *part* on one line; empty if it has no text to show (RFC 8970 §3.2)."""
    texts = [one for one in part.walk() if one.type == b"TEXT" and not one.is_attachment]
    for subtype in (b"PLAIN", b"HTML"):
        for one in texts:
            if one.subtype == subtype and (shown := _shown(raw, one, characters)):
                return shown
    return ""


def _shown(raw: Raw, part: Part, characters: int) -> str:
    """The first *characters* of a text *part*, from its first kilobyte where that says for certain what the whole would."""
    if part.subtype == b"PLAIN" and part.size > _BEGINNING:
        octets = decode(raw[part.body_start : part.body_start + _BEGINNING], part.encoding)[:-_UNCERTAIN]
        # ASCII is what it looks like in these charsets, whatever follows; in others it may be something else.
        if octets.isascii() and (part.charset is None or codec_of(part.charset) in _ASCII_IS_ASCII):
            words = _first_words(octets.decode(), characters, whole=False)
            if words is not None:
                return words
    text = part_text(raw, part, _PREVIEW_OCTETS)
    if len(text) > _BEGINNING:
        words = _first_words(text[:_BEGINNING], characters, whole=False)
        if words is not None:
            return words
    return _first_words(text, characters) or ""


def _first_words(text: str, characters: int, *, whole: bool = True) -> str | None:
    """The first *characters* of *text* on one line, without what takes room and shows nothing.

    None if more of a text that is not *whole* might alter them.
    """
    shown = " ".join(text.split())
    at = characters
    while whole or at < len(shown):
        tidy = " ".join(_UNSEEN.sub("", shown[:at]).split())
        if len(tidy) >= characters or at >= len(shown):
            return tidy[:characters].rstrip()
        at *= 2
    return None
