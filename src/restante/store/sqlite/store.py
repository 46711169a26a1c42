"""The embedded engine: a directory, with a database and a directory of files for each account.

Strategy: ``accounts/<id>/mail.db`` and ``accounts/<id>/blobs/`` beside ``staging/``, all of one file system, so that an
account appears and disappears by one rename. At most so many databases are open at once; the least recently used is let go.

The rule it protects: nothing here assumes that this process is the only one. An import or a delivery may write beside the
server, through this same engine.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar
from weakref import WeakValueDictionary

import apsw

from restante.model.ids import AccountId, ModSeq
from restante.store.attachments import Attachments, edition
from restante.store.blobs.files import FileBlobs
from restante.store.blobs.staging import FileUpload, Staging
from restante.store.errors import StoreError, Unavailable
from restante.store.memory_upload import MemoryUpload
from restante.store.model import NewMailbox, StoreFeature, StoreLimits
from restante.store.moment import Moment
from restante.store.sqlite import fulltext, layout
from restante.store.sqlite.account import Shared, SqliteAccount
from restante.store.sqlite.database import Database, OpenDatabases, check_driver
from restante.store.sqlite.faults import FAULTS, store_error
from restante.store.sqlite.generations import Generations
from restante.store.sqlite.hints import SqliteHints
from restante.store.sqlite.holding import KeptColumns
from restante.store.sqlite.idle import IdleConnections
from restante.store.sqlite.intake import Intake
from restante.store.sqlite.layout import Layout
from restante.store.sqlite.neighbours import Neighbours
from restante.store.sqlite.sweeping import Ages, sweep

T = TypeVar("T")

_READING: Final = 4
"""Threads that wait for documents to be read."""

_DEFAULT_LIMITS: Final = StoreLimits()


class SqliteStore:
    """See :class:`restante.store.api.Store`.

    Args:
        path: the data directory; made if it is not there.
        limits: what accounts and messages are held to.
        clock: the time, epoch seconds.
        inline: octets up to which a message is kept in the rows; larger ones are files.
        open_accounts: how many accounts may have their database open, at some five file descriptors each.
        cache: KiB of pages each of an account's two connections may keep.
        kept_indexes: how many mailboxes' indexes are kept though no session has them open, at some 20 octets a message.
        threads: how many accounts can commit at the same time.
        grace: seconds a removed message's content is kept.
        sweep_every: seconds between sweeps of what may go.
        attachments: what gives the text of attachments, if they are searched; closed with the store.
    """

    def __init__(
        self,
        path: Path,
        limits: StoreLimits = _DEFAULT_LIMITS,
        clock: Callable[[], float] = time.time,
        *,
        inline: int = 64 * 1024,
        open_accounts: int = 256,
        cache: int = 1024,
        kept_indexes: int = 32,
        threads: int = 4,
        grace: int = 7 * 86_400,
        sweep_every: float = 6 * 3_600,
        attachments: Attachments | None = None,
    ) -> None:
        self._layout = Layout(path)
        self._cache = cache
        self._grace = grace
        self._sweep_every = sweep_every
        commits = ThreadPoolExecutor(threads, "store-commit")
        scans = ThreadPoolExecutor(2, "store-scan")
        extractions = ThreadPoolExecutor(_READING, "store-extraction")
        self._blobs = FileBlobs(self._layout.accounts, scans)
        self._shared = Shared(
            limits,
            clock,
            Staging(self._layout.staging, inline),
            SqliteHints(),
            commits,
            scans,
            extractions,
            attachments,
            deque(maxlen=kept_indexes),
            KeptColumns(),
            Moment(),
            Generations(path / "generations"),
        )
        self._pools = (commits, scans, extractions)
        self._known: WeakValueDictionary[AccountId, SqliteAccount] = WeakValueDictionary()
        self._open = OpenDatabases(open_accounts, scans)
        self._idle = IdleConnections()
        self._neighbours = Neighbours(self._layout.path / "processes", self._shared.hints)
        self._closed = False
        self._sweeper: asyncio.Task[None] | None = None

    @property
    def features(self) -> frozenset[StoreFeature]:
        """All there are."""
        return frozenset(StoreFeature)

    @property
    def hints(self) -> SqliteHints:
        """Where to be woken."""
        return self._shared.hints

    @property
    def moment(self) -> Moment:
        """How long what was read stays new enough."""
        return self._shared.moment

    @property
    def blobs(self) -> FileBlobs:
        """Where bodies too large for the rows are."""
        return self._blobs

    async def open(self) -> None:
        """Make ready. Raises NewerFormat, Corrupt, Unavailable."""
        check_driver()
        await self._in_thread(self._layout.prepare)
        await self._in_thread(self._shared.generations.open)
        await self._in_thread(self._shared.staging.sweep)
        self._sweeper = asyncio.get_running_loop().create_task(self._sweep_forever())
        self._neighbours.open()
        self._shared.hints.tell_others = self._neighbours.tell

    async def close(self) -> None:
        """Finish what was accepted and let go of everything."""
        if self._closed:
            return
        if self._sweeper is not None:
            self._sweeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._sweeper
        if self._shared.attachments is not None:
            # Before the accounts: whoever reads a document would keep them waiting.
            self._shared.attachments.close()
        for account in list(self._known.values()):
            await account.close()
        for database in self._open.all():
            self._open.close(database)
        self._closed = True
        self._neighbours.close()
        self._shared.lately.clear()
        await asyncio.get_running_loop().run_in_executor(None, self._stop_threads)

    def _stop_threads(self) -> None:
        for pool in self._pools:
            pool.shutdown()
        self._idle.close()
        self._shared.generations.close()

    def upload(self, size: int) -> MemoryUpload | FileUpload:
        """Stage a message of *size* octets. Raises OSError."""
        return self._shared.staging.upload(size)

    async def create_account(self, id: AccountId, mailboxes: Sequence[NewMailbox] = ()) -> SqliteAccount:  # noqa: A002
        """Make room for an account. Raises AccountHasMail, SpecialUseTaken, MailboxExists, LimitReached."""
        now = int(self._shared.clock())
        await self._in_thread(lambda: self._layout.create(id, mailboxes, now, self._shared.limits))
        return await self.account(id)

    async def account(self, id: AccountId) -> SqliteAccount:  # noqa: A002
        """Open an account's mail. Raises NoSuchAccount, NewerFormat, Corrupt, Unavailable."""
        found = self._known.get(id)
        if found is not None and found.alive:
            return found
        path = self._layout.database(id)
        # In a thread the first time: a WAL left by a crash is recovered, an older format migrated.
        waiting, connection = await self._in_thread(lambda: _made_ready(path, edition(self._shared.attachments)))
        found = self._known.get(id)
        if found is not None and found.alive:
            # Somebody else was quicker.
            await self._in_thread(connection.close)
            return found
        found = self._known[id] = self._new(id, path)
        found.database.adopt(connection)
        if waiting:
            found.text.wake()
        return found

    def _new(self, id: AccountId, path: Path) -> SqliteAccount:  # noqa: A002
        database = Database(path, self._cache, self._open.used, self._idle)
        intake = Intake(self._blobs.of(id), self._shared.staging, self._shared.limits.scan)
        return SqliteAccount(id, database, intake, self._shared)

    async def accounts(self) -> list[AccountId]:
        """Every account with mail here, in order."""
        return await self._in_thread(self._layout.list)

    async def delete_account(self, id: AccountId) -> None:  # noqa: A002
        """Remove an account's mail for good. Raises NoSuchAccount."""
        account = self._known.pop(id, None)
        if account is not None:
            account.alive = False
            await account.close()
            self._open.close(account.database)
        await self._in_thread(lambda: self._layout.delete(id))
        if account is not None:
            account.wake(ModSeq(0), None)

    async def sweep(self) -> None:
        """Forget, in every account, what time allows: old tombstones, contents and files nobody refers to."""
        now = int(self._shared.clock())
        ages = Ages(now - self._shared.limits.tombstones, now - self._grace)
        for id in await self.accounts():  # noqa: A001 - the contract's own noun
            with suppress(StoreError):
                await self._sweep_account(id, ages)

    async def _sweep_account(self, id: AccountId, ages: Ages) -> None:  # noqa: A002
        path, blobs = self._layout.database(id), self._blobs.of(id)

        def work() -> None:
            connection = layout.connect(path)
            try:
                sweep(connection, blobs, ages)
            finally:
                connection.close()

        await self._in_thread(work)

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(self._sweep_every)
            with suppress(StoreError):
                await self.sweep()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise Unavailable("the mail store is closed")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._shared.scans, work)
        except FAULTS as fault:
            raise store_error(fault) from fault


def _made_ready(path: Path, words: str) -> tuple[bool, apsw.Connection]:
    """Bring an account's database to this release's format, and *words* of that edition.

    Whether it is time to index, and the connection, which is good for more.
    """
    connection = layout.connect(path)
    try:
        return fulltext.renew(connection, words), connection
    except BaseException:
        connection.close()
        raise
