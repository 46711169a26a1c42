"""Encoded words and encoded parameters, decoded to text (RFC 2047, RFC 2231).

Strategy: neighbours of one charset are put together before decoding, since senders cut characters in two. Octets
that are no encoded word are UTF-8, or else windows-1252.

The rule it protects: decoding never fails and is linear; what is no valid encoded word stays as it was written.
"""

from __future__ import annotations

import re
from typing import Final

from restante.mime.charset import decode_text, guess_text
from restante.mime.content import Params, extended_value, parameter
from restante.mime.header import unfold
from restante.mime.transfer import decode

_WORD: Final = re.compile(rb"=\?([^?\s]++)\?([bBqQ])\?([^?]*+(?:\?(?!=)[^?]*+)*?)\?=")
_WHITE: Final = b" \t"


def decode_words(value: bytes) -> str:
    """A raw or unfolded field *value* as text, its encoded words decoded (RFC 2047 §6)."""
    value = unfold(value)
    if b"=?" not in value:
        return guess_text(value)
    text: list[str] = []
    octets: list[bytes] = []
    label = b""
    at = 0
    for word in _WORD.finditer(value):
        between = value[at : word.start()]
        charset = word[1].partition(b"*")[0].lower()
        if not octets or charset != label or between.strip(_WHITE):
            text.append(decode_text(b"".join(octets), label) if octets else "")
            octets = []
            if not at or between.strip(_WHITE):
                text.append(guess_text(between))
        octets.append(_decoded(word[2], word[3]))
        label, at = charset, word.end()
    text.append(decode_text(b"".join(octets), label) if octets else "")
    text.append(guess_text(value[at:]))
    return "".join(text)


def _decoded(encoding: bytes, text: bytes) -> bytes:
    if encoding in b"bB":
        return decode(text, b"BASE64")
    return decode(text.replace(b"_", b"=20"), b"QUOTED-PRINTABLE")


def decode_parameter(params: Params, name: bytes) -> str | None:
    """The parameter *name*, upper-case, as text: its RFC 2231 form if there is one, or its plain one, or None.

    Encoded words in the plain form, which RFC 2047 §5 forbids and senders write, are decoded too.
    """
    extended = next((value for key, value in params if key == name + b"*"), None)
    if extended is not None:
        label, octets = extended_value(extended)
        return decode_text(octets, label)
    plain = parameter(params, name)
    return None if plain is None else decode_words(plain)
