"""BINARY: RFC 3516. Parts with their content transfer encoding undone (RFC 9051 §6.4.5: BINARY, BINARY.SIZE)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from restante.imap.capability import always
from restante.imap.content import Octets, built, parts
from restante.imap.core.sections import Partial, read_path
from restante.imap.fetching import FetchContext
from restante.imap.hooks import FetchItem
from restante.imap.registry import Extension
from restante.imap.wire.reader import Reader
from restante.mime.part import Part
from restante.mime.transfer import decode_known
from restante.store.model import Field, MessageRecord


@dataclass(frozen=True, slots=True)
class Binary:
    """``BINARY[section]<partial>`` and ``BINARY.SIZE[section]`` (§4.2, §4.3).

    Attributes:
        path: the part; empty for the whole message, which has no encoding to undo.
        size_only: BINARY.SIZE.
    """

    path: tuple[int, ...]
    partial: Partial | None
    sets_seen: bool
    size_only: bool
    label: bytes
    fields: Field = Field.RAW | Field.PARTS
    enables: str = ""
    column: None = None

    def render(self, message: MessageRecord, context: FetchContext) -> Octets:
        """The decoded part, as a literal8 when it holds NUL; NIL for a part that is not there."""
        root = parts(message)
        if not self.path:
            return built(message, 0, root.end, self._value)
        part = root.find(self.path)
        if part is None:
            return self.label + b" NIL"
        return built(message, part.body_start, part.end, lambda raw: self._value(_decoded(raw, part)))

    def _value(self, data: bytes) -> bytes:
        if self.size_only:
            return b"%b %d" % (self.label, len(data))
        if self.partial is not None:
            start, end = self.partial.within(0, len(data))
            data = data[start:end]
        mark = b"~" if b"\x00" in data else b""
        return b"%b %b{%d}\r\n%b" % (self.label, mark, len(data), data)


def _decoded(raw: bytes, part: Part) -> bytes:
    """Composite parts have nothing to undo (§4.2). Raises UnknownEncoding."""
    composite = bool(part.children) or part.message is not None
    return raw if composite else decode_known(raw, part.encoding)


def _read(r: Reader, *, name: bytes, sets_seen: bool, size_only: bool = False) -> Binary:
    r.expect(b"[")
    path, dotted = read_path(r)
    if dotted:
        raise r.expected("a part number")
    r.expect(b"]")
    partial = None if size_only else Partial.read(r)
    label = b"%b[%b]%b" % (name, b".".join(b"%d" % n for n in path), partial.wire() if partial else b"")
    return Binary(path, partial, sets_seen, size_only, label)


extension: Final = Extension(
    name="BINARY",
    rfc=3516,
    summary="Parts with their encoding undone",
    capabilities=always("BINARY"),
    fetch_items=(
        FetchItem("BINARY", lambda r, tables: _read(r, name=b"BINARY", sets_seen=True)),
        FetchItem("BINARY.PEEK", lambda r, tables: _read(r, name=b"BINARY", sets_seen=False)),
        FetchItem("BINARY.SIZE", lambda r, tables: _read(r, name=b"BINARY.SIZE", sets_seen=False, size_only=True)),
    ),
)
