"""Which mailboxes a message goes to. The default reads the address; Sieve (RFC 5228) takes the same place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from restante.delivery.envelope import Addressee, Envelope
from restante.model.flags import NO_FLAGS, FlagSet
from restante.model.mailbox_name import DELIMITER, INBOX, BadMailboxName, MailboxName, mailbox_name
from restante.store.api import Account
from restante.store.errors import NoSuchMailbox


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message as a filter sees it, before it is in any mailbox.

    Attributes:
        header: its header, the empty line included, without the fields of this delivery.
        size: octets.
        envelope: where it came from.
        addressee: for whom this copy is.
    """

    header: bytes
    size: int
    envelope: Envelope
    addressee: Addressee


@dataclass(frozen=True, slots=True)
class Placement:
    """A mailbox to put the message in.

    Attributes:
        mailbox: where; INBOX is used when it does not exist and is not to be created.
        flags: set on arrival.
        create: whether to create, and subscribe to, a mailbox that does not exist.
    """

    mailbox: MailboxName = INBOX
    flags: FlagSet = NO_FLAGS
    create: bool = False


class Filter(Protocol):
    """Decides where a message goes."""

    async def route(self, arrival: Arrival, account: Account) -> Sequence[Placement]:
        """The placements, each mailbox once; none discards the message. Raises StoreError."""
        ...


KEEP: tuple[Placement, ...] = (Placement(),)
"""INBOX, as it came (RFC 5228 §2.10.2)."""


@dataclass(frozen=True, slots=True)
class DetailFilter:
    """Plus addressing: ``anna+lists`` goes to the mailbox ``lists`` (RFC 5233 §1), others to INBOX.

    A mailbox of another case is found too, since mail transfer agents fold local parts, and one below INBOX.
    *create* makes those that are missing.
    """

    create: bool = False

    async def route(self, arrival: Arrival, account: Account) -> Sequence[Placement]:
        """See :class:`Filter`."""
        wanted = _named(arrival.addressee.detail)
        if wanted is None:
            return KEEP
        found = await find_mailbox(account, wanted)
        if found is not None:
            return (Placement(found),)
        return (Placement(wanted, create=True),) if self.create else KEEP


@dataclass(frozen=True, slots=True)
class MailboxFilter:
    """Everything goes to one mailbox, INBOX if that is missing and not *create*."""

    mailbox: MailboxName
    create: bool = False

    async def route(self, arrival: Arrival, account: Account) -> Sequence[Placement]:
        """See :class:`Filter`."""
        return (Placement(self.mailbox, create=self.create),)


async def find_mailbox(account: Account, wanted: MailboxName) -> MailboxName | None:
    """The mailbox *wanted*, or one that differs in case only, or either below INBOX; in this order."""
    try:
        await account.mailbox(wanted)
    except NoSuchMailbox:
        pass
    else:
        return wanted
    key = wanted.casefold()
    below = f"{INBOX}{DELIMITER}{wanted}".casefold()
    folded = {record.name.casefold(): record.name for record in reversed(await account.list_mailboxes())}
    return folded.get(key) or folded.get(below)


def _named(detail: str | None) -> MailboxName | None:
    if not detail:
        return None
    try:
        return mailbox_name(detail)
    except BadMailboxName:
        return None
