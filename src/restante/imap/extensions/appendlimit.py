"""APPENDLIMIT: RFC 7889. The largest message APPEND takes, known before it is sent."""

from __future__ import annotations

from typing import Final

from restante.imap.capability import Facts
from restante.imap.registry import Extension


def _capabilities(facts: Facts) -> tuple[str, ...]:
    """One limit for all mailboxes (§2)."""
    return (f"APPENDLIMIT={facts.append_limit}",)


extension: Final = Extension(
    name="APPENDLIMIT", rfc=7889, summary="The largest message APPEND takes", capabilities=_capabilities
)
