"""Response codes: RFC 5530. Why something was refused, for programs; ``imap/errors.py`` has the table."""

from __future__ import annotations

from typing import Final

from restante.imap.registry import Extension

extension: Final = Extension(name="Response codes", rfc=5530, summary="Why a command was refused, for programs")
