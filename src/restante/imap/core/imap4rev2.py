"""IMAP4rev2 (RFC 9051): what it asks beyond IMAP4rev1 and the extensions it took in; on after ENABLE IMAP4rev2.

From then on: ESEARCH in place of SEARCH, UTF-8 in names and quoted strings, no RECENT, LIST in the answer to SELECT.
"""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.core import status
from restante.imap.registry import Extension

extension: Final = Extension(
    name="IMAP4rev2",
    rfc=9051,
    summary="The base protocol, revised; spoken after ENABLE IMAP4rev2",
    capabilities=always("IMAP4rev2"),
    enable=("IMAP4rev2",),
    status_items=status.REV2_ITEMS,
)
