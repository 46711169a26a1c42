"""The state of a connection as a sum type (RFC 9051 §3): "selected without a mailbox" cannot be written.

A handler takes the state it needs as its second argument; through it, it reaches everything it may touch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from restante.imap.view import MailboxView
from restante.store.api import Account, Mailbox
from restante.store.directory import AccountRecord

if TYPE_CHECKING:
    from restante.imap.following import Follower
    from restante.imap.session import Session


@dataclass(slots=True)
class State:
    """Any state."""

    session: Session

    def send(self, line: bytes) -> None:
        """Queue one untagged response, without its ``* `` and CRLF. Costs no system call."""
        self.session.client.write(b"* %b\r\n" % line)

    def lacks(self, needed: type[State]) -> str:
        """What a client must do first for a command that needs a *needed* state, in words fit for it."""
        if needed is NotAuthenticated:
            return "already authenticated"
        return "select a mailbox first" if isinstance(self, Authenticated) else "authenticate first"


@dataclass(slots=True)
class NotAuthenticated(State):
    """Before login."""


@dataclass(slots=True)
class Authenticated(State):
    """Logged in, no mailbox selected."""

    login: AccountRecord
    account: Account


@dataclass(slots=True)
class Selected(Authenticated):
    """A mailbox is open.

    Attributes:
        mailbox: in the store.
        view: what the client believes it to hold.
        read_only: opened by EXAMINE.
        followers: what is kept up to date along with the view, by the tag of the command that began it.
    """

    mailbox: Mailbox
    view: MailboxView
    read_only: bool
    followers: dict[str, Follower] = field(default_factory=dict)


@dataclass(slots=True)
class LoggedOut(State):
    """After BYE: nothing is allowed."""
