"""A mailbox of the memory engine. Nothing here awaits, so each method is one step to every other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from restante.model.dates import MailDate
from restante.model.flags import DELETED, FlagSet
from restante.model.ids import EmailId, MailboxId, ModSeq, ThreadId, Uid, UidValidity
from restante.model.message_set import UidSet
from restante.store.columns import Columns, SortRow
from restante.store.errand import Errand
from restante.store.errors import NoSuchMailbox
from restante.store.matching import Words, predicate
from restante.store.memory.account import AccountState
from restante.store.memory.box import Box
from restante.store.memory.content import Message, octets_of, record
from restante.store.memory.index import MemoryIndex
from restante.store.model import (
    Appended,
    Changes,
    Copied,
    Expunged,
    Field,
    FlagOp,
    FlagsUpdated,
    MailboxRecord,
    MailboxStatus,
    MessageColumns,
    MessageRecord,
    NewMessage,
)
from restante.store.query import Query
from restante.store.words import Attached, MessageWords


class MemoryMailbox:
    """See :class:`restante.store.api.Mailbox`."""

    def __init__(self, account: AccountState, box: Box) -> None:
        self._account = account
        self._box = box

    @property
    def id(self) -> MailboxId:
        """Permanent within the account."""
        return self._box.id

    @property
    def uid_validity(self) -> UidValidity:
        """Fixed for as long as the mailbox lives."""
        return self._box.uid_validity

    async def record(self) -> MailboxRecord:
        """Its present name, use and figures."""
        return self._account.record(self._live())

    async def status(self) -> MailboxStatus:
        """Its figures."""
        return self._live().status()

    async def index(self) -> MemoryIndex:
        """The shared index."""
        return self._live().index

    async def changes_since(self, modseq: ModSeq) -> Changes:
        """What happened after *modseq*."""
        return self._live().changes_since(modseq, self._account.now())

    def unchanged_since(self, modseq: ModSeq) -> bool:
        """Whether nothing has happened after *modseq*."""
        return self._live().index.modseq <= modseq

    async def messages(self, uids: Sequence[Uid], fields: Field, octets: int | None = None) -> list[MessageRecord]:
        """Read ascending *uids*."""
        index, found = self._live().index, list[MessageRecord]()
        for at in index.positions(uids):
            found.append(self._record(index, at, fields))
            if octets is not None and (octets := octets - octets_of(found[-1])) < 0:
                break
        return found

    async def columns(self, uids: Sequence[Uid], fields: Field, octets: int | None = None) -> MessageColumns:
        """As :meth:`messages`, in columns."""
        whole = Field.RAW in fields
        records = await self.messages(uids, fields | Field.HEADER if whole else fields, octets)
        return MessageColumns.of(records, octets=whole)

    def _record(self, index: MemoryIndex, at: int, fields: Field) -> MessageRecord:
        message = index.messages[at]
        blob = self._account.contents.is_blob(message.content)
        return record(index.flagged(at), message, fields, blob=blob)

    async def search(self, query: Query, errand: Errand | None = None) -> list[Uid]:
        """UIDs of the messages that match: each is asked."""
        index, errand = self._live().index, errand or Errand()
        test = predicate(query)
        attachments = self._account.shared.attachments
        attached = None if attachments is None else attachments.text
        found = []
        for at in range(len(index.uids)):
            errand.tell(at, len(index.uids))
            if not errand.wanted:
                break
            if test(_Candidate(index, at, attached)):
                found.append(Uid(index.uids[at]))
        return found

    async def sort_index(self) -> Columns:
        """The columns SORT and THREAD compare, made anew."""
        index = self._live().index
        return Columns(
            SortRow(uid, each.internal_date.epoch, each.content.summary.size, each.content.summary.sort_keys)
            for uid, each in zip(index.uids, index.messages, strict=True)
        )

    async def append(self, messages: Sequence[NewMessage]) -> Appended:
        """Store all *messages*, or none."""
        try:
            box = self._live()
            contents = [self._account.take_in(new) for new in messages]
            box.check_room(len(messages), (new.flags for new in messages))
            now = int(self._account.now())
            arrivals = [
                (Message(content, new.internal_date, now), new.flags)
                for content, new in zip(contents, messages, strict=True)
            ]
            return self._appended(box, arrivals)
        finally:
            for new in messages:
                if not isinstance(new.raw, bytes):
                    new.raw.discard()

    def _appended(self, box: Box, arrivals: list[tuple[Message, FlagSet]]) -> Appended:
        if not arrivals:
            return Appended(box.uid_validity, (), box.index.modseq)
        modseq = self._account.next_modseq()
        uids = box.add(arrivals, modseq)
        self._account.wake(modseq, box.id)
        return Appended(box.uid_validity, uids, modseq)

    async def copy(self, uids: Sequence[Uid], target: MailboxId) -> Copied:
        """Copy ascending *uids* to *target*."""
        source, into = self._live(), self._account.by_id(target)
        positions = source.index.positions(uids)
        if not positions:
            return Copied(into.uid_validity, (), (), into.index.modseq)
        copied = self._account.copy(source, positions, into)
        self._account.wake(copied.modseq, into.id)
        return copied

    async def move(self, uids: Sequence[Uid], target: MailboxId) -> Copied:
        """Move ascending *uids* to *target*."""
        source, into = self._live(), self._account.by_id(target)
        positions = source.index.positions(uids)
        if not positions:
            return Copied(into.uid_validity, (), (), source.index.modseq)
        moved = self._account.move(source, positions, into)
        self._account.wake(moved.modseq, source.id, into.id)
        return moved

    async def update_flags(
        self, uids: Sequence[Uid], op: FlagOp, flags: FlagSet, unchanged_since: ModSeq | None = None
    ) -> FlagsUpdated:
        """Combine *flags* into ascending *uids*' own."""
        box = self._live()
        index = box.index
        positions = index.positions(uids)
        refused = {at for at in positions if unchanged_since is not None and index.modseqs[at] > unchanged_since}
        changes = self._changes(index, [at for at in positions if at not in refused], op, flags)
        was, before = tuple(ModSeq(index.modseqs[at]) for at in positions), index.modseq
        if changes:
            box.check_room(0, changes.values())
            modseq = self._account.next_modseq()
            for at, then in changes.items():
                index.set_flags(at, then, modseq)
            self._account.wake(modseq, box.id)
        return FlagsUpdated(
            now=tuple(index.flagged(at) for at in positions),
            was=was,
            refused=UidSet.of(index.uids[at] for at in refused),
            modseq=index.modseq,
            before=before,
        )

    def _changes(self, index: MemoryIndex, positions: list[int], op: FlagOp, flags: FlagSet) -> dict[int, FlagSet]:
        then = {now: op.combine(now, flags) for now in {index.flags[at] for at in positions}}
        return {at: then[index.flags[at]] for at in positions if then[index.flags[at]] is not index.flags[at]}

    async def expunge(self, uids: Sequence[Uid] | None = None, *, deleted_only: bool = True) -> Expunged:
        """Remove messages."""
        box = self._live()
        positions = list(range(len(box.index.uids))) if uids is None else box.index.positions(uids)
        if deleted_only:
            positions = [at for at in positions if DELETED in box.index.flags[at]]
        if not positions:
            return Expunged(UidSet(), box.index.modseq)
        modseq = self._account.next_modseq()
        gone = box.remove(positions, modseq, self._account.now())
        self._account.wake(modseq, box.id)
        return Expunged(gone, modseq)

    async def claim_recent(self) -> Uid:
        """Take the recent messages for one session."""
        box = self._live()
        first, box.recent_from = box.recent_from, box.index.uid_next
        return first

    def _live(self) -> Box:
        if not self._box.alive:
            raise NoSuchMailbox("the mailbox was deleted")
        return self._box


@dataclass(slots=True)
class _Candidate:
    """See :class:`restante.store.matching.Candidate`."""

    index: MemoryIndex
    at: int
    attached: Attached | None
    _words: MessageWords | None = None

    @property
    def _message(self) -> Message:
        return self.index.messages[self.at]

    @property
    def uid(self) -> Uid:
        return Uid(self.index.uids[self.at])

    @property
    def flags(self) -> FlagSet:
        return self.index.flags[self.at]

    @property
    def modseq(self) -> ModSeq:
        return ModSeq(self.index.modseqs[self.at])

    @property
    def size(self) -> int:
        return self._message.content.summary.size

    @property
    def internal_date(self) -> MailDate:
        return self._message.internal_date

    @property
    def sent_date(self) -> MailDate | None:
        keys = self._message.content.summary.sort_keys
        return None if keys.sent is None else MailDate(keys.sent, keys.sent_zone)

    @property
    def save_date(self) -> MailDate:
        return MailDate(self._message.saved)

    @property
    def email_id(self) -> EmailId:
        return self._message.content.email_id

    @property
    def thread_id(self) -> ThreadId:
        return self._message.content.thread_id

    @property
    def words(self) -> Words:
        if self._words is None:
            content = self._message.content
            self._words = MessageWords(content.raw, content.summary.parts, attached=self.attached)
        return self._words
