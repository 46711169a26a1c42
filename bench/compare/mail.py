"""The mail of the bench: the corpus in batches, and messages made to size. The same each time.

Accounts: ``anna`` has all messages in one INBOX, ``ben`` many mailboxes, ``carl`` gets deliveries, ``u0`` to ``u39`` are a crowd.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Final

from bench.compare.client import literal
from bench.corpus import Sample, samples

ANNA: Final = "anna"
BEN: Final = "ben"
CARL: Final = "carl"
CROWD: Final = tuple(f"u{number}" for number in range(40))
ACCOUNTS: Final = (ANNA, BEN, CARL, *CROWD)

BATCH: Final = 500
"""Messages in one MULTIAPPEND (RFC 3502)."""

_LINE: Final = b"A line of text as people write them, not too short and not too long.\r\n"


def batches(count: int, size: int = BATCH) -> Iterator[list[Sample]]:
    """The first *count* messages of the corpus, *size* at a time."""
    corpus = samples(count)
    while batch := list(itertools.islice(corpus, size)):
        yield batch


def multiappend(mailbox: bytes, messages: Iterable[Sample]) -> bytes:
    """One APPEND of many messages, with their flags and dates."""
    each = [b' (%b) "%b" %b' % (sample.flags.wire, sample.date.wire(), literal(sample.raw)) for sample in messages]
    return b"APPEND " + mailbox + b"".join(each)


def append(mailbox: bytes, raw: bytes) -> bytes:
    """One APPEND of one message."""
    return b"APPEND " + mailbox + b" (\\Seen) " + literal(raw)


def message(number: int, octets: int = 4096) -> bytes:
    """A plain message of about so many octets."""
    head = (
        f"Date: Mon, 7 Sep 2026 10:00:{number % 60:02d} +0200\r\nFrom: Ann Example <ann{number % 97}@example.org>\r\n"
        f"To: Bob <bob@example.net>\r\nSubject: Message number {number} about lunch\r\n"
        f"Message-ID: <{number}@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    ).encode()
    return head + _LINE * ((octets - len(head)) // len(_LINE))


def large(octets: int) -> bytes:
    """A message with an attachment, *octets* in all or a few less."""
    line = b"QUJD" * 19 + b"\r\n"
    head = (
        b"From: Ann <ann@example.org>\r\nSubject: The film\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="=_b"\r\n\r\n--=_b\r\n\r\nHere it is.\r\n--=_b\r\n'
        b"Content-Type: application/zip; name=film.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    end = b"--=_b--\r\n"
    return head + line * ((octets - len(head) - len(end)) // len(line)) + end
