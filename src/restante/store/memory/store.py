"""The memory engine's accounts, and the store that holds them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from restante.model.ids import AccountId, MailboxId
from restante.model.mailbox_name import INBOX, MailboxName
from restante.store.attachments import Attachments
from restante.store.errors import AccountHasMail, NoSuchAccount
from restante.store.memory.account import AccountState, Shared, listing_order
from restante.store.memory.annotations import MemoryAnnotations
from restante.store.memory.content import Contents
from restante.store.memory.hints import MemoryHints
from restante.store.memory.mailbox import MemoryMailbox
from restante.store.memory.text_index import MemoryTextIndex
from restante.store.memory_upload import MemoryUpload
from restante.store.model import MailboxRecord, NewMailbox, SpecialUse, StoreFeature, StoreLimits
from restante.store.moment import Moment

_INLINE: Final = 128 * 1024
_NO_LIMITS: Final = StoreLimits()


class MemoryAccount:
    """See :class:`restante.store.api.Account`."""

    def __init__(self, state: AccountState) -> None:
        self._state = state

    @property
    def id(self) -> AccountId:
        """Permanent."""
        return self._state.id

    async def list_mailboxes(self) -> list[MailboxRecord]:
        """Every mailbox with its figures, INBOX first, then by name."""
        self._state.check_alive()
        return [self._state.record(self._state.boxes[name]) for name in sorted(self._state.boxes, key=listing_order)]

    async def mailbox(self, name: MailboxName) -> MemoryMailbox:
        """Open by name. Raises NoSuchMailbox."""
        return MemoryMailbox(self._state, self._state.by_name(name))

    async def record(self, name: MailboxName) -> MailboxRecord:
        """A mailbox with its figures. Raises NoSuchMailbox."""
        return self._state.record(self._state.by_name(name))

    async def mailbox_by_id(self, id: MailboxId) -> MemoryMailbox:  # noqa: A002 - the contract's own noun
        """Open by id. Raises NoSuchMailbox."""
        return MemoryMailbox(self._state, self._state.by_id(id))

    async def create(self, name: MailboxName, special_use: SpecialUse | None = None) -> MailboxRecord:
        """Create *name* and any mailboxes missing above it."""
        return self._state.record(self._state.create(name, special_use))

    async def rename(self, name: MailboxName, to: MailboxName) -> None:
        """Rename with all below it."""
        self._state.rename(name, to)

    async def delete(self, name: MailboxName) -> None:
        """Delete with its messages."""
        self._state.delete(name)

    async def set_special_use(self, name: MailboxName, special_use: SpecialUse | None) -> None:
        """Say what *name* is for."""
        self._state.set_special_use(name, special_use)

    async def subscribe(self, name: MailboxName) -> None:
        """Subscribe to *name*."""
        self._state.subscribe(name)

    async def unsubscribe(self, name: MailboxName) -> None:
        """Drop a subscription."""
        self._state.unsubscribe(name)

    async def subscriptions(self) -> list[MailboxName]:
        """Every subscribed name."""
        self._state.check_alive()
        return sorted(self._state.subscribed, key=listing_order)

    @property
    def annotations(self) -> MemoryAnnotations:
        """What clients note down about its mailboxes and itself."""
        return MemoryAnnotations(self._state)

    def text_index(self) -> MemoryTextIndex:
        """There is none; nothing needs one."""
        return MemoryTextIndex(lambda: sum(box.status().messages for box in self._state.boxes.values()))


class MemoryStore:
    """See :class:`restante.store.api.Store`.

    Args:
        limits: what it refuses.
        clock: the time in epoch seconds.
        inline: octets up to which a message comes with its record; larger ones are read as blobs.
        attachments: what gives the text of attachments, if they are searched; asked anew by each search, closed with the store.
    """

    def __init__(
        self,
        limits: StoreLimits = _NO_LIMITS,
        clock: Callable[[], float] = time.time,
        inline: int = _INLINE,
        attachments: Attachments | None = None,
    ) -> None:
        self._contents = Contents(inline)
        self._hints = MemoryHints()
        self._moment = Moment()
        self._shared = Shared(limits, clock, self._contents, self._hints, attachments)
        self._accounts: dict[AccountId, AccountState] = {}

    @property
    def features(self) -> frozenset[StoreFeature]:
        """All there are."""
        return frozenset(StoreFeature)

    @property
    def moment(self) -> Moment:
        """Without meaning here: what is in memory is the newest there is."""
        return self._moment

    @property
    def hints(self) -> MemoryHints:
        """Where to be woken."""
        return self._hints

    @property
    def blobs(self) -> Contents:
        """Where messages too large to come with their record are."""
        return self._contents

    async def open(self) -> None:
        """Nothing to make ready."""

    async def close(self) -> None:
        """Let go of what reads attachments."""
        if self._shared.attachments is not None:
            self._shared.attachments.close()

    def upload(self, size: int) -> MemoryUpload:
        """Stage a message."""
        return MemoryUpload()

    async def create_account(self, id: AccountId, mailboxes: Sequence[NewMailbox] = ()) -> MemoryAccount:  # noqa: A002
        """Make room for an account. Raises AccountHasMail, and what creating *mailboxes* raises."""
        if id in self._accounts:
            raise AccountHasMail("there is mail under that account already")
        state = AccountState(id, self._shared)
        state.create(INBOX, None)
        state.subscribed.add(INBOX)
        for new in sorted(mailboxes, key=lambda each: each.name):
            _create(state, new)
        self._accounts[id] = state
        return MemoryAccount(state)

    async def account(self, id: AccountId) -> MemoryAccount:  # noqa: A002
        """Open an account's mail. Raises NoSuchAccount."""
        state = self._accounts.get(id)
        if state is None:
            raise NoSuchAccount("there is no such account")
        return MemoryAccount(state)

    async def accounts(self) -> list[AccountId]:
        """Every account with mail here, in order."""
        return sorted(self._accounts)

    async def delete_account(self, id: AccountId) -> None:  # noqa: A002
        """Remove an account's mail. Raises NoSuchAccount."""
        state = self._accounts.pop(id, None)
        if state is None:
            raise NoSuchAccount("there is no such account")
        state.remove()


def _create(state: AccountState, new: NewMailbox) -> None:
    if new.name == INBOX:
        state.set_special_use(INBOX, new.special_use)
    else:
        state.create(new.name, new.special_use)
    if new.subscribed:
        state.subscribed.add(new.name)
    else:
        state.subscribed.discard(new.name)
