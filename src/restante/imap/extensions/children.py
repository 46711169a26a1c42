"""CHILDREN: RFC 3348. ``\\HasChildren`` and ``\\HasNoChildren`` go out with every LIST; see ``imap/listing.py``."""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.registry import Extension

extension: Final = Extension(
    name="CHILDREN", rfc=3348, summary="LIST says which mailboxes have others below", capabilities=always("CHILDREN")
)
