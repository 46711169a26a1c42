"""Delivery of a message to one recipient: find the account, choose the mailboxes, store, and only then say so.

Strategy: the message is appended once per recipient; where a filter wants it in several mailboxes the rest are copies,
which write no content. Who delivers to several accounts at once is the caller's affair.

The rule it protects: a positive outcome means that the message is in the mailbox, on disk, and whoever waits for it has
been woken. Anything else is an outcome too; nothing but cancellation leaves here as an exception.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from restante.auth.ports import Offload
from restante.delivery.draft import Draft, DraftLimits, Spool
from restante.delivery.envelope import Addressee, Envelope
from restante.delivery.filter import Arrival, Filter, Placement
from restante.delivery.outcome import ON_RECORD, Outcome, refusal
from restante.delivery.ports import Journal
from restante.delivery.trace import trace_fields
from restante.model.dates import MailDate
from restante.model.ids import Uid
from restante.model.mailbox_name import INBOX, MailboxName
from restante.smtp.reply import UNAVAILABLE, Reply
from restante.store.address import Addressing
from restante.store.api import Account, Mailbox, Store
from restante.store.directory import DEFAULT_ADDRESSING, Directory
from restante.store.errors import LimitReached, MailboxExists, NoSuchMailbox, StoreError
from restante.store.model import FlagOp, NewMessage, Upload

_DEFAULT_LIMITS: Final = DraftLimits()


@dataclass(frozen=True, slots=True)
class Deliverer:
    """Delivers to accounts of one store.

    Attributes:
        store: where mail is kept.
        directory: whose mail it is.
        filter: where in the account it goes.
        offload: runs blocking work beside the event loop.
        rules: which addresses lead to accounts.
        limits: what one message may take.
        spool_directory: where large messages to several recipients wait; None for the system's place.
        quota_is_permanent: whether mail over quota is refused for good.
    """

    store: Store
    directory: Directory
    filter: Filter
    offload: Offload
    rules: Addressing = DEFAULT_ADDRESSING
    limits: DraftLimits = _DEFAULT_LIMITS
    spool_directory: Path | None = None
    quota_is_permanent: bool = False

    async def find(self, address: str) -> Addressee | None:
        """Whom *address* names; None if nobody. A disabled account receives. Raises StoreError."""
        found = await self.directory.resolve(address, self.rules)
        return None if found is None else Addressee(address, found.account, found.detail)

    def draft(self, envelope: Envelope, addressees: list[Addressee]) -> Draft:
        """A message for *addressees*, about to arrive."""
        if len(addressees) == 1:
            return Draft(self.limits, lambda: self._begun_upload(envelope, addressees[0]))
        return Draft(self.limits, self.spool)

    def upload(self, size: int) -> Upload:
        """See :class:`~restante.delivery.draft.Staging`."""
        return self.store.upload(size)

    def spool(self) -> Spool:
        """See :class:`~restante.delivery.draft.Staging`."""
        return Spool(self.spool_directory)

    async def deliver(self, draft: Draft, envelope: Envelope, addressee: Addressee, journal: Journal) -> Outcome:
        """Store a finished *draft* for one of its addressees."""
        try:
            return await self._deliver(draft, envelope, addressee)
        except StoreError as error:
            if isinstance(error, ON_RECORD):
                journal.trouble("delivery failed", error, id=envelope.hop.id, account=addressee.account.id)
            return Outcome(refusal(error, quota_is_permanent=self.quota_is_permanent))
        except OSError as error:
            journal.trouble("delivery failed", error, id=envelope.hop.id, account=addressee.account.id)
            return Outcome(UNAVAILABLE)
        except Exception as error:  # noqa: BLE001 - the one place where a bug in delivery becomes an answer
            return Outcome(internal_error(journal.bug(error)))

    async def _deliver(self, draft: Draft, envelope: Envelope, addressee: Addressee) -> Outcome:
        account = await self.store.account(addressee.account.id)
        arrival = Arrival(draft.header, draft.size, envelope, addressee)
        placements = await self.filter.route(arrival, account)
        if not placements:
            return Outcome(Reply(250, "2.0.0", f"{envelope.hop.id} Discarded"))
        mailbox, name = await _open(account, placements[0])
        raw = await draft.copy(trace_fields(envelope, addressee.address), self, self.offload)
        date = MailDate(envelope.hop.time)
        appended = await mailbox.append([NewMessage(raw, date, placements[0].flags)])
        for placement in placements[1:]:
            await _copy(account, mailbox, appended.uids[0], placements[0], placement)
        return Outcome(Reply(250, "2.0.0", f"{envelope.hop.id} Saved"), name, appended.uids[0])

    def _begun_upload(self, envelope: Envelope, addressee: Addressee) -> Upload:
        upload = self.store.upload(self.limits.message)
        try:
            upload.write(trace_fields(envelope, addressee.address))
        except OSError:
            upload.discard()
            raise
        return upload


def internal_error(reference: str) -> Reply:
    """A bug: the mail stays where it is."""
    return Reply(451, "4.3.0", f"Internal error (ref {reference}); try again later")


async def _open(account: Account, placement: Placement) -> tuple[Mailbox, MailboxName]:
    """The mailbox to use, and its name: the one asked for, made if it may be, else INBOX."""
    name = placement.mailbox
    try:
        return await account.mailbox(name), name
    except NoSuchMailbox:
        if not placement.create or not await _create(account, name):
            name = INBOX
    return await account.mailbox(name), name


async def _create(account: Account, name: MailboxName) -> bool:
    try:
        await account.create(name)
        await account.subscribe(name)
    except MailboxExists:
        # Another delivery made it just now.
        return True
    except LimitReached:
        return False
    return True


async def _copy(account: Account, source: Mailbox, uid: Uid, first: Placement, placement: Placement) -> None:
    """Put the message, already at its *first* placement, where another wants it too."""
    target, _ = await _open(account, placement)
    if target.id == source.id:
        return
    copied = await source.copy([uid], target.id)
    if placement.flags != first.flags:
        await target.update_flags(copied.target, FlagOp.SET, placement.flags)
