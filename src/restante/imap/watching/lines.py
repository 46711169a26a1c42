"""What a watch says, as untagged responses: LIST for names and subscriptions, STATUS for figures (RFC 5465 §5)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from restante.imap.hooks import StatusItem
from restante.imap.listing import ListEntry, entries
from restante.imap.watching.interest import Event
from restante.imap.wire import writer
from restante.model.mailbox_name import MailboxName
from restante.store.model import MailboxRecord, MailboxStatus


@dataclass(slots=True)
class Lister:
    """LIST responses about a mailbox list as it is now, each at most once."""

    records: Iterable[MailboxRecord]
    subscribed: Collection[MailboxName]
    utf8: bool
    lines: dict[bytes, None] = field(default_factory=dict)
    _entries: dict[MailboxName, ListEntry] | None = None
    _said: set[MailboxName] = field(default_factory=set)

    def __contains__(self, name: MailboxName) -> bool:
        """Whether *name* has been said as it is now."""
        return name in self._said

    def say(self, name: MailboxName, old: MailboxName | None = None) -> None:
        """*name* as it is now, with the name it had (RFC 5465 §5.4)."""
        self._said.add(name)
        line = self._line(self._entry(name))
        self.lines[line if old is None else line + b' ("OLDNAME" (%b))' % writer.mailbox(old, utf8=self.utf8)] = None

    def say_gone(self, name: MailboxName) -> None:
        """That *name* went, whether or not there is another by now."""
        line = self._line(ListEntry(name, None, name in self.subscribed, False, False))
        # Of one name there can be several lines; the last one says how it is.
        self.lines.pop(line, None)
        self.lines[line] = None

    def _entry(self, name: MailboxName) -> ListEntry:
        if self._entries is None:
            self._entries = {entry.name: entry for entry in entries(self.records, self.subscribed)}
        return self._entries.get(name) or ListEntry(name, None, False, False, False)

    def _line(self, entry: ListEntry) -> bytes:
        attributes = [*entry.attributes(), *(["\\Subscribed"] if entry.subscribed else [])]
        return b'LIST (%b) "/" %b' % (" ".join(attributes).encode(), writer.mailbox(entry.name, utf8=self.utf8))


def differs(was: MailboxStatus, now: MailboxStatus, events: Event, *, modseq: bool) -> bool:
    """Whether a client that wants *events* has anything to learn from *now*; *modseq* if it keeps those."""
    if (was.messages, was.uid_next, was.uid_validity) != (now.messages, now.uid_next, now.uid_validity):
        return True
    return Event.FLAG_CHANGE in events and (was.unseen != now.unseen or (modseq and was.modseq != now.modseq))


def status_items(table: Mapping[str, StatusItem], events: Event, *, modseq: bool) -> tuple[StatusItem, ...]:
    """What STATUS says to a client that wants *events* (RFC 5465 §3.1, §5.1 to §5.3)."""
    names = ["UIDVALIDITY", "UIDNEXT", "MESSAGES"]
    if Event.FLAG_CHANGE in events:
        names.append("UNSEEN")
    if modseq and "HIGHESTMODSEQ" in table:
        names.append("HIGHESTMODSEQ")
    return tuple(table[name] for name in names)
