"""What searches of a mailbox keep beside its index: columns of its rows, and of fields that are searched again and again.

Strategy: what is there follows the mailbox's UIDs; what is missing is read when a search asks for it, here and now where that
is little. A field's column takes 50 ms and more to read of 50,000 messages and saves up to 10 ms a search, so it is read when
the field is searched a second time. Of those columns the store keeps the few that were used last (:class:`KeptColumns`).

The rule it protects: position *i* of whatever is held is the message at position *i* of the index it is held with.
"""

from __future__ import annotations

import asyncio
from array import array
from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Final
from weakref import ref

from restante.store.attachments import edition
from restante.store.errors import Corrupt
from restante.store.query import Query
from restante.store.sqlite import fields
from restante.store.sqlite.beside import Beside, Group
from restante.store.sqlite.field_column import FieldColumn, NotReady, Source
from restante.store.sqlite.narrowing import Held, groups, named

if TYPE_CHECKING:
    from restante.store.sqlite.account import SqliteAccount
    from restante.store.sqlite.mailbox import SqliteMailbox

MOST: Final = 8
"""Columns of fields that a store keeps, of whatever mailboxes, each of at most 4 MiB of texts and 12 octets a message."""


class KeptColumns:
    """Which columns of fields were used last. On the loop."""

    def __init__(self) -> None:
        self._used: OrderedDict[tuple[ref[Holding], str], None] = OrderedDict()

    def used(self, holding: Holding, name: str) -> None:
        """Note a use; lets go of the column that was used longest ago where there are too many."""
        self._used[ref(holding), name] = None
        self._used.move_to_end((ref(holding), name))
        while len(self._used) > MOST:
            (of, its_name), _ = self._used.popitem(last=False)
            if (holder := of()) is not None:
                holder.let_go(its_name)


class Holding:
    """The columns of one mailbox. On the loop."""

    def __init__(self, account: SqliteAccount, number: int) -> None:
        self._number = number
        self._edition = edition(account.shared.attachments)
        self._kept = account.shared.columns
        self._beside = {group: Beside.empty(group) for group in Group}
        self._columns: dict[str, FieldColumn] = {}
        self._searched: set[str] = set()
        self._too_large: set[str] = set()
        self._reading = asyncio.Lock()

    def let_go(self, name: str) -> None:
        """Keep no column of that field, until it is searched twice more."""
        self._columns.pop(name, None)
        self._searched.discard(name)

    async def hold(self, query: Query, mailbox: SqliteMailbox) -> Held:
        """*mailbox*, whose columns these are, as it is now, with those that *query* takes. Raises NoSuchMailbox, Corrupt."""
        async with self._reading:
            columns = self._worthwhile(named(query))
            tried, asked = None, set[str]()
            while True:
                index = await mailbox.index()
                count = len(index.uids)
                columns = {name: each.following(index.uids) for name, each in columns.items()}
                beside = self._rows_of(groups(query, columns), index.uids)
                late = [name for name, each in columns.items() if each.is_behind(count, again=name not in asked)]
                behind = [each for each in beside.values() if len(each.uids) < count]
                if not late and not behind:
                    self._keep(columns)
                    return Held.of(index, beside, columns)
                if index.modseq == tried:
                    raise Corrupt("a message's content is missing")
                tried = index.modseq
                for group in behind:
                    await self._read_rows(group, mailbox, count)
                for name in late:
                    asked.add(name)
                    found = await self._read_column(name, columns.pop(name), mailbox, count)
                    if found is not None:
                        columns[name] = found
                    else:
                        # Then the index of text is asked, which takes other columns, of the same moment perhaps.
                        tried = None

    def _worthwhile(self, names: Collection[str]) -> dict[str, FieldColumn]:
        """Columns of those of *names* of which there is one, or is to be one from here on."""
        found = {name: self._columns.get(name) for name in names}
        wanted = self._searched - self._too_large
        self._searched.update(names)
        return {name: each or FieldColumn.empty() for name, each in found.items() if each is not None or name in wanted}

    def _keep(self, columns: Mapping[str, FieldColumn]) -> None:
        self._columns.update(columns)
        for name in columns:
            self._kept.used(self, name)

    def _rows_of(self, wanted: Collection[Group], uids: array[int]) -> dict[Group, Beside]:
        found = {group: self._beside[group].following(uids) for group in wanted}
        self._beside.update(found)
        return found

    async def _read_rows(self, beside: Beside, mailbox: SqliteMailbox, count: int) -> None:
        number, missing = self._number, count - len(beside.uids)
        self._beside[beside.group] = await mailbox.read_rows(lambda each: beside.read_on(each, number), missing)

    async def _read_column(
        self, name: str, column: FieldColumn, mailbox: SqliteMailbox, count: int
    ) -> FieldColumn | None:
        """*column* with what was missing of a field; None if there is to be none, or none yet."""
        source = Source(self._number, fields.NAMES.index(name), self._edition)
        try:
            found = await mailbox.read_rows(lambda each: column.read_on(each, source), count - len(column.uids))
        except NotReady:
            # A column that is there stays, and is of use again once the rest is indexed.
            return None
        if found is None:
            self.let_go(name)
            self._too_large.add(name)
        return found
