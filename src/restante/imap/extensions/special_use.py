"""SPECIAL-USE and CREATE-SPECIAL-USE: RFC 6154. What a mailbox is for: sent mail, drafts, junk … (more in RFC 8457, RFC 9979)

The attributes go out with every LIST and LSUB (see ``imap/listing.py``), because clients read them that never ask. With METADATA
they are an annotation as well, which can be set: that takes a use from the mailbox that had it (§4, §5.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from restante.imap.capability import always
from restante.imap.entries import Entry, Of
from restante.imap.errors import No
from restante.imap.hooks import CreateParameter, ListReturn, ListSelection
from restante.imap.listing import ListEntry
from restante.imap.registry import Extension, Registry
from restante.imap.state import Authenticated
from restante.imap.wire.reader import Reader
from restante.store.annotations import SPECIAL_USE_ENTRY
from restante.store.model import MailboxRecord, SpecialUse, StoreFeature

_USES: Final = {use.value.lower(): use for use in SpecialUse}


@dataclass(frozen=True, slots=True)
class Uses:
    """``RETURN (SPECIAL-USE)``: the attributes are there already."""

    async def prepared(self, s: Authenticated) -> Self:
        """As it is."""
        return self

    def attributes(self, entry: ListEntry) -> Sequence[str]:
        """Nothing more."""
        return ()

    def after(self, entry: ListEntry, *, utf8: bool) -> None:
        """Nothing."""


def _read_use(r: Reader, tables: Registry) -> SpecialUse | None:
    """``"USE" SP "(" [use-attr *(SP use-attr)] ")"`` (§6); one use a mailbox, as one mailbox a use."""
    return _one_use(r.sp().list_of(Reader.flag, empty=True))


def _annotated_use(value: bytes | None) -> SpecialUse | None:
    """What the annotation says: attributes as LIST has them, a space between (§4)."""
    return _one_use((value or b"").decode("ascii", "replace").split())


def _one_use(uses: Sequence[str]) -> SpecialUse | None:
    known = [_USES.get(use.lower()) for use in uses]
    if None in known or len(known) > 1:
        raise No("A mailbox can have one special use, of those in RFC 6154, RFC 8457 and RFC 9979", "USEATTR")
    return known[0] if known else None


def _value(s: Authenticated, record: MailboxRecord | None) -> bytes | None:
    return record.special_use.value.encode() if record is not None and record.special_use is not None else None


extension: Final = Extension(
    name="SPECIAL-USE",
    rfc=6154,
    summary="What a mailbox is for",
    capabilities=always("SPECIAL-USE", "CREATE-SPECIAL-USE"),
    needs=StoreFeature.SPECIAL_USE,
    list_selections=(
        ListSelection("SPECIAL-USE", lambda entry: entry.record is not None and entry.record.special_use is not None),
    ),
    list_returns=(ListReturn("SPECIAL-USE", lambda r, tables: Uses()),),
    create_parameters=(CreateParameter("USE", _read_use),),
    entries=(Entry(SPECIAL_USE_ENTRY, Of.MAILBOX, value=_value, use=_annotated_use),),
)
