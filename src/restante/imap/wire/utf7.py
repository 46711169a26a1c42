"""Modified UTF-7, the spelling of mailbox names before UTF-8 was agreed on (RFC 3501 §5.1.3).

Strategy: what is valid is what :func:`encode` writes. :func:`decode` reads each shift leniently and then compares with
the one right spelling, which refuses stray bits, superfluous shifts and encoded ASCII in a single stroke.

The rule it protects: two spellings are never one mailbox.
"""

import binascii
import re
from typing import Final

_PLAIN: Final = re.compile(rb"[\x20-\x25\x27-\x7e]*")
_SHIFT: Final = re.compile(rb"&([A-Za-z0-9+,]*)-")
_TO_ENCODE: Final = re.compile(r"&|[^\x20-\x7e]+")


def decode(data: bytes) -> str:
    """The text that *data* spells. Raises ValueError where it is anything but the one right spelling."""
    if _PLAIN.fullmatch(data):
        return data.decode("ascii")
    parts: list[str] = []
    at = 0
    while at < len(data):
        plain = _PLAIN.match(data, at)
        if plain is not None and plain.end() > at:
            parts.append(plain[0].decode("ascii"))
            at = plain.end()
            continue
        shift = _SHIFT.match(data, at)
        if shift is None:
            raise ValueError("not modified UTF-7")
        parts.append(_decode_shift(shift[1]) if shift[1] else "&")
        at = shift.end()
    text = "".join(parts)
    if encode(text) != data:
        raise ValueError("not the shortest modified UTF-7")
    return text


def encode(text: str) -> bytes:
    """*text* in modified UTF-7. Raises ValueError (UnicodeEncodeError) for lone surrogates."""
    return _TO_ENCODE.sub(_encode_shift, text).encode("ascii")


def _decode_shift(base64: bytes) -> str:
    padded = base64.replace(b",", b"/") + b"=" * (-len(base64) % 4)
    return binascii.a2b_base64(padded).decode("utf-16-be")


def _encode_shift(match: re.Match[str]) -> str:
    if match[0] == "&":
        return "&-"
    base64 = binascii.b2a_base64(match[0].encode("utf-16-be"), newline=False)
    return "&" + base64.rstrip(b"=").replace(b"/", b",").decode("ascii") + "-"
