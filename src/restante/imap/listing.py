"""What LIST selects from, and how its patterns match (RFC 9051 §6.3.9, RFC 5258).

Strategy: mailboxes and subscriptions are folded once into :class:`ListEntry` values in name order, children known, and kept for
as long as the store gives the same list; each pattern is one compiled expression, so the cost is names times patterns, whatever
the client wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from restante.model.mailbox_name import DELIMITER, INBOX, MailboxName, ancestors
from restante.store.api import Account
from restante.store.model import MailboxRecord


@dataclass(frozen=True, slots=True)
class ListEntry:
    """A name that LIST may answer with.

    Attributes:
        name: the mailbox name.
        record: the mailbox, or None for a name that is only subscribed, or only lies above one that is.
        subscribed: whether the name is subscribed.
        children: whether a mailbox lies below it.
        subscribed_below: whether a subscribed name lies below it.
    """

    name: MailboxName
    record: MailboxRecord | None
    subscribed: bool
    children: bool
    subscribed_below: bool

    def use_attributes(self) -> list[str]:
        """What the mailbox is for (RFC 6154 §2)."""
        return [self.record.special_use.value] if self.record and self.record.special_use else []

    def attributes(self) -> list[str]:
        """Attributes every LIST response gives: existence, children (RFC 3348 §3), special use."""
        missing = [] if self.record else ["\\NonExistent"]
        return [*missing, "\\HasChildren" if self.children else "\\HasNoChildren", *self.use_attributes()]


@dataclass(frozen=True, slots=True)
class _Folded:
    """Entries, and what they were made of."""

    records: Sequence[MailboxRecord]
    subscriptions: Sequence[MailboxName]
    entries: Sequence[ListEntry]


class Listings:
    """The entries of accounts that somebody has open, made anew when the store gives another list."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: WeakKeyDictionary[Account, _Folded] = WeakKeyDictionary()

    async def of(self, account: Account) -> Sequence[ListEntry]:
        """All names there are to list in *account*, as :func:`entries`."""
        records, subscriptions = await account.list_mailboxes(), await account.subscriptions()
        known = self._known.get(account)
        if known is None or known.records is not records or known.subscriptions is not subscriptions:
            known = self._known[account] = _Folded(records, subscriptions, entries(records, subscriptions))
        return known.entries


def entries(records: Iterable[MailboxRecord], subscriptions: Iterable[MailboxName]) -> list[ListEntry]:
    """All names there are to list: mailboxes, subscribed names, and the levels above either; INBOX first."""
    known = {record.name: record for record in records}
    subscribed = set(subscriptions)
    above = {name for existing in known for name in ancestors(existing)}
    above_subscribed = {name for one in subscribed for name in ancestors(one)}
    names = sorted(known.keys() | subscribed | above | above_subscribed, key=_order)
    return [
        ListEntry(name, known.get(name), name in subscribed, name in above, name in above_subscribed) for name in names
    ]


def _order(name: MailboxName) -> tuple[bool, str, MailboxName]:
    return name != INBOX, name.casefold(), name


_STAR_RUN: Final = re.compile(r"[*%]*\*[*%]*")
_PERCENT_RUN: Final = re.compile(r"%+")


class Patterns:
    """LIST patterns under one reference, compiled.

    ``%`` matches within a level and ``*`` across levels; the first level matches INBOX in any case (RFC 9051 §5.1).
    """

    def __init__(self, reference: str, patterns: Sequence[str]) -> None:
        self._regexes = [_compile(reference + pattern) for pattern in patterns]

    def match(self, name: str) -> bool:
        """Whether any of them matches the whole of *name*."""
        for regex in self._regexes:  # noqa: SIM110 - a generator would cost more than the match
            if regex.fullmatch(name):
                return True
        return False


def _compile(pattern: str) -> re.Pattern[str]:
    first, slash, rest = pattern.partition(DELIMITER)
    if first.upper() == INBOX:
        pattern = INBOX + slash + rest
    # A run of wildcards is one wildcard.
    segments = _PERCENT_RUN.sub("%", _STAR_RUN.sub("*", pattern)).split("*")
    last = _segment(segments[-1], final=True)
    if len(segments) == 1:
        return re.compile(last, re.DOTALL)
    # Each wildcard but the last takes the earliest match and never goes back on it, which is right, since what follows can
    # only gain from an earlier end; so no pattern costs more than its length times the name's.
    middle = "".join(f"(?>.*?{_segment(segment, final=False)})" for segment in segments[1:-1])
    return re.compile(f"{_segment(segments[0], final=False)}{middle}.*{last}", re.DOTALL)


def _segment(text: str, *, final: bool) -> str:
    within = f"[^{DELIMITER}]*"
    pieces = [re.escape(piece) for piece in text.split("%")]
    tail = f"{within}{pieces.pop()}" if final and len(pieces) > 1 else ""
    return pieces[0] + "".join(f"(?>{within}?{piece})" for piece in pieces[1:]) + tail
