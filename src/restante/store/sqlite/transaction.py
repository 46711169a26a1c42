"""What a mutation works with inside a write transaction, and what it says it did.

Strategy: a mutation is a plain function of a :class:`Transaction`; it reads a mailbox's figures into a :class:`Ledger`, keeps
them as it goes, writes them once, and returns a :class:`Done`: the caller's answer and, for the indexes in memory and the
hints, each mailbox's change.

The rule it protects: counters are read and written inside the transaction, so any number of processes may write, and neither
UIDNEXT nor a modseq ever goes back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import apsw

from restante.model.flags import FlagSet
from restante.model.ids import MAX_UID, MailboxId, ModSeq, Uid, UidValidity
from restante.model.message_set import NO_UIDS, UidSet
from restante.store.errors import LimitReached, NoSuchMailbox
from restante.store.model import Changes, Flagged, StoreLimits
from restante.store.sqlite.flagsets import FlagSets, keywords

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
_SPANS: Final = 16
"""Spans of one change that are kept apart; what is between them costs whoever reads it a look at messages not changed."""

_MAILBOX_ID: Final = re.compile(r"F[0-9a-f]{8,15}")


@dataclass(frozen=True, slots=True)
class Change:
    """What a committed mutation did to one mailbox.

    Attributes:
        mailbox: the mailbox's number.
        before: its modseq until then; an index that stands elsewhere has missed something and must read.
        changes: what an index applies.
    """

    mailbox: int
    before: int
    changes: Changes


@dataclass(frozen=True, slots=True)
class Done(Generic[T_co]):
    """A mutation's result.

    Attributes:
        value: the caller's answer.
        changes: by mailbox; empty when nothing changed.
        listed: the modseq of a change of the mailbox list itself, if there was one.
        annotated: the modseq of a change of annotations, if there was one.
    """

    value: T_co
    changes: tuple[Change, ...] = ()
    listed: ModSeq | None = None
    annotated: ModSeq | None = None


@dataclass(slots=True)
class Ledger:
    """A mailbox's figures while a transaction changes them."""

    id: int
    uid_validity: int
    uid_next: int
    modseq: int
    recent_uid: int
    messages: int
    unseen: int
    deleted: int
    recent: int
    size: int
    before: int = 0

    def take_uids(self, count: int) -> range:
        """The next *count* UIDs. Raises LimitReached at the end of their range (RFC 9051 §2.3.1.1)."""
        first = self.uid_next
        if first + count > MAX_UID:
            raise LimitReached("the mailbox has used up its unique identifiers; create a new one")
        self.uid_next = first + count
        return range(first, first + count)

    def add(self, flags: FlagSet, size: int, sign: int = 1) -> None:
        """Count a message in, or with *sign* -1 out."""
        self.messages += sign
        self.size += sign * size
        self.count_flags(flags, sign)

    def count_flags(self, flags: FlagSet, sign: int = 1) -> None:
        """Count a message's flags in, or with *sign* -1 out."""
        keys = flags.keys
        if "\\seen" not in keys:
            self.unseen += sign
        if "\\deleted" in keys:
            self.deleted += sign

    def change(self, flagged: Sequence[Flagged] = (), vanished: UidSet | None = None) -> Change:
        """What became of the mailbox, once its modseq is set."""
        gone = NO_UIDS if vanished is None else vanished
        return Change(self.id, self.before, Changes(ModSeq(self.modseq), tuple(flagged), gone, Uid(self.uid_next)))


@dataclass(frozen=True, slots=True)
class Transaction:
    """An open write transaction.

    Attributes:
        connection: where it is open.
        sets: the account's flag sets.
        now: epoch seconds.
        limits: what may not be exceeded.
    """

    connection: apsw.Connection
    sets: FlagSets
    now: int
    limits: StoreLimits

    def next_modseq(self) -> ModSeq:
        """The account's next modseq."""
        return ModSeq(self.connection.execute("UPDATE counter SET modseq = modseq + 1 RETURNING modseq").get)

    def next_uid_validity(self) -> UidValidity:
        """A UIDVALIDITY never given out before, even by an earlier account of the same id: the clock, or one more."""
        return UidValidity(
            self.connection.execute(
                "UPDATE counter SET uid_validity = max(uid_validity + 1, ?) RETURNING uid_validity", (self.now,)
            ).get
        )

    def ledger(self, mailbox: int) -> Ledger:
        """A mailbox's figures. Raises NoSuchMailbox."""
        row = self.connection.execute(
            "SELECT id, uid_validity, uid_next, modseq, recent_uid, messages, unseen, deleted, recent, size, modseq "
            "FROM mailbox WHERE id = ?",
            (mailbox,),
        ).fetchone()
        if row is None:
            raise NoSuchMailbox("the mailbox was deleted")
        return Ledger(*row)

    def write(self, ledger: Ledger) -> None:
        """Keep *ledger*'s figures."""
        self.connection.execute(
            "UPDATE mailbox SET uid_next = ?, modseq = ?, recent_uid = ?, messages = ?, unseen = ?, deleted = ?, "
            "recent = ?, size = ? WHERE id = ?",
            (
                ledger.uid_next, ledger.modseq, ledger.recent_uid, ledger.messages, ledger.unseen, ledger.deleted,
                ledger.recent, ledger.size, ledger.id,
            ),
        )  # fmt: skip

    def write_changed(self, ledger: Ledger, spans: Sequence[tuple[int, int]]) -> None:
        """Keep *ledger*'s figures, and that messages within *spans* of UIDs were added or have new flags as of its modseq."""
        self.write(ledger)
        if len(spans) > _SPANS:
            spans = ((spans[0][0], spans[-1][1]),)
        for low, high in spans:
            self.connection.execute("INSERT INTO changed VALUES (?, ?, ?, ?)", (ledger.id, ledger.modseq, low, high))

    def flags(self, number: int) -> FlagSet:
        """The flag set of that *number*."""
        return self.sets.of(self.connection, number)

    def flagset(self, flags: FlagSet) -> int:
        """The number of *flags*."""
        return self.sets.number(self.connection, flags)

    def check_keywords(self, mailbox: int, sets: Iterable[FlagSet]) -> None:
        """Whether *mailbox*'s messages may be given *sets*. Raises LimitReached.

        Costs nothing while the whole account has fewer keywords than one mailbox may have, else a scan of the mailbox.
        """
        wanted = frozenset[str]().union(*map(keywords, sets))
        if not wanted or self.sets.keywords_with(wanted) <= self.limits.keywords:
            return
        used: set[str] = set()
        for (number,) in self.connection.execute("SELECT DISTINCT flagset FROM message WHERE mailbox = ?", (mailbox,)):
            used |= keywords(self.flags(number))
        if not wanted <= used and len(used | wanted) > self.limits.keywords:
            raise LimitReached(f"a mailbox holds at most {self.limits.keywords} different keywords")


Job = Callable[[Transaction], Done[T]]
"""A mutation, ready to run in a transaction of its own or a shared one."""


def mailbox_id(number: int) -> MailboxId:
    """A mailbox's public name (RFC 8474 §4.1)."""
    return MailboxId(f"F{number:08x}")


def mailbox_number(name: MailboxId) -> int:
    """The number behind a public name. Raises NoSuchMailbox."""
    if not _MAILBOX_ID.fullmatch(name):
        raise NoSuchMailbox("there is no such mailbox")
    return int(name[1:], 16)
