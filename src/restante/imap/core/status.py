"""STATUS (RFC 9051 §6.3.11) and the items of RFC 3501 and RFC 9051."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from restante.imap.hooks import StatusItem, command
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Registry
from restante.imap.state import Authenticated
from restante.imap.wire import writer
from restante.imap.wire.reader import Reader
from restante.model.mailbox_name import MailboxName
from restante.store.model import MailboxRecord


@dataclass(frozen=True, slots=True)
class Status:
    """``status = "STATUS" SP mailbox SP "(" status-att *(SP status-att) ")"``"""

    mailbox: MailboxName
    items: tuple[StatusItem, ...]

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the name and the items."""
        return cls(r.sp().mailbox(), read_items(r.sp(), tables))


def read_items(r: Reader, tables: Registry) -> tuple[StatusItem, ...]:
    """``"(" status-att *(SP status-att) ")"``, as STATUS and LIST's RETURN (STATUS …) have it."""

    def item(r: Reader) -> StatusItem:
        known = tables.status_items.get(r.peek_word())
        if known is None:
            raise r.expected("a STATUS item")
        r.word()
        return known

    return r.list_of(item)


def status_line(record: MailboxRecord, items: tuple[StatusItem, ...], *, utf8: bool) -> bytes:
    """``STATUS mailbox (item value …)``, without ``* `` and CRLF."""
    values = b" ".join([b"%b %b" % (item.label, item.value(record)) for item in items])
    return b"STATUS %b (%b)" % (writer.mailbox(record.name, utf8=utf8), values)


async def status(cmd: Status, s: Authenticated) -> Done:
    """A mailbox's figures without selecting it; constant cost."""
    record = await s.account.record(cmd.mailbox)
    for item in cmd.items:
        s.session.turn_on(item.enables)
    s.send(status_line(record, cmd.items, utf8=s.session.utf8))
    return DONE


COMMANDS: Final = (command("STATUS", Status, status, state=Authenticated),)

ITEMS: Final = (
    StatusItem("MESSAGES", lambda record: b"%d" % record.status.messages),
    StatusItem("UIDNEXT", lambda record: b"%d" % record.status.uid_next),
    StatusItem("UIDVALIDITY", lambda record: b"%d" % record.status.uid_validity),
    StatusItem("UNSEEN", lambda record: b"%d" % record.status.unseen),
    StatusItem("RECENT", lambda record: b"%d" % record.status.recent),
)
REV2_ITEMS: Final = (StatusItem("DELETED", lambda record: b"%d" % record.status.deleted),)
