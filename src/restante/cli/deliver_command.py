"""``restante deliver``: puts a message from standard input into mailboxes, for mail programs that run a command.

The rule it protects: exit code 0 means that every recipient has the message on disk; whatever may work later is 75, so that
the mail system keeps the message and tries again (its EX_TEMPFAIL), and only a recipient nobody knows is 67 (EX_NOUSER).
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from restante import logs
from restante.cli.options import loaded, shared_options
from restante.cli.outcome import Exit, Failure
from restante.delivery.deliverer import Deliverer
from restante.delivery.envelope import Addressee, Envelope, Hop
from restante.delivery.filter import MailboxFilter
from restante.model.mailbox_name import BadMailboxName, MailboxName, mailbox_name
from restante.server.journal import Faults, SessionJournal
from restante.smtp.content import LineEnds
from restante.smtp.path import read_path
from restante.smtp.reply import Reply
from restante.store.errors import StoreError

if TYPE_CHECKING:
    from restante.config import Config

NO_USER: Final = 67
"""EX_NOUSER of sysexits."""

_PIECE: Final = 64 * 1024


class _Mailbox(click.ParamType[MailboxName]):
    name = "mailbox"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> MailboxName:
        try:
            return mailbox_name(value)
        except BadMailboxName as error:
            self.fail(str(error), param, ctx)


class _Sender(click.ParamType[str]):
    name = "address"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        path = read_path(value, 0) if value.strip() else None
        if value.strip() and (path is None or path.end != len(value)):
            self.fail(f"{value!r} is not a mail address", param, ctx)
        return path.address if path else ""


@click.command()
@click.argument("recipients", metavar="RECIPIENT...", nargs=-1, required=True)
@click.option("--mailbox", type=_Mailbox(), metavar="NAME", help="Deliver here, not where the addresses say.")
@click.option("--from", "sender", type=_Sender(), metavar="ADDRESS", help="The envelope sender; without it, nobody.")
@shared_options
def deliver(recipients: tuple[str, ...], mailbox: MailboxName | None, sender: str | None) -> None:
    """Deliver a message from standard input.

    Exits with 0 when it is stored for everybody, 67 when a RECIPIENT is unknown (and then for nobody), 75 when trying
    again later may help.
    """
    config = loaded().config
    try:
        refused = asyncio.run(_deliver(config, sys.stdin.buffer, recipients, mailbox, sender))
    except (StoreError, OSError) as error:
        # Even damage is told as temporary: the mail is safer where it is than bounced.
        raise Failure(f"{error}: {error.__cause__}" if error.__cause__ else str(error), Exit.TEMPORARY) from error
    if refused:
        text = "\n".join(f"{address}: {reply.text}" for address, reply in refused)
        temporary = any(reply.temporary for _, reply in refused)
        raise Failure(text, Exit.TEMPORARY if temporary else Exit.FAILED)


async def _deliver(
    config: Config, stdin: BinaryIO, recipients: tuple[str, ...], mailbox: MailboxName | None, sender: str | None
) -> list[tuple[str, Reply]]:
    """Whom it was not delivered to, and why."""
    # Imported late: it brings in the engines, which most commands do without.
    from restante import app

    if not app.has_accounts(config):
        raise Failure(f"{config.data.dir} holds no accounts", Exit.TEMPORARY)
    async with app.open_mail(config) as mail:
        route = None if mailbox is None else MailboxFilter(mailbox, config.delivery.create_mailboxes)
        deliverer = app.make_deliverer(config, mail, route)
        addressees = await _find(deliverer, recipients)
        pieces = _pieces(stdin)
        first = next(pieces, b"")
        mark, first = _without_mark(first)
        hop = Hop(socket.gethostname(), logs.reference(), int(time.time()))
        envelope = Envelope(mark if sender is None else sender, hop)
        draft = deliverer.draft(envelope, addressees)
        try:
            draft.write(first)
            for piece in pieces:
                draft.write(piece)
            fault = draft.finish()
            if fault is not None:
                return [(addressee.address, fault) for addressee in addressees]
            journal = SessionJournal(logs.logger("deliver"), Faults())
            outcomes = [
                (addressee.address, (await deliverer.deliver(draft, envelope, addressee, journal)).reply)
                for addressee in addressees
            ]
            return [(address, reply) for address, reply in outcomes if not reply.positive]
        finally:
            draft.discard()


async def _find(deliverer: Deliverer, recipients: tuple[str, ...]) -> list[Addressee]:
    found, unknown = [], []
    for recipient in recipients:
        path = read_path(recipient, 0)
        address = path.address if path is not None and path.end == len(recipient) else ""
        addressee = await deliverer.find(address) if address else None
        if addressee is None:
            unknown.append(recipient)
        else:
            found.append(addressee)
    for recipient in unknown:
        Failure(f"{recipient}: no such user here").show()
    if unknown:
        raise click.exceptions.Exit(NO_USER)
    return found


def _pieces(stdin: BinaryIO) -> Iterator[bytes]:
    """Standard input with the line ends of mail."""
    ends = LineEnds()
    while piece := stdin.read(_PIECE):
        yield ends.feed(piece)
    yield ends.finish()


def _without_mark(first: bytes) -> tuple[str, bytes]:
    """The sender named in the line ``From SENDER DATE`` that mail programs put before a message, and what follows it."""
    if not first.startswith(b"From "):
        return "", first
    line, _, rest = first.partition(b"\n")
    words = line.decode("utf-8", "surrogateescape").split()
    path = read_path(words[1], 0) if len(words) > 1 else None
    return (path.address if path is not None and path.end == len(words[1]) else ""), rest
