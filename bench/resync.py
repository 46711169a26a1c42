"""What coming back costs a client: round trips and octets by the way it resynchronises, and the server's CPU for QRESYNC.

``python bench/resync.py [messages [large]]``

First a mailbox of *messages*, of which 10 had their flags changed and 10 were expunged while the client was away, once for each
style of ``tests/support/offline_client.py``. Then a mailbox of *large*, the same changes, and SELECT with QRESYNC alone: in a
process that has the mailbox open, and as the first command for it after a start. Bars: 2 ms of CPU and 4 KB warm, 30 ms cold.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from tests.support.memory_client import PASSWORD, World, world
from tests.support.offline_cache import Folder, Message
from tests.support.offline_client import OfflineClient
from tests.support.selected_folder import Style
from tests.support.severed_link import MemoryLink

from restante.model.dates import MailDate
from restante.model.flags import FlagSet
from restante.model.ids import Uid
from restante.model.mailbox_name import INBOX
from restante.store.api import Mailbox
from restante.store.model import FlagOp, NewMessage
from restante.store.sqlite.store import SqliteStore

CHANGES = 10
ROUNDS = 20
FLAGS = (FlagSet(["\\Seen"]), FlagSet(["\\Seen", "\\Answered"]), FlagSet(["\\Seen", "urgent"]))


def message(number: int) -> NewMessage:
    raw = b"Subject: %d\r\nMessage-ID: <%d@example.org>\r\n\r\nText\r\n" % (number, number)
    return NewMessage(raw, MailDate(1_790_000_000 + number), FLAGS[number % 3])


async def fill(inbox: Mailbox, count: int) -> None:
    for start in range(0, count, 500):
        await inbox.append([message(number) for number in range(start, min(count, start + 500))])


async def change(inbox: Mailbox, die: random.Random) -> None:
    """Ten changes of flags and ten expunges, each by itself and anywhere."""
    some = die.sample(list((await inbox.index()).uids), 2 * CHANGES)
    for uid in some[:CHANGES]:
        index = await inbox.index()
        flagged = "\\flagged" in index.flags[index.position(uid)].keys
        await inbox.update_flags([Uid(uid)], FlagOp.REMOVE if flagged else FlagOp.ADD, FlagSet(["\\Flagged"]))
    for uid in some[CHANGES:]:
        await inbox.expunge([Uid(uid)], deleted_only=False)


async def cached(inbox: Mailbox, style: Style) -> Folder:
    """The cache of a client that knows all there is now."""
    record, index = await inbox.record(), await inbox.index()
    modern = style.modseqs
    folder = Folder(
        "INBOX", record.id if modern else "", inbox.uid_validity, index.uid_next, index.modseq if modern else 0
    )
    for uid, flags, modseq in zip(index.uids, index.flags, index.modseqs, strict=True):
        folder.messages[uid] = Message(folder, uid, flags.keys, modseq if modern else 0, b"")
    return folder


async def styles(there: World, inbox: Mailbox, die: random.Random) -> None:
    print(f"{'a whole visit':32}{'round trips':>12}{'sent':>10}{'received':>10}   octets")
    for style in Style:
        client = OfflineClient(f'alice "{PASSWORD}"', style)
        client.cache.folders.append(await cached(inbox, style))
        await change(inbox, die)
        assert await client.visit(MemoryLink(there.connect(), die))
        index = await inbox.index()
        held = {uid: one.flags for uid, one in client.cache.folders[0].messages.items()}
        assert held == {uid: flags.keys for uid, flags in zip(index.uids, index.flags, strict=True)}
        talk = client.dialogue
        print(f"{style.name:32}{talk.turns:12}{talk.sent:10}{talk.received:10}")


async def select(there: World, inbox: Mailbox, since: int) -> tuple[float, int]:
    """CPU milliseconds and octets of SELECT with QRESYNC, on a connection of its own."""
    connection = await there.login()
    await connection.ok("ENABLE QRESYNC")
    started = time.process_time()
    reply = await connection.ok(f"SELECT INBOX (QRESYNC ({inbox.uid_validity} {since}))")
    spent = (time.process_time() - started) * 1e3
    assert reply.count(b" FETCH ") == CHANGES
    assert b"VANISHED (EARLIER)" in reply
    await connection.close()
    return spent, len(reply)


async def qresync(path: Path, count: int, die: random.Random) -> None:
    store = SqliteStore(path)
    await store.open()
    there = await world(store)
    account = await store.account(there.account)
    inbox = await account.mailbox(INBOX)
    await fill(inbox, count)
    while (await account.text_index().status()).waiting:
        # Its CPU would be counted with the rest.
        await account.text_index().step()
    warm: list[float] = []
    octets = since = 0
    for _ in range(ROUNDS):
        since = (await inbox.status()).modseq
        await change(inbox, die)
        spent, octets = await select(there, inbox, since)
        warm.append(spent)
    print(f"QRESYNC of {count}, warm: {sorted(warm)[ROUNDS // 2]:.2f} ms CPU (most {max(warm):.2f}), {octets} octets")
    await there.close()
    cold = []
    for _ in range(ROUNDS // 4):
        again = SqliteStore(path)
        await again.open()
        fresh = World(replace(there.services, store=again), there.account)
        cold.append((await select(fresh, inbox, since))[0])
        await fresh.close()
    print(f"QRESYNC of {count}, cold: {sorted(cold)[len(cold) // 2]:.2f} ms CPU (most {max(cold):.2f})")


async def visits(path: Path, count: int, die: random.Random) -> None:
    store = SqliteStore(path)
    await store.open()
    there = await world(store)
    inbox = await (await store.account(there.account)).mailbox(INBOX)
    await fill(inbox, count)
    await styles(there, inbox, die)
    await there.close()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    large = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(visits(Path(directory) / "styles", count, random.Random(1)))
        asyncio.run(qresync(Path(directory) / "large", large, random.Random(2)))


if __name__ == "__main__":
    main()
