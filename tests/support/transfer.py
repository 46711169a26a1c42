"""Mail imported into stores and exported from them: what the tests of both share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

from restante.model.ids import AccountId, Uid
from restante.model.mailbox_name import MailboxName
from restante.ops.exporting.mbox import MboxTarget
from restante.ops.exporting.model import Target
from restante.ops.exporting.one_file_each import EmlTarget, MaildirTarget
from restante.ops.exporting.run import Export, Exported
from restante.ops.importing.batch import Limits
from restante.ops.importing.detect import Form, find_source
from restante.ops.importing.run import Import, Imported
from restante.store.api import Store
from restante.store.memory import MemoryStore
from restante.store.model import Field

P = ParamSpec("P")
T = TypeVar("T")

ANN = AccountId("ann")
BOB = AccountId("bob")

TARGETS: dict[str, Callable[[Path], Target]] = {
    "maildir": lambda path: MaildirTarget(path, plus=False),
    "maildir++": lambda path: MaildirTarget(path, plus=True),
    "mbox": MboxTarget,
    "mbox.gz": lambda path: MboxTarget(path, packed=True),
    "eml": EmlTarget,
}
"""Every form that is written."""


class Kept(NamedTuple):
    """A message as it must come back."""

    raw: bytes
    epoch: int
    flags: frozenset[str]


class Quiet:
    """Watches nothing, and remembers it."""

    def __init__(self) -> None:
        self.mailboxes: list[str] = []
        self.octets = 0

    def folder(self, mailbox: str) -> None:
        self.mailboxes.append(mailbox)

    def advance(self, octets: int, messages: int) -> None:
        self.octets += octets


async def inline(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs at once what would go to a thread."""
    return function(*args, **kwargs)


async def new_store(*accounts: AccountId) -> Store:
    """A memory engine that streams whatever is larger than 20,000 octets."""
    store = MemoryStore(inline=20_000)
    for account in accounts or (ANN, BOB):
        await store.create_account(account)
    return store


async def import_into(
    store: Store,
    path: Path,
    account: AccountId = ANN,
    *,
    form: Form = Form.AUTO,
    into: str | None = None,
    limits: Limits | None = None,
    dry_run: bool = False,
) -> Imported:
    """Imports *path* and tells what was done."""
    done = Imported()
    use = Import(store, inline, Quiet(), limits or Limits(), dry_run)
    await use.run(account, find_source(path, form), MailboxName(into) if into else None, done)
    return done


async def export_from(store: Store, path: Path, form: str, account: AccountId = ANN, *names: str) -> Exported:
    """Exports to *path* and tells what was done."""
    done = Exported()
    use = Export(store, inline, Quiet())
    chosen = await use.choose(account, [MailboxName(name) for name in names])
    await use.run(account, chosen, TARGETS[form](path), done)
    return done


async def holdings(store: Store, account: AccountId = ANN) -> dict[str, list[Kept]]:
    """Every mailbox with its messages, in an order that does not depend on UIDs."""
    mail = await store.account(account)
    found = {}
    for record in await mail.list_mailboxes():
        mailbox = await mail.mailbox_by_id(record.id)
        uids = [Uid(uid) for uid in (await mailbox.index()).uids]
        kept = []
        for row in await mailbox.messages(uids, Field.RAW | Field.DATE):
            raw = row.raw if row.blob is None else b"".join([piece async for piece in store.blobs.open(row.blob)])
            assert raw is not None
            kept.append(Kept(raw, row.internal_epoch, row.flags.keys))
        found[str(record.name)] = sorted(kept, key=lambda each: (each.epoch, each.raw, sorted(each.flags)))
    return found


def total(held: dict[str, list[Kept]]) -> int:
    """How many messages there are."""
    return sum(map(len, held.values()))
