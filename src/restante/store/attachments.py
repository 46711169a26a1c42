"""The text of attachments, for SEARCH BODY and TEXT: which parts have any, and how much of it is kept.

Strategy: what is text under another name is decoded here, as text parts are; documents go to an :class:`Extractor`, which an
engine is given. All texts of a message are one, a line break between any two.

The rule it protects: a message costs a bounded number of octets, characters and seconds, whatever is attached to it; an
attachment that cannot be read costs its own text and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from restante.documents.kind import START, Kind, documents, kind_of
from restante.documents.label import Label, label
from restante.mime.charset import decode_text
from restante.mime.html import html_text
from restante.mime.part import Part
from restante.mime.scan import Raw
from restante.mime.transfer import decode
from restante.store.words import EDITION

_LOOK: Final = 2 * START
"""Octets, still encoded, within which a part shows what it is."""

_ENCODED: Final = 3 / 2
"""How much larger than itself a document is encoded, with room to spare."""

_HEADER: Final = 64 * 1024
"""Octets of a part's header that are looked at."""

_MESSAGE: Final = 3
"""How many times the seconds of one document all of a message's may take."""


class Reading(NamedTuple):
    """What came of reading a document: its text, empty if it has none that can be read, and the seconds of CPU it took."""

    text: str
    seconds: float


class Extractor(Protocol):
    """Reads documents. Its methods block, for as long as a document may take."""

    @property
    def edition(self) -> str:
        """What its texts are made by. Where it changes, they are to be made anew."""
        ...

    def read(self, kind: Kind, octets: bytes, characters: int) -> Reading:
        """The first so many *characters* of a document's text. Raises Unavailable, if nothing can be read now."""
        ...

    def close(self) -> None:
        """Read no more: whoever waits hears Unavailable."""
        ...


@dataclass(frozen=True, slots=True)
class AttachmentLimits:
    """How much of attachments is looked at.

    Attributes:
        octets: of one document; a larger one is passed over, and of a larger text the rest.
        characters: of all texts of a message together.
        count: documents of one message.
        seconds: of CPU for one document; thrice as much for a message.
    """

    octets: int = 16 << 20
    characters: int = 1 << 20
    count: int = 32
    seconds: float = 10.0


class Attachments:
    """Finds the text of attachments.

    Args:
        extractor: what reads documents.
        limits: how much is looked at.
    """

    def __init__(self, extractor: Extractor, limits: AttachmentLimits) -> None:
        self._extractor = extractor
        self._limits = limits
        self.edition: Final = f"{extractor.edition}, {limits.octets}/{limits.characters}/{limits.count}"

    def close(self) -> None:
        """Read no more documents: whoever waits for one hears Unavailable."""
        self._extractor.close()

    def text(self, raw: Raw, tree: Part) -> str:
        """The text of the documents among the parts of the message *raw*. Blocks. Raises Unavailable."""
        limits, texts = self._limits, list[str]()
        characters, seconds, count = limits.characters, limits.seconds * _MESSAGE, limits.count
        for part in documents(tree):
            if characters <= 0 or seconds <= 0 or count <= 0:
                break
            kind = _kind(raw, part)
            if kind is None:
                continue
            found = self._read(kind, raw, part, characters)
            characters -= len(found.text) + 1
            seconds -= found.seconds
            count -= 1
            if found.text:
                texts.append(found.text)
        return "\n".join(texts)

    def _read(self, kind: Kind, raw: Raw, part: Part, characters: int) -> Reading:
        most = int(self._limits.octets * _ENCODED)
        if kind in (Kind.TEXT, Kind.HTML):
            octets = decode(raw[part.body_start : min(part.end, part.body_start + most)], part.encoding)
            return Reading(_plain(kind, octets[: self._limits.octets], _label(raw, part).charset)[:characters], 0.0)
        if part.size > most:
            return Reading("", 0.0)
        octets = decode(raw[part.body_start : part.end], part.encoding)
        if len(octets) > self._limits.octets:
            return Reading("", 0.0)
        return self._extractor.read(kind, octets, characters)


def _kind(raw: Raw, part: Part) -> Kind | None:
    start = decode(raw[part.body_start : min(part.end, part.body_start + _LOOK)], part.encoding)
    return kind_of(part, start, lambda: _label(raw, part).extension)


def _label(raw: Raw, part: Part) -> Label:
    return label(raw[part.start : min(part.body_start, part.start + _HEADER)])


def _plain(kind: Kind, octets: bytes, charset: bytes | None) -> str:
    text = decode_text(octets, b"utf-16" if octets.startswith((b"\xff\xfe", b"\xfe\xff")) else charset)
    return html_text(text) if kind is Kind.HTML else text


def edition(attachments: Attachments | None) -> str:
    """What an index of words, those of attachments among them, is made by."""
    return EDITION if attachments is None else f"{EDITION}; attachments {attachments.edition}"
