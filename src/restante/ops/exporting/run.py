"""The export: each mailbox of an account into a target, some messages at a time.

Strategy: sizes are asked first, so that a batch of messages is bounded in octets; what the store keeps outside its rows is
streamed, and read once before to see whether its line ends can be LF.

The rule it protects: an account is only read; what arrives or goes meanwhile disturbs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Final, Protocol

from restante.auth.ports import Offload
from restante.model.ids import AccountId, Uid
from restante.model.mailbox_name import MailboxName
from restante.ops.exporting.model import Box, Letter, Target
from restante.ops.mailfile.folder_name import UnfitName
from restante.ops.mailfile.line_ends import LfCheck, fits_lf
from restante.store.api import Mailbox, Store
from restante.store.errors import NoSuchMailbox
from restante.store.model import Field, MailboxRecord, MessageRecord

_MESSAGES: Final = 200
_OCTETS: Final = 4 * 1024 * 1024


class Watcher(Protocol):
    """Is told how the export goes."""

    def folder(self, mailbox: str) -> None:
        """The messages that follow are of *mailbox*."""
        ...

    def advance(self, octets: int, messages: int) -> None:
        """So many octets and messages more were dealt with."""
        ...


@dataclass(slots=True)
class Exported:
    """What an export did.

    Attributes:
        messages: written.
        octets: of those, in the store.
        mailboxes: written.
        here: messages that were there from an export before.
        refused: mailboxes that were not written, and why.
        notes: what did not fit the form.
    """

    messages: int = 0
    octets: int = 0
    mailboxes: int = 0
    here: int = 0
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class NotEmpty(ValueError):
    """The target has something in it; ``str(error)`` says what to do."""


def check_empty(path: Path) -> None:
    """Raise NotEmpty if there is something at *path* besides an empty directory. Blocks; raises OSError."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise NotEmpty(f"{path} is not empty: name another place, or give --merge to add to it")


@dataclass(frozen=True, slots=True)
class Export:
    """The use-case."""

    store: Store
    offload: Offload
    watcher: Watcher

    async def choose(self, account: AccountId, names: Sequence[MailboxName]) -> list[MailboxRecord]:
        """The mailboxes called *names*, or all. Raises NoSuchAccount, NoSuchMailbox, Unavailable."""
        records = await (await self.store.account(account)).list_mailboxes()
        missing = set(names).difference(record.name for record in records)
        if missing:
            raise NoSuchMailbox(f"there is no mailbox {min(missing)}")
        return [record for record in records if not names or record.name in names]

    async def run(self, account: AccountId, chosen: Sequence[MailboxRecord], target: Target, done: Exported) -> None:
        """Writes the *chosen* mailboxes and notes in *done* what happened, also when it raises.

        Raises Unavailable, NoSuchAccount, and OSError when the target cannot be written to.
        """
        mail = await self.store.account(account)
        for record in chosen:
            self.watcher.folder(record.name)
            try:
                await self._mailbox(await mail.mailbox_by_id(record.id), record.name, target, done)
            except NoSuchMailbox:
                done.notes.append(f"{record.name} was deleted meanwhile")
            except UnfitName as error:
                done.refused.append(str(error))
        subscribed = {record.name for record in chosen}
        names = [name for name in await mail.subscriptions() if name in subscribed]
        await self.offload(target.finish, names)
        done.notes.extend(target.notes)

    async def _mailbox(self, mailbox: Mailbox, name: MailboxName, target: Target, done: Exported) -> None:
        index = await mailbox.index()
        uids, keywords = [Uid(uid) for uid in index.uids], list(index.keywords())
        box = await self.offload(target.mailbox, name, keywords)
        if box is None:
            return
        whole = False
        try:
            await self._messages(mailbox, uids, box, done)
            await self.offload(box.close)
            whole = True
        finally:
            if not whole:
                box.abandon()
        done.mailboxes += 1

    async def _messages(self, mailbox: Mailbox, uids: list[Uid], box: Box, done: Exported) -> None:
        for at in range(0, len(uids), _MESSAGES):
            sizes = await mailbox.messages(uids[at : at + _MESSAGES], Field.SIZE)
            for batch in _batches(sizes):
                rows = await mailbox.messages(batch, Field.RAW | Field.DATE | Field.SIZE | Field.IDS)
                await self._write(rows, box, done)

    async def _write(self, rows: list[MessageRecord], box: Box, done: Exported) -> None:
        written = octets = 0
        for blob, run in groupby(rows, key=attrgetter("blob")):
            for row in run if blob is not None else ():
                if await self._stream(row, blob, box):
                    written, octets = written + 1, octets + row.size
            if blob is None:
                small = await self.offload(_write_small, list(run), box)
                written, octets = written + len(small), octets + sum(small)
        done.messages += written
        done.here += len(rows) - written
        done.octets += octets
        self.watcher.advance(sum(row.size for row in rows), len(rows))

    async def _stream(self, row: MessageRecord, blob: str, box: Box) -> bool:
        check = LfCheck()
        async for piece in self.store.blobs.open(blob):
            await self.offload(check.feed, piece)
        writing = await self.offload(box.begin, _letter(row, lf=check.fits))
        if writing is None:
            return False
        whole = False
        try:
            async for piece in self.store.blobs.open(blob):
                await self.offload(writing.write, piece)
            await self.offload(writing.done)
            whole = True
        finally:
            if not whole:
                writing.abandon()
        return True


def _batches(sizes: Sequence[MessageRecord]) -> Iterator[list[Uid]]:
    batch: list[Uid] = []
    octets = 0
    for row in sizes:
        if batch and octets + row.size > _OCTETS:
            yield batch
            batch, octets = [], 0
        batch.append(row.uid)
        octets += row.size
    if batch:
        yield batch


def _letter(row: MessageRecord, *, lf: bool) -> Letter:
    assert row.email_id is not None
    return Letter(row.uid, row.email_id, row.internal_date, row.flags, lf)


def _write_small(rows: Sequence[MessageRecord], box: Box) -> list[int]:
    """Writes messages at hand; the sizes of those that were not there yet."""
    written: list[int] = []
    for row in rows:
        raw = row.raw or b""
        writing = box.begin(_letter(row, lf=fits_lf(raw)))
        if writing is None:
            continue
        try:
            writing.write(raw)
            writing.done()
        except OSError:
            writing.abandon()
            raise
        written.append(row.size)
    return written
