"""Header fields of a message or body part (RFC 5322 §2.2, §3.6).

Strategy: one regular expression walks the field lines; whatever is no field (an mbox ``From `` line, garbage) is stepped over.
Each octet is looked at once, so a hostile header costs no more than its length.

The rule it protects: what IMAP serves of a header is the octets as they arrived, never a re-rendering of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

_FIELD: Final = re.compile(rb"^([!-9;-\xff]++)[ \t]*+:(.*+(?:\n[ \t].*+)*+)\n?", re.MULTILINE)
_WHOLE_FIELD: Final = re.compile(rb"^(([!-9;-\xff]++)[ \t]*+:.*+(?:\n[ \t].*+)*+\n?)", re.MULTILINE)
_NEVER_SHOWN: Final = b"\r\n\x00"
_CRLF: Final = b"\r\n"


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
    wanted = frozenset(name.lower() for name in names)
    chosen = [field for field, name in _WHOLE_FIELD.findall(header) if (name.lower() in wanted) is not exclude]
    if chosen and not chosen[-1].endswith(b"\n"):
        chosen.append(_CRLF)
    chosen.append(_CRLF)
    return b"".join(chosen)
