"""What reading attachments costs: CPU milliseconds of a document and of its process, and what the index pays for it.

``python -m bench.attachments``. Documents are made here: pages of common words. The last lines put the same 200 messages in a
store, with attachments searched and without, index them, and search them. Means of some runs, for
the clock of CPU may be coarse; CPU "with reading" includes the reading process.
"""

from __future__ import annotations

import asyncio
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support.documents import docx, message, odt, pdf, rtf, xlsx

from restante.documents.kind import Kind
from restante.extraction.pool import DocumentReader, ExtractionLimits
from restante.extraction.process import Process
from restante.model.dates import MailDate
from restante.model.ids import AccountId
from restante.model.mailbox_name import INBOX
from restante.store import query as q
from restante.store.attachments import AttachmentLimits, Attachments
from restante.store.model import NewMessage
from restante.store.sqlite.account import SqliteAccount
from restante.store.sqlite.store import SqliteStore

WORDS = (
    *("the", "invoice", "of", "our", "meeting", "and", "a", "long", "report", "about"),
    *("magpies", "order", "number", "delivery", "Friday", "please", "find", "attached"),
)
MESSAGES = 200
RUNS = 20
LIMITS = ExtractionLimits()


def line(chance: random.Random) -> str:
    """Ten words."""
    return " ".join(chance.choices(WORDS, k=10))


def documents(chance: random.Random) -> dict[str, tuple[Kind, bytes]]:
    """One of each kind, 400 lines of ten words."""
    lines = [line(chance) for _ in range(400)]
    return {
        "PDF, 400 short pages": (Kind.PDF, pdf(*lines)),
        "PDF, 8 pages": (Kind.PDF, pdf(*(" ".join(lines[at : at + 50]) for at in range(0, 400, 50)))),
        "docx": (Kind.OFFICE, docx(*lines)),
        "xlsx": (Kind.OFFICE, xlsx(lines, range(400))),
        "odt": (Kind.OFFICE, odt(*lines)),
        "rtf": (Kind.RTF, rtf("\\par ".join(lines))),
    }


def cpu() -> float:
    """Seconds of this process and of its children that ended."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def each_kind() -> None:
    """What a document takes in a process that runs."""
    process = Process(LIMITS.seconds, LIMITS.memory)
    resident = Path(f"/proc/{process.pid}/statm").read_text().split()[1]
    for name, (kind, octets) in documents(random.Random(1)).items():
        took, text = [], ""
        for _ in range(RUNS):
            found, why, seconds = process.ask(kind, octets, 1 << 20)
            assert found, why
            text = found
            took.append(seconds * 1000)
        print(
            f"{name:24} {len(octets) / 1024:8.1f} KiB {len(text) / 1000:8.1f} k characters {statistics.mean(took):8.2f} ms"
        )
    process.close()
    print(f"{'the process':24} {int(resident) * resource.getpagesize() / (1 << 20):8.1f} MiB resident")
    begun = cpu()
    Process(LIMITS.seconds, LIMITS.memory).close()
    print(f"{'to begin one':24} {(cpu() - begun) * 1000:8.1f} ms")


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """CPU milliseconds, of this process alone."""
    begun = time.process_time()
    await work()
    return (time.process_time() - begun) * 1000


async def store(path: Path, attachments: Attachments | None) -> None:
    """What indexing and searching take."""
    chance = random.Random(2)
    made = SqliteStore(path, attachments=attachments)
    await made.open()
    account = await made.create_account(AccountId("a"))
    assert isinstance(account, SqliteAccount)
    account.text.wake = lambda: None  # type: ignore[method-assign]  # indexed when told
    inbox = await account.mailbox(INBOX)
    for number in range(MESSAGES):
        text = [line(chance) for _ in range(60)] + (["zyzzyva"] if number == 7 else [])
        raw = message(("application/pdf", "a.pdf", pdf(*text)), text=line(chance))
        await inbox.append([NewMessage(raw, MailDate(number))])
    rare = q.Body("zyzzyva")
    begun = cpu()

    async def index() -> None:
        while await account.text.step():
            pass

    indexing = await timed(index)
    searching = statistics.mean([await timed(lambda: inbox.search(rare)) for _ in range(RUNS)])
    found, size = await inbox.search(rare), (await account.text.status()).octets
    if attachments is not None:
        attachments.close()
    await made.close()
    print(
        f"{'with' if attachments else 'without'} attachments: indexing "
        f"{indexing / MESSAGES:.2f} ms a message ({(cpu() - begun) * 1000 / MESSAGES:.2f} with reading), search "
        f"{searching:.1f} ms, index {size / MESSAGES / 1024:.1f} KiB a message, found {len(found)}"
    )


def main() -> None:
    """All of it."""
    each_kind()
    for attachments in (None, Attachments(DocumentReader(LIMITS), AttachmentLimits())):
        with tempfile.TemporaryDirectory() as path:
            asyncio.run(store(Path(path), attachments))


if __name__ == "__main__":
    main()
