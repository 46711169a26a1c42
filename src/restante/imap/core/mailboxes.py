"""CREATE, DELETE, RENAME, SUBSCRIBE and UNSUBSCRIBE (RFC 9051 §6.3.4 to §6.3.8).

Clients leave traces here: a trailing delimiter on CREATE, subscriptions to names that are not there. Both are taken as meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from restante.imap.errors import No
from restante.imap.hooks import command
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Registry
from restante.imap.state import Authenticated
from restante.imap.wire.reader import Reader
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store.model import SpecialUse, StoreFeature


@dataclass(frozen=True, slots=True)
class Create:
    """``create = "CREATE" SP mailbox [create-params]`` (RFC 4466 §2.2)."""

    mailbox: MailboxName
    special_use: SpecialUse | None = None

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the name and the parameters that extensions know."""
        mailbox = r.sp().mailbox()
        if not r.take(b" "):
            return cls(mailbox)

        def parameter(r: Reader) -> SpecialUse | None:
            known = tables.create_parameters.get(r.peek_word())
            if known is None:
                raise r.expected("a CREATE parameter")
            r.word()
            return known.read(r, tables)

        uses = [use for use in r.list_of(parameter) if use is not None]
        return cls(mailbox, uses[0] if uses else None)


@dataclass(frozen=True, slots=True)
class OneMailbox:
    """``SP mailbox``, as DELETE, SUBSCRIBE and UNSUBSCRIBE have it."""

    mailbox: MailboxName

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the name."""
        return cls(r.sp().mailbox())


@dataclass(frozen=True, slots=True)
class Rename:
    """``rename = "RENAME" SP mailbox SP mailbox``"""

    mailbox: MailboxName
    to: MailboxName

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read both names."""
        return cls(r.sp().mailbox(), r.sp().mailbox())


async def create(cmd: Create, s: Authenticated) -> Done:
    """Create with all that is missing above; every level can hold mail (RFC 9051 §6.3.4)."""
    if cmd.mailbox == INBOX:
        raise No("INBOX exists always", "ALREADYEXISTS")
    await s.session.causes(cmd.mailbox)
    record = await s.account.create(cmd.mailbox, cmd.special_use)
    if StoreFeature.OBJECT_ID in s.session.services.store.features:
        return Done(code=f"MAILBOXID ({record.id})")
    return DONE


async def delete(cmd: OneMailbox, s: Authenticated) -> Done:
    """Delete a mailbox that has none below it (RFC 9051 §6.3.5)."""
    if cmd.mailbox == INBOX:
        raise No("INBOX cannot be deleted", "CANNOT")
    await s.session.causes(cmd.mailbox)
    await s.account.delete(cmd.mailbox)
    return DONE


async def rename(cmd: Rename, s: Authenticated) -> Done:
    """Rename, or for INBOX move its messages to a new mailbox (RFC 9051 §6.3.6)."""
    await s.session.causes(cmd.mailbox, cmd.to)
    await s.account.rename(cmd.mailbox, cmd.to)
    return DONE


async def subscribe(cmd: OneMailbox, s: Authenticated) -> Done:
    """Subscribe, to a name that need not exist (RFC 9051 §6.3.7)."""
    await s.session.causes(cmd.mailbox)
    await s.account.subscribe(cmd.mailbox)
    return DONE


async def unsubscribe(cmd: OneMailbox, s: Authenticated) -> Done:
    """Drop a subscription (RFC 9051 §6.3.8)."""
    await s.session.causes(cmd.mailbox)
    await s.account.unsubscribe(cmd.mailbox)
    return DONE


COMMANDS: Final = (
    command("CREATE", Create, create, state=Authenticated),
    command("DELETE", OneMailbox, delete, state=Authenticated),
    command("RENAME", Rename, rename, state=Authenticated),
    command("SUBSCRIBE", OneMailbox, subscribe, state=Authenticated),
    command("UNSUBSCRIBE", OneMailbox, unsubscribe, state=Authenticated),
)
