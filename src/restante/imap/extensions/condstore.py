"""CONDSTORE: RFC 7162 §3.1. Every message has a modseq; a client asks what changed since one, and changes only what has not.

Every mailbox keeps modseqs, always, so NOMODSEQ is never sent. What the RFC calls a CONDSTORE enabling command turns on MODSEQ
in unsolicited FETCH responses, from then on and for all mailboxes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from restante.imap.binding import Binding
from restante.imap.capability import always
from restante.imap.core.fetch_items import MODSEQ
from restante.imap.hooks import (
    FetchAtt,
    FetchItem,
    FetchModification,
    FetchModifier,
    Opened,
    SearchAddition,
    SearchKey,
    SearchTerm,
    SelectParameter,
    StatusItem,
    StoreModifier,
)
from restante.imap.registry import Extension, Registry
from restante.imap.state import Selected
from restante.imap.wire.reader import Reader
from restante.model.ids import ModSeq, Uid
from restante.model.message_set import MessageSet
from restante.store.api import MessageIndex
from restante.store.query import ChangedSince

NAME: Final = "CONDSTORE"


@dataclass(frozen=True, slots=True)
class ChangedSinceModification:
    """``CHANGEDSINCE mod-sequence-value``: only messages with a higher modseq, each with its own (§3.1.4.1).

    0 is taken too: phones send it, and mean everything.
    """

    modseq: ModSeq
    enables: str = NAME
    first: bool = False
    items: tuple[FetchAtt, ...] = (MODSEQ,)

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> ChangedSinceModification:
        """Read the modseq."""
        return cls(ModSeq(r.sp().mod_sequence_valzer()))

    async def narrow(
        self, uids: Sequence[Uid], messages: MessageSet, s: Selected, others: Mapping[str, FetchModification]
    ) -> Sequence[Uid]:
        """Those of *uids* changed since; costs by what changed."""
        changes = await s.mailbox.changes_since(self.modseq)
        asked = set(uids)
        return [message.uid for message in changes.flagged if message.uid in asked]


def _select(r: Reader, tables: Registry) -> Opened:
    async def opened(s: Selected) -> Sequence[bytes]:
        """§3.1.8: the SELECT is a CONDSTORE enabling command."""
        s.session.turn_on(NAME)
        s.view.style = s.session.style()
        return ()

    return opened


def _unchanged_since(r: Reader, tables: Registry) -> ModSeq:
    return ModSeq(r.sp().mod_sequence_valzer())


def _search(r: Reader, tables: Registry) -> SearchTerm:
    """``MODSEQ [entry-name SP entry-type-req] SP mod-sequence-valzer``; the entry is read and makes no difference (§3.1.5)."""
    r.sp()
    if r.peek(b'"'):
        r.quoted()
        if r.sp().word() not in ("PRIV", "SHARED", "ALL"):
            raise r.expected("priv, shared or all")
        r.sp()
    query = ChangedSince(ModSeq(r.mod_sequence_valzer()))

    def term(binding: Binding) -> ChangedSince:
        binding.notes.add("MODSEQ")
        return query

    return term


def _highest(shown: Sequence[Uid], index: MessageIndex) -> bytes:
    """The highest modseq of the messages the answer shows (§3.1.5, §3.1.10)."""
    places = (index.position(uid) for uid in shown)
    return b"%d" % max((index.modseqs[at] for at in places if at >= 0), default=1)


extension: Final = Extension(
    name="CONDSTORE",
    rfc=7162,
    summary="What changed since, and changes on condition",
    capabilities=always("CONDSTORE"),
    enable=(NAME,),
    on_enable=lambda s: b"OK [HIGHESTMODSEQ %d] MODSEQ from now on" % s.view.told,
    fetch_items=(FetchItem("MODSEQ", lambda r, tables: MODSEQ),),
    fetch_modifiers=(FetchModifier("CHANGEDSINCE", ChangedSinceModification.read),),
    store_modifiers=(StoreModifier("UNCHANGEDSINCE", _unchanged_since, enables=NAME),),
    search_keys=(SearchKey("MODSEQ", _search),),
    search_additions=(SearchAddition("MODSEQ", _highest, enables=NAME),),
    status_items=(StatusItem("HIGHESTMODSEQ", lambda record: b"%d" % record.status.modseq, enables=NAME),),
    select_parameters=(SelectParameter("CONDSTORE", _select),),
)
