"""What FETCH items need to know besides the message: the client's view and what it agreed to."""

from __future__ import annotations

from dataclasses import dataclass

from restante.imap.view import MailboxView


@dataclass(frozen=True, slots=True)
class FetchContext:
    """The client's side of a FETCH.

    Attributes:
        view: for ``\\Recent`` and for how to tell.
        utf8: whether quoted strings may hold UTF-8.
    """

    view: MailboxView
    utf8: bool
