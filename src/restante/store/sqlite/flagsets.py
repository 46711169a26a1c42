"""Flag sets by number: a message's row holds the number of its set, and a set's text is stored once per account.

Strategy: sets are only ever added, so what was read once holds for good, in every process. A number given out in a
transaction is forgotten again should the transaction be undone, while the write lock still keeps others from seeing it.

The rule it protects: a number never means two sets.
"""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from restante.model.flags import SYSTEM_FLAGS, FlagSet
from restante.store.errors import Corrupt

_SYSTEM = frozenset(flag.lower() for flag in SYSTEM_FLAGS)


class FlagSets:
    """One account's flag sets, shared by the loop and whichever thread writes."""

    __slots__ = ("_by_id", "_fresh", "_highest", "_ids", "_keywords")

    def __init__(self) -> None:
        self._by_id: dict[int, FlagSet] = {}
        self._ids: dict[FlagSet, int] = {}
        self._fresh: list[int] = []
        self._highest = 0
        self._keywords: set[str] = set()

    def load(self, connection: apsw.Connection) -> dict[int, FlagSet]:
        """Every set, by number, those just added by others included; the mapping itself, not to be written."""
        asked = "SELECT id, flags FROM flagset WHERE id > ? ORDER BY id"
        found = {number: FlagSet(text.split()) for number, text in connection.execute(asked, (self._highest,))}
        if found:
            self._learn(found)
        return self._by_id

    def known(self) -> dict[int, FlagSet]:
        """The sets read so far, by number; not to be written."""
        return self._by_id

    def of(self, connection: apsw.Connection, number: int) -> FlagSet:
        """The set of that *number*. Raises Corrupt."""
        found = self._by_id.get(number)
        if found is None:
            found = self.load(connection).get(number)
        if found is None:
            raise Corrupt("a message's flags are missing")
        return found

    def of_all(self, connection: apsw.Connection, numbers: Sequence[int]) -> list[FlagSet]:
        """The sets of those *numbers*. Raises Corrupt."""
        try:
            return list(map(self._by_id.__getitem__, numbers))
        except KeyError:
            return [self.of(connection, number) for number in numbers]

    def number(self, connection: apsw.Connection, flags: FlagSet) -> int:
        """The number of *flags*, given out now if need be; within a write transaction only."""
        number = self._ids.get(flags)
        if number is None:
            self.load(connection)
            number = self._ids.get(flags)
        if number is None:
            text = flags.wire.decode()
            connection.execute("INSERT INTO flagset (flags) VALUES (?)", (text,))
            number = connection.last_insert_rowid()
            self._fresh.append(number)
            self._learn({number: flags})
        return number

    def keywords_with(self, more: frozenset[str]) -> int:
        """How many keywords the account's sets and *more* hold: at least as many as any one mailbox's messages."""
        return len(self._keywords | more)

    def mark(self) -> int:
        """A point to :meth:`forget` back to."""
        return len(self._fresh)

    def forget(self, mark: int = 0) -> None:
        """Numbers given out since *mark* were undone; call before the write lock is let go."""
        if len(self._fresh) == mark:
            return
        for number in self._fresh[mark:]:
            self._ids.pop(self._by_id.pop(number), None)
        del self._fresh[mark:]
        self._highest = max(self._by_id, default=0)

    def keep(self) -> None:
        """Numbers given out are committed."""
        self._fresh.clear()

    def _learn(self, found: dict[int, FlagSet]) -> None:
        self._by_id |= found
        self._ids |= zip(found.values(), found, strict=True)
        self._highest = max(self._highest, *found)
        self._keywords |= frozenset[str]().union(*[flags.keys for flags in found.values()]) - _SYSTEM


def keywords(flags: FlagSet) -> frozenset[str]:
    """The lower-case names of the keywords in *flags*."""
    return flags.keys - _SYSTEM
