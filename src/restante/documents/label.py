"""What a part's own header says of the document in it that a stored part tree leaves out: its file's name, and its charset."""

from __future__ import annotations

from typing import Final, NamedTuple

from restante.mime.content import parameter
from restante.mime.scan import scan
from restante.mime.words import decode_words

_NAME: Final = 300
"""Octets of a file name, from its end."""


class Label(NamedTuple):
    """What a file name's extension is, lower-case, empty without one; and the charset, None if none is named."""

    extension: str
    charset: bytes | None


def label(header: bytes) -> Label:
    """What the *header* of a part says."""
    part = scan(header)
    named = () if part.disposition is None else part.disposition[1]
    return Label(_extension(parameter(named, b"FILENAME") or parameter(part.params, b"NAME") or b""), part.charset)


def _extension(file: bytes) -> str:
    _, dot, found = decode_words(file[-_NAME:]).rpartition(".")
    return found.strip().lower() if dot else ""
