"""PREVIEW: RFC 8970. The first words of a message, worked out when it arrived; so LAZY makes no difference."""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.core.fetch_items import Plain
from restante.imap.fetching import Column, FetchContext
from restante.imap.hooks import FetchAtt, FetchItem
from restante.imap.registry import Extension, Registry
from restante.imap.wire import writer
from restante.imap.wire.reader import Reader
from restante.store.model import Field, MessageColumns


def _show(batch: MessageColumns, context: FetchContext) -> tuple[list[bytes]]:
    """``string``; empty where there are no words to show (§3.2)."""
    return ([writer.string(words.encode("utf-8", "replace"), utf8=context.utf8) for words in batch.previews],)


_PREVIEW: Final = Plain(Field.PREVIEW, Column(b"PREVIEW %b", _show))


def _read(r: Reader, tables: Registry) -> FetchAtt:
    """``[SP "(" preview-mod *(SP preview-mod) ")"]`` (§6); parentheses with anything else are FETCH modifiers."""
    if r.take(b" (LAZY"):
        while r.take(b" LAZY"):
            pass
        r.expect(b")")
    return _PREVIEW


extension: Final = Extension(
    name="PREVIEW",
    rfc=8970,
    summary="The first words of a message",
    capabilities=always("PREVIEW"),
    fetch_items=(FetchItem("PREVIEW", _read),),
)
