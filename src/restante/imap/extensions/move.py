"""MOVE: RFC 6851. Moves messages in one step; the source's EXPUNGEs follow COPYUID (§4.3).

Messages already gone are passed over: a move that finds none of its messages is done, not refused, so that a client which
repeats it comes to rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from restante.imap.capability import always
from restante.imap.core.append import target
from restante.imap.core.copy import copy_uid
from restante.imap.core.expunge import expunged, require_writable
from restante.imap.hooks import Numbers, with_uid
from restante.imap.portion import portion
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Extension, Registry
from restante.imap.state import Selected
from restante.imap.wire.reader import Reader
from restante.model.mailbox_name import MailboxName
from restante.model.message_set import MessageSet, UidSet
from restante.store.model import Expunged, StoreFeature


@dataclass(frozen=True, slots=True)
class Move:
    """``move = "MOVE" SP sequence-set SP mailbox`` (§5)"""

    messages: MessageSet
    mailbox: MailboxName

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the set and the name."""
        return cls(r.sp().message_set(), r.sp().mailbox())


async def move(cmd: Move, s: Selected) -> Done:
    """Move them; their expunge is told at the choke point, after the untagged COPYUID."""
    require_writable(s)
    uids = portion(s, s.view.resolve(cmd.messages))
    mailbox = await target(s, cmd.mailbox)
    if not uids:
        return DONE
    moved = await s.mailbox.move(uids, mailbox.id)
    s.session.wrote(mailbox.id, moved.target, moved.modseq)
    code = copy_uid(moved)
    if code is None:
        return DONE
    s.session.client.write(s.session.status("*", "OK", "Moved", code))
    return expunged(s, Expunged(UidSet.of(moved.source), moved.modseq))


extension: Final = Extension(
    name="MOVE",
    rfc=6851,
    summary="Move messages in one step",
    capabilities=always("MOVE"),
    needs=StoreFeature.MOVE,
    commands=with_uid("MOVE", Move, move, state=Selected, numbers=Numbers.BREAKS),
)
