"""The mailbox list of an account, read once for as long as nothing in its database changes.

Strategy: where the account's generation is another, SQLite itself says whether anything was committed since a connection last
looked (``PRAGMA data_version``), by whatever process. So clients that ask for the list, or the figures of one mailbox after the
other, cost a look and no rows.

The rule it protects: a list is given out again only while the database is the very same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import apsw

from restante.model.mailbox_name import MailboxName
from restante.store.model import MailboxRecord
from restante.store.sqlite import listing
from restante.store.sqlite.generations import Generation

_SINGLY: Final = 16
"""Mailboxes read one by one until the whole list is read, for a client that asks for one after the other."""


@dataclass(slots=True)
class Listed:
    """The list as it was at one version of the database; shared, so nobody writes to it.

    Attributes:
        records: every mailbox, INBOX first, then by name.
        subscriptions: every subscribed name, likewise.
    """

    records: list[MailboxRecord]
    subscriptions: list[MailboxName]
    by_name: dict[MailboxName, MailboxRecord] = field(init=False)

    def __post_init__(self) -> None:
        self.by_name = {record.name: record for record in self.records}


class MailboxList:
    """An account's list, kept while it is true.

    Args:
        generation: whether to look at all.
    """

    __slots__ = ("_asked", "_connection", "_generation", "_kept", "_looked", "_version")

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._kept: Listed | None = None
        self._connection: apsw.Connection | None = None
        self._asked = 0
        self._version = 0
        self._looked = -1

    def changed(self) -> None:
        """This process has committed something."""
        self._looked = -1

    def read(self, connection: apsw.Connection) -> Listed:
        """The list as it is now."""
        self._look(connection)
        if self._kept is None:
            self._kept = Listed(listing.records(connection), listing.subscriptions(connection))
        return self._kept

    def record(self, connection: apsw.Connection, name: MailboxName) -> MailboxRecord:
        """One mailbox as it is now. Raises NoSuchMailbox."""
        self._look(connection)
        self._asked += 1
        if self._kept is None and self._asked > _SINGLY:
            self.read(connection)
        found = None if self._kept is None else self._kept.by_name.get(name)
        return found or listing.record_of(connection, name)

    def _look(self, connection: apsw.Connection) -> None:
        """Forget the list if anything was committed since it was read."""
        generation = self._generation.now()
        if self._looked == generation:
            return
        # The version before what is read: what is committed in between is then read again next time.
        version = _version(connection)
        if connection is not self._connection or version != self._version:
            self._connection, self._version, self._kept, self._asked = connection, version, None, 0
        self._looked = generation


def _version(connection: apsw.Connection) -> int:
    version: int = connection.execute("PRAGMA data_version").get
    return version
