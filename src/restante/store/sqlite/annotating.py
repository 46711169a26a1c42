"""Annotations in an account's database: one table for those of its mailboxes and, as of mailbox 0, of the account itself.

Strategy: a removed annotation stays as a row without a value under the modseq of its removal, and so does the trace of a change
of special use. As many of those are kept as a mailbox may have annotations; beyond, the oldest go, and the modseq up to which
they went is remembered. The octets of all are counted as they change.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Final, cast

import apsw

from restante.model.entry_name import EntryName
from restante.model.ids import MailboxId, ModSeq
from restante.model.mailbox_name import MailboxName
from restante.store.annotations import (
    SPECIAL_USE_ENTRY,
    Annotated,
    AnnotationChange,
    AnnotationChanges,
    Keep,
)
from restante.store.errors import AnnotationTooBig, NoSuchMailbox, TooManyAnnotations
from restante.store.model import SpecialUse
from restante.store.sqlite.reading import snapshot
from restante.store.sqlite.transaction import Done, Transaction, mailbox_id

ACCOUNT: Final = 0
"""What stands for the account itself where others have a mailbox's number."""

_OCTETS: Final = "coalesce(sum(length(name) + length(value)), 0)"
_PUT: Final = (
    "INSERT INTO annotation (mailbox, name, value, modseq) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (mailbox, name) DO UPDATE SET value = excluded.value, modseq = excluded.modseq"
)

Values = Mapping[EntryName, bytes | None]


def sizes(connection: apsw.Connection, mailbox: int) -> dict[EntryName, int]:
    """The octets of each there is, in order of name. Raises NoSuchMailbox."""
    _check_there(connection, mailbox)
    found = connection.execute(
        "SELECT name, length(value) FROM annotation WHERE mailbox = ? AND value IS NOT NULL ORDER BY name", (mailbox,)
    )
    return dict(cast("list[tuple[EntryName, int]]", found.fetchall()))


def values(connection: apsw.Connection, mailbox: int, names: Collection[EntryName]) -> dict[EntryName, bytes]:
    """Those of *names* there are. Raises NoSuchMailbox."""
    _check_there(connection, mailbox)
    found = connection.execute(
        "SELECT name, value FROM annotation WHERE mailbox = ? AND value IS NOT NULL "
        "AND name IN (SELECT value FROM json_each(?))",
        (mailbox, json.dumps(list(names))),
    )
    return dict(cast("list[tuple[EntryName, bytes]]", found.fetchall()))


def of_mailboxes(
    connection: apsw.Connection, names: Collection[EntryName]
) -> dict[MailboxId, Mapping[EntryName, bytes]]:
    """Those of *names* there are, by mailbox."""
    found: dict[int, dict[EntryName, bytes]] = {}
    rows = connection.execute(
        "SELECT mailbox, name, value FROM annotation WHERE mailbox <> ? AND value IS NOT NULL "
        "AND name IN (SELECT value FROM json_each(?))",
        (ACCOUNT, json.dumps(list(names))),
    )
    for mailbox, name, value in cast("list[tuple[int, EntryName, bytes]]", rows.fetchall()):
        found.setdefault(mailbox, {})[name] = value
    return {mailbox_id(mailbox): each for mailbox, each in found.items()}


def modseq(connection: apsw.Connection) -> ModSeq:
    """The account's latest modseq."""
    return ModSeq(connection.execute("SELECT modseq FROM counter").get)


def changes_since(connection: apsw.Connection, since: ModSeq) -> AnnotationChanges:
    """What happened after *since*."""
    with snapshot(connection):
        counter = connection.execute("SELECT modseq, annotations_swept FROM counter").fetchone()
        rows = connection.execute(
            "SELECT mailbox.name, annotation.name, annotation.modseq FROM annotation "
            "LEFT JOIN mailbox ON mailbox.id = annotation.mailbox WHERE annotation.modseq > ? ORDER BY annotation.modseq",
            (since,),
        ).fetchall()
    now, swept = cast("tuple[int, int]", counter)
    found = cast("list[tuple[str | None, str, int]]", rows)
    changed = tuple(
        AnnotationChange(None if mailbox is None else MailboxName(mailbox), EntryName(name), ModSeq(at))
        for mailbox, name, at in found
    )
    return AnnotationChanges(ModSeq(max(now, since)), changed, since >= swept)


def change(tx: Transaction, mailbox: int, wanted: Values, special_use: SpecialUse | Keep | None) -> Done[Annotated]:
    """Set and remove. Raises NoSuchMailbox, AnnotationTooBig, TooManyAnnotations."""
    present = values(tx.connection, mailbox, wanted.keys())
    changing = {name: value for name, value in wanted.items() if present.get(name) != value}
    for value in changing.values():
        if value is not None and len(value) > tx.limits.annotation:
            raise AnnotationTooBig(f"an annotation has at most {tx.limits.annotation} octets", tx.limits.annotation)
    moving = mailbox != ACCOUNT and special_use is not Keep.AS_IS and _use(tx, mailbox) != _text(special_use)
    if not changing and not moving:
        return Done(Annotated(None))
    modseq = tx.next_modseq()
    if changing:
        _write(tx, mailbox, changing, present, modseq)
    bereft = None if special_use is Keep.AS_IS or not moving else _take_use(tx, mailbox, special_use, modseq)
    return Done(Annotated(modseq, bereft), (), modseq if moving else None, annotated=modseq)


def _write(tx: Transaction, mailbox: int, changing: Values, present: Values, modseq: ModSeq) -> None:
    tx.connection.executemany(_PUT, ((mailbox, name, value, modseq) for name, value in changing.items()))
    before = sum(len(name) + len(value) for name, value in present.items() if value is not None and name in changing)
    now = sum(len(name) + len(value) for name, value in changing.items() if value is not None)
    _count(tx, now - before)
    if any(value is not None and name not in present for name, value in changing.items()):
        _check_number(tx, mailbox)
    _forget_removed(tx)


def _check_number(tx: Transaction, mailbox: int) -> None:
    number: int = tx.connection.execute(
        "SELECT count(*) FROM annotation WHERE mailbox = ? AND value IS NOT NULL", (mailbox,)
    ).get
    if number > tx.limits.annotations:
        raise TooManyAnnotations(f"there can be at most {tx.limits.annotations} annotations here")


def _count(tx: Transaction, octets: int) -> None:
    """Note that the account's annotations have *octets* more. Raises TooManyAnnotations."""
    total: int = tx.connection.execute(
        "UPDATE counter SET annotation_octets = annotation_octets + ? RETURNING annotation_octets", (octets,)
    ).get
    if octets > 0 and total > tx.limits.annotation_octets:
        raise TooManyAnnotations(f"an account's annotations have at most {tx.limits.annotation_octets} octets together")


def _use(tx: Transaction, mailbox: int) -> str | None:
    use: str | None = tx.connection.execute("SELECT special_use FROM mailbox WHERE id = ?", (mailbox,)).get
    return use


def _text(use: SpecialUse | Keep | None) -> str | None:
    return None if use is None else use.value


def _take_use(tx: Transaction, mailbox: int, use: SpecialUse | None, modseq: ModSeq) -> MailboxName | None:
    """Give *mailbox* the use; the mailbox that had it, if one did."""
    run = tx.connection.execute
    holder: int | None = None
    name: str | None = None
    if use is not None:
        held = run(
            "UPDATE mailbox SET special_use = NULL WHERE special_use = ? RETURNING id, name", (use.value,)
        ).fetchone()
        holder, name = cast("tuple[int, str]", held) if held else (None, None)
    run("UPDATE mailbox SET special_use = ? WHERE id = ?", (_text(use), mailbox))
    for number in (holder, mailbox):
        if number is not None:
            trace_use(tx, number, modseq)
    return None if name is None else MailboxName(name)


def trace_use(tx: Transaction, mailbox: int, modseq: ModSeq) -> None:
    """Note that a mailbox's special use changed, for those who keep its annotation (RFC 6154 §4)."""
    tx.connection.execute(_PUT, (mailbox, SPECIAL_USE_ENTRY, None, modseq))
    _forget_removed(tx)


def _forget_removed(tx: Transaction) -> None:
    run = tx.connection.execute
    last: int | None = run(
        "SELECT modseq FROM annotation WHERE value IS NULL ORDER BY modseq DESC LIMIT 1 OFFSET ?",
        (tx.limits.annotations,),
    ).get
    if last is not None:
        run("DELETE FROM annotation WHERE value IS NULL AND modseq <= ?", (last,))
        run("UPDATE counter SET annotations_swept = max(annotations_swept, ?)", (last,))


def copy_all(tx: Transaction, source: int, target: int) -> None:
    """Give a new mailbox another's annotations. Raises TooManyAnnotations."""
    octets: int = tx.connection.execute(f"SELECT {_OCTETS} FROM annotation WHERE mailbox = ?", (source,)).get
    _count(tx, octets)
    # Under their old modseqs: nobody has an older value of a new mailbox's to be told of.
    tx.connection.execute(
        "INSERT INTO annotation (mailbox, name, value, modseq) SELECT ?, name, value, modseq FROM annotation "
        "WHERE mailbox = ? AND value IS NOT NULL",
        (target, source),
    )


def drop(tx: Transaction, mailbox: int) -> None:
    """Remove a mailbox's annotations, traces and all."""
    run = tx.connection.execute
    octets: int = run(f"SELECT {_OCTETS} FROM annotation WHERE mailbox = ?", (mailbox,)).get
    run("DELETE FROM annotation WHERE mailbox = ?", (mailbox,))
    _count(tx, -octets)


def _check_there(connection: apsw.Connection, mailbox: int) -> None:
    if mailbox != ACCOUNT and connection.execute("SELECT 1 FROM mailbox WHERE id = ?", (mailbox,)).get is None:
        raise NoSuchMailbox("the mailbox was deleted")
