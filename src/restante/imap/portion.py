"""How many messages one command processes, where the administrator has set a limit (RFC 9738 §3.1).

Strategy: a command that need not be all or nothing takes the messages with the highest UIDs and notes where it stopped; its
reply says so, and the client goes on from there. Without the setting, which is the default, every command takes all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from restante.imap.state import Selected
from restante.model.flags import DELETED
from restante.model.ids import Uid
from restante.model.message_set import within
from restante.store.query import And, Query, Uids

if TYPE_CHECKING:
    from restante.imap.session import Session


def portion(s: Selected, uids: Sequence[Uid]) -> Sequence[Uid]:
    """As many of ascending *uids*, the highest, as one command may process."""
    limit = s.session.services.limits.messages
    if not limit or len(uids) <= limit:
        return uids
    kept = uids[-limit:]
    s.session.cut = f"MESSAGELIMIT {limit} {kept[0]}"
    return kept


async def deleted_portion(s: Selected, uids: Sequence[Uid]) -> Sequence[Uid]:
    """As :func:`portion`, but only messages with ``\\Deleted`` count: what UID EXPUNGE would remove."""
    if not s.session.services.limits.messages:
        return uids
    index = await s.mailbox.index()
    return portion(s, [uid for uid in uids if (at := index.position(uid)) >= 0 and DELETED in index.flags[at]])


def searched_portion(s: Selected, query: Query, found: list[Uid]) -> list[Uid]:
    """Of what a search *found*, that among the messages it may look at; those outside a UID set in it are not looked at."""
    if not s.session.services.limits.messages:
        return found
    looked_at = portion(s, [Uid(uid) for uid in _scope(s.view.uids, query)])
    return [uid for uid in found if not looked_at or uid >= looked_at[0]]


def _scope(uids: Sequence[int], query: Query) -> Sequence[int]:
    match query:
        case Uids(named):
            return within(uids, named.ranges)
        case And(of):
            for each in of:
                uids = _scope(uids, each)
    return uids


def reply_code(session: Session, code: str | None) -> str | None:
    """The code of a tagged reply: *code*, or where a command stopped; that goes untagged if there are both (RFC 9738 §3.1)."""
    cut, session.cut = session.cut, ""
    if cut and code:
        session.client.write(session.status("*", "NO", "Not all messages were processed", cut))
    return code or cut or None
