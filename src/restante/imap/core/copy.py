"""COPY (RFC 9051 §6.4.7), with the UIDs of the copies (RFC 4315 §3: COPYUID)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from restante.imap.core.append import target
from restante.imap.errors import No
from restante.imap.hooks import Numbers, with_uid
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Registry
from restante.imap.state import Selected
from restante.imap.wire.reader import Reader
from restante.model.mailbox_name import MailboxName
from restante.model.message_set import MessageSet
from restante.store.model import Copied


@dataclass(frozen=True, slots=True)
class Copy:
    """``copy = "COPY" SP sequence-set SP mailbox``"""

    messages: MessageSet
    mailbox: MailboxName

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the set and the name."""
        return cls(r.sp().message_set(), r.sp().mailbox())


async def copy(cmd: Copy, s: Selected) -> Done:
    """Copy all or none; flags and dates are kept. Messages already gone are passed over by UID, and refused by number."""
    uids = s.view.resolve(cmd.messages)
    mailbox = await target(s, cmd.mailbox)
    if not uids:
        return DONE
    if 0 < s.session.save_limit < len(uids):
        # RFC 9738 §3.1: all or none, and so none.
        code = f"MESSAGELIMIT {s.session.save_limit} {uids[-s.session.save_limit]}"
        raise No("Too many messages for one command; take fewer at a time", code)
    if not cmd.messages.uid:
        index = await s.mailbox.index()
        if any(index.position(uid) < 0 for uid in uids):
            # RFC 2180 §4.4.1: somebody else has expunged what the client meant, which it learns along with this.
            raise No("Some of the messages are gone; none was copied", "EXPUNGEISSUED")
    copied = await s.mailbox.copy(uids, mailbox.id)
    s.session.wrote(mailbox.id, copied.target, copied.modseq)
    return Done(code=copy_uid(copied))


def copy_uid(copied: Copied) -> str | None:
    """``COPYUID uidvalidity source target``, both sets in the same order (RFC 4315 §3); None when nothing was copied."""
    if not copied.source:
        return None
    return f"COPYUID {copied.uid_validity} {runs(copied.source)} {runs(copied.target)}"


def runs(uids: tuple[int, ...]) -> str:
    """*uids* as a set whose order is theirs: consecutive ones become ranges, nothing is sorted."""
    parts: list[list[int]] = []
    for uid in uids:
        if parts and parts[-1][1] + 1 == uid:
            parts[-1][1] = uid
        else:
            parts.append([uid, uid])
    return ",".join(f"{low}" if low == high else f"{low}:{high}" for low, high in parts)


# RFC 2180 §4.4: the one command by number that may be answered with EXPUNGE, and where it must be.
COMMANDS: Final = with_uid("COPY", Copy, copy, state=Selected, numbers=Numbers.BREAKS)
