"""Letters made ready to be stored, some at a time; runs off the event loop.

The rule it protects: the memory in use is that of one batch. What is larger than :data:`~.model.LARGE` goes to the store's
staging piece by piece, alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeVar

from restante.model.dates import MailDate
from restante.model.flags import FlagSet
from restante.ops.importing.known import ContentHash, Found, Key, Known, key
from restante.ops.importing.model import LARGE, Item, LeftOut, Letter, Refusal, reason_of
from restante.store.arrival import email_id
from restante.store.errors import Unavailable
from restante.store.model import Upload

A = TypeVar("A")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is taken at once, and at most.

    Attributes:
        messages: messages stored in one transaction, so that they share its fsync.
        octets: octets after which no more are added to it.
        largest: octets of the largest message that is tried; the store may have a lower limit of its own.
    """

    messages: int = 100
    octets: int = 4 * 1024 * 1024
    largest: int = 64 * 1024 * 1024


DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Ready:
    """A message to store."""

    place: str
    raw: bytes | Upload
    size: int
    date: MailDate
    flags: FlagSet


@dataclass(slots=True)
class Batch:
    """What came of some letters.

    Attributes:
        ready: to be stored.
        seen: octets of all letters looked at, stored or not.
        here: how many are in their mailbox already.
        elsewhere: how many are in another mailbox.
        left_out: how many are no mail.
        refused: what cannot be taken.
        done: whether the folder is at its end.
    """

    ready: list[Ready] = field(default_factory=list)
    seen: int = 0
    here: int = 0
    elsewhere: int = 0
    left_out: int = 0
    refused: list[Refusal] = field(default_factory=list)
    done: bool = False

    def has_upload(self) -> bool:
        """Whether the last message is staged outside memory."""
        return bool(self.ready) and not isinstance(self.ready[-1].raw, bytes)

    def discard(self) -> None:
        """Gives up what is staged."""
        for each in self.ready:
            if not isinstance(each.raw, bytes):
                each.raw.discard()


@dataclass(frozen=True, slots=True)
class Collector:
    """Reads letters into batches.

    Attributes:
        limits: how large a batch is.
        upload: stages a message of so many octets.
        known: what is in the account.
    """

    limits: Limits
    upload: Callable[[int], Upload]
    known: Known

    def collect(self, items: Iterator[Item], home: Counter[Key], place: str) -> Batch:
        """The next letters of a folder. Raises Unavailable if they cannot be staged."""
        batch = Batch()
        try:
            for _ in range(self.limits.messages):
                item = _next(items, place, batch)
                if item is None:
                    break
                self._take(item, home, batch)
                # One that is staged ends its batch, so that the order of messages is kept.
                if batch.seen >= self.limits.octets or batch.has_upload():
                    break
        except Unavailable:
            batch.discard()
            raise
        return batch

    def _take(self, item: Item, home: Counter[Key], batch: Batch) -> None:
        if isinstance(item, Refusal):
            batch.refused.append(item)
        elif isinstance(item, LeftOut):
            batch.left_out += 1
        else:
            batch.seen += item.size
            self._read(item, home, batch)

    def _read(self, letter: Letter, home: Counter[Key], batch: Batch) -> None:
        if letter.size > self.limits.largest:
            batch.refused.append(Refusal(letter.place, f"larger than the {self.limits.largest} octets allowed"))
            return
        try:
            ready, own = self._staged(letter) if letter.size > LARGE else _in_memory(letter)
        except OSError as error:
            batch.refused.append(Refusal(letter.place, reason_of(error)))
            return
        found = self.known.claim(home, own)
        if found is None:
            batch.ready.append(ready)
            return
        batch.here += found is Found.HERE
        batch.elsewhere += found is Found.ELSEWHERE
        if not isinstance(ready.raw, bytes):
            ready.raw.discard()

    def _staged(self, letter: Letter) -> tuple[Ready, Key]:
        upload = _guarded(self.upload, letter.size)
        whole = False
        try:
            content = ContentHash()
            for piece in letter.pieces():
                content.update(piece)
                _guarded(upload.write, piece)
            whole = True
        finally:
            if not whole:
                upload.discard()
        ready = Ready(letter.place, upload, upload.size, letter.date, letter.flags)
        return ready, key(content.email_id(), letter.date.epoch)


def _next(items: Iterator[Item], place: str, batch: Batch) -> Item | None:
    """The next letter; None at the folder's end, also where it cannot be read on."""
    try:
        item = next(items, None)
    except OSError as error:
        batch.refused.append(Refusal(place, reason_of(error)))
        item = None
    batch.done = item is None
    return item


def _in_memory(letter: Letter) -> tuple[Ready, Key]:
    raw = b"".join(letter.pieces())
    return Ready(letter.place, raw, len(raw), letter.date, letter.flags), key(email_id(raw), letter.date.epoch)


def _guarded(call: Callable[[A], R], argument: A) -> R:
    """What *call* returns; its OSError is the store's and not the source's."""
    try:
        return call(argument)
    except OSError as error:
        raise Unavailable("a message could not be staged") from error
