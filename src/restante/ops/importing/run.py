"""The import: each folder of a source into its mailbox, a batch at a time.

Strategy: reading, decoding and hashing happen off the event loop, batch by batch; each batch is one append, so many messages
share an fsync. What the store refuses of a batch is found by storing its messages one by one.

The rule it protects: the import stops only where going on is useless (disk full, data damaged), and may be run again from
anywhere; what was counted as imported is on disk.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import Protocol

from restante.auth.ports import Offload
from restante.model.ids import AccountId
from restante.model.mailbox_name import DELIMITER, INBOX, BadMailboxName, MailboxName
from restante.ops.importing.batch import DEFAULT_LIMITS, Batch, Collector, Limits, Ready
from restante.ops.importing.known import Key, Known
from restante.ops.importing.model import Folder, Refusal, Source
from restante.ops.mailfile.folder_name import mailbox_of
from restante.store.api import Account, Mailbox, Store
from restante.store.errors import (
    Corrupt,
    LimitReached,
    MailboxExists,
    NewerFormat,
    NoSuchMailbox,
    StoreError,
    Unavailable,
)
from restante.store.model import NewMessage


class Watcher(Protocol):
    """Is told how the import goes."""

    def folder(self, mailbox: str) -> None:
        """The messages that follow are of *mailbox*."""
        ...

    def advance(self, octets: int, messages: int) -> None:
        """So many octets and messages more were dealt with."""
        ...


@dataclass(slots=True)
class Imported:
    """What an import did, or, where it was a dry run, would do.

    Attributes:
        messages: stored.
        octets: of those.
        mailboxes: created.
        here: messages that were in their mailbox already.
        elsewhere: messages that were in another mailbox of the account.
        left_out: messages that programs had expunged, and their own notes.
        refused: what was not taken, and why.
        notes: what else the person should know.
    """

    messages: int = 0
    octets: int = 0
    mailboxes: int = 0
    here: int = 0
    elsewhere: int = 0
    left_out: int = 0
    refused: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Import:
    """The use-case.

    Attributes:
        store: where mail goes.
        offload: runs what blocks.
        watcher: is told how it goes.
        limits: how much is taken at once.
        dry_run: whether nothing is to be changed.
    """

    store: Store
    offload: Offload
    watcher: Watcher
    limits: Limits = DEFAULT_LIMITS
    dry_run: bool = False

    async def run(self, account: AccountId, source: Source, into: MailboxName | None, done: Imported) -> None:
        """Imports *source*, below or as mailbox *into*, and notes in *done* what happened, also when it raises.

        Raises NoSuchAccount, Unavailable, Corrupt, NewerFormat.
        """
        mail = await self.store.account(account)
        done.refused.extend(source.refused)
        done.notes.extend(source.notes)
        work = _Work(self, mail, await Known.of(mail), done, source.subscriptions is None)
        for folder in source.folders:
            name = work.name(folder.levels, folder.place, into, single=len(source.folders) == 1)
            if name is not None:
                await work.folder(folder, name)
        for levels in source.subscriptions or ():
            await work.subscribe(levels, into)


@dataclass(frozen=True, slots=True)
class _Work:
    use: Import
    mail: Account
    known: Known
    done: Imported
    subscribe_new: bool

    def name(
        self, levels: tuple[str, ...], place: str, into: MailboxName | None, *, single: bool = False
    ) -> MailboxName | None:
        """The mailbox a folder goes to. Alone, it is *into* itself."""
        above = tuple(into.split(DELIMITER)) if into else ()
        if into and (single or [level.upper() for level in levels] == [INBOX]):
            levels = ()
        try:
            name, mended = mailbox_of((*above, *levels) or (INBOX,))
        except BadMailboxName as error:
            self.done.refused.append(Refusal(place, str(error)))
            return None
        if mended:
            self.done.notes.append(f"{place} goes to mailbox {name}: its own name cannot be one")
        return name

    async def folder(self, folder: Folder, name: MailboxName) -> None:
        """Imports one folder."""
        self.use.watcher.folder(name)
        try:
            mailbox = await self._mailbox(name)
        except (Unavailable, Corrupt, NewerFormat):
            raise
        except StoreError as error:
            self.done.refused.append(Refusal(folder.place, str(error)))
            return
        home: Counter[Key] = await self.known.home(mailbox) if mailbox else Counter()
        await self._letters(folder, mailbox, home)

    async def _letters(self, folder: Folder, mailbox: Mailbox | None, home: Counter[Key]) -> None:
        collector = Collector(self.use.limits, self.use.store.upload, self.known)
        with closing(folder.items()) as items:
            done = False
            while not done:
                batch = await self.use.offload(collector.collect, items, home, folder.place)
                await self._store(mailbox, batch)
                self._count(batch)
                done = batch.done

    def _count(self, batch: Batch) -> None:
        done = self.done
        done.here += batch.here
        done.elsewhere += batch.elsewhere
        done.left_out += batch.left_out
        done.refused.extend(batch.refused)
        self.use.watcher.advance(batch.seen, len(batch.ready) + batch.here + batch.elsewhere)

    async def _mailbox(self, name: MailboxName) -> Mailbox | None:
        """Opens it, and makes it if need be; None in a dry run that would make it."""
        try:
            return await self.mail.mailbox(name)
        except NoSuchMailbox:
            self.done.mailboxes += 1
            if self.use.dry_run:
                return None
        try:
            await self.mail.create(name)
        except MailboxExists:
            self.done.mailboxes -= 1
        if self.subscribe_new:
            await self.mail.subscribe(name)
        return await self.mail.mailbox(name)

    async def _store(self, mailbox: Mailbox | None, batch: Batch) -> None:
        if mailbox is None or self.use.dry_run:
            self._stored(batch.ready)
            batch.discard()
            return
        small = [each for each in batch.ready if isinstance(each.raw, bytes)]
        try:
            await self._append(mailbox, small)
            for each in batch.ready:
                if not isinstance(each.raw, bytes):
                    await self._append(mailbox, [each])
        finally:
            batch.discard()

    async def _append(self, mailbox: Mailbox, ready: list[Ready]) -> None:
        if not ready:
            return
        try:
            await mailbox.append([NewMessage(each.raw, each.date, each.flags) for each in ready])
        except (Unavailable, Corrupt, NewerFormat):
            raise
        except StoreError as error:
            if len(ready) == 1:
                self.done.refused.append(Refusal(ready[0].place, str(error)))
                return
        else:
            self._stored(ready)
            return
        for each in ready:
            await self._append(mailbox, [each])

    def _stored(self, ready: list[Ready]) -> None:
        self.done.messages += len(ready)
        self.done.octets += sum(each.size for each in ready)

    async def subscribe(self, levels: tuple[str, ...], into: MailboxName | None) -> None:
        """Subscribes to what the source was subscribed to."""
        name = self.name(levels, "the list of subscriptions", into)
        if name is None or self.use.dry_run:
            return
        try:
            await self.mail.subscribe(name)
        except LimitReached as error:
            self.done.notes.append(f"{name} is not subscribed to: {error}")
