"""Keeping an account's index of text: contents that wait are moved into it, a batch at a time, while other work goes on.

Strategy: a batch is decoded in a thread that reads, and entered in one transaction that waits its turn among the others; where
attachments are searched, it is decoded, and their documents are read, in a thread for nothing else.
Batches begin once enough have arrived and no more do for a moment, or so many wait that searches would feel it; when a search met
contents that wait, or when an account is opened with some left over; the same steps follow a migration and a rebuild. Broken off
at any point, nothing is lost but the batch.

The rule it protects: nobody waits for the index, neither an arrival nor a search.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final, cast

import apsw

from restante.store.attachments import edition
from restante.store.errors import StoreError
from restante.store.sqlite import attached, checking, fulltext
from restante.store.sqlite.transaction import Done, Job, Transaction
from restante.store.text_index import Progress, TextIndexStatus

if TYPE_CHECKING:
    from restante.store.sqlite.account import SqliteAccount


_QUIET: Final = 0.02
"""Seconds without an arrival before a batch begins, so that it does not compete with what comes in a burst."""

_MOST_WAITING: Final = 512
"""Arrivals after which it begins all the same; a search reads those that wait, some tenth of a millisecond each."""


class SqliteTextIndex:
    """See :class:`restante.store.text_index.TextIndex`."""

    def __init__(self, account: SqliteAccount) -> None:
        self._account = account
        self._edition = edition(account.shared.attachments)
        self._arrived = 0
        self._latest = 0.0
        self._all = False
        self._closed = False
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def arrived(self, count: int) -> None:
        """So many more wait. On the loop."""
        self._arrived += count
        if self._arrived < fulltext.WORTHWHILE or self._closed:
            return
        loop = asyncio.get_running_loop()
        self._latest = loop.time()
        if self._arrived >= _MOST_WAITING:
            self.wake()
        elif self._timer is None:
            self._timer = loop.call_later(_QUIET, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin, or wait on if more has come meanwhile."""
        self._timer = None
        left = self._latest + _QUIET - loop.time()
        if left > 0:
            self._timer = loop.call_later(left, self._look, loop)
        else:
            self.wake()

    def met(self) -> None:
        """A search had to read what waits: see to it that all of it is indexed. On the loop."""
        self._all = True
        self.wake()

    def wake(self) -> None:
        """See to it that what waits is indexed, as far as it fills batches. On the loop."""
        if self._closed or (self._task is not None and not self._task.done()):
            return
        self._arrived = 0
        self._task = asyncio.get_running_loop().create_task(self._work())

    async def close(self) -> None:
        """Begin no more batches."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _work(self) -> None:
        # A disk that refuses now is asked again with the next arrivals.
        with suppress(StoreError):
            while not self._closed and await self.step():
                if not self._all and not self._account.read(fulltext.fills_a_batch):
                    return
        self._all = False

    async def step(self) -> int:
        """Index a batch; how many were in it."""
        batch = await self._decoded()
        job: Job[int] = lambda tx: fulltext.enter(tx, batch, self._edition)  # noqa: E731
        return await self._account.writer.run_prepared(lambda: job, durable=False, alone=True)

    async def _decoded(self) -> list[fulltext.Entry]:
        """The words of a batch of contents, with what documents in them say if that is wanted. Raises Unavailable."""
        account, attachments = self._account, self._account.shared.attachments
        blobs = account.intake.blobs

        def words(connection: apsw.Connection) -> list[fulltext.Entry]:
            return fulltext.entries(connection, fulltext.waiting(connection, fulltext.BATCH), blobs)

        def documents(connection: apsw.Connection) -> list[fulltext.Entry]:
            if attachments is None or not fulltext.is_current(connection, self._edition):
                return []
            contents = fulltext.waiting(connection, fulltext.BATCH)
            read = attached.gather(connection, contents, blobs, attachments)
            return fulltext.entries(connection, read.contents, blobs, read.texts.get)

        if attachments is None:
            return await account.scan(words)
        return await account.scan(documents, account.shared.extractions)

    async def status(self) -> TextIndexStatus:
        """How far it is. Raises NoSuchAccount, Unavailable."""
        return await self._account.scan(checking.status)

    async def check(self, progress: Progress) -> Sequence[str]:
        """What is wrong with it. Raises NoSuchAccount, Unavailable."""
        loop, blobs = asyncio.get_running_loop(), self._account.intake.blobs

        def tell(done: int, total: int) -> None:
            loop.call_soon_threadsafe(progress, done, total)

        wanted = self._edition if self._account.shared.attachments is not None else None
        # SQLite's own check goes by what a connection last knew of an index, which others may have changed since.
        return await self._account.scan(lambda each: checking.faults(each, blobs, tell, wanted), anew=True)

    async def rebuild(self, progress: Progress) -> None:
        """Make it anew. Raises NoSuchAccount, Unavailable."""
        await self._account.write(self._start_over)
        total = done = (await self.status()).waiting
        progress(0, total)
        while done and await self.step():
            done = min(done, self._account.read(_count_waiting))
            progress(total - done, total)

    def _start_over(self, tx: Transaction) -> Done[None]:
        fulltext.start_over(tx.connection, self._edition)
        return Done(None)


def _count_waiting(connection: apsw.Connection) -> int:
    return int(cast("int", connection.execute("SELECT count(*) FROM unindexed WHERE waits").get))
