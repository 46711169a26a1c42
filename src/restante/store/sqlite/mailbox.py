"""One open mailbox, shared by the sessions that have it selected; it owns their index.

Strategy: short reads run here and now on the loop, writes go to the account's writer, and what takes long (a large index, a
search of text) goes to a thread with a connection of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

import apsw

from restante.model.flags import FlagSet
from restante.model.ids import MailboxId, ModSeq, Uid, UidValidity
from restante.model.message_set import UidSet
from restante.store.columns import Columns
from restante.store.errand import Errand
from restante.store.errors import Corrupt, NoSuchAccount, NoSuchMailbox
from restante.store.history import History
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
from restante.store.sqlite import arriving, copying, flagging, gathering, intake, listing, reading, removing, snapshots
from restante.store.sqlite.holding import Holding
from restante.store.sqlite.index import SqliteIndex
from restante.store.sqlite.searching import Search
from restante.store.sqlite.transaction import Change, Done, Job, Transaction, mailbox_id, mailbox_number

if TYPE_CHECKING:
    from restante.store.sqlite.account import SqliteAccount

T = TypeVar("T")

_LONG: Final = 5_000
"""Messages beyond which an index is loaded in a thread."""

_SOON: Final = 200_000
"""Messages beyond which a kept index is loaded in a thread, too."""

_ROWS_HERE: Final = 500
"""Messages up to which columns are read on the loop."""

_NONE: Final = UidSet()

_SOME: Final = 5_000
"""Messages up to which flags are changed here and now, some milliseconds' work."""


class SqliteMailbox:
    """See :class:`restante.store.api.Mailbox`."""

    def __init__(self, account: SqliteAccount, number: int, uid_validity: UidValidity) -> None:
        self._account = account
        self._number = number
        self._uid_validity = uid_validity
        self._index: SqliteIndex | None = None
        self._history = History()
        self._looked = -1
        self._heads: reading.Heads | None = None
        self._heads_read = -1
        self._loading = asyncio.Lock()
        self._columns = Columns()
        self._sorting = asyncio.Lock()
        self._holding = Holding(account, number)

    @property
    def id(self) -> MailboxId:
        """Permanent within the account."""
        return mailbox_id(self._number)

    @property
    def uid_validity(self) -> UidValidity:
        """Fixed for as long as the mailbox lives."""
        return self._uid_validity

    def apply(self, change: Change) -> None:
        """Bring the index up to date with a commit, if it stands where the commit began."""
        self._heads = None
        if self._index is not None and self._index.modseq == change.before:
            self._index.apply(change.changes)
            self._history.add(change.before, change.changes)
        else:
            self._looked = -1

    def seen(self, heads: reading.Heads, generation: int) -> None:
        """Take in what was read of the mailbox, at least as new as *generation*."""
        self._heads, self._heads_read = heads, generation

    def _newest(self, generation: int) -> reading.Heads:
        """Its figures, at least as new as *generation*."""
        if self._heads is None or self._heads_read != generation:
            self.seen(self._read(lambda connection: reading.heads(connection, self._number)), generation)
        assert self._heads is not None
        return self._heads

    def _read(self, query: Callable[[apsw.Connection], T]) -> T:
        try:
            return self._account.read(query)
        except NoSuchAccount as error:
            raise NoSuchMailbox("the mailbox was deleted") from error

    async def _write(self, job: Job[T]) -> T:
        try:
            return await self._account.write(job)
        except NoSuchAccount as error:
            raise NoSuchMailbox("the mailbox was deleted") from error

    async def record(self) -> MailboxRecord:
        """Its present name, use and figures."""
        return self._read(lambda connection: listing.record(connection, self._number))

    async def status(self) -> MailboxStatus:
        """Its figures."""
        return self._read(lambda connection: listing.status(connection, self._number))

    async def index(self) -> SqliteIndex:
        """The shared index, up to date with every change acknowledged before the call."""
        while True:
            index = self._index or await self._load()
            if self._catch_up(index):
                return index

    def _catch_up(self, index: SqliteIndex) -> bool:
        """Bring *index* up to date, so that another process's commits are seen like one's own; whether that could be done."""
        generation = self._account.generation.now()
        if self._looked == generation:
            return True
        if self._newest(generation).modseq != index.modseq:
            before = index.modseq
            changes = self._changes(before)
            if not changes.complete:
                self._index = None
                return False
            index.apply(changes)
            self._history.add(before, changes)
        self._looked = generation
        return True

    async def _load(self) -> SqliteIndex:
        async with self._loading:
            if self._index is None:
                self._index = await self._read_index((await self.status()).messages)
                self._account.shared.lately.append(self)
            return self._index

    async def _read_index(self, messages: int) -> SqliteIndex:
        account, number = self._account, self._number
        if messages >= snapshots.LEAST:
            kept = await self._read_long(
                lambda each: reading.kept_index(each, account.sets, number), here=messages <= _SOON
            )
            if kept is not None:
                return kept
        index, columns = await self._read_long(
            lambda each: reading.load_index(each, account.sets, number), here=messages <= _LONG
        )
        if columns is not None:
            account.aside(lambda tx: snapshots.write(tx, number, columns))
        return index

    async def _read_long(self, query: Callable[[apsw.Connection], T], *, here: bool) -> T:
        return self._read(query) if here else await self._account.scan(query)

    def _changes(self, modseq: ModSeq) -> Changes:
        return self._read(lambda each: reading.changes_since(each, self._account.sets, self._number, modseq))

    async def changes_since(self, modseq: ModSeq) -> Changes:
        """What happened after *modseq*."""
        index = self._index
        if index is None or not self._catch_up(index):
            return self._changes(modseq)
        if modseq >= index.modseq:
            return Changes(index.modseq, (), _NONE, index.uid_next)
        return self._history.since(modseq) or self._changes(modseq)

    def unchanged_since(self, modseq: ModSeq) -> bool:
        """Whether nothing has happened after *modseq*, where the index is at hand to tell."""
        index = self._index
        return index is not None and self._catch_up(index) and index.modseq <= modseq

    async def messages(self, uids: Sequence[Uid], fields: Field, octets: int | None = None) -> list[MessageRecord]:
        """Read ascending *uids*."""
        sets, number, blobs = self._account.sets, self._number, self._account.blob_prefix
        return self._read(lambda each: reading.messages(each, sets, number, uids, fields, blobs, octets))

    async def columns(self, uids: Sequence[Uid], fields: Field, octets: int | None = None) -> MessageColumns:
        """Read ascending *uids*, in columns."""
        sets, number, blobs = self._account.sets, self._number, self._account.blob_prefix
        return self._read(lambda each: gathering.columns(each, sets, number, uids, fields, blobs, octets))

    async def search(self, query: Query, errand: Errand | None = None) -> list[Uid]:
        """UIDs of the messages that match, ascending."""
        held = await self._holding.hold(query, self)
        return await Search(self._account, self._number, query, errand or Errand()).run(held)

    async def read_rows(self, query: Callable[[apsw.Connection], T], count: int) -> T:
        """The answer of *query*, which reads some *count* rows. Raises as :meth:`index`."""
        return await self._read_long(query, here=count <= _ROWS_HERE)

    async def sort_index(self) -> Columns:
        """The columns SORT and THREAD compare, as up to date as the index."""
        async with self._sorting:
            columns, tried = self._columns, None
            while True:
                index = await self.index()
                columns.keep(index.uids)
                if len(columns.uids) == len(index.uids):
                    return columns.snapshot()
                if index.modseq == tried:
                    raise Corrupt("a message's content is missing")
                tried = index.modseq
                columns.extend(await self._sort_columns(columns, len(index.uids)))

    async def _sort_columns(self, known: Columns, count: int) -> Columns:
        """The columns of the messages beyond those *known*, where there are *count*."""
        number, after = self._number, known.uids[-1] if known.uids else 0
        return await self.read_rows(lambda each: reading.sort_columns(each, number, after), count - len(known.uids))

    async def append(self, messages: Sequence[NewMessage]) -> Appended:
        """Store all *messages*, or none. Raises NoSuchMailbox, MessageTooBig, LimitReached, Unavailable."""
        account, number = self._account, self._number
        try:
            self._check()
            intake.check_sizes(messages, account.shared.limits.message)
            large = any(map(account.intake.is_large, messages))
            if large:
                # Its transaction would notice, too, but not before they were put to disk.
                self._read(lambda each: reading.modseq_of(each, number))
            ready = messages if large else intake.in_memory(messages)
        except BaseException:
            intake.discard(messages)
            raise
        if large:
            return await account.finish(self._append_large(messages))
        intake.discard(messages)

        def prepare() -> Job[Appended]:
            arrivals = account.intake.small(ready)
            return lambda tx: arriving.append(tx, number, arrivals)

        appended = await account.writer.run_prepared(prepare)
        account.text.arrived(len(appended.uids))
        return appended

    async def _append_large(self, messages: Sequence[NewMessage]) -> Appended:
        account, number = self._account, self._number
        arrivals = await account.in_thread(lambda: account.intake.any(messages))
        try:
            appended = await self._write(lambda tx: arriving.append(tx, number, arrivals))
        except BaseException:
            await account.in_thread(lambda: account.intake.undo(arrivals))
            raise
        account.text.arrived(len(appended.uids))
        return appended

    async def copy(self, uids: Sequence[Uid], target: MailboxId) -> Copied:
        """Copy ascending *uids* to *target*. Raises NoSuchMailbox, LimitReached, Unavailable."""
        into = mailbox_number(target)
        return await self._write(lambda tx: copying.copy(tx, self._number, uids, into))

    async def move(self, uids: Sequence[Uid], target: MailboxId) -> Copied:
        """Move ascending *uids* to *target*. Raises NoSuchMailbox, LimitReached, Unavailable."""
        into = mailbox_number(target)
        return await self._write(lambda tx: copying.move(tx, self._number, uids, into))

    async def update_flags(
        self, uids: Sequence[Uid], op: FlagOp, flags: FlagSet, unchanged_since: ModSeq | None = None
    ) -> FlagsUpdated:
        """Combine *flags* into ascending *uids*' own. Raises NoSuchMailbox, LimitReached, Unavailable."""

        def job(tx: Transaction, index: SqliteIndex | None = None) -> Done[FlagsUpdated]:
            return flagging.update_flags(tx, self._number, uids, op, flags, unchanged_since, index)

        def here(tx: Transaction) -> Done[FlagsUpdated]:
            # On the loop, where alone the index is changed.
            return job(tx, self._index)

        generation = self._account.generation.now()
        done = self._now(here) if len(uids) <= _SOME else None
        if done is None:
            return await self._lightly(job)
        if self._index is not None and self._index.modseq == done.value.modseq:
            # The transaction, which kept others from writing, saw all that the index holds.
            self._looked = generation
        return done.value

    async def expunge(self, uids: Sequence[Uid] | None = None, *, deleted_only: bool = True) -> Expunged:
        """Remove messages. Raises NoSuchMailbox, Unavailable."""
        index, number = self._index, self._number
        marked = index.deleted() if index is not None and uids is None and deleted_only else None
        return await self._write(
            lambda tx: removing.expunge(tx, number, uids, deleted_only=deleted_only, marked=marked)
        )

    async def claim_recent(self) -> Uid:
        """Take the recent messages for one session. Raises NoSuchMailbox, Unavailable."""
        heads = self._newest(self._account.generation.now())
        if heads.recent_uid == heads.uid_next:
            return heads.recent_uid
        self._heads = None

        def job(tx: Transaction) -> Done[Uid]:
            return flagging.claim_recent(tx, self._number)

        done = self._now(job)
        return done.value if done is not None else await self._lightly(job)

    async def _lightly(self, job: Job[T]) -> T:
        """Run a job that needs no fsync when its turn comes. Raises as the job, NoSuchMailbox."""
        self._check()
        return await self._account.writer.run(job, durable=False)

    def _check(self) -> None:
        if not self._account.alive:
            raise NoSuchMailbox("the mailbox was deleted")

    def _now(self, job: Job[T]) -> Done[T] | None:
        """Run a job that needs no fsync here and now, if nobody else is writing. Raises as the job, NoSuchMailbox."""
        self._check()
        return self._account.writer.run_now(job)
