"""REPLACE: RFC 8508. A message takes the place of another in one command, as drafts do that are saved again.

Strategy: the new message is stored before the old one is removed, so that no failure, however unlucky, loses both. What is told
comes after both: APPENDUID untagged first (§4.3), then what the choke point tells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from restante.imap.capability import always
from restante.imap.core.append import AppendMessage, new_message, target
from restante.imap.core.expunge import expunged, require_writable
from restante.imap.errors import No
from restante.imap.hooks import LiteralKind, Numbers, with_uid
from restante.imap.protocol.response import Done
from restante.imap.registry import Extension, Registry
from restante.imap.state import Selected
from restante.imap.wire.reader import Reader
from restante.model.dates import MailDate
from restante.model.mailbox_name import MailboxName
from restante.model.message_set import MessageSet


@dataclass(frozen=True, slots=True)
class Replace:
    """``replace = "REPLACE" SP seq-number SP mailbox append-message`` (§5)"""

    message: MessageSet
    mailbox: MailboxName
    replacement: AppendMessage

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the one message, the mailbox and what is to be stored there."""
        message = r.sp().message_set()
        if len(message.ranges) != 1 or message.ranges[0][0] != message.ranges[0][1]:
            raise r.expected("a single message before here")
        return cls(message, r.sp().mailbox(), AppendMessage.read(r))


async def replace(cmd: Replace, s: Selected) -> Done:
    """Store the new message, then remove the old one."""
    require_writable(s)
    uids = s.view.resolve(cmd.message)
    index = await s.mailbox.index()
    if not uids or index.position(uids[0]) < 0:
        raise No("The message to replace is gone", "NONEXISTENT" if cmd.message.uid else "EXPUNGEISSUED")
    mailbox = await target(s, cmd.mailbox)
    appended = await mailbox.append([new_message(cmd.replacement, MailDate(s.session.services.clock()))])
    s.session.tally.appended += 1
    s.session.wrote(mailbox.id, appended.uids, appended.modseq)
    removed = await s.mailbox.expunge(uids, deleted_only=False)
    code = f"APPENDUID {appended.uid_validity} {appended.uids[0]}"
    s.session.client.write(s.session.status("*", "OK", "Stored", code))
    return expunged(s, removed)


extension: Final = Extension(
    name="REPLACE",
    rfc=8508,
    summary="A message takes another's place",
    capabilities=always("REPLACE"),
    commands=with_uid("REPLACE", Replace, replace, state=Selected, numbers=Numbers.BREAKS, literal=LiteralKind.MESSAGE),
)
