"""What of an import is in the account already.

Strategy: no ledger beside the mail, which could say of a message that it is there when it is not (after a restore, say); the
account itself is asked. A message is the same if its octets and its INTERNALDATE are; as many copies are known as there are.
A letter is looked for in its own mailbox first, then among what the account had elsewhere when the import began and no letter
answers for: there it was moved to.

The rule it protects: running an import again, after being killed anywhere, adds nothing twice and leaves nothing out.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from enum import Enum
from typing import Final

from restante.model.ids import EmailId, MailboxId, Uid
from restante.store.api import Account, Mailbox
from restante.store.arrival import email_id
from restante.store.model import Field

_BATCH: Final = 2000
_KEY_OCTETS: Final = 16
_SHAPE: Final = email_id(b"")

Key = bytes
"""Octets and date of a message, hashed: 16 octets."""


def key(content: EmailId, epoch: int) -> Key:
    """The key of a message of *content*, dated *epoch* seconds."""
    return hashlib.blake2b(f"{content} {epoch}".encode(), digest_size=_KEY_OCTETS).digest()


class ContentHash:
    """The email id of a message that comes in pieces; the same that the store will give it."""

    __slots__ = ("_hash",)

    def __init__(self, pieces: Iterable[bytes] = ()) -> None:
        self._hash = hashlib.sha256()
        for piece in pieces:
            self._hash.update(piece)

    def update(self, piece: bytes) -> None:
        """The next octets."""
        self._hash.update(piece)

    def email_id(self) -> EmailId:
        """The id of the octets so far."""
        return EmailId(_SHAPE[0] + self._hash.hexdigest()[: len(_SHAPE) - 1])


class Found(Enum):
    """Where a letter is already."""

    HERE = "here"
    ELSEWHERE = "elsewhere"


class Known:
    """The messages of an account when the import began; about 150 octets of memory for each."""

    def __init__(self) -> None:
        self._spare: Counter[Key] = Counter()
        self._moved: Counter[Key] = Counter()
        self._homes: dict[MailboxId, Counter[Key]] = {}

    @classmethod
    async def of(cls, account: Account) -> Known:
        """Reads the account."""
        known = cls()
        for record in await account.list_mailboxes():
            if record.status.messages:
                known._spare.update(await _keys(await account.mailbox_by_id(record.id)))
        return known

    async def home(self, mailbox: Mailbox) -> Counter[Key]:
        """What of *mailbox* no letter answers for yet."""
        found = self._homes.get(mailbox.id)
        if found is None:
            found = self._homes[mailbox.id] = await _keys(mailbox)
        return found

    def claim(self, home: Counter[Key], wanted: Key) -> Found | None:
        """Where a letter is, which then answers for the copy found in *home*."""
        if _take(home, wanted):
            _take(self._spare, wanted)
            return Found.HERE
        if self._spare[wanted] > self._moved[wanted]:
            self._moved[wanted] += 1
            return Found.ELSEWHERE
        return None


def _take(counter: Counter[Key], wanted: Key) -> bool:
    count = counter.get(wanted, 0)
    if count > 1:
        counter[wanted] = count - 1
    elif count:
        del counter[wanted]
    return count > 0


async def _keys(mailbox: Mailbox) -> Counter[Key]:
    uids = list((await mailbox.index()).uids)
    found: Counter[Key] = Counter()
    for at in range(0, len(uids), _BATCH):
        rows = await mailbox.messages([Uid(uid) for uid in uids[at : at + _BATCH]], Field.IDS | Field.DATE)
        found.update(key(row.email_id, row.internal_epoch) for row in rows if row.email_id is not None)
    return found
