"""SEARCHRES: RFC 5182. RETURN (SAVE) keeps a result, ``$`` names it; the view holds it, and forgets what is expunged."""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.core.search_answer import SAVE
from restante.imap.hooks import SearchPart, SearchReturn
from restante.imap.registry import Extension

_SAVING: Final = SearchPart(lambda result: None, saves=lambda uids: uids)

extension: Final = Extension(
    name="SEARCHRES",
    rfc=5182,
    summary="A search result can be used in the next command",
    capabilities=always("SEARCHRES"),
    search_returns=(SearchReturn(SAVE, lambda r, tables: _SAVING),),
)
