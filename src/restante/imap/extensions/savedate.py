"""SAVEDATE: RFC 8514. When a message came into the mailbox it is in, whatever its INTERNALDATE says."""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.core.fetch_items import of_columns
from restante.imap.core.search_keys import constant, dated
from restante.imap.hooks import FetchItem, SearchKey
from restante.imap.registry import Extension
from restante.model.dates import wires
from restante.store.model import Field, StoreFeature
from restante.store.query import All, Compare, DateField

_SAVE_DATE: Final = of_columns(
    Field.SAVE_DATE, b'SAVEDATE "%b"', lambda batch: wires(batch.save_epochs, [0] * len(batch.uids))
)

extension: Final = Extension(
    name="SAVEDATE",
    rfc=8514,
    summary="When a message came into its mailbox",
    capabilities=always("SAVEDATE"),
    needs=StoreFeature.SAVE_DATE,
    fetch_items=(FetchItem("SAVEDATE", lambda r, tables: _SAVE_DATE),),
    search_keys=(
        *(SearchKey("SAVED" + compare.value.upper(), dated(DateField.SAVED, compare)) for compare in Compare),
        SearchKey("SAVEDATESUPPORTED", constant(All())),
    ),
)
