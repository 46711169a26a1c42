"""The mailbox list of an account, read once for as long as nothing in its database changes.

Strategy: SQLite itself says whether anything was committed since a connection last looked (``PRAGMA data_version``), by whatever
process. So clients that ask for the list, or the figures of one mailbox after the other, cost a look and no rows.

The rule it protects: a list is given out again only while the database is the very same.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import apsw

from restante.model.mailbox_name import MailboxName
from restante.store.model import MailboxRecord
from restante.store.moment import Moment
from restante.store.sqlite import listing


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
        moment: how long a look stays new enough.
    """

    __slots__ = ("_connection", "_kept", "_looked", "_moment", "_version")

    def __init__(self, moment: Moment) -> None:
        self._moment = moment
        self._kept: Listed | None = None
        self._connection: apsw.Connection | None = None
        self._version = 0
        self._looked = -1

    def changed(self) -> None:
        """This process has committed something."""
        self._looked = -1

    def read(self, connection: apsw.Connection) -> Listed:
        """The list as it is now."""
        kept = self._still_true(connection)
        if kept is None:
            # The version first: what is committed in between is then read again next time.
            self._version, self._connection = _version(connection), connection
            kept = self._kept = Listed(listing.records(connection), listing.subscriptions(connection))
            self._looked = self._moment.look()
        return kept

    def record(self, connection: apsw.Connection, name: MailboxName) -> MailboxRecord:
        """One mailbox as it is now. Raises NoSuchMailbox."""
        kept = self._still_true(connection)
        found = None if kept is None else kept.by_name.get(name)
        return found or listing.record_of(connection, name)

    def _still_true(self, connection: apsw.Connection) -> Listed | None:
        if self._kept is None or self._looked == self._moment.now:
            return self._kept
        if connection is not self._connection or _version(connection) != self._version:
            self._kept = None
            return None
        self._looked = self._moment.look()
        return self._kept


def _version(connection: apsw.Connection) -> int:
    version: int = connection.execute("PRAGMA data_version").get
    return version
