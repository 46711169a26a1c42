"""Collations: the order of text for SORT and THREAD, by name (RFC 4790; RFC 5051; RFC 5255 §4).

Strategy: a collation is a function from text to a key; keys compare as strings of code points, which is the order of their
UTF-8 octets, and so i;octet's. But for i;ascii-numeric, keys go code point by code point, so that parts can be found.

The rule it protects: a key depends on the text alone, never on a locale; text in ASCII, which most is, costs one call.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Collation:
    """A collation.

    Attributes:
        name: as registered (RFC 4790 §3.1).
        key: a text's key; keys that are equal or in order say so of their texts.
        finds: whether the key of a part of a text is a part of the text's key, so that parts can be found.
    """

    name: str
    key: Callable[[str], str]
    finds: bool = True


class _Casemap(dict[int, str]):
    """What each code point becomes, found when first asked for; none beyond the Basic Multilingual Plane is kept."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        title = char.title()
        # Where Unicode's special casing makes several characters, the simple mapping that RFC 5051 means changes nothing.
        found = unicodedata.normalize("NFKD", title if len(title) == 1 else char)
        if code <= 0xFFFF:
            self[code] = found
        return found


_CASEMAP: Final = _Casemap()
_ASCII_UPPER: Final = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}


def _unicode_casemap(text: str) -> str:
    """Each code point in title case, then decomposed (RFC 5051 §2)."""
    return text.upper() if text.isascii() else text.translate(_CASEMAP)


def _ascii_casemap(text: str) -> str:
    """ASCII letters in upper case, all else as it is (RFC 4790 §9.2.1)."""
    return text.upper() if text.isascii() else text.translate(_ASCII_UPPER)


_NUMBER: Final = re.compile(r"0*([0-9]*)")


def _ascii_numeric(text: str) -> str:
    """The number *text* begins with, of any length; what is no number comes after all numbers (RFC 4790 §9.1.1)."""
    if not "0" <= text[:1] <= "9":
        return "infinite"
    found = _NUMBER.match(text)
    digits = found[1] if found else ""
    return f"{len(digits):010d}{digits}"


UNICODE_CASEMAP: Final = Collation("i;unicode-casemap", _unicode_casemap)
"""RFC 5051: the default (RFC 5255 §4.4)."""

ASCII_CASEMAP: Final = Collation("i;ascii-casemap", _ascii_casemap)
"""RFC 4790 §9.2."""

OCTET: Final = Collation("i;octet", str)
"""RFC 4790 §9.3."""

ASCII_NUMERIC: Final = Collation("i;ascii-numeric", _ascii_numeric, finds=False)
"""RFC 4790 §9.1."""

COLLATIONS: Final = (UNICODE_CASEMAP, ASCII_CASEMAP, OCTET)
"""Those that can order, compare and find parts, as IMAP asks (RFC 5255 §4.4)."""
