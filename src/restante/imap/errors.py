"""The five kinds of error and their doors (RFC 9051 §7.1; codes from RFC 5530).

======================  ============================================  ==================================
kind                    the client sees                               the log
======================  ============================================  ==================================
``BadSyntax``, ``Bad``  ``tag BAD`` with what was expected and where  debug
``No``                  ``tag NO [CODE] text``                        debug
``StoreError``          ``tag NO [CODE] text`` by :data:`STORE_CODES` info; warning when unavailable
``Disconnect``          ``* BYE [CODE] text``                         info
anything else: a bug    ``tag NO [SERVERBUG]`` with a reference       exception, and the test run fails
======================  ============================================  ==================================
"""

from __future__ import annotations

from typing import Final

from restante.store import errors as store


class Bad(Exception):
    """The client broke the protocol in a way grammar cannot see; answered with ``BAD`` and this text.

    Attributes:
        code: a response code without its brackets, or None.
    """

    def __init__(self, text: str, code: str | None = None) -> None:
        super().__init__(text)
        self.code = code


class No(Exception):
    """The command cannot be done; answered with ``NO``.

    Attributes:
        code: a response code without its brackets, or None.
        text: for people to read; never another exception's text.
    """

    def __init__(self, text: str, code: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


class Disconnect(Exception):
    """The connection must end; ``BYE`` tells why."""

    def __init__(self, text: str, code: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.code = code


class ConnectionLost(Disconnect):
    """The peer is gone; nobody is left to tell, and *text* is for the log."""


STORE_CODES: Final[dict[type[store.StoreError], str | None]] = {
    store.NoSuchMailbox: "NONEXISTENT",
    store.MailboxExists: "ALREADYEXISTS",
    store.MailboxHasChildren: "HASCHILDREN",
    store.MailboxFixed: "CANNOT",
    store.SpecialUseTaken: "USEATTR",
    store.OverQuota: "OVERQUOTA",
    store.LimitReached: "LIMIT",
    store.MessageTooBig: "TOOBIG",
    store.AnnotationTooBig: "TOOBIG",
    store.TooManyAnnotations: "METADATA TOOMANY",
    store.NoSuchAccount: "UNAVAILABLE",
    store.AccountHasMail: "ALREADYEXISTS",
    store.Unavailable: "UNAVAILABLE",
    store.NewerFormat: "UNAVAILABLE",
    store.Corrupt: "CORRUPTION",
}
"""Every store error and its response code (RFC 5530 §3, RFC 5464 §4.3)."""


def as_no(error: store.StoreError) -> No:
    """The tagged NO that tells a client of a store's refusal."""
    return No(str(error), STORE_CODES[type(error)])
