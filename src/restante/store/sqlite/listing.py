"""The mailbox list: reading it, and CREATE, RENAME, DELETE, special uses and subscriptions.

The rule it protects: ids and UIDVALIDITYs are never given out twice, and INBOX always exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

import apsw

from restante.model.ids import ModSeq
from restante.model.mailbox_name import (
    DELIMITER,
    INBOX,
    BadMailboxName,
    MailboxName,
    ancestors,
    is_below,
    mailbox_name,
)
from restante.model.message_set import UidSet
from restante.store.errors import (
    LimitReached,
    MailboxExists,
    MailboxFixed,
    MailboxHasChildren,
    NoSuchMailbox,
    SpecialUseTaken,
)
from restante.store.model import MailboxRecord, MailboxStatus, NewMailbox, SpecialUse
from restante.store.sqlite import annotating
from restante.store.sqlite.copying import move_all
from restante.store.sqlite.removing import remember
from restante.store.sqlite.transaction import Change, Done, Transaction, mailbox_id

_STATUS: Final = "messages, unseen, deleted, recent, size, uid_next, uid_validity, modseq"
_RECORD: Final = (
    f"SELECT id, mailbox.name, special_use, subscription.name IS NOT NULL, {_STATUS} FROM mailbox "
    "LEFT JOIN subscription ON subscription.name = mailbox.name"
)
_USES: Final = {use.value: use for use in SpecialUse}
_ALL_UIDS: Final = UidSet([(1, 0xFFFF_FFFF)])


def status(connection: apsw.Connection, mailbox: int) -> MailboxStatus:
    """A mailbox's figures. Raises NoSuchMailbox."""
    row = connection.execute(f"SELECT {_STATUS} FROM mailbox WHERE id = ?", (mailbox,)).fetchone()
    if row is None:
        raise NoSuchMailbox("the mailbox was deleted")
    return _status(cast("tuple[int, ...]", row))


def record(connection: apsw.Connection, mailbox: int) -> MailboxRecord:
    """A mailbox as LIST sees it. Raises NoSuchMailbox."""
    row = connection.execute(f"{_RECORD} WHERE id = ?", (mailbox,)).fetchone()
    if row is None:
        raise NoSuchMailbox("the mailbox was deleted")
    return _record(row)


def record_of(connection: apsw.Connection, name: MailboxName) -> MailboxRecord:
    """A mailbox as STATUS sees it. Raises NoSuchMailbox."""
    row = connection.execute(f"{_RECORD} WHERE mailbox.name = ?", (name,)).fetchone()
    if row is None:
        raise NoSuchMailbox("there is no such mailbox")
    return _record(row)


def records(connection: apsw.Connection) -> list[MailboxRecord]:
    """Every mailbox, INBOX first, then by name."""
    return [_record(row) for row in connection.execute(f"{_RECORD} ORDER BY mailbox.name <> 'INBOX', mailbox.name")]


def subscriptions(connection: apsw.Connection) -> list[MailboxName]:
    """Every subscribed name, INBOX first, then by name."""
    found = connection.execute("SELECT name FROM subscription ORDER BY name <> 'INBOX', name")
    return [MailboxName(name) for (name,) in found]


def _record(row: Sequence[apsw.SQLiteValue]) -> MailboxRecord:
    number, name, use, subscribed = cast("tuple[int, str, str | None, int]", row[:4])
    return MailboxRecord(
        mailbox_id(number), MailboxName(name), _use(use), bool(subscribed), _status(cast("tuple[int, ...]", row[4:]))
    )


def _status(figures: Sequence[int]) -> MailboxStatus:
    return MailboxStatus._make(cast("MailboxStatus", figures))


def _use(text: str | None) -> SpecialUse | None:
    return None if text is None else _USES.get(text)


def number_of(connection: apsw.Connection, name: MailboxName) -> int:
    """A mailbox's number. Raises NoSuchMailbox."""
    number: int | None = connection.execute("SELECT id FROM mailbox WHERE name = ?", (name,)).get
    if number is None:
        raise NoSuchMailbox("there is no such mailbox")
    return number


def found(tx: Transaction, mailboxes: Sequence[NewMailbox]) -> Done[None]:
    """Give a new account INBOX, subscribed, and *mailboxes*. Raises as :func:`create`."""
    modseq = _create_missing(tx, INBOX)
    _subscribe(tx, INBOX, True)
    for new in sorted(mailboxes, key=lambda each: each.name):
        if new.name == INBOX:
            set_special_use(tx, INBOX, new.special_use)
        else:
            create(tx, new.name, new.special_use)
        _subscribe(tx, new.name, new.subscribed)
    return Done(None, (), modseq)


def create(tx: Transaction, name: MailboxName, special_use: SpecialUse | None) -> Done[MailboxRecord]:
    """Raises MailboxExists, SpecialUseTaken, LimitReached."""
    _check_free(tx, name)
    _check_use(tx, special_use, name)
    modseq = _create_missing(tx, name)
    number = number_of(tx.connection, name)
    _write_use(tx, number, special_use)
    return Done(record(tx.connection, number), (), modseq)


def _check_free(tx: Transaction, name: MailboxName) -> None:
    if tx.connection.execute("SELECT 1 FROM mailbox WHERE name = ?", (name,)).get:
        raise MailboxExists("there is a mailbox of that name already")


def _check_use(tx: Transaction, use: SpecialUse | None, but_for: MailboxName) -> None:
    if use is None:
        return
    holder = tx.connection.execute(
        "SELECT name FROM mailbox WHERE special_use = ? AND name <> ?", (use.value, but_for)
    ).get
    if holder is not None:
        raise SpecialUseTaken(f"the mailbox {holder} is for that already")


def _write_use(tx: Transaction, number: int, use: SpecialUse | None) -> None:
    tx.connection.execute(
        "UPDATE mailbox SET special_use = ? WHERE id = ?", (None if use is None else use.value, number)
    )


def _create_missing(tx: Transaction, name: MailboxName) -> ModSeq:
    """Create *name* and what is missing above it, as one change."""
    run = tx.connection.execute
    wanted = [*ancestors(name), name]
    missing = [each for each in wanted if run("SELECT 1 FROM mailbox WHERE name = ?", (each,)).get is None]
    count: int = run("SELECT count(*) FROM mailbox").get
    if count + len(missing) > tx.limits.mailboxes:
        raise LimitReached(f"an account has at most {tx.limits.mailboxes} mailboxes")
    modseq = tx.next_modseq()
    for each in missing:
        run(
            "INSERT INTO mailbox (name, uid_validity, modseq) VALUES (?, ?, ?)",
            (each, tx.next_uid_validity(), modseq),
        )
    return modseq


def rename(tx: Transaction, name: MailboxName, to: MailboxName) -> Done[None]:
    """Raises NoSuchMailbox, MailboxExists, MailboxFixed, LimitReached, TooManyAnnotations."""
    number = number_of(tx.connection, name)
    _check_free(tx, to)
    if name == INBOX:
        return _move_out(tx, number, to)
    if is_below(to, name):
        raise MailboxFixed("a mailbox cannot be moved below itself")
    moving = [(number, to)]
    # The range of names that start with "name/": '0' is the character after '/'.
    for child, old in tx.connection.execute(
        "SELECT id, name FROM mailbox WHERE name > ? AND name < ?", (name + DELIMITER, name + "0")
    ):
        moving.append((child, _moved(old, name, to)))
    above = ancestors(to)
    if above:
        _create_missing(tx, above[-1])
    tx.connection.executemany("UPDATE mailbox SET name = ? WHERE id = ?", ((new, child) for child, new in moving))
    return Done(None, (), tx.next_modseq())


def _moved(name: str, above: MailboxName, to: MailboxName) -> MailboxName:
    try:
        return mailbox_name(to + name[len(above) :])
    except BadMailboxName as error:
        raise LimitReached("a mailbox below it would get a name too long or too deep") from error


def _move_out(tx: Transaction, inbox: int, to: MailboxName) -> Done[None]:
    modseq = _create_missing(tx, to)
    source, target = tx.ledger(inbox), tx.ledger(number_of(tx.connection, to))
    changes: tuple[Change, ...] = ()
    if source.messages:
        changes = move_all(tx, source, target, modseq).changes
    annotating.copy_all(tx, inbox, number_of(tx.connection, to))
    return Done(None, changes, modseq)


def delete(tx: Transaction, name: MailboxName) -> Done[int]:
    """Delete; the value is the mailbox's number. Raises NoSuchMailbox, MailboxFixed, MailboxHasChildren."""
    number = number_of(tx.connection, name)
    if name == INBOX:
        raise MailboxFixed("INBOX cannot be deleted")
    run = tx.connection.execute
    if run("SELECT 1 FROM mailbox WHERE name > ? AND name < ?", (name + DELIMITER, name + "0")).get:
        raise MailboxHasChildren("the mailbox has others below it; delete those first")
    remember(tx, number, _ALL_UIDS)
    for table in ("message", "tombstone", "changed", "index_snapshot"):
        run(f"DELETE FROM {table} WHERE mailbox = ?", (number,))
    annotating.drop(tx, number)
    run("DELETE FROM mailbox WHERE id = ?", (number,))
    return Done(number, (), tx.next_modseq())


def set_special_use(tx: Transaction, name: MailboxName, special_use: SpecialUse | None) -> Done[None]:
    """Raises NoSuchMailbox, SpecialUseTaken."""
    number = number_of(tx.connection, name)
    _check_use(tx, special_use, name)
    present = tx.connection.execute("SELECT special_use FROM mailbox WHERE id = ?", (number,)).get
    if _use(present) is special_use:
        return Done(None)
    _write_use(tx, number, special_use)
    modseq = tx.next_modseq()
    annotating.trace_use(tx, number, modseq)
    return Done(None, (), modseq, annotated=modseq)


def subscribe(tx: Transaction, name: MailboxName, wanted: bool) -> Done[None]:
    """Subscribe to *name*, or no longer. Raises LimitReached."""
    if not _subscribe(tx, name, wanted):
        return Done(None)
    return Done(None, (), tx.next_modseq())


def _subscribe(tx: Transaction, name: MailboxName, wanted: bool) -> bool:
    """Whether it made a difference."""
    run = tx.connection.execute
    if bool(run("SELECT 1 FROM subscription WHERE name = ?", (name,)).get) == wanted:
        return False
    if not wanted:
        run("DELETE FROM subscription WHERE name = ?", (name,))
        return True
    if run("SELECT count(*) FROM subscription").get >= tx.limits.mailboxes:
        raise LimitReached(f"an account has at most {tx.limits.mailboxes} subscriptions")
    run("INSERT INTO subscription VALUES (?)", (name,))
    return True
