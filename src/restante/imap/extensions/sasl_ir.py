"""SASL-IR: RFC 4959. AUTHENTICATE may bring its first response along; see ``imap/core/login.py``."""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.registry import Extension

extension: Final = Extension(
    name="SASL-IR", rfc=4959, summary="One round trip less to log in", capabilities=always("SASL-IR")
)
