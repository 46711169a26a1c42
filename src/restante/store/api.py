"""The store's contract: what an engine must do, and no more. Speaks Uid and ModSeq only.

Strategy: bulk and streaming, UID-based. Each mutator is one transaction, returns the modseq it wrote, and emits its hint
after commit. A mutator that returned has happened: arrivals, copies, moves, expunges and changes of the mailbox list are on
disk and fsynced; flag changes survive the process, and a power cut may lose the last second of them.

The rule it protects: UIDs never repeat, UIDNEXT never goes back, modseq never goes back; everything is keyed by account
first. One contract suite (``tests/contract/store``) holds every engine to it. Every method raises
:class:`~restante.store.errors.Unavailable` when the disk will not, and then nothing has changed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from typing import Protocol

from restante.model.flags import Flag, FlagSet
from restante.model.ids import AccountId, MailboxId, ModSeq, Uid, UidValidity
from restante.model.mailbox_name import MailboxName
from restante.store.annotations import Annotations
from restante.store.errand import Errand
from restante.store.model import (
    Appended,
    Changes,
    Copied,
    Expunged,
    Field,
    FlagOp,
    FlagsUpdated,
    Hint,
    MailboxRecord,
    MailboxStatus,
    MessageColumns,
    MessageRecord,
    NewMailbox,
    NewMessage,
    SpecialUse,
    StoreFeature,
    Upload,
)
from restante.store.moment import Moment
from restante.store.query import Query
from restante.store.sort_index import SortIndex
from restante.store.text_index import TextIndex


class MessageIndex(Protocol):
    """A mailbox's messages in memory, shared by all who have it open; read it, never write it, never keep it over an await.

    *uids* ascends; *flags* and *modseqs* run beside it, so position *i* is one message.
    """

    @property
    def uids(self) -> Sequence[int]:
        """UIDs, ascending (an ``array``: slices copy octets, not objects). It only grows; a removal makes another."""
        ...

    @property
    def flags(self) -> Sequence[FlagSet]:
        """Flag sets, by position."""
        ...

    @property
    def modseqs(self) -> Sequence[int]:
        """Modseqs, by position."""
        ...

    @property
    def modseq(self) -> ModSeq:
        """What this index is up to date with."""
        ...

    @property
    def uid_next(self) -> Uid:
        """UIDNEXT as of :attr:`modseq`."""
        ...

    def position(self, uid: int) -> int:
        """Where *uid* stands, or -1."""
        ...

    def first_unseen(self) -> int:
        """Where the first message without ``\\Seen`` stands, or -1."""
        ...

    def flag_sets(self) -> Collection[FlagSet]:
        """The distinct flag sets in use, few and cheap to ask for, in no order."""
        ...

    def keywords(self) -> Sequence[Flag]:
        """The keywords in use, in alphabetical order."""
        ...


class Mailbox(Protocol):
    """One mailbox, which may be renamed or deleted by others meanwhile; then methods raise NoSuchMailbox."""

    @property
    def id(self) -> MailboxId:
        """Permanent within the account."""
        ...

    @property
    def uid_validity(self) -> UidValidity:
        """Fixed for as long as the mailbox lives."""
        ...

    async def record(self) -> MailboxRecord:
        """Its present name, use and figures."""
        ...

    async def status(self) -> MailboxStatus:
        """Its figures; constant time."""
        ...

    async def index(self) -> MessageIndex:
        """The shared index, up to date with every change acknowledged before the call."""
        ...

    async def changes_since(self, modseq: ModSeq) -> Changes:
        """What happened after *modseq*; costs by the change, not by the mailbox. A future *modseq* gives no changes."""
        ...

    def unchanged_since(self, modseq: ModSeq) -> bool:
        """Whether nothing has happened after *modseq*, as far as that is known here and now; False where it is not."""
        ...

    async def messages(self, uids: Sequence[Uid], fields: Field, octets: int | None = None) -> list[MessageRecord]:
        """Read ascending *uids* that are there, in order; the one that takes it beyond *octets* is the last."""
        ...

    async def columns(self, uids: Sequence[Uid], fields: Field, octets: int | None = None) -> MessageColumns:
        """As :meth:`messages`, in columns: for many messages at a fraction of the cost; no sort keys."""
        ...

    async def search(self, query: Query, errand: Errand | None = None) -> list[Uid]:
        """UIDs of the messages that match, ascending; some of them if the *errand* is given up meanwhile."""
        ...

    async def sort_index(self) -> SortIndex:
        """The columns SORT and THREAD compare, as up to date as :meth:`index`; the first call reads the mailbox."""
        ...

    async def append(self, messages: Sequence[NewMessage]) -> Appended:
        """Store all *messages*, or none (RFC 3502 §3); their uploads are used up either way."""
        ...

    async def copy(self, uids: Sequence[Uid], target: MailboxId) -> Copied:
        """Copy ascending *uids* to another mailbox of the account (or this one), flags and dates kept; all or none."""
        ...

    async def move(self, uids: Sequence[Uid], target: MailboxId) -> Copied:
        """Move ascending *uids*: the copies appear and the originals vanish in one step (RFC 6851 §3.3)."""
        ...

    async def update_flags(
        self, uids: Sequence[Uid], op: FlagOp, flags: FlagSet, unchanged_since: ModSeq | None = None
    ) -> FlagsUpdated:
        """Combine *flags* into ascending *uids*' own. A message whose flags stay the same keeps its modseq."""
        ...

    async def expunge(self, uids: Sequence[Uid] | None = None, *, deleted_only: bool = True) -> Expunged:
        """Remove messages: all, or of *uids* only; unless told otherwise just those with ``\\Deleted``."""
        ...

    async def claim_recent(self) -> Uid:
        """Take the recent messages for one session: those from the returned UID on; none are recent to the next caller.

        Crash-consistent at most: a message may be recent twice, never not at all (RFC 3501 §2.3.2).
        """
        ...


class Account(Protocol):
    """One account's mail."""

    @property
    def id(self) -> AccountId:
        """Permanent."""
        ...

    async def list_mailboxes(self) -> list[MailboxRecord]:
        """Every mailbox with its figures, INBOX first, then by name; one query whatever their number.

        Others may be given the same list, so nobody writes to it; it is the same object while nothing has changed.
        """
        ...

    async def mailbox(self, name: MailboxName) -> Mailbox:
        """Open by name. Raises NoSuchMailbox."""
        ...

    async def record(self, name: MailboxName) -> MailboxRecord:
        """A mailbox with its figures, without opening it; one query. Raises NoSuchMailbox."""
        ...

    async def mailbox_by_id(self, id: MailboxId) -> Mailbox:  # noqa: A002 - the contract's own noun
        """Open by id. Raises NoSuchMailbox."""
        ...

    async def create(self, name: MailboxName, special_use: SpecialUse | None = None) -> MailboxRecord:
        """Create *name* and any mailboxes missing above it, all of them selectable.

        Raises MailboxExists, SpecialUseTaken, LimitReached.
        """
        ...

    async def rename(self, name: MailboxName, to: MailboxName) -> None:
        """Rename with all below it, creating what is missing above *to*; ids, UIDs and modseqs stay, subscriptions do not follow.

        INBOX is not renamed: its messages move to the new mailbox *to*, its annotations are copied, and it stays, empty
        (RFC 9051 §6.3.6, RFC 5464 §4.1). Raises NoSuchMailbox, MailboxExists, MailboxFixed (a name moved below itself),
        TooManyAnnotations.
        """
        ...

    async def delete(self, name: MailboxName) -> None:
        """Delete with its messages and annotations. Raises NoSuchMailbox, MailboxHasChildren, MailboxFixed (INBOX)."""
        ...

    async def set_special_use(self, name: MailboxName, special_use: SpecialUse | None) -> None:
        """Say what *name* is for. Raises NoSuchMailbox, SpecialUseTaken."""
        ...

    async def subscribe(self, name: MailboxName) -> None:
        """Subscribe to *name*, which need not exist (RFC 9051 §6.3.7). Raises LimitReached."""
        ...

    async def unsubscribe(self, name: MailboxName) -> None:
        """Drop a subscription; no error if there was none."""
        ...

    async def subscriptions(self) -> list[MailboxName]:
        """Every subscribed name, existing or not, in the order of :meth:`list_mailboxes`, and shared like that."""
        ...

    @property
    def annotations(self) -> Annotations:
        """What clients note down about its mailboxes and itself (RFC 5464 §3)."""
        ...

    def text_index(self) -> TextIndex:
        """The index that searches of text use."""
        ...


class Blobs(Protocol):
    """Large message bodies, immutable once put, named by the store."""

    def open(self, blob: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        """The octets from *start* on, at most *length*, in pieces of bounded size. Raises Unavailable."""
        ...


class Hints(Protocol):
    """Wakes sessions. Hints may be merged or lost: truth is read by modseq."""

    def subscribe(self, account: AccountId, wake: Callable[[Hint], None]) -> Callable[[], None]:
        """Have *wake* called, on the event loop, for each change in *account*; returns what ends it."""
        ...


class Store(Protocol):
    """An engine."""

    @property
    def features(self) -> frozenset[StoreFeature]:
        """What this engine can do beyond the least."""
        ...

    @property
    def hints(self) -> Hints:
        """Where to be woken."""
        ...

    @property
    def moment(self) -> Moment:
        """How long what was read stays new enough; for a server to hold while it answers."""
        ...

    @property
    def blobs(self) -> Blobs:
        """Where bodies too large for the rows are."""
        ...

    async def open(self) -> None:
        """Make ready. Raises NewerFormat when the data is a newer release's, Corrupt, Unavailable."""
        ...

    async def close(self) -> None:
        """Finish what was accepted and let go of everything."""
        ...

    def upload(self, size: int) -> Upload:
        """Stage a message of *size* octets: in memory if small, else in a file. Raises OSError."""
        ...

    async def create_account(self, id: AccountId, mailboxes: Sequence[NewMailbox] = ()) -> Account:  # noqa: A002
        """Make room for an account, with INBOX and *mailboxes*. Raises AccountHasMail."""
        ...

    async def account(self, id: AccountId) -> Account:  # noqa: A002
        """Open an account's mail; cheap when it is open already. Raises NoSuchAccount."""
        ...

    async def accounts(self) -> list[AccountId]:
        """Every account with mail here, in order."""
        ...

    async def delete_account(self, id: AccountId) -> None:  # noqa: A002
        """Remove an account's mail for good. Raises NoSuchAccount."""
        ...


__all__ = [
    "Account",
    "Blobs",
    "Hints",
    "Mailbox",
    "MessageIndex",
    "Store",
]
