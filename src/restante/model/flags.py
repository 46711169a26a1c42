"""Flags and interned flag sets (RFC 9051 §2.3.2).

Strategy: a mailbox of 50,000 messages has a few dozen *distinct* flag sets. A :class:`FlagSet` is interned, so equal
sets are one object, and carries its wire text, so a FETCH FLAGS line costs one lookup.

The rule it protects: flag names compare without regard to case, system flags are spelled as the RFC spells them, and a
keyword keeps the spelling it was first given in its set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NewType
from weakref import WeakValueDictionary

Flag = NewType("Flag", str)
"""A flag or keyword as written on the wire, for example ``\\Seen`` or ``$Forwarded``."""

SEEN: Final = Flag("\\Seen")
ANSWERED: Final = Flag("\\Answered")
FLAGGED: Final = Flag("\\Flagged")
DELETED: Final = Flag("\\Deleted")
DRAFT: Final = Flag("\\Draft")
RECENT: Final = Flag("\\Recent")

SYSTEM_FLAGS: Final = (ANSWERED, FLAGGED, DELETED, SEEN, DRAFT)
"""The system flags a client may set, in the order servers list them. ``\\Recent`` is the session's, never stored."""

_CANONICAL: Final = {flag.lower(): flag for flag in (*SYSTEM_FLAGS, RECENT)}


def flag(text: str) -> Flag:
    """The flag that *text* names, system flags in their RFC spelling: ``flag("\\\\SEEN") == SEEN``."""
    return _CANONICAL.get(text.lower(), Flag(text))


class FlagSet:
    """An immutable, interned set of flags; equal sets are the same object. Never holds ``\\Recent``.

    Attributes:
        flags: the flags, system flags first, then keywords in alphabetical order.
        wire: the flags as a FETCH response writes them between the parentheses, ASCII octets.
        keys: lower-case names, for membership.
    """

    __slots__ = ("__weakref__", "flags", "keys", "wire")

    flags: tuple[Flag, ...]
    wire: bytes
    keys: frozenset[str]

    def __new__(cls, flags: Iterable[str] = ()) -> FlagSet:
        """The one set of these *flags*; ``\\Recent`` is left out."""
        by_key: dict[str, Flag] = {}
        for text in flags:
            key = text.lower()
            if key not in by_key:
                by_key[key] = _CANONICAL.get(key) or Flag(text)
        by_key.pop("\\recent", None)
        ordered = tuple(by_key.values()) if len(by_key) < 2 else _ordered(by_key)
        found = _POOL.get(ordered)
        if found is None:
            found = _POOL[ordered] = super().__new__(cls)
            found.flags = ordered
            found.wire = " ".join(ordered).encode()
            found.keys = frozenset(by_key)
        return found

    def __contains__(self, name: str) -> bool:
        return name.lower() in self.keys

    def __iter__(self) -> Iterator[Flag]:
        return iter(self.flags)

    def __len__(self) -> int:
        return len(self.flags)

    def __repr__(self) -> str:
        return f"FlagSet({self.wire.decode()!r})"

    def __reduce__(self) -> tuple[type[FlagSet], tuple[tuple[Flag, ...]]]:
        return FlagSet, (self.flags,)

    def union(self, other: Iterable[str]) -> FlagSet:
        """This set and *other*'s flags; a keyword already here keeps its spelling."""
        return FlagSet((*self.flags, *other))

    def difference(self, other: Iterable[str]) -> FlagSet:
        """This set without *other*'s flags."""
        gone = {name.lower() for name in other}
        return FlagSet(f for f in self.flags if f.lower() not in gone)


_POOL: WeakValueDictionary[tuple[Flag, ...], FlagSet] = WeakValueDictionary()
_SYSTEM: Final = tuple((flag.lower(), flag) for flag in SYSTEM_FLAGS)
_SYSTEM_KEYS: Final = frozenset(key for key, _ in _SYSTEM)


def _ordered(by_key: dict[str, Flag]) -> tuple[Flag, ...]:
    system = [flag for key, flag in _SYSTEM if key in by_key]
    if len(system) == len(by_key):
        return tuple(system)
    return (*system, *[by_key[key] for key in sorted(by_key.keys() - _SYSTEM_KEYS)])


NO_FLAGS: Final = FlagSet()
