"""What goes on beside a session's commands: search results that are kept up to date, and a watch over all mailboxes.

Both are told of through :mod:`restante.imap.announcing` and :meth:`restante.imap.session.Session.tell` alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from restante.imap.hooks import FetchAtt, Numbers
from restante.model.ids import MailboxId, ModSeq, Uid
from restante.model.mailbox_name import MailboxName
from restante.store.model import Changes

if TYPE_CHECKING:
    from restante.imap.state import Selected, State


@dataclass(frozen=True, slots=True)
class Followed:
    """What a follower of a search result says of changes (RFC 5267 §4.3).

    Attributes:
        lines: untagged responses, without ``* `` and CRLF.
        fresh: new messages that came to the result.
        items: what to send of each of those (RFC 5465 §7).
    """

    lines: Sequence[bytes] = ()
    fresh: Sequence[Uid] = ()
    items: tuple[FetchAtt, ...] = ()


class Follower(Protocol):
    """Something in the selected mailbox that is kept up to date until the mailbox is left."""

    def leaving(self, s: Selected, changes: Changes) -> Sequence[bytes]:
        """What to say before expunged messages lose their numbers."""
        ...

    async def follow(self, s: Selected, changes: Changes, fresh: Collection[Uid]) -> Followed:
        """What to say once the client knows of *changes*, *fresh* ones among them new. Raises StoreError."""
        ...


class Watch(Protocol):
    """What is told to a client that asked for more, or less, than news of its selected mailbox (RFC 5465)."""

    @property
    def listening(self) -> bool:
        """Whether it is told between commands."""
        ...

    async def tell(self, s: State, numbers: Numbers, *, removes: bool) -> None:
        """After a command: tell everything that may be told; *removes* after a command that itself expunges."""
        ...

    async def news(self, s: State, *, idle: bool) -> None:
        """Between commands, or in IDLE: tell what hints were about."""
        ...

    async def causes(self, s: State, *names: MailboxName) -> None:
        """This session's command is about to change the list at *names*; its client need not be told."""
        ...

    def wrote(self, mailbox: MailboxId, uids: Collection[Uid], modseq: ModSeq) -> None:
        """This session's command has put messages into *mailbox*."""
        ...

    def annotated(self, modseq: ModSeq) -> None:
        """This session's command has changed annotations under *modseq*."""
        ...

    def doubt(self) -> None:
        """Hints may have been lost: compare everything."""
        ...

    def overflow(self, s: State) -> None:
        """Give up, and say so (RFC 5465 §5.8)."""
        ...

    def stop(self) -> None:
        """Listen to hints no more."""
        ...
