"""What happened to the mailbox list between two moments, as events a client can apply one after the other (RFC 5465 §5.4).

Strategy: two pictures of the list are compared by mailbox id, which a rename keeps. The changes are put in an order in which
no name is taken twice, against a model of what the client believes after each; names that went round in a circle are
told as deleted and created. Pure.

The rule it protects: a client that applies the changes, moving what lies below a renamed mailbox along with it, has the names
there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from restante.model.ids import MailboxId
from restante.model.mailbox_name import DELIMITER, MailboxName, is_below, parent

_ROUNDS: Final = 8
"""Passes over the changes before what is left counts as a circle."""
_RENAMES: Final = 100
"""Renames that are told as such at a time; each costs by the number of mailboxes."""

Names = Mapping[MailboxId, MailboxName]


@dataclass(frozen=True, slots=True)
class NameChange:
    """One mailbox came, went, or got another name.

    Attributes:
        name: its name now, or the last one it had.
        old: its name before, for a rename.
        exists: False for one that went.
    """

    name: MailboxName
    old: MailboxName | None = None
    exists: bool = True


def name_changes(told: Names, now: Names, learns: Callable[[NameChange], bool]) -> list[NameChange]:
    """What turns *told* into *now*, in order.

    *learns* says whether the client hears of a change: only then it moves what lies below by itself.
    """
    return _Comparison(told, now, learns).changes() if told != now else []


class _Comparison:
    def __init__(self, told: Names, now: Names, learns: Callable[[NameChange], bool]) -> None:
        self._model = dict(told)
        self._now = now
        self._learns = learns
        self._known = {mailbox for mailbox, name in told.items() if learns(NameChange(name))}
        self._left_behind: set[MailboxName] = set()
        self._changes: list[NameChange] = []

    def changes(self) -> list[NameChange]:
        """Deletions first, deepest first; then what finds its name free, for as long as anything does."""
        gone = sorted(self._model.keys() - self._now.keys(), key=lambda mailbox: self._model[mailbox], reverse=True)
        for mailbox in gone:
            self._delete(mailbox)
        for _ in range(_ROUNDS):
            pending = self._pending()
            if not pending:
                return self._changes
            if sum(mailbox in self._model for mailbox in pending) > _RENAMES or not self._round(pending):
                break
        self._begin_anew()
        return self._changes

    def _pending(self) -> list[MailboxId]:
        """The mailboxes whose name the client does not have right, those nearest the top first."""
        wrong = [mailbox for mailbox, name in self._now.items() if self._model.get(mailbox) != name]
        return sorted(wrong, key=lambda mailbox: (self._now[mailbox].count(DELIMITER), self._now[mailbox]))

    def _round(self, pending: list[MailboxId]) -> bool:
        """Whether any of *pending* could be settled."""
        held = {name: mailbox for mailbox, name in self._model.items()}
        settled = False
        for mailbox in pending:
            name, old = self._now[mailbox], self._model.get(mailbox)
            if name == old or not self._ready(name, held):
                continue
            if old is None:
                self._create(mailbox)
                held[name] = mailbox
            elif not is_below(name, old) and not any(is_below(other, name) for other in held) and not self._drags(old):
                self._rename(mailbox, old)
                held = {name: mailbox for mailbox, name in self._model.items()}
            else:
                continue
            settled = True
        return settled

    def _ready(self, name: MailboxName, held: Mapping[MailboxName, MailboxId]) -> bool:
        """Whether *name* is free, and the mailbox above it is the right one: else it would be moved along with another."""
        above = parent(name)
        return name not in held and (above is None or above not in held or self._now.get(held[above]) == above)

    def _drags(self, old: MailboxName) -> bool:
        """Whether the client would move along with *old* what, unheard of, is there no more."""
        return any(is_below(name, old) for name in self._left_behind)

    def _begin_anew(self) -> None:
        """What is left goes and comes again."""
        pending = self._pending()
        for mailbox in reversed(pending):
            if mailbox in self._model:
                self._delete(mailbox)
        for mailbox in pending:
            self._create(mailbox)

    def _create(self, mailbox: MailboxId) -> None:
        self._settle(mailbox, NameChange(self._now[mailbox]))

    def _delete(self, mailbox: MailboxId) -> None:
        self._changes.append(NameChange(self._model.pop(mailbox), exists=False))

    def _rename(self, mailbox: MailboxId, old: MailboxName) -> None:
        change = NameChange(self._now[mailbox], old)
        if mailbox in self._known and self._learns(change):
            # What the client never heard of, it cannot move.
            below = [other for other in self._known & self._model.keys() if is_below(self._model[other], old)]
            for other in below:
                self._model[other] = MailboxName(change.name + self._model[other][len(old) :])
        elif mailbox in self._known:
            self._left_behind.add(old)
        self._settle(mailbox, change)

    def _settle(self, mailbox: MailboxId, change: NameChange) -> None:
        self._changes.append(change)
        self._model[mailbox] = change.name
        if self._learns(change):
            self._known.add(mailbox)
