"""A message's text as SEARCH sees it: decoded, folded, made when first asked for (RFC 9051 §6.4.4).

Strategy: header fields are decoded by RFC 2047 and unfolded; text parts by their transfer encoding and charset, those inside
encapsulated messages too. An address field is offered in the forms people look for: as written, decoded, and as plain
``name <mailbox@host>``.

The rule it protects: a search finds what a person sees in the message, and what is wrong with a message hides none of the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from restante.mime.header import raw_values, unfold
from restante.mime.part import Part
from restante.mime.scan import Raw, scan
from restante.store.matching import fold


class MessageWords:
    """See :class:`restante.store.matching.Words`. *parts* is what ``mime.encode.dump`` made of *raw*."""

    __slots__ = ("_bodies", "_fields", "_parts", "_raw")

    def __init__(self, raw: Raw, parts: bytes) -> None:
        self._raw = raw
        self._parts = parts
        self._fields: list[tuple[str, tuple[str, ...]]] | None = None
        self._bodies: list[str] | None = None

    def field(self, name: str) -> Sequence[str]:
        """The texts of the fields called *name*."""
        wanted = fold(name)
        return [form for key, forms in self._header() if key == wanted for form in forms]

    def header(self) -> Sequence[str]:
        """The fields, each with its name."""
        return [f"{key}: {form}" for key, forms in self._header() for form in forms]

    def body(self) -> Iterator[str]:
        """The text parts."""
        if self._bodies is None:
            tree = self._tree()
            self._bodies = [fold(_text(self._raw, part)) for part in tree.walk() if part.type == b"TEXT"]
        yield from self._bodies

    def _tree(self) -> Part:
        return scan(self._raw)

    def _header(self) -> list[tuple[str, tuple[str, ...]]]:
        if self._fields is None:
            head = self._raw[: self._tree().body_start]
            self._fields = [
                (fold(name.decode("latin-1")), (fold(unfold(value).decode("utf-8", "replace")),))
                for name, value in raw_values(head)
            ]
        return self._fields


def _text(raw: Raw, part: Part) -> str:
    return raw[part.body_start : part.end].decode("utf-8", "replace")
