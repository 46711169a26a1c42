"""What a client wants to be told of: events, and the mailboxes they are about (RFC 5465 §5, §6).

Strategy: groups are kept as they were written and asked by name, so that mailboxes which come, go or are renamed need no
change here. Asking costs by the name's levels, however many names were listed. Pure.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from restante.imap.hooks import FetchAtt
from restante.model.mailbox_name import MailboxName, ancestors


class Event(enum.Flag):
    """The events that can be told (RFC 5465 §5)."""

    NONE = 0
    MESSAGE_NEW = enum.auto()
    MESSAGE_EXPUNGE = enum.auto()
    FLAG_CHANGE = enum.auto()
    MAILBOX_NAME = enum.auto()
    SUBSCRIPTION_CHANGE = enum.auto()
    MAILBOX_METADATA_CHANGE = enum.auto()
    SERVER_METADATA_CHANGE = enum.auto()
    MESSAGES = MESSAGE_NEW | MESSAGE_EXPUNGE | FLAG_CHANGE
    METADATA = MAILBOX_METADATA_CHANGE | SERVER_METADATA_CHANGE


class Scope(enum.Enum):
    """Which mailboxes a group is about (RFC 5465 §6).

    ``inboxes`` is the same as ``personal`` here, as §6.3 wants it: mail may be delivered to any mailbox.
    """

    INBOXES = "INBOXES"
    PERSONAL = "PERSONAL"
    SUBSCRIBED = "SUBSCRIBED"
    SUBTREE = "SUBTREE"
    MAILBOXES = "MAILBOXES"


@dataclass(frozen=True, slots=True)
class Group:
    """Events wanted of some mailboxes; no events at all means none of these, whatever other groups say.

    Attributes:
        names: for :attr:`Scope.SUBTREE` and :attr:`Scope.MAILBOXES`; they need not exist.
    """

    scope: Scope
    events: Event
    names: frozenset[MailboxName] = frozenset()

    def covers(self, name: MailboxName, *, subscribed: bool) -> bool:
        """Whether it is about the mailbox *name*."""
        match self.scope:
            case Scope.INBOXES | Scope.PERSONAL:
                return True
            case Scope.SUBSCRIBED:
                return subscribed
            case Scope.MAILBOXES:
                return name in self.names
            case Scope.SUBTREE:
                return name in self.names or any(above in self.names for above in ancestors(name))


@dataclass(frozen=True, slots=True)
class Interest:
    """All a NOTIFY SET asks for; without arguments what NOTIFY NONE does.

    Attributes:
        selected: message events of the selected mailbox.
        delayed: whether expunges wait for a command that may tell them (RFC 5465 §6.1.2).
        items: what to send of each new message in the selected mailbox.
        groups: for all other mailboxes.
    """

    selected: Event = Event.NONE
    delayed: bool = False
    items: tuple[FetchAtt, ...] = ()
    groups: tuple[Group, ...] = field(default=())

    def events(self, name: MailboxName, *, subscribed: bool) -> Event:
        """What is wanted of the mailbox *name* while it is not selected."""
        covering = [group.events for group in self.groups if group.covers(name, subscribed=subscribed)]
        return Event.NONE if Event.NONE in covering else union(covering)

    @property
    def anywhere(self) -> Event:
        """What is wanted of any mailbox that is not selected."""
        return union(group.events for group in self.groups)


def union(events: Iterable[Event]) -> Event:
    """All of *events* together."""
    return reduce(or_, events, Event.NONE)
