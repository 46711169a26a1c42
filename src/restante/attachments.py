"""Composition: what reads attachments for searches, as the configuration asks for it."""

from __future__ import annotations

from typing import Final

from restante import logs
from restante.config.search import Search
from restante.documents import libraries
from restante.documents.kind import Kind
from restante.store.attachments import AttachmentLimits, Attachments

_LOG: Final = logs.logger("attachments")


def searched(search: Search) -> Attachments | None:
    """What gives the text of attachments, if they are to be searched. It begins no process before there is one to read."""
    if not search.attachments:
        return None
    # Imported late: few have attachments searched.
    from restante.extraction.pool import DocumentReader, ExtractionLimits

    for kind, library in libraries.missing().items():
        _LOG.warning("attachments of a kind are not searched", kind=kind.value, missing=library)
    limits = ExtractionLimits(search.attachment_time, search.attachment_memory, search.attachment_processes)
    return Attachments(
        DocumentReader(limits, _failed),
        AttachmentLimits(
            search.attachment_size, search.attachment_characters, search.attachment_count, search.attachment_time
        ),
    )


def _failed(kind: Kind, why: str) -> None:
    _LOG.info("attachment not read", kind=kind.value, why=why)
