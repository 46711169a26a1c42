"""Header fields of a message or body part (RFC 5322 §2.2, §3.6).

Strategy: one regular expression walks the field lines; whatever is no field (an mbox ``From `` line, garbage) is stepped over.
Each octet is looked at once, so a hostile header costs no more than its length.

The rule it protects: what IMAP serves of a header is the octets as they arrived, never a re-rendering of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from operator import contains
from typing import Final, NamedTuple

_FIELD: Final = re.compile(rb"^([!-9;-\xff]++)[ \t]*+:(.*+(?:\n[ \t].*+)*+)\n?", re.MULTILINE)
_WHOLE_FIELD: Final = re.compile(rb"^(([!-9;-\xff]++)[ \t]*+:.*+(?:\n[ \t].*+)*+\n?)", re.MULTILINE)
_NAME: Final = re.compile(rb"[!-9;-\xff]+")
_NEVER_SHOWN: Final = b"\r\n\x00"
_CRLF: Final = b"\r\n"
_BEFORE_PATTERN: Final = 100
"""Headers to look at before a pattern is worth its making, some 0.3 ms."""
_AT_ONCE: Final = 128
"""Headers that go through the pattern at once; more would not stay in a processor's cache from one step to the next."""
_MOST_NAMES: Final = 16
_MOST_OCTETS: Final = 1024
"""How many names a pattern has, and how long those are that are remembered."""


class HeaderField(NamedTuple):
    """One field of a header.

    Attributes:
        name: as written, without the colon; never empty.
        value: raw octets after the colon, folds included, without the final line end.
        start: offset of the name in the header, octets.
        end: offset after the field's last line end.
    """

    name: bytes
    value: bytes
    start: int
    end: int

    @property
    def text(self) -> bytes:
        """The value unfolded, as :func:`unfold` does it."""
        return unfold(self.value)


def fields(header: bytes) -> list[HeaderField]:
    """The fields of *header* in their order; lines that are no field are left out.

    A line end may be CRLF or LF; the last one may be missing, and so may the blank line after the header.
    """
    return [
        HeaderField(match[1], match[2].removesuffix(b"\r"), match.start(), match.end())
        for match in _FIELD.finditer(header)
    ]


def raw_values(header: bytes) -> list[tuple[bytes, bytes]]:
    """(name, raw value) of each field: :func:`fields` for those who need no offsets, at half the cost."""
    return _FIELD.findall(header)


def unfold(value: bytes) -> bytes:
    """*value* on one line and without outer white space (RFC 5322 §2.2.3); NUL and stray CR are dropped."""
    return value.translate(None, _NEVER_SHOWN).strip(b" \t")


def first(found: Iterable[HeaderField], name: bytes) -> bytes | None:
    """The unfolded value of the first field called *name* in any case, or None."""
    wanted = name.lower()
    return next((unfold(field.value) for field in found if field.name.lower() == wanted), None)


def values(found: Iterable[HeaderField], name: bytes) -> list[bytes]:
    """The unfolded values of all fields called *name* in any case."""
    wanted = name.lower()
    return [unfold(field.value) for field in found if field.name.lower() == wanted]


def select(header: bytes, names: Sequence[bytes], *, exclude: bool = False) -> bytes:
    """What HEADER.FIELDS with *names* returns, or HEADER.FIELDS.NOT with *exclude* (RFC 9051 §6.4.5.1).

    The matching fields' raw octets in the header's order, each with its line end, and then the blank line.
    """
    return _select(header, frozenset(map(bytes.lower, names)), exclude)


def _select(header: bytes, wanted: frozenset[bytes], exclude: bool) -> bytes:
    chosen = [field for field, name in _WHOLE_FIELD.findall(header) if (name.lower() in wanted) is not exclude]
    if chosen and not chosen[-1].endswith(b"\n"):
        chosen.append(_CRLF)
    chosen.append(_CRLF)
    return b"".join(chosen)


class Selection:
    """:func:`select` with *names*, for many headers.

    Clients list a mailbox by a handful of fields, and ask for the same ones each time; after the first headers they get a pattern
    of their own, which passes over all other lines at once, and over any number of headers in one go. A long list of names, which
    it would try one by one, gets none.
    """

    __slots__ = ("_left", "_pattern", "_wanted")

    def __init__(self, names: Iterable[bytes]) -> None:
        self._wanted = frozenset(map(bytes.lower, names))
        self._pattern: re.Pattern[bytes] | None = None
        self._left = _BEFORE_PATTERN

    def of(self, header: bytes) -> bytes:
        """The selected fields and a blank line."""
        return _select(header, self._wanted, False)

    def of_all(self, headers: Sequence[bytes]) -> list[bytes]:
        """What is selected of each of *headers*, without the blank line and its line end, but with a line feed before it.

        So the pattern finds it, and it needs no further copy.
        """
        found: list[bytes] = []
        for start in range(0, len(headers), _AT_ONCE):
            some = headers[start : start + _AT_ONCE]
            found += self._found(some) or [b"\n" + _select(header, self._wanted, False)[:-2] for header in some]
        return found

    def _found(self, headers: Sequence[bytes]) -> list[bytes]:
        """All at once, or nothing where a header holds NUL, which is to mark their ends, or its last line is not ended."""
        pattern = self._pattern or self._count(len(headers))
        if pattern is None or any(map(contains, headers, repeat(0))):
            return []
        if not all(map(bytes.endswith, headers, repeat(b"\n"))):
            return []
        whole = b"\n%b\x00\n" % b"\x00\n".join(headers)
        return b"".join(pattern.findall(whole)).split(b"\x00")[:-1]

    def _count(self, headers: int) -> re.Pattern[bytes] | None:
        self._left -= headers
        if self._left <= 0 and len(self._wanted) <= _MOST_NAMES:
            self._pattern = _pattern([name for name in sorted(self._wanted) if _NAME.fullmatch(name)])
        return self._pattern


def _pattern(names: Sequence[bytes]) -> re.Pattern[bytes]:
    """Finds the fields of those names, and NUL at the beginning of a line; each with the line feed before it."""
    # Most lines are passed over for their first letter.
    initials = re.escape(bytes({name[0] for name in names}))
    field = rb"(?:%b)[ \t]*+:.*+(?:\n[ \t].*+)*+" % (b"|".join(map(re.escape, names)) or b"(?!)")
    return re.compile(rb"\n(?=[%b\x00])(?:%b|\x00)" % (initials, field), re.IGNORECASE)


@lru_cache(maxsize=64)
def _kept_selection(names: tuple[bytes, ...]) -> Selection:
    return Selection(names)


def selection(names: tuple[bytes, ...]) -> Selection:
    """The :class:`Selection` of *names*, the same one for those who ask again."""
    return _kept_selection(names) if sum(map(len, names)) <= _MOST_OCTETS else Selection(names)
