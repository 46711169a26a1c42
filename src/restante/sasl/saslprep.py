"""SASLprep (RFC 4013): how passwords are prepared before they are hashed or compared.

Strategy: printable ASCII, nearly every password, is returned as it is; the tables of RFC 3454 come from the standard library.
The rule it protects: both sides of a SCRAM exchange, and today's and last year's typing, hash the same octets.
"""

from __future__ import annotations

import stringprep
import unicodedata
from typing import Final

_PROHIBITED: Final = (
    stringprep.in_table_c12,
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c5,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
)


class Unpreparable(ValueError):
    """The text holds what SASLprep prohibits; ``str(error)`` says which, without the text itself."""


def saslprep(text: str, *, stored: bool = False, bidi: bool = True) -> str:
    """*text* prepared (RFC 4013 §2); raises :class:`Unpreparable`.

    With *stored*, code points that Unicode 3.2 did not know are refused too (RFC 3454 §7). Without *bidi*, letters of both
    writing directions may stand together, which RFC 4013 §2.4 forbids but people's passwords do.
    """
    if text.isascii() and text.isprintable():
        return text
    # Unicode 3.2 is the version the RFC is bound to: later normalisation data would make other octets.
    prepared = unicodedata.ucd_3_2_0.normalize("NFKC", "".join(map(_mapped, text)))
    for char in prepared:
        if any(prohibits(char) for prohibits in _PROHIBITED):
            raise Unpreparable(f"the character U+{ord(char):04X} is not allowed")
        if stored and stringprep.in_table_a1(char):
            raise Unpreparable(f"the character U+{ord(char):04X} is too new to be allowed")
    if bidi:
        _check_bidi(prepared)
    return prepared


def _mapped(char: str) -> str:
    """RFC 4013 §2.1: other spaces become a space, and what is commonly mapped to nothing goes."""
    if stringprep.in_table_c12(char):
        return " "
    return "" if stringprep.in_table_b1(char) else char


def _check_bidi(text: str) -> None:
    """RFC 3454 §6."""
    if not any(map(stringprep.in_table_d1, text)):
        return
    if any(map(stringprep.in_table_d2, text)):
        raise Unpreparable("left-to-right and right-to-left letters cannot be mixed")
    if not (stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])):
        raise Unpreparable("right-to-left text must begin and end with a right-to-left letter")
