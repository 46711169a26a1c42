"""What the embedded engine costs: wall and CPU milliseconds of the operations that matter, on a fresh store.

``python bench/store.py [messages]``
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from restante.model.dates import MailDate
from restante.model.flags import FlagSet
from restante.model.ids import AccountId, Uid
from restante.model.mailbox_name import INBOX, MailboxName
from restante.model.message_set import UidSet
from restante.store import query as q
from restante.store.api import Mailbox
from restante.store.model import Field, FlagOp, NewMessage
from restante.store.sqlite.store import SqliteStore

SEEN = FlagSet(["\\Seen"])


def message(number: int, size: int = 4096) -> bytes:
    head = (
        f"Date: Mon, 7 Sep 2026 10:00:{number % 60:02d} +0200\r\nFrom: Ann Example <ann{number % 97}@example.org>\r\n"
        f"To: Bob <bob@example.net>\r\nSubject: Message number {number} about lunch\r\n"
        f"Message-ID: <{number}@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    ).encode()
    line = b"The quick brown fox jumps over the lazy dog, again and again. \r\n"
    return head + line * ((size - len(head)) // len(line))


def new(number: int, size: int = 4096) -> NewMessage:
    return NewMessage(message(number, size), MailDate(1_790_000_000 + number), SEEN if number % 3 else FlagSet())


async def measure(what: str, run: Callable[[], Awaitable[object]], count: int = 1, unit: str = "ms") -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    await run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{what:48} {wall * 1e3 / count:10.3f} {cpu * 1e3 / count:10.3f}  {unit}")


async def appends(inbox: Mailbox, concurrent: int, each: int) -> None:
    async def one(start: int) -> None:
        for number in range(each):
            await inbox.append([new(start + number)])

    await asyncio.gather(*(one(n * each) for n in range(concurrent)))


async def bench(path: Path, count: int) -> None:
    store = SqliteStore(path)
    await store.open()
    account = await store.create_account(AccountId("bench"))
    inbox = await account.mailbox(INBOX)
    await account.create(MailboxName("Archive"))
    archive = await account.mailbox(MailboxName("Archive"))
    print(f"{'':48} {'wall':>10} {'CPU':>10}")
    await measure("append 4 KB, one at a time", lambda: appends(inbox, 1, 200), 200, "ms each")
    await measure("append 4 KB, 16 concurrent", lambda: appends(inbox, 16, 50), 800, "ms each")
    await fill(inbox, count)
    await store.close()

    store = SqliteStore(path)
    await store.open()
    account = await store.account(AccountId("bench"))
    inbox, archive = await account.mailbox(INBOX), await account.mailbox(MailboxName("Archive"))
    await measure(f"index load, {count} messages", inbox.index)
    await measure("index, current", lambda: repeat(inbox.index, 1000), 1000, "ms each")
    await measure("status", lambda: repeat(inbox.status, 1000), 1000, "ms each")
    uids = [Uid(uid) for uid in (await inbox.index()).uids]
    await reads(inbox, uids)
    await searches(inbox, count)
    await writes(inbox, archive, uids)
    await store.close()


async def fill(inbox: Mailbox, count: int) -> None:
    have = len((await inbox.index()).uids)
    for start in range(have, count, 500):
        await inbox.append([new(number) for number in range(start, min(start + 500, count))])


async def repeat(call: Callable[[], Awaitable[object]], times: int) -> None:
    for _ in range(times):
        await call()


async def reads(inbox: Mailbox, uids: list[Uid]) -> None:
    async def batches(fields: Field) -> None:
        for at in range(0, len(uids), 500):
            await inbox.messages(uids[at : at + 500], fields)

    envelopes = Field.ENVELOPE | Field.SIZE | Field.DATE
    await measure(f"messages(): {len(uids)} envelopes by 500", lambda: batches(envelopes))
    await measure(f"messages(): {len(uids)} envelopes again", lambda: batches(envelopes))
    await measure(f"messages(): {len(uids)} headers by 500", lambda: batches(Field.HEADER))
    await measure(f"messages(): {len(uids)} sort keys by 500", lambda: batches(Field.SORT))
    await measure("messages(): one raw 4 KB", lambda: one_by_one(inbox, uids[:500]), 500, "ms each")
    await measure(f"FLAGS lines of {len(uids)} from the index", lambda: flags_lines(inbox))


async def one_by_one(inbox: Mailbox, uids: list[Uid]) -> None:
    for uid in uids:
        await inbox.messages([uid], Field.RAW)


async def flags_lines(inbox: Mailbox) -> bytes:
    index = await inbox.index()
    return b"".join(
        b"* %d FETCH (UID %d FLAGS (%b))\r\n" % (at, uid, flags.wire)
        for at, (uid, flags) in enumerate(zip(index.uids, index.flags, strict=True), 1)
    )


async def searches(inbox: Mailbox, count: int) -> None:
    unseen = q.Not(q.HasFlag(SEEN.flags[0]))
    await measure("search UNSEEN", lambda: inbox.search(unseen))
    await measure("search SINCE, LARGER", lambda: inbox.search(q.And((q.Larger(100), q.Arrived(q.Compare.SINCE, 0)))))
    await measure("search SENTON", lambda: inbox.search(q.Dated(q.DateField.SENT, q.Compare.ON, 20_703)))
    some = q.Uids(_first(5_000))
    await measure("search SUBJECT in 5,000", lambda: inbox.search(q.And((some, q.Header("subject", "number 17")))))
    await measure("search TEXT in 5,000", lambda: inbox.search(q.And((some, q.Text("nowhere to be found")))))


def _first(count: int) -> UidSet:
    return UidSet([(1, count)])


async def writes(inbox: Mailbox, archive: Mailbox, uids: list[Uid]) -> None:
    flagged = FlagSet(["\\Flagged"])

    async def one_flag() -> None:
        for uid in uids[:500]:
            await inbox.update_flags([uid], FlagOp.ADD, flagged)

    await measure("update_flags, one message", one_flag, 500, "ms each")
    await measure("update_flags, 5,000 messages", lambda: inbox.update_flags(uids[:5000], FlagOp.ADD, SEEN))
    await measure("update_flags, 5,000 again", lambda: inbox.update_flags(uids[:5000], FlagOp.REMOVE, SEEN))
    await measure("copy 1,000", lambda: inbox.copy(uids[:1000], archive.id))
    await measure("move 1,000", lambda: inbox.move(uids[1000:2000], archive.id))
    await measure("expunge 1,000", lambda: inbox.expunge(uids[2000:3000], deleted_only=False))
    await measure("expunge 1,000 scattered", lambda: inbox.expunge(uids[3000:5000:2], deleted_only=False))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(bench(Path(directory), count))


if __name__ == "__main__":
    main()
