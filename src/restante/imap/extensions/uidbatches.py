"""UIDBATCHES: RFC 10022. Ranges of UIDs that part a mailbox into batches of a size, the newest messages first.

Strategy: the view's UIDs are an array, so a batch is two look-ups and the cost is by batch. Batches adjoin: each begins below
the one before, and the last ends with UID 1, which tells the client that it is the last (§3.1.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from restante.imap.capability import always
from restante.imap.errors import Bad, No
from restante.imap.hooks import command
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Extension, Registry
from restante.imap.state import Selected
from restante.imap.wire import writer
from restante.imap.wire.reader import Reader

SMALLEST: Final = 500
"""Messages of a batch at least (§3.1.3.2), so that nobody rebuilds message numbers with it."""
SPAN: Final = 100_000
"""Messages that a range of batches may span (§3.1.5)."""


@dataclass(frozen=True, slots=True)
class UidBatches:
    """``message-batches = "UIDBATCHES" SP nz-number [SP nz-number ":" nz-number]`` (§4)

    Attributes:
        size: messages of a batch.
        wanted: the first and last batch to tell of, counted from 1; None for all.
    """

    size: int
    wanted: tuple[int, int] | None

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the size and the range of batches."""
        size = r.sp().nz_number()
        if not r.take(b" "):
            return cls(size, None)
        first = r.nz_number()
        r.expect(b":")
        return cls(size, (first, r.nz_number()))


async def uid_batches(cmd: UidBatches, s: Selected) -> Done:
    """Tell the ranges; none for a mailbox without messages, or without such batches (§3.1.6)."""
    first, last = cmd.wanted or (1, len(s.view) // cmd.size + 1)
    if first > last:
        raise Bad("Batches go from the first to the last", "CLIENTBUG")
    if cmd.size < SMALLEST:
        raise No(f"A batch has at least {SMALLEST} messages", "TOOFEW")
    if cmd.wanted and (last - first + 1) * cmd.size > SPAN:
        raise No(f"Ask for batches of at most {SPAN} messages together", "TOOMANY")
    ranges = ",".join(f"{high}:{low}" for high, low in batches(s.view.uids, cmd.size, first, last))
    tag = writer.quoted(s.session.tag.encode())
    s.send(b"UIDBATCHES (TAG %b)%b" % (tag, f" {ranges}".encode() if ranges else b""))
    return DONE


def batches(uids: Sequence[int], size: int, first: int, last: int) -> list[tuple[int, int]]:
    """The (highest, lowest) UIDs of batches *first* to *last* of ascending *uids*, *size* to a batch from the end."""
    total = len(uids)
    found = []
    for end in range(total - (first - 1) * size, max(0, total - last * size), -size):
        high = uids[end - 1] if end == total else uids[end] - 1
        low = uids[end - size] if end > size else 1
        found.append((high, low))
    return found


extension: Final = Extension(
    name="UIDBATCHES",
    rfc=10022,
    summary="A mailbox in batches of UIDs",
    capabilities=always("UIDBATCHES"),
    commands=(command("UIDBATCHES", UidBatches, uid_batches, state=Selected),),
)
