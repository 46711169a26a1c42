"""One account's mail: its database, its writer, and the mailboxes that are open.

Strategy: one object per account and process, and one per open mailbox, shared by all sessions and dropped with the last.
What a committed job changed is applied here to the open mailboxes' indexes, then told to the sessions.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar
from weakref import WeakValueDictionary

import apsw

from restante.model.ids import AccountId, MailboxId, ModSeq
from restante.model.mailbox_name import MailboxName
from restante.store.attachments import Attachments
from restante.store.blobs.staging import Staging
from restante.store.errors import NoSuchAccount, StoreError
from restante.store.model import MailboxRecord, SpecialUse, StoreLimits
from restante.store.moment import Moment
from restante.store.sqlite import listing, reading
from restante.store.sqlite.annotations import SqliteAnnotations
from restante.store.sqlite.committing import Committer
from restante.store.sqlite.database import Database
from restante.store.sqlite.faults import FAULTS, store_error
from restante.store.sqlite.flagsets import FlagSets
from restante.store.sqlite.generations import Generations
from restante.store.sqlite.hints import SqliteHints
from restante.store.sqlite.holding import KeptColumns
from restante.store.sqlite.indexing import SqliteTextIndex
from restante.store.sqlite.intake import Intake
from restante.store.sqlite.listed import MailboxList
from restante.store.sqlite.mailbox import SqliteMailbox
from restante.store.sqlite.transaction import Done, Job, mailbox_id, mailbox_number
from restante.store.sqlite.writer import Writer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shared:
    """What all accounts of a store have in common.

    Attributes:
        limits: what an account may hold.
        clock: the time, epoch seconds.
        staging: where uploads begin.
        hints: who is to be woken.
        commits: threads that write.
        scans: threads that read at length.
        extractions: threads that have documents read.
        attachments: what gives the text of attachments, if they are searched.
        lately: mailboxes whose index was lately loaded, kept for clients that come back.
        columns: columns of fields that were searched lately.
        moment: the stretch of now.
        generations: where processes tell each other that they committed.
    """

    limits: StoreLimits
    clock: Callable[[], float]
    staging: Staging
    hints: SqliteHints
    commits: Executor
    scans: Executor
    extractions: Executor
    attachments: Attachments | None
    lately: deque[SqliteMailbox]
    columns: KeptColumns
    moment: Moment
    generations: Generations


class SqliteAccount:
    """See :class:`restante.store.api.Account`."""

    def __init__(self, id: AccountId, database: Database, intake: Intake, shared: Shared) -> None:  # noqa: A002
        self._id = id
        self.database = database
        self.intake = intake
        self.shared = shared
        self.sets = FlagSets()
        self.alive = True
        self.generation = shared.generations.of(id, shared.moment)
        committer = Committer(database, self.sets, shared.limits, shared.clock, self.generation)
        self.writer = Writer(database, committer, shared.commits, self._committed)
        self.blob_prefix = f"{id}/"
        self.text = SqliteTextIndex(self)
        self.annotations = SqliteAnnotations(self)
        self._list = MailboxList(self.generation)
        self._tasks: set[asyncio.Task[object]] = set()
        # While its connections are open an account stays; after that, for as long as a session has it.
        database.may_close = lambda: self.writer.idle
        self._mailboxes: WeakValueDictionary[int, SqliteMailbox] = WeakValueDictionary()
        self._named: dict[MailboxName, reading.Heads] = {}
        self._named_at = -1

    @property
    def id(self) -> AccountId:
        """Permanent."""
        return self._id

    def read(self, query: Callable[[apsw.Connection], T]) -> T:
        """The answer of *query*, here and now. Raises NoSuchAccount, Unavailable, Corrupt, and what *query* raises."""
        self._check()
        return self.database.read(query)

    async def write(self, job: Job[T]) -> T:
        """Run *job*; on disk when this returns. Raises NoSuchAccount, Unavailable, Corrupt, and what *job* raises."""
        self._check()
        return await self.writer.run(job)

    async def scan(
        self, query: Callable[[apsw.Connection], T], pool: Executor | None = None, *, anew: bool = False
    ) -> T:
        """The answer of *query*, in a thread, of *pool* if given, from a connection for it alone. Raises as :meth:`read`."""
        self._check()
        return await self._in(pool or self.shared.scans, lambda: self.database.read_at_length(query, anew=anew))

    async def in_scan(self, work: Callable[[], T]) -> T:
        """What *work* returns, run in a thread that reads. Raises as :meth:`in_thread`."""
        return await self._in(self.shared.scans, work)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """What *work* returns, run in a thread that writes. Raises Unavailable, and what *work* raises."""
        return await self._in(self.shared.commits, work)

    async def _in(self, pool: Executor, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work)
        except FAULTS as fault:
            raise store_error(fault) from fault

    async def finish(self, work: Coroutine[object, object, T]) -> T:
        """What *work* returns; it is finished even if the caller no longer waits."""
        return await asyncio.shield(self._begin(work))

    def _begin(self, work: Coroutine[object, object, T]) -> asyncio.Task[T]:
        """*work* as a task that :meth:`close` waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def aside(self, job: Job[None]) -> None:
        """Run *job*, which nobody waits for and which may fail, some time soon."""
        self._begin(self._aside(job))

    async def _aside(self, job: Job[None]) -> None:
        with suppress(StoreError):
            await self.writer.run(job, durable=False)

    async def close(self) -> None:
        """Finish what was accepted, and take no more."""
        await self.text.close()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self.writer.close()
        self.database.close()

    def _check(self) -> None:
        if not self.alive:
            raise NoSuchAccount("there is no such account")

    async def list_mailboxes(self) -> list[MailboxRecord]:
        """Every mailbox with its figures, INBOX first, then by name."""
        return self.read(self._list.read).records

    async def mailbox(self, name: MailboxName) -> SqliteMailbox:
        """Open by name. Raises NoSuchMailbox."""
        self._check()
        generation = self.generation.now()
        if generation != self._named_at:
            self._named_at = generation
            self._named.clear()
        heads = self._named.get(name)
        if heads is None:
            heads = self._named[name] = self.read(lambda connection: reading.heads_of(connection, name))
        return self._open(heads, generation)

    async def mailbox_by_id(self, id: MailboxId) -> SqliteMailbox:  # noqa: A002 - the contract's own noun
        """Open by id. Raises NoSuchMailbox."""
        generation = self.generation.now()
        return self._open(self.read(lambda connection: reading.heads(connection, mailbox_number(id))), generation)

    def _open(self, heads: reading.Heads, generation: int) -> SqliteMailbox:
        found = self._mailboxes.get(heads.number)
        if found is None:
            found = self._mailboxes[heads.number] = SqliteMailbox(self, heads.number, heads.uid_validity)
        found.seen(heads, generation)
        return found

    async def record(self, name: MailboxName) -> MailboxRecord:
        """A mailbox with its figures. Raises NoSuchMailbox."""
        return self.read(lambda connection: self._list.record(connection, name))

    async def create(self, name: MailboxName, special_use: SpecialUse | None = None) -> MailboxRecord:
        """Create *name* and any mailboxes missing above it. Raises MailboxExists, SpecialUseTaken, LimitReached."""
        return await self.write(lambda tx: listing.create(tx, name, special_use))

    async def rename(self, name: MailboxName, to: MailboxName) -> None:
        """Rename with all below it. Raises NoSuchMailbox, MailboxExists, MailboxFixed, LimitReached."""
        await self.write(lambda tx: listing.rename(tx, name, to))

    async def delete(self, name: MailboxName) -> None:
        """Delete with its messages. Raises NoSuchMailbox, MailboxHasChildren, MailboxFixed."""
        await self.write(lambda tx: listing.delete(tx, name))

    async def set_special_use(self, name: MailboxName, special_use: SpecialUse | None) -> None:
        """Say what *name* is for. Raises NoSuchMailbox, SpecialUseTaken."""
        await self.write(lambda tx: listing.set_special_use(tx, name, special_use))

    async def subscribe(self, name: MailboxName) -> None:
        """Subscribe to *name*. Raises LimitReached."""
        await self.write(lambda tx: listing.subscribe(tx, name, True))

    async def unsubscribe(self, name: MailboxName) -> None:
        """Drop a subscription."""
        await self.write(lambda tx: listing.subscribe(tx, name, False))

    async def subscriptions(self) -> list[MailboxName]:
        """Every subscribed name, INBOX first."""
        return self.read(self._list.read).subscriptions

    def text_index(self) -> SqliteTextIndex:
        """The index that searches of text use."""
        return self.text

    def wake(self, modseq: ModSeq, mailbox: MailboxId | None) -> None:
        """Tell the sessions."""
        self.shared.hints.emit(self._id, modseq, mailbox)

    def _committed(self, done: Done[object]) -> None:
        self._list.changed()
        self._named.clear()
        for change in done.changes:
            mailbox = self._mailboxes.get(change.mailbox)
            if mailbox is not None:
                mailbox.apply(change)
        for change in done.changes:
            self.wake(change.changes.modseq, mailbox_id(change.mailbox))
        if done.listed is not None:
            # A mailbox may be gone; whoever has it open is to find that out at once.
            self.shared.moment.end()
            self.wake(done.listed, None)
        if done.annotated is not None:
            self.shared.hints.emit(self._id, done.annotated, None, annotations=True)
