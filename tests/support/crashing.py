"""Processes that work on a store until they are killed, and the record they leave of what they were promised.

Run as a program it is a nursery: for each line ``seed directory`` on standard input it forks a child, which starts several
workers on one account of the store there. After each operation that returned, the child writes one line of JSON to standard
output: what the operation promised. When the child is dead, the nursery says so.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Final

from restante.model.dates import MailDate
from restante.model.entry_name import EntryName
from restante.model.flags import FlagSet
from restante.model.ids import AccountId, Uid
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store.annotations import Annotations
from restante.store.model import FlagOp, NewMessage, Upload
from restante.store.sqlite.mailbox import SqliteMailbox
from restante.store.sqlite.store import SqliteStore

ACCOUNT: Final = AccountId("crash")
NAMES: Final = (INBOX, MailboxName("Archive"), MailboxName("Trash"))
WORKERS: Final = 6
NOTES: Final = [EntryName(f"/private/vendor/acme/w{number}") for number in range(WORKERS + 1)]
"""The workers' annotations; the last one is everybody's."""
INLINE: Final = 4096
"""Octets beyond which the store under test keeps a message in a file."""

_SEEN: Final = FlagSet(["\\Seen", "$Work"])
_DELETED: Final = FlagSet(["\\Deleted"])
_MOST: Final = 200


def octets(token: str, size: int) -> bytes:
    """A message that can be told from any other, of about *size* octets."""
    return f"Subject: {token}\r\n\r\n".encode() + token.encode() * (size // len(token)) + b"\r\n"


def token_of(raw: bytes) -> str:
    """The token of a message, which must be whole."""
    token = raw[len(b"Subject: ") : raw.index(b"\r\n")]
    times, odd = divmod(len(raw) - len(b"Subject: ") - len(token) - 6, len(token))
    assert not odd
    assert raw == b"Subject: " + token + b"\r\n\r\n" + token * times + b"\r\n", "a message is not what was stored"
    return token.decode()


def promise(**facts: object) -> None:
    """Tell the parent, in one write."""
    os.write(1, json.dumps(facts).encode() + b"\n")


class Worker:
    """Does one thing after another to the mailboxes."""

    def __init__(
        self, number: int, seed: int, store: SqliteStore, mailboxes: dict[str, SqliteMailbox], notes: Annotations
    ) -> None:
        self._number = number
        self._seed = seed
        self._random = random.Random(f"{seed}/{number}")
        self._store = store
        self._mailboxes = mailboxes
        self._notes = notes
        self._count = 0

    async def run(self) -> None:
        often = (self.append, self.append, self.append, self.flag, self.flag)
        actions = (*often, self.copy, self.move, self.expunge, self.annotate)
        while True:
            await self._random.choice(actions)()

    def _pick(self) -> str:
        return self._random.choice(list(self._mailboxes))

    async def _uids(self, name: str, most: int) -> list[Uid]:
        uids = (await self._mailboxes[name].index()).uids
        count = min(self._random.randint(1, most), len(uids))
        return [Uid(uid) for uid in sorted(self._random.sample(list(uids), count))]

    async def append(self) -> None:
        name = self._pick()
        if len((await self._mailboxes[name].index()).uids) > _MOST:
            return
        messages, tokens = [], []
        for _ in range(self._random.choice((1, 1, 1, 3))):
            self._count += 1
            token = f"{self._seed}.{self._number}.{self._count}"
            raw = octets(token, self._random.choice((100, 1000, 3000, 9000, 60_000)))
            tokens.append(token)
            messages.append(NewMessage(self._upload(raw), MailDate(1_790_000_000)))
        done = await self._mailboxes[name].append(messages)
        promise(op="append", mailbox=name, uids=done.uids, tokens=tokens, modseq=done.modseq)

    def _upload(self, raw: bytes) -> Upload:
        upload = self._store.upload(len(raw))
        upload.write(raw)
        return upload

    async def copy(self) -> None:
        source, target = self._pick(), self._pick()
        if len((await self._mailboxes[target].index()).uids) > _MOST:
            return
        done = await self._mailboxes[source].copy(await self._uids(source, 5), self._mailboxes[target].id)
        promise(op="copy", mailbox=source, target=target, uids=done.source, new=done.target, modseq=done.modseq)

    async def move(self) -> None:
        source, target = self._pick(), self._pick()
        done = await self._mailboxes[source].move(await self._uids(source, 5), self._mailboxes[target].id)
        promise(op="move", mailbox=source, target=target, uids=done.source, new=done.target, modseq=done.modseq)

    async def flag(self) -> None:
        name = self._pick()
        flags, op = self._random.choice((_SEEN, _DELETED)), self._random.choice((FlagOp.ADD, FlagOp.REMOVE))
        done = await self._mailboxes[name].update_flags(await self._uids(name, 8), op, flags)
        now = [(each.uid, each.modseq, each.flags.wire.decode()) for each in done.now]
        promise(op="flag", mailbox=name, now=now, modseq=done.modseq)

    async def expunge(self) -> None:
        name = self._pick()
        done = await self._mailboxes[name].expunge()
        promise(op="expunge", mailbox=name, uids=list(done.uids), modseq=done.modseq)

    async def annotate(self) -> None:
        """Each worker has an annotation of its own in every mailbox, whose values only grow."""
        name = self._pick()
        value = time.time_ns()
        raw = b"%d" % value
        done = await self._notes.change(self._mailboxes[name].id, {NOTES[self._number]: raw, NOTES[-1]: raw})
        assert done.modseq is not None
        promise(op="annotate", mailbox=name, entry=self._number, value=value, modseq=done.modseq)


async def work(path: Path, seed: int) -> None:
    store = SqliteStore(path, inline=INLINE, grace=0, sweep_every=0.05)
    await store.open()
    account = await store.account(ACCOUNT)
    mailboxes = {str(name): await account.mailbox(name) for name in NAMES}
    heads = {name: [s.uid_next, s.modseq] for name, s in [(n, await m.status()) for n, m in mailboxes.items()]}
    promise(op="open", pid=os.getpid(), heads=heads)
    async with asyncio.TaskGroup() as group:
        for number in range(WORKERS):
            group.create_task(Worker(number, seed, store, mailboxes, account.annotations).run())


def nursery() -> None:
    for line in sys.stdin:
        seed, _, path = line.rstrip("\n").partition(" ")
        child = os.fork()
        if not child:
            asyncio.run(work(Path(path), int(seed)))
            os._exit(1)
        _, status = os.waitpid(child, 0)
        # The newline first: the child may have been killed in the middle of a long line.
        os.write(1, b"\n")
        promise(op="died", status=os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    nursery()
