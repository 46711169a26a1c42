"""MULTIAPPEND: RFC 3502. Several messages in one APPEND, all or none; see ``imap/core/append.py``."""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.registry import Extension

extension: Final = Extension(
    name="MULTIAPPEND", rfc=3502, summary="Several messages in one APPEND", capabilities=always("MULTIAPPEND")
)
