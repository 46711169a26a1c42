"""What a target of mail is: mailboxes are opened in it, and messages written piece by piece. All of it blocks.

The rule it protects: a message is in its place whole or not at all, whenever the export is stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from restante.model.dates import MailDate
from restante.model.flags import FlagSet
from restante.model.ids import EmailId, Uid
from restante.model.mailbox_name import MailboxName


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on its way out.

    Attributes:
        uid: its UID.
        content: the id of its octets.
        date: its INTERNALDATE.
        flags: its flags.
        lf: whether it may be written with LF line ends and read back the same.
    """

    uid: Uid
    content: EmailId
    date: MailDate
    flags: FlagSet
    lf: bool


class Writing(Protocol):
    """A message being written."""

    def write(self, piece: bytes) -> None:
        """Its next octets, with CRLF line ends. Raises OSError."""
        ...

    def done(self) -> None:
        """That was all: puts it in its place. Raises OSError."""
        ...

    def abandon(self) -> None:
        """Takes back what was written."""
        ...


class Box(Protocol):
    """A mailbox in the target."""

    def begin(self, letter: Letter) -> Writing | None:
        """A message, or None if it is there from an export before. Raises OSError."""
        ...

    def close(self) -> None:
        """Puts the mailbox on disk. Raises OSError."""
        ...

    def abandon(self) -> None:
        """Lets go of the mailbox; what is not in its place is removed."""
        ...


class Target(Protocol):
    """Where mail is written to."""

    def mailbox(self, name: MailboxName, keywords: Sequence[str]) -> Box | None:
        """Opens a mailbox with those *keywords* in use; None if it is there whole and is not to be written again.

        Raises UnfitName, OSError.
        """
        ...

    def finish(self, subscriptions: Sequence[MailboxName]) -> None:
        """Writes what stands beside the mailboxes. Raises OSError."""
        ...

    @property
    def notes(self) -> Sequence[str]:
        """What did not fit the form."""
        ...
