"""News of annotations that others have changed (RFC 5464 §4.4.2), for a client that enabled METADATA and for a watch.

Strategy: what changed is read by modseq; names are told, by mailbox, never values.

The rule it protects: what a client set itself it is not told of, unless somebody else has set it since.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from restante.imap.annotating import names_line
from restante.imap.state import Authenticated
from restante.model.entry_name import EntryName
from restante.model.ids import ModSeq
from restante.model.mailbox_name import MailboxName
from restante.store.api import Account
from restante.store.errors import StoreError

if TYPE_CHECKING:
    from restante.imap.session import Session


class AnnotationNews:
    """What a client knows of annotations, and what it has changed itself.

    Attributes:
        hinted: whether there may be news.
    """

    __slots__ = ("_account", "_own", "_told", "hinted")

    def __init__(self, account: Account, told: ModSeq) -> None:
        self._account = account
        self._told = told
        self._own: set[ModSeq] = set()
        self.hinted = False

    @classmethod
    async def begin(cls, account: Account) -> Self:
        """Take things as told as they are. Raises StoreError."""
        return cls(account, await account.annotations.modseq())

    def annotated(self, modseq: ModSeq) -> None:
        """This client has changed some under *modseq*."""
        self._own.add(modseq)

    async def tell(self, s: Authenticated, wants: Callable[[MailboxName | None], bool], most: int) -> bool:
        """Send METADATA responses for what changed where the client *wants* to know; whether that was all, and at most *most*."""
        self.hinted = False
        try:
            changes = await self._account.annotations.changes_since(self._told)
        except StoreError as error:
            s.session.journal.trouble("annotations not read", error)
            self.hinted = True
            return True
        found: dict[MailboxName | None, list[EntryName]] = {}
        for mailbox, entry, modseq in changes.changed:
            if modseq not in self._own and wants(mailbox):
                found.setdefault(mailbox, []).append(entry)
        self._told = changes.modseq
        self._own.clear()
        if len(found) > most:
            return False
        for mailbox, names in found.items():
            s.send(names_line(mailbox, names, utf8=s.session.utf8))
        return changes.complete


def caused(session: Session, modseq: ModSeq) -> None:
    """To be called when a session's command has changed annotations under *modseq*."""
    for news in (session.watch, session.annotations):
        if news is not None:
            news.annotated(modseq)


async def tell_annotations(s: Authenticated) -> None:
    """Tell a client that enabled METADATA what others have changed, from when it did so on."""
    session = s.session
    if session.annotations is not None:
        await session.annotations.tell(s, lambda mailbox: True, sys.maxsize)
        return
    try:
        session.annotations = await AnnotationNews.begin(s.account)
    except StoreError as error:
        session.journal.trouble("annotations not read", error)
