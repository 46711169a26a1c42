"""What searches cost with the index of text, and without: CPU milliseconds, on the corpus of ``bench/corpus.py``.

``python -m bench.search [messages]``. Each figure is the median of some runs; "reading" is the naive scan of the same query in
the same run, on the first so many messages and scaled up. The loop's longest pause while a search ran is told beside it.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.corpus import Sample, samples

from restante.model.flags import Flag
from restante.model.ids import AccountId
from restante.model.mailbox_name import INBOX
from restante.store import query as q
from restante.store.api import Mailbox
from restante.store.arrival import summarise
from restante.store.matching import predicate
from restante.store.model import NewMessage
from restante.store.sqlite.account import SqliteAccount
from restante.store.sqlite.store import SqliteStore
from restante.store.words import MessageWords

RARE = "zyzzyva"
EVERY = 5_000
READ = 1_000
DAY = 86_400

QUERIES: list[tuple[str, q.Query]] = [
    ("BODY rare word", q.Body(RARE)),
    ("TEXT rare word", q.Text(RARE)),
    ("BODY nothing", q.Body("nowhere to be found")),
    ("TEXT nothing", q.Text("nowhere to be found")),
    ("NOT BODY rare word", q.Not(q.Body(RARE))),
    ("OR FLAGGED BODY rare word", q.Or((q.HasFlag(Flag("\\Flagged")), q.Body(RARE)))),
    ("UNSEEN BODY rare word", q.And((q.Not(q.HasFlag(Flag("\\Seen"))), q.Body(RARE)))),
    ("FROM one in ten", q.Header("from", "miller")),
    ("FROM nobody", q.Header("from", "nobody@nowhere")),
    ("FROM two letters", q.Header("from", "jo")),
    ("TO one in four", q.Header("to", "kowalski")),
    ("CC nobody", q.Header("cc", "kowalski")),
    ("SUBJECT rare word", q.Header("subject", RARE)),
    ("SUBJECT common word", q.Header("subject", "invoice")),
    ("HEADER Message-ID", q.Header("message-id", "<0a1b2c3d")),
    ("TEXT one in two", q.Text("miller")),
    ("BODY common phrase", q.Body("the meeting")),
    ("BODY two letters", q.Body("zq")),
    ("UNSEEN", q.Not(q.HasFlag(Flag("\\Seen")))),
    ("SENTSINCE", q.Dated(q.DateField.SENT, q.Compare.SINCE, 1_789_000_000 // DAY)),
    ("SINCE LARGER", q.And((q.Dated(q.DateField.INTERNAL, q.Compare.SINCE, 1_789_000_000 // DAY), q.Larger(20_000)))),
]


def corpus(count: int) -> Iterator[Sample]:
    """The corpus, with a rare word in the body of one in 5,000 and the subject of another."""
    for number, each in enumerate(samples(count)):
        raw = each.raw
        if number % EVERY == 7:
            raw += f"\r\n{RARE}\r\n".encode() if b"multipart" not in raw[:4000] else b""
            raw = raw.replace(b"\r\nSubject: ", f"\r\nSubject: {RARE.title()} ".encode(), 1)
        yield Sample(each.mailbox, raw, each.date, each.flags)


async def fill(account: SqliteAccount, inbox: Mailbox, raws: list[Sample]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    for start in range(0, len(raws), 500):
        await inbox.append([NewMessage(each.raw, each.date, each.flags) for each in raws[start : start + 500]])
    while (await account.text.status()).waiting:
        account.text.wake()
        await asyncio.sleep(0.05)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"stored and indexed: {cpu * 1e3 / len(raws):.2f} ms CPU a message ({wall:.0f} s)")


async def longest_pause(stop: asyncio.Event) -> float:
    longest, last = 0.0, time.perf_counter()
    while not stop.is_set():
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        longest, last = max(longest, now - last - 0.001), now
    return longest * 1e3


def naive(query: q.Query, raws: list[Sample], parts: list[bytes]) -> float:
    """CPU milliseconds of reading one message, from memory."""

    class Read:
        def __init__(self, raw: bytes, tree: bytes) -> None:
            self.words = MessageWords(raw, tree)

    test = predicate(query)
    cpu = time.process_time()
    for each, tree in zip(raws, parts, strict=True):
        test(Read(each.raw, tree))  # type: ignore[arg-type]  # the words are all these queries ask for
    return (time.process_time() - cpu) * 1e3 / len(raws)


async def searches(inbox: Mailbox, raws: list[Sample]) -> None:
    some = raws[:READ]
    parts = [summarise(each.raw).parts for each in some]
    print(f"{'':28}{'found':>7}{'CPU ms':>9}{'wall ms':>9}{'pause ms':>10}{'reading ms':>12}{'ratio':>8}")
    for name, query in QUERIES:
        stop = asyncio.Event()
        pause = asyncio.create_task(longest_pause(stop))
        cpus, walls, found = [], [], []
        for _ in range(5):
            wall, cpu = time.perf_counter(), time.process_time()
            found = await inbox.search(query)
            cpus.append((time.process_time() - cpu) * 1e3)
            walls.append((time.perf_counter() - wall) * 1e3)
            if walls[-1] > 2_000:
                break
        stop.set()
        paused, cpu = await pause, statistics.median(cpus)
        line = f"{name:28}{len(found):7}{cpu:9.2f}{statistics.median(walls):9.2f}{paused:10.1f}"
        if isinstance(query, q.Header | q.Body | q.Text):
            read = naive(query, some, parts) * len(raws)
            line += f"{read:12.0f}{read / cpu:8.0f}"
        print(line, flush=True)


async def arrivals(account: SqliteAccount, inbox: Mailbox, raws: list[Sample]) -> None:
    """What one message of some 10 KB costs until it is acknowledged, and what its share of a batch of the index is."""
    tens = [each for each in raws if 8_000 < len(each.raw) < 12_000][:320]
    cpu = time.process_time()
    account.text.wake = lambda: None  # type: ignore[method-assign]  # batches are counted by themselves
    for each in tens:
        await inbox.append([NewMessage(each.raw, each.date, each.flags)])
    arrived = (time.process_time() - cpu) * 1e3 / len(tens)
    cpu = time.process_time()
    while await account.text.step():
        pass
    indexed = (time.process_time() - cpu) * 1e3 / len(tens)
    print(
        f"arrival of 10 KB: {arrived:.2f} ms CPU, and {indexed:.2f} ms for the index in batches, {len(tens)} messages"
    )


async def size(account: SqliteAccount, raws: list[Sample]) -> None:
    some = raws[:READ]
    words = [MessageWords(each.raw, summarise(each.raw).parts) for each in some]
    text = sum(
        len(each.header().encode(errors="replace")) + len(each.body().encode(errors="replace")) for each in words
    )
    text = text * len(raws) // len(some)
    status = await account.text.status()
    print(
        f"index: {status.octets / 1e6:.1f} MB, {100 * status.octets / text:.0f} % of {text / 1e6:.1f} MB of text; {status}"
    )


def tables(account: SqliteAccount) -> None:
    sizes = account.read(
        lambda connection: connection.execute(
            "SELECT name, pgsize FROM dbstat WHERE aggregate = 1 ORDER BY pgsize DESC LIMIT 9"
        ).fetchall()
    )
    print("tables, MB: " + ", ".join(f"{name} {int(octets) / 1e6:.1f}" for name, octets in sizes))  # type: ignore[arg-type]


async def bench(path: Path, count: int) -> None:
    store = SqliteStore(path)
    await store.open()
    account = await store.create_account(AccountId("bench"))
    inbox = await account.mailbox(INBOX)
    raws = list(corpus(count))
    print(f"{count} messages, {sum(len(each.raw) for each in raws) / 1e6:.0f} MB")
    await fill(account, inbox, raws)
    await size(account, raws)
    tables(account)
    await searches(inbox, raws)
    await arrivals(account, inbox, raws)
    await store.close()


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(bench(Path(directory), count))


if __name__ == "__main__":
    main()
