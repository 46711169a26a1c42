"""What SORT and THREAD cost on a mailbox: CPU and wall milliseconds, from the command's line to its last octet.

``python bench/sort.py [messages]``
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

from tests.support.memory_client import MemoryConnection, World, world

from restante.model.dates import MailDate
from restante.model.mailbox_name import INBOX
from restante.store.model import NewMessage
from restante.store.sqlite.store import SqliteStore

WORDS = ["lunch", "report", "invoice", "meeting", "plan", "draft", "budget", "travel", "release", "question", "notes"]
COMMANDS = (
    "UID SEARCH ALL",
    "SORT (REVERSE DATE) UTF-8 ALL",
    "UID SORT (REVERSE DATE) UTF-8 ALL",
    "UID SORT (ARRIVAL) UTF-8 ALL",
    "UID SORT (SUBJECT DATE) UTF-8 ALL",
    "UID SORT (DISPLAYFROM REVERSE DATE) UTF-8 ALL",
    "UID SORT RETURN (ALL) (REVERSE DATE) UTF-8 ALL",
    "UID SORT RETURN (COUNT PARTIAL 1:50) (REVERSE DATE) UTF-8 UNSEEN",
    "UID THREAD ORDEREDSUBJECT UTF-8 ALL",
    "UID THREAD REFERENCES UTF-8 ALL",
    "THREAD REFS UTF-8 ALL",
)


def messages(count: int) -> list[NewMessage]:
    """Mail as lists have it: half of it replies to something recent, dates nearly in order."""
    choice = random.Random(7)
    chains: list[tuple[str, list[int]]] = []
    made = []
    for number in range(count):
        if chains and choice.random() < 0.5:
            subject, ancestors = chains[-choice.randint(1, min(200, len(chains)))]
            head, ancestors = f"Re: {subject}", ancestors[-15:]
        else:
            subject = " ".join(choice.choices(WORDS, k=4)) + f" {choice.randrange(count)}"
            head, ancestors = subject, []
        chains.append((subject, [*ancestors, number]))
        epoch = 1_700_000_000 + number * 60 + choice.randint(-3600, 3600)
        made.append(NewMessage(_octets(number, head, ancestors, epoch), MailDate(1_700_000_000 + number * 60)))
    return made


def _octets(number: int, subject: str, ancestors: list[int], epoch: int) -> bytes:
    date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(epoch))
    references = "".join(f"\r\n <{each}.abcdef0123456789@mail.example.org>" for each in ancestors)
    return (
        f"Date: {date}\r\nFrom: Ann Example {number % 797} <ann{number % 797}@example.org>\r\n"
        f"To: list{number % 7}@example.net\r\nSubject: {subject}\r\n"
        f"Message-ID: <{number}.abcdef0123456789@mail.example.org>\r\n"
        f"{'References:' + references + chr(13) + chr(10) if references else ''}\r\nText.\r\n"
    ).encode()


async def fill(served: World, count: int) -> None:
    account = await served.store.account(served.account)
    inbox = await account.mailbox(INBOX)
    made = messages(count)
    for start in range(0, count, 1000):
        await inbox.append(made[start : start + 1000])


async def measure(client: MemoryConnection, command: str) -> None:
    times = []
    size = 0
    for _ in range(4):
        cpu, wall = time.process_time(), time.perf_counter()
        size = len(await client.ok(command))
        times.append((time.process_time() - cpu, time.perf_counter() - wall))
    first, best = times[0], min(times[1:])
    print(f"{command:70} {first[0] * 1e3:9.1f} {best[0] * 1e3:9.1f} {best[1] * 1e3:9.1f} {size:9}")


async def bench(path: Path, count: int) -> None:
    store = SqliteStore(path)
    await store.open()
    served = await world(store)
    await fill(served, count)
    client = await served.login()
    await client.ok("SELECT INBOX")
    print(f"{count} messages{'':55} {'first CPU':>9} {'CPU':>9} {'wall':>9} {'octets':>9}")
    for command in COMMANDS:
        await measure(client, command)
    await served.close()
    await columns(path)


async def columns(path: Path) -> None:
    """The memory that the columns take."""
    store = SqliteStore(path)
    await store.open()
    (account,) = await store.accounts()
    inbox = await (await store.account(account)).mailbox(INBOX)
    await inbox.index()
    tracemalloc.start()
    await inbox.sort_index()
    print(f"columns: {tracemalloc.get_traced_memory()[0] / 1e6:.1f} MB")
    await store.close()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(bench(Path(directory), count))


if __name__ == "__main__":
    main()
