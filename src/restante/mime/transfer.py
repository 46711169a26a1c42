"""Content transfer encodings, undone (RFC 2045 §6, RFC 3516 §4).

Strategy: the standard library's C routines, after one pass that takes away what they stumble over. Mail in the wild has
base64 without padding, in several pieces and with foreign octets, and quoted-printable with white space at the line ends.

The rule it protects: BINARY fails only for an encoding nobody knows; damaged octets decode as far as they go.
"""

from __future__ import annotations

import binascii
import re
from typing import Final

_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64: Final = bytes(sorted(set(range(256)) - set(_BASE64)))
_UU_BEGIN: Final = re.compile(rb"^begin[ \t]+[0-7]{3,4}[ \t]+[^\n]*\n", re.MULTILINE)

IDENTITY: Final = frozenset((b"7BIT", b"8BIT", b"BINARY"))
_BASE64_NAMES: Final = frozenset((b"BASE64", b"B"))
_QUOTED_NAMES: Final = frozenset((b"QUOTED-PRINTABLE", b"Q"))
_UU_NAMES: Final = frozenset((b"X-UUENCODE", b"X-UUE", b"UUENCODE", b"UUE"))
_KNOWN: Final = IDENTITY | _BASE64_NAMES | _QUOTED_NAMES | _UU_NAMES


class UnknownEncoding(ValueError):
    """The content transfer encoding is none we can undo: BINARY answers NO [UNKNOWN-CTE] (RFC 3516 §4.3)."""


def decode(raw: bytes, encoding: bytes) -> bytes:
    """*raw* with *encoding*, any case, undone as far as it goes; an unknown encoding leaves *raw* as it is."""
    name = encoding.upper()
    if name in _BASE64_NAMES:
        return _base64(raw)
    if name in _QUOTED_NAMES:
        return _quoted_printable(raw)
    if name in _UU_NAMES:
        return _uuencoded(raw)
    return raw


def decode_known(raw: bytes, encoding: bytes) -> bytes:
    """As :func:`decode`, but raises :class:`UnknownEncoding` where the encoding is not known."""
    if encoding.upper() not in _KNOWN:
        raise UnknownEncoding("this part's content transfer encoding is not known here")
    return decode(raw, encoding)


def _base64(raw: bytes) -> bytes:
    clean = raw.translate(None, _NOT_BASE64).rstrip(b"=")
    if b"=" not in clean:
        return _base64_piece(clean)
    # Two encoded blocks, one after the other: each ends with its own padding.
    return b"".join([_base64_piece(piece) for piece in clean.split(b"=") if piece])


def _base64_piece(clean: bytes) -> bytes:
    left = len(clean) % 4
    if left == 1:  # six bits make no octet
        clean, left = clean[:-1], 0
    return binascii.a2b_base64(clean + b"=" * (-left % 4))


def _quoted_printable(raw: bytes) -> bytes:
    if b" \n" in raw or b" \r\n" in raw or b"\t\n" in raw or b"\t\r\n" in raw:
        # White space at a line's end was added on the way (RFC 2045 §6.7, rule 3).
        raw = b"\n".join([_without_trailing_space(line) for line in raw.split(b"\n")])
    return binascii.a2b_qp(raw)


def _without_trailing_space(line: bytes) -> bytes:
    if line.endswith(b"\r"):
        return line[:-1].rstrip(b" \t") + b"\r"
    return line.rstrip(b" \t")


def _uuencoded(raw: bytes) -> bytes:
    begin = _UU_BEGIN.search(raw)
    if begin is None:
        return raw
    decoded: list[bytes] = []
    for line in raw[begin.end() :].split(b"\n"):
        line = line.rstrip(b"\r")
        if line.strip().lower() == b"end":
            break
        decoded.append(_uu_line(line))
    return b"".join(decoded)


def _uu_line(line: bytes) -> bytes:
    if not line:
        return b""
    octets = (line[0] - 32) & 63
    try:
        return binascii.a2b_uu(line[: 1 + (octets + 2) // 3 * 4])
    except binascii.Error:
        return b""
