"""What became of a message for one recipient, and THE table from store errors to replies.

The rule it protects: whatever may work later is temporary, so that the mail waits where it is and none is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from restante.smtp.reply import UNAVAILABLE, Reply
from restante.store import errors as store

UNKNOWN_USER: Final = Reply(550, "5.1.1", "No such user here")
OVER_QUOTA: Final = Reply(452, "4.2.2", "Mailbox is full")
OVER_QUOTA_FOR_GOOD: Final = Reply(552, "5.2.2", "Mailbox is full")

STORE_REPLIES: Final[dict[type[store.StoreError], Reply]] = {
    store.OverQuota: OVER_QUOTA,
    store.MessageTooBig: Reply(552, "5.2.3", "Message too large for this mailbox"),
    store.NoSuchAccount: Reply(451, "4.2.0", "Mailbox is not ready; try again later"),
    store.NoSuchMailbox: Reply(451, "4.2.0", "Mailbox has just changed; try again later"),
}
"""Store errors that are not simply "not now"; all others are :data:`~restante.smtp.reply.UNAVAILABLE`."""

ON_RECORD: Final = (store.Unavailable, store.NewerFormat, store.Corrupt, store.NoSuchAccount)
"""Store errors an administrator should see."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a message for one recipient.

    Attributes:
        reply: what to tell the client.
        mailbox: where it is, durably; empty if nowhere.
        uid: its UID there, or 0.
    """

    reply: Reply
    mailbox: str = ""
    uid: int = 0

    @property
    def delivered(self) -> bool:
        """Whether responsibility for the message is taken (RFC 2033 §4.2)."""
        return self.reply.positive


def refusal(error: store.StoreError, *, quota_is_permanent: bool = False) -> Reply:
    """What to answer to *error*."""
    reply = STORE_REPLIES.get(type(error), UNAVAILABLE)
    return OVER_QUOTA_FOR_GOOD if reply is OVER_QUOTA and quota_is_permanent else reply
