"""Watch: what a session that gave a NOTIFY SET is told, and when (RFC 5465).

Strategy: hints say which mailboxes to look at; what is told is the difference between the store's records and those the
client was told of last. A hint about one mailbox costs one read of its figures; only a change of the list, or doubt, costs a
read of them all. Changes of the list wait a moment, since clients subscribe to what they have just created.

The rule it protects: a client that applies what it is told has the mailboxes, subscriptions and figures it asked for, as they are
in the store; or it was told that it will hear no more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Final

from restante.imap.announcing import announce, announce_expunges
from restante.imap.core.status import status_line
from restante.imap.errors import No
from restante.imap.hooks import Numbers
from restante.imap.state import Authenticated, Selected, State
from restante.imap.view import MailboxView
from restante.imap.watching.annotations import AnnotationNews
from restante.imap.watching.interest import Event, Interest
from restante.imap.watching.lines import Lister, differs, status_items
from restante.imap.watching.names import NameChange, name_changes
from restante.model.ids import MailboxId, ModSeq, Uid
from restante.model.mailbox_name import MailboxName, is_below, parent
from restante.store.errors import NoSuchMailbox, StoreError
from restante.store.model import Hint, MailboxRecord, MailboxStatus

OVERFLOW: Final = "NOTIFICATIONOVERFLOW"
_NOTHING: Final = ModSeq(0)
_ONE_BY_ONE: Final = 20
"""Mailboxes read one at a time; for more, all are read at once."""


@dataclass(slots=True)
class _Own:
    """What this session did itself since it was told last."""

    names: set[MailboxName] = field(default_factory=set)
    uids: dict[MailboxId, set[Uid]] = field(default_factory=dict)
    modseq: ModSeq = _NOTHING

    def caused(self, name: MailboxName) -> bool:
        """Whether a command named it, or something below it, which creates what is above."""
        return name in self.names or any(is_below(other, name) for other in self.names)


@dataclass(slots=True)
class _Selection:
    """The mailbox that was selected last time, and what its client knew of it at first."""

    mailbox: MailboxId
    view: MailboxView
    entered: ModSeq


class Watch:
    """Implements :class:`restante.imap.following.Watch`."""

    def __init__(self, s: Authenticated, interest: Interest) -> None:
        self._session = s.session
        self._account = s.account
        self._interest = interest
        self._elsewhere = interest.anywhere
        self._names: dict[MailboxId, MailboxName] = {}
        self._subscribed: frozenset[MailboxName] = frozenset()
        self._figures: dict[MailboxId, MailboxStatus] = {}
        self._hinted: set[MailboxId] = set()
        self._list_hinted = self._list_due = False
        self._annotations: AnnotationNews | None = None
        self._call_off: Callable[[], None] | None = None
        self._own = _Own()
        self._selection: _Selection | None = None
        self._left: dict[MailboxId, ModSeq] = {}
        hints = s.session.services.store.hints
        self._unsubscribe = hints.subscribe(s.account.id, self._on_hint) if self.listening else None

    @property
    def listening(self) -> bool:
        """Whether anything at all is wanted."""
        return bool(self._interest.selected or self._elsewhere)

    async def begin(self, s: Authenticated) -> list[MailboxRecord]:
        """Take things as told as they are; the other mailboxes whose figures are wanted. Raises No when there are too many."""
        self._notice_selection(s)
        if self._elsewhere & Event.METADATA:
            self._annotations = await AnnotationNews.begin(self._account)
        if not self._elsewhere:
            return []
        records = await self._account.list_mailboxes()
        self._subscribed = frozenset(await self._account.subscriptions())
        self._names = {record.id: record.name for record in records}
        watched = [record for record in records if self._wanted(record.name) & Event.MESSAGES]
        if len(watched) > self._session.services.limits.watched:
            raise No(f"At most {self._session.services.limits.watched} mailboxes can be watched", OVERFLOW)
        self._figures = {record.id: record.status for record in watched}
        selected = self._selection.mailbox if self._selection else None
        return [record for record in watched if record.id != selected]

    def figures(self, record: MailboxRecord, *, first: bool = False) -> bytes:
        """The STATUS line that tells of *record*; the *first* one has modseqs wherever they may be wanted (§3.1)."""
        session = self._session
        events = self._wanted(record.name)
        modseq = self._modseqs or (first and Event.FLAG_CHANGE in events)
        items = status_items(session.services.registry.status_items, events, modseq=modseq)
        return status_line(record, items, utf8=session.utf8)

    # Hints

    def _on_hint(self, hint: Hint) -> None:
        if hint.annotations:
            if self._annotations is not None:
                self._annotations.hinted = True
                self._session.client.wake()
        elif hint.mailbox is None:
            if self._elsewhere:
                self._list_changed()
        elif self._cares(hint.mailbox):
            self._hinted.add(hint.mailbox)
            self._session.client.wake()

    def _cares(self, mailbox: MailboxId) -> bool:
        if self._selection is not None and self._selection.mailbox == mailbox:
            return bool(self._interest.selected)
        return bool(self._elsewhere) and (mailbox in self._figures or mailbox not in self._names)

    def _list_changed(self) -> None:
        """Look at the list in a moment: creating and subscribing come one after the other."""
        if not self._list_hinted:
            self._list_hinted = True
            self._call_off = self._session.client.later(self._session.services.limits.list_pause, self._due)

    def _due(self) -> None:
        self._call_off = None
        self._list_due = True
        self._session.client.wake()

    def doubt(self) -> None:
        """Compare everything at the next opportunity."""
        if self._elsewhere:
            self._list_hinted = self._list_due = True
            self._session.client.wake()
        if self._selection is not None and self._interest.selected:
            self._hinted.add(self._selection.mailbox)
            self._session.client.wake()

    def stop(self) -> None:
        """Listen to hints no more."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._end_pause()

    def _end_pause(self) -> None:
        if self._call_off is not None:
            self._call_off()
            self._call_off = None

    def overflow(self, s: State) -> None:
        """Say that nothing more is told, and be as after NOTIFY NONE (RFC 5465 §5.8)."""
        self.stop()
        self._interest, self._elsewhere, self._annotations = Interest(), Event.NONE, None
        session = self._session
        session.client.write(session.status("*", "OK", "Too much is watched; nothing is told any more", OVERFLOW))

    # What this session does itself

    async def causes(self, s: State, *names: MailboxName) -> None:
        """This session's command is about to change the list at *names*; what others did before is told first."""
        assert isinstance(s, Authenticated)
        if self._list_hinted:
            self._list_due = True
            await self._tell_others(s)
        self._own.names.update(names)

    def wrote(self, mailbox: MailboxId, uids: Collection[Uid], modseq: ModSeq) -> None:
        """This session's command has put messages into *mailbox*."""
        self._own.uids.setdefault(mailbox, set()).update(uids)
        self._own.modseq = max(self._own.modseq, modseq)

    def annotated(self, modseq: ModSeq) -> None:
        """This session's command has changed annotations under *modseq*."""
        if self._annotations is not None:
            self._annotations.annotated(modseq)

    # Telling

    async def tell(self, s: State, numbers: Numbers, *, removes: bool) -> None:
        """After a command: everything there is to tell."""
        assert isinstance(s, Authenticated)
        opened = self._notice_selection(s)
        if isinstance(s, Selected) and not opened:
            if self._interest.selected:
                await self._announce(s, expunge_ok=numbers is not Numbers.USES or not self._interest.delayed)
            elif removes:
                await announce_expunges(s)
        self._list_due = self._list_hinted
        await self._tell_others(s)
        await self._tell_annotations(s)
        self._own = _Own()

    async def news(self, s: State, *, idle: bool) -> None:
        """Between commands, or in IDLE: what hints were about."""
        assert isinstance(s, Authenticated)
        self._notice_selection(s)
        if isinstance(s, Selected) and self._interest.selected and (self._list_due or s.mailbox.id in self._hinted):
            await self._announce(s, expunge_ok=idle or not self._interest.delayed)
        # What another process did may come as a hint about everything, which is a due change of the list.
        annotations = self._list_due or (self._annotations is not None and self._annotations.hinted)
        await self._tell_others(s)
        if annotations and not self._list_hinted:
            await self._tell_annotations(s)

    async def _announce(self, s: Selected, *, expunge_ok: bool) -> None:
        self._hinted.discard(s.mailbox.id)
        own = self._own.uids.get(s.mailbox.id, ())
        flags = Event.FLAG_CHANGE in self._interest.selected
        await announce(s, expunge_ok=expunge_ok, flags=flags, items=self._interest.items, own=own)

    def _notice_selection(self, s: Authenticated) -> bool:
        """Note which mailbox is selected now, and what the client knew of the one it has left; whether it was just opened."""
        view = s.view if isinstance(s, Selected) else None
        was = self._selection
        if was is not None and was.view is not view:
            # A client that was told nothing knows what SELECT said; one from whom an expunge was kept back, less than it needs.
            known = was.view.told if self._interest.selected else was.entered
            self._left[was.mailbox] = _NOTHING if was.view.keeps_back else known
            self._hinted.add(was.mailbox)
            self._selection = None
        if isinstance(s, Selected) and self._selection is None:
            self._selection = _Selection(s.mailbox.id, s.view, s.view.told)
            self._left.pop(s.mailbox.id, None)
            return True
        return False

    async def _tell_others(self, s: Authenticated) -> None:
        selected = {self._selection.mailbox} if self._selection is not None else set()
        # What was hinted while the selected mailbox was told of is for the next time; the client was woken for it.
        hinted, self._hinted = self._hinted - selected, self._hinted & selected
        if not self._elsewhere:
            return
        try:
            if self._list_due or len(hinted) > _ONE_BY_ONE:
                lines = await self._compare_all()
            else:
                lines = [line for mailbox in sorted(hinted) for line in await self._compare_one(mailbox)]
        except StoreError as error:
            self._session.journal.trouble("mailboxes not read", error)
            self._list_hinted = True
            return
        if max(len(lines), len(self._figures)) > self._session.services.limits.watched:
            self.overflow(s)
        elif lines:
            self._session.client.write(b"".join([b"* %b\r\n" % line for line in lines]))

    async def _tell_annotations(self, s: Authenticated) -> None:
        """What changed of annotations, once the client knows of the mailboxes (RFC 5465 §5.6, §5.7)."""
        most = self._session.services.limits.watched
        if self._annotations is not None and not await self._annotations.tell(s, self._wants_annotations, most):
            self.overflow(s)

    def _wants_annotations(self, mailbox: MailboxName | None) -> bool:
        if mailbox is None:
            return Event.SERVER_METADATA_CHANGE in self._elsewhere
        return Event.MAILBOX_METADATA_CHANGE in self._wanted(mailbox)

    async def _compare_one(self, mailbox: MailboxId) -> list[bytes]:
        """What to say of one mailbox; of one whose name is news, it is said along with that."""
        if mailbox in self._names and mailbox not in self._figures:
            self._left.pop(mailbox, None)
            return []
        try:
            record = await (await self._account.mailbox_by_id(mailbox)).record()
        except NoSuchMailbox:
            self._list_changed()
            return []
        if self._names.get(mailbox) != record.name:
            self._list_changed()
            return []
        return await self._compare_figures(record)

    async def _compare_all(self) -> list[bytes]:
        self._end_pause()
        self._list_due = self._list_hinted = False
        records = await self._account.list_mailboxes()
        subscribed = frozenset(await self._account.subscriptions())
        lines = self._compare_list(records, subscribed)
        fresh = [record for record in records if not self._same(record)]
        self._names = {record.id: record.name for record in records}
        self._subscribed = subscribed
        for mailbox in self._figures.keys() - self._names.keys():
            del self._figures[mailbox]
            self._left.pop(mailbox, None)
        for record in fresh:
            lines += await self._compare_figures(record)
        return lines

    def _same(self, record: MailboxRecord) -> bool:
        """Whether nothing at all happened to a mailbox, which of many is so for most."""
        if self._names.get(record.id) != record.name or (record.name in self._subscribed) != record.subscribed:
            return False
        was = self._figures.get(record.id)
        return (was is None or was.modseq == record.status.modseq) and record.id not in self._left

    # Names and subscriptions

    def _compare_list(self, records: list[MailboxRecord], subscribed: frozenset[MailboxName]) -> list[bytes]:
        """LIST responses for what happened to names and subscriptions."""
        now = {record.id: record.name for record in records}
        lister = Lister(records, subscribed, self._session.utf8)
        either = self._subscribed | subscribed
        changes = name_changes(self._names, now, lambda change: self._is_own(change) or self._shows(change, either))
        for change in changes:
            if not self._is_own(change):
                self._say(change, lister, either)
        for name in sorted(self._subscribed ^ subscribed):
            wanted = Event.SUBSCRIPTION_CHANGE in self._interest.events(name, subscribed=True)
            if wanted and name not in lister and name not in self._own.names:
                lister.say(name)
        return list(lister.lines)

    def _is_own(self, change: NameChange) -> bool:
        return self._own.caused(change.name) or (change.old is not None and change.old in self._own.names)

    def _shows(self, change: NameChange, subscribed: Collection[MailboxName]) -> bool:
        """Whether the client wants to hear of *change*, by either of its names."""
        names = [change.name] if change.old is None else [change.name, change.old]
        return any(self._wants_name(name, subscribed) for name in names)

    def _wants_name(self, name: MailboxName, subscribed: Collection[MailboxName]) -> bool:
        return Event.MAILBOX_NAME in self._interest.events(name, subscribed=name in subscribed)

    def _say(self, change: NameChange, lister: Lister, subscribed: Collection[MailboxName]) -> None:
        if self._shows(change, subscribed):
            if change.exists:
                lister.say(change.name, change.old)
            else:
                lister.say_gone(change.name)
        # The mailbox above has got, or lost, a child (RFC 5465 §5.4).
        above = parent(change.name) if change.old is None else None
        if above is not None and self._wants_name(above, subscribed) and above not in lister:
            lister.say(above)

    # Figures

    async def _compare_figures(self, record: MailboxRecord) -> list[bytes]:
        """A STATUS response, if its figures are wanted and the client does not know them."""
        known = self._left.pop(record.id, None)
        was = self._figures.get(record.id)
        events = self._interest.events(record.name, subscribed=record.subscribed)
        if not events & Event.MESSAGES:
            self._figures.pop(record.id, None)
            return []
        if self._selection is not None and self._selection.mailbox == record.id:
            # Its client is told otherwise; it is looked at again when it is left.
            self._figures[record.id] = record.status
            return []
        self._figures[record.id] = record.status
        if was is None:
            news = not self._own.caused(record.name)
        elif known is not None:
            news = record.status.modseq > known
        else:
            news = differs(was, record.status, events, modseq=self._modseqs) and not await self._all_own(record, was)
        return [self.figures(record)] if news else []

    async def _all_own(self, record: MailboxRecord, was: MailboxStatus) -> bool:
        """Whether nothing but this session's own command has changed the mailbox since it *was* told."""
        own = self._own.uids.get(record.id)
        if own is None:
            return False
        try:
            changes = await (await self._account.mailbox_by_id(record.id)).changes_since(was.modseq)
        except NoSuchMailbox:
            return False
        arrived = all(message.uid in own and message.modseq <= self._own.modseq for message in changes.flagged)
        return arrived and not changes.vanished and changes.complete

    def _wanted(self, name: MailboxName) -> Event:
        return self._interest.events(name, subscribed=name in self._subscribed)

    @property
    def _modseqs(self) -> bool:
        return "CONDSTORE" in self._session.enabled
