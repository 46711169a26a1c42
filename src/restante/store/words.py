"""A message's text as SEARCH sees it: decoded, folded, made when first asked for (RFC 9051 §6.4.4).

Strategy: header fields are unfolded and their encoded words decoded; text parts are decoded by transfer encoding and charset,
those inside encapsulated messages too. An address field is offered in the forms people look for: as decoded, as written, and as
plain ``name <mailbox@host>``.

The rule it protects: a search finds what a person sees in the message, and what is wrong with a message hides none of the rest.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final, NamedTuple

from restante.mime.address import Address, addresses
from restante.mime.charset import guess_text
from restante.mime.encode import load
from restante.mime.header import raw_values, unfold
from restante.mime.part import Part
from restante.mime.scan import Raw
from restante.mime.text import part_text
from restante.mime.words import decode_words
from restante.store.matching import Key, fold

EDITION: Final = f"3, Unicode {unicodedata.unidata_version}"
"""What an index of these words was made by. Raise the number whenever any message's words become others, by whatever change."""

Attached = Callable[[Raw, Part], str]
"""The text of what is attached to a message, given its octets and its parts."""

_ADDRESS_FIELDS: Final = frozenset((b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc"))
_MAX_OCTETS: Final = 64 * 1024 * 1024


class MessageWords:
    """See :class:`restante.store.matching.Words`.

    Args:
        raw: the message, or its header alone if only that will be asked about.
        parts: what ``mime.encode.dump`` made of the message at arrival.
        limit: octets of *raw* read for its text.
        attached: what gives the text of attachments, if they are searched.
    """

    __slots__ = ("_attached", "_body", "_fields", "_header", "_key", "_limit", "_raw", "_read", "_tree")

    def __init__(self, raw: Raw, parts: bytes, limit: int = _MAX_OCTETS, attached: Attached | None = None) -> None:
        self._raw = raw
        self._attached = attached
        self._tree = load(parts)
        self._limit = limit
        self._key: Key = fold
        self._read: list[_Field] | None = None
        self._fields: dict[str, list[str]] = {}
        self._header: str | None = None
        self._body: str | None = None

    def _compared_by(self, key: Key | None) -> Key:
        """The key in use; what was made by another is forgotten, for one search hardly has two."""
        key = key or fold
        if key is not self._key:
            self._key, self._fields, self._header, self._body = key, {}, None, None
        return key

    def field(self, name: str, key: Key | None = None) -> Sequence[str]:
        """The texts of the fields called *name*."""
        key = self._compared_by(key)
        wanted = fold(name)
        found = self._fields.get(wanted)
        if found is None:
            found = [key(form) for each in self._top() if each.folded == wanted for form in (each.text, *each.forms)]
            self._fields[wanted] = found
        return found

    def _top(self) -> list[_Field]:
        """The fields of the message's own header."""
        if self._read is None:
            head = self._raw[: min(self._tree.body_start, self._limit)]
            self._read = _fields(head)
        return self._read

    def header(self, key: Key | None = None) -> str:
        """The header's fields, each with its name, and those of every part."""
        key = self._compared_by(key)
        if self._header is None:
            heads = (self._raw[part.start : part.body_start] for part in islice(self._tree.walk(), 1, None))
            own = self._raw[: self._tree.body_start]
            texts = [_header_texts(own, self._top())] if own else []
            texts += [_header_texts(head, _fields(head)) for head in heads if head]
            self._header = "\n".join([key(text) for each in texts for text in each])
        return self._header

    def body(self, key: Key | None = None) -> str:
        """The text parts, the headers of encapsulated messages, and what attachments say."""
        key = self._compared_by(key)
        if self._body is None:
            self._body = "\n".join([key(text) for text in self._body_texts()])
        return self._body

    def _body_texts(self) -> Iterator[str]:
        left = self._limit
        for part in self._tree.walk():
            if part.message is not None and left > 0:
                head = self._raw[part.message.start : min(part.message.body_start, part.message.start + left)]
                left -= len(head)
                yield from _header_texts(head, _fields(head))
            elif part.type == b"TEXT" and left > 0:
                yield part_text(self._raw, part, left)
                left -= part.size
        if self._attached is not None:
            attached = self._attached(self._raw, self._tree)
            if attached:
                yield attached


class _Field(NamedTuple):
    """A header field: its name, compared and as shown, its text, and other forms it is looked for in."""

    folded: str
    name: str
    text: str
    forms: tuple[str, ...]


def _fields(head: bytes) -> list[_Field]:
    return [_field(name, value) for name, value in raw_values(head)]


def _field(name: bytes, value: bytes) -> _Field:
    folded, shown, addressed = _known(name)
    return _Field(folded, shown, decode_words(value), tuple(_address_forms(value)) if addressed else ())


@lru_cache(maxsize=512)
def _known(name: bytes) -> tuple[str, str, bool]:
    """A field's name, compared and as shown, and whether it has addresses."""
    shown = guess_text(name)
    return fold(shown), shown, name.lower() in _ADDRESS_FIELDS


def _header_texts(head: bytes, fields: Sequence[_Field]) -> Iterator[str]:
    # Octets without any field, a text someone forgot to give a header, are text all the same.
    yield "\n".join([f"{each.name}: {each.text}" for each in fields]) if fields else guess_text(head)
    for each in fields:
        yield from each.forms


def _address_forms(value: bytes) -> Iterator[str]:
    """The field as written, where decoding alters it, and its addresses without quotes, comments and routes."""
    if b"=?" in value:
        yield guess_text(unfold(value))
    yield ", ".join([_plain(address) for address in addresses(value) if address.host is not None])


def _plain(address: Address) -> str:
    route = b"%b@%b" % (address.mailbox or b"", address.host or b"") if address.host else address.mailbox or b""
    return f"{decode_words(address.name)} <{guess_text(route)}>" if address.name else f"<{guess_text(route)}>"
