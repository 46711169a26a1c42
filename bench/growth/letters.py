"""Small letters, a million of them if need be, each another one, and cheap to make.

Strategy: sentences are made once, of a vocabulary in which some words are frequent and most are not, and a letter is a header
and a dozen of them, chosen by arithmetic on its number. The same number gives the same octets.
Rule: :data:`RARE` is in the text of :data:`FOUND` letters however many there are, all of them among the first ones.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Final

from bench.compare.client import literal

RARE: Final = b"zeppelin"
FOUND: Final = 10
_EVERY: Final = 30

_NEWEST: Final = 1_790_000_000
"""When the last of a million came, epoch seconds; each a minute and some after the one before."""

_MONTHS: Final = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_FLAGS: Final = (b"\\Seen", b"\\Seen", b"\\Seen \\Answered", b"\\Seen", b"", b"\\Seen $label1", b"\\Seen \\Flagged")
_SYLLABLES: Final = "ba ce di fo gu la me ni po ru sa te vi xo zu bra cle dri flo gru pla ste tri".split()  # noqa: SIM905


def _sentences() -> list[bytes]:
    rng = random.Random(5)
    words = ["".join(rng.choices(_SYLLABLES, k=rng.randint(1, 4))) for _ in range(6_000)]
    weights = [1 / (rank + 3) for rank in range(len(words))]
    chosen = rng.choices(words, weights, k=4_093 * 14)
    lines = [" ".join(chosen[at : at + 14]).encode() + b".\r\n" for at in range(0, len(chosen), 14)]
    return [line.capitalize() for line in lines]


_SENTENCES: Final = _sentences()
_COUNT: Final = len(_SENTENCES)
"""A prime, so that steps of any length come by all sentences."""

_PEOPLE: Final = [f"Person {n} <person{n}@site{n % 40}.example.org>".encode() for n in range(997)]


def letter(number: int) -> bytes:
    """The letter of this *number*, counted from 1; 1 to 2 KB, one in three an answer to the one before."""
    at, step = number * 7 % _COUNT, number // _COUNT + 1
    text = b"".join([_SENTENCES[(at + part * step) % _COUNT] for part in range(8 + number % 9)])
    if number % _EVERY == 0 and number <= FOUND * _EVERY:
        text += b"It came by " + RARE + b".\r\n"
    answer = number % 3 == 0
    return (
        b"Return-Path: <bounce%d@lists.example.org>\r\n"
        b"Received: from mx%d.example.net by mail.example.org with ESMTPS id %x;\r\n\t%b\r\n"
        b"Date: %b\r\nFrom: %b\r\nTo: Anna Miller <anna@example.org>, %b\r\nSubject: %b%b\r\nMessage-ID: <%d@example.org>\r\n%b"
        b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n%b"
    ) % (
        number, number % 9, number * 2654435761 % 2**32, (date := _date(number)), date,
        _PEOPLE[number * 31 % 997], _PEOPLE[number * 17 % 997], b"Re: " if answer else b"",
        _subject(number - 1 if answer else number), number,
        b"In-Reply-To: <%d@example.org>\r\n" % (number - 1) if answer else b"", text,
    )  # fmt: skip


def _subject(number: int) -> bytes:
    return b"%b (%d)" % (_SENTENCES[number * 11 % _COUNT][:30].rstrip(), number % 50_000)


def _date(number: int) -> bytes:
    minutes = number * 61 % 1_440
    day = number // 1_400
    return b"%d %b %d %02d:%02d:%02d +0000" % (
        day % 28 + 1, _MONTHS[day // 28 % 12], 2020 + day // 336, minutes // 60, minutes % 60, number % 60,
    )  # fmt: skip


def multiappend(numbers: Iterable[int], mailbox: bytes = b"INBOX") -> bytes:
    """One APPEND (RFC 3502) of the letters of these *numbers*, with flags and dates."""
    each = []
    for number in numbers:
        day, month, rest = _date(number).split(b" ", 2)
        date = b"%2b-%b-%b" % (day.rjust(2), month, rest)
        each.append(b' (%b) "%b" %b' % (_FLAGS[number % 7], date, literal(letter(number))))
    return b"APPEND " + mailbox + b"".join(each)
