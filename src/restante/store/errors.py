"""What a store can refuse, each its own type; ``imap/errors.py`` has the one table that turns them into response codes.

The text of an error is fit for a client: it names what the client named and nothing else. What an administrator needs
(paths, the driver's own words) goes in ``__cause__`` and so to the log.
"""


class StoreError(Exception):
    """The store will not or cannot; ``str(error)`` is fit for a client."""


class NoSuchAccount(StoreError):
    """No account of that id keeps mail here."""


class AccountHasMail(StoreError):
    """An account of that id already keeps mail here."""


class NoSuchMailbox(StoreError):
    """The mailbox does not exist, or no longer does."""


class MailboxExists(StoreError):
    """A mailbox of that name exists already."""


class MailboxHasChildren(StoreError):
    """The mailbox has others below it, so it cannot be deleted (RFC 5530 §3: HASCHILDREN)."""


class MailboxFixed(StoreError):
    """INBOX can be neither deleted nor created, and a name cannot be moved below itself."""


class SpecialUseTaken(StoreError):
    """Another mailbox has that special use already, or the use is not one this store knows (RFC 6154 §3)."""


class OverQuota(StoreError):
    """The account holds as much as it may."""


class LimitReached(StoreError):
    """More mailboxes, keywords or levels than the settings allow (RFC 5530 §3: LIMIT)."""


class AnnotationTooBig(StoreError):
    """The annotation is larger than the settings allow (RFC 5464 §4.3).

    Attributes:
        limit: octets one may have.
    """

    def __init__(self, text: str, limit: int = 0) -> None:
        super().__init__(text)
        self.limit = limit


class TooManyAnnotations(StoreError):
    """More annotations, or more octets of them, than the settings allow (RFC 5464 §4.3)."""


class MessageTooBig(StoreError):
    """The message is larger than the settings allow."""


class Unavailable(StoreError):
    """The store cannot do this now: full or read-only disk, I/O error. Nothing changed; it may work later."""


class NewerFormat(StoreError):
    """The data was written by a newer release; opening it could harm it. Nothing was touched."""


class Corrupt(StoreError):
    """The data is damaged; ``restante check`` tells more."""
