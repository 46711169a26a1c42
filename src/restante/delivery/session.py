"""One client's LMTP dialogue, from greeting to goodbye (RFC 2033, RFC 5321 §3, RFC 3030 §2).

Strategy: events in (:mod:`restante.smtp.connection`), replies out. A recipient is looked up when it is named; the message
goes to the draft as it arrives; recipients are delivered to side by side, a few at a time, those of one account one after
the other, and each is answered as soon as all before it are.

The rule it protects: one final reply for each accepted recipient, in order, and none that is positive before the message
is in the mailbox. Every error becomes a reply here.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, assert_never

from restante.delivery.deliverer import Deliverer, internal_error
from restante.delivery.draft import Draft
from restante.delivery.envelope import Addressee, Envelope, Hop
from restante.delivery.outcome import UNKNOWN_USER, Outcome
from restante.delivery.ports import Clock, Journal, Spawn
from restante.model.ids import AccountId
from restante.smtp import reply as replies
from restante.smtp.command import Bdat, Command, Data, Hello, Help, Mail, Noop, Quit, Rcpt, Rset, Vrfy
from restante.smtp.connection import Connection, Content, ContentEnd, Event, Malformed
from restante.smtp.errors import BadCommand
from restante.smtp.reply import Reply, bad_sequence
from restante.smtp.transaction import MailOptions, Phase, hello_reply, mail_options, misplaced, no_parameters
from restante.store.errors import StoreError

_NOT_LMTP: Final = Reply(500, "5.5.1", "This is LMTP; say LHLO")
_NO_RECIPIENTS: Final = bad_sequence("No valid recipients")
_NOT_ASCII: Final = Reply(553, "5.6.7", "An address that is not ASCII needs SMTPUTF8")
_NONSENSE: Final = frozenset((500, 501, 502, 555))
"""Replies to what no client means to say. A refused MAIL or RCPT, and what was pipelined behind it, is ordinary life."""
_HELP: Final = Reply(214, "2.0.0", "LHLO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT")


class Client(Protocol):
    """The client's end of the connection."""

    @property
    def gone(self) -> bool:
        """Whether nobody is left to answer."""
        ...

    def write(self, data: bytes) -> None:
        """Queue octets."""
        ...

    async def flush(self) -> None:
        """Send what is queued; waits while the client reads too slowly."""
        ...


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """What one client may do.

    Attributes:
        recipients: of one transaction (RFC 5321 §4.5.3.1.8 asks for 100 at least).
        bad_commands: commands that are none, or wrongly written, until the connection is ended.
        at_once: deliveries of one message that may be under way together.
    """

    recipients: int = 1000
    bad_commands: int = 20
    at_once: int = 8


DEFAULT_SESSION_LIMITS: Final = SessionLimits()


@dataclass(frozen=True, slots=True)
class Services:
    """What all sessions share.

    Attributes:
        host: this machine's name.
        clock: the time, epoch seconds.
        new_id: names a transaction.
        spawn: lets deliveries go on side by side.
    """

    deliverer: Deliverer
    host: str
    clock: Clock
    new_id: Callable[[], str]
    spawn: Spawn
    limits: SessionLimits = DEFAULT_SESSION_LIMITS


@dataclass(slots=True)
class Tally:
    """What the session's one log line says it did."""

    commands: int = 0
    bad: int = 0
    messages: int = 0
    delivered: int = 0
    refused: int = 0
    failed: int = 0


@dataclass(slots=True)
class Transaction:
    """From MAIL to the last reply."""

    sender: str
    options: MailOptions
    addressees: list[Addressee] = field(default_factory=list)
    envelope: Envelope | None = None
    draft: Draft | None = None
    chunk: Bdat | None = None


class LmtpSession:
    """One client's dialogue. *peer* is its IP address, empty on a UNIX socket; *secure*, whether under TLS."""

    def __init__(
        self,
        services: Services,
        client: Client,
        wire: Connection,
        journal: Journal,
        peer: str = "",
        *,
        secure: bool = False,
    ) -> None:
        self._services = services
        self._client = client
        self._wire = wire
        self._journal = journal
        self._peer = peer
        self._secure = secure
        self._hello = ""
        self._phase = Phase.CONNECTED
        self._transaction: Transaction | None = None
        self.tally = Tally()
        self.over = False
        self.said_goodbye = False

    def greet(self) -> None:
        """The greeting (RFC 5321 §4.3.1)."""
        self._say(Reply(220, "", f"{self._services.host} LMTP Restante ready"))

    @property
    def hello(self) -> str:
        """What the client called itself."""
        return self._hello

    def end(self) -> None:
        """Let go of what the session holds."""
        self._reset()
        self.over = True

    def leave(self, reply: Reply) -> None:
        """Say *reply*, the last word, and end."""
        self._say(reply)
        self.end()

    async def handle(self, event: Event) -> None:
        """Answer one event."""
        match event:
            case Content(data):
                self._content(data)
            case ContentEnd():
                await self._content_end()
            case Malformed(reply, fatal):
                self._refuse(reply)
                if fatal:
                    self.end()
            case _:
                await self._command(event)

    def _say(self, reply: Reply) -> None:
        self._client.write(reply.wire())

    def _refuse(self, reply: Reply) -> None:
        """The client erred: so often, and no further."""
        self._say(reply)
        if reply.code not in _NONSENSE:
            return
        self.tally.bad += 1
        if self.tally.bad >= self._services.limits.bad_commands and not self.over:
            self.leave(replies.TOO_MANY_ERRORS)

    async def _command(self, command: Command) -> None:
        self.tally.commands += 1
        fault = misplaced(command, self._phase)
        if isinstance(command, Bdat):
            self._begin_chunk(command, fault)
        elif fault is not None:
            self._refuse(fault)
        else:
            try:
                await self._run(command)
            except BadCommand as error:
                self._refuse(error.reply)

    async def _run(self, command: Hello | Mail | Rcpt | Data | Rset | Noop | Vrfy | Help | Quit) -> None:
        match command:
            case Hello():
                self._greeted(command)
            case Mail():
                self._mail(command)
            case Rcpt():
                await self._rcpt(command)
            case Data():
                self._data()
            case Rset():
                self._reset()
                self._say(replies.OK)
            case Noop():
                self._say(replies.OK)
            case Vrfy():
                self._say(replies.CANNOT_VERIFY)
            case Help():
                self._say(_HELP)
            case Quit():
                self.said_goodbye = True
                self.leave(replies.GOODBYE)
            case _:
                assert_never(command)

    # The envelope

    def _greeted(self, command: Hello) -> None:
        if command.verb != "LHLO":
            raise BadCommand(_NOT_LMTP)
        self._reset()
        self._hello = command.name
        self._phase = Phase.READY
        self._say(hello_reply(self._services.host, self._services.deliverer.limits.message))

    def _mail(self, command: Mail) -> None:
        options = mail_options(command.parameters, self._services.deliverer.limits.message)
        if not options.utf8 and not command.sender.isascii():
            raise BadCommand(_NOT_ASCII)
        self._transaction = Transaction(command.sender, options)
        self._phase = Phase.OPEN
        self._say(replies.SENDER_OK)

    async def _rcpt(self, command: Rcpt) -> None:
        transaction = self._transaction
        assert transaction is not None
        no_parameters(command.parameters)
        if not transaction.options.utf8 and not command.recipient.isascii():
            raise BadCommand(_NOT_ASCII)
        if len(transaction.addressees) >= self._services.limits.recipients:
            self._say(replies.TOO_MANY_RECIPIENTS)
            return
        found = await self._find(command.recipient)
        if isinstance(found, Reply):
            self.tally.refused += 1
            self._say(found)
        else:
            transaction.addressees.append(found)
            self._say(replies.RECIPIENT_OK)

    async def _find(self, address: str) -> Addressee | Reply:
        try:
            return await self._services.deliverer.find(address) or UNKNOWN_USER
        except StoreError as error:
            self._journal.trouble("recipient lookup failed", error)
            return replies.UNAVAILABLE
        except Exception as error:  # noqa: BLE001 - the one place where a bug in a lookup becomes an answer
            return internal_error(self._journal.bug(error))

    # The content

    def _data(self) -> None:
        transaction = self._transaction
        assert transaction is not None
        if not transaction.addressees:
            raise BadCommand(_NO_RECIPIENTS)
        self._open_draft(transaction)
        self._wire.expect_content()
        self._say(replies.SEND_CONTENT)

    def _begin_chunk(self, command: Bdat, fault: Reply | None) -> None:
        """The chunk follows, whatever is thought of it; what is wrong is said after it (RFC 3030 §2)."""
        transaction = self._transaction
        if fault is not None or transaction is None:
            # Stands for the transaction that is missing, until the chunk's end.
            transaction = self._transaction = Transaction("", MailOptions())
            transaction.chunk = command
            return
        transaction.chunk = command
        self._phase = Phase.CHUNKS
        if transaction.addressees and transaction.draft is None:
            self._open_draft(transaction)

    def _open_draft(self, transaction: Transaction) -> None:
        services = self._services
        utf8 = "UTF8" if transaction.options.utf8 else ""
        protocol = f"{utf8}LMTP{'S' if self._secure else ''}"
        hop = Hop(services.host, services.new_id(), int(services.clock()), self._hello, self._peer, protocol)
        transaction.envelope = Envelope(transaction.sender, hop)
        transaction.draft = services.deliverer.draft(transaction.envelope, transaction.addressees)

    def _content(self, data: bytes) -> None:
        if self._transaction is not None and self._transaction.draft is not None:
            self._transaction.draft.write(data)

    async def _content_end(self) -> None:
        transaction = self._transaction
        assert transaction is not None
        if transaction.chunk is None or transaction.chunk.last:
            await self._acknowledge(transaction)
        elif transaction.draft is None:
            fault = misplaced(transaction.chunk, self._phase)
            if fault is not None:
                self._reset()
            self._refuse(fault or _NO_RECIPIENTS)
        elif transaction.draft.fault is not None:
            self._say(transaction.draft.fault)
        else:
            self._say(Reply(250, "2.0.0", f"{transaction.chunk.size} octets received"))

    async def _acknowledge(self, transaction: Transaction) -> None:
        """A final reply for each accepted recipient; for none, no reply (RFC 2033 §4.3)."""
        draft, envelope = transaction.draft, transaction.envelope
        if draft is not None and envelope is not None:
            self.tally.messages += 1
            fault = draft.finish()
            if fault is None:
                await self._deliver(draft, envelope, transaction.addressees)
            else:
                self._answer_all(draft, fault, transaction.addressees)
        self._reset()

    def _answer_all(self, draft: Draft, fault: Reply, addressees: list[Addressee]) -> None:
        if draft.error is not None:
            self._journal.trouble("message could not be kept", draft.error)
        for addressee in addressees:
            self._answer(addressee, Outcome(fault))

    async def _deliver(self, draft: Draft, envelope: Envelope, addressees: list[Addressee]) -> None:
        begun: list[Awaitable[Outcome]] = []
        latest: dict[AccountId, Awaitable[Outcome]] = {}
        for at, addressee in enumerate(addressees):
            # Nobody hears of what is not begun when the client is gone: it will send those again.
            while len(begun) < min(at + self._services.limits.at_once, len(addressees)) and not self._client.gone:
                following = addressees[len(begun)]
                work = self._after(latest.get(following.account.id), draft, envelope, following)
                begun.append(self._services.spawn(work))
                latest[following.account.id] = begun[-1]
            if at >= len(begun):
                return
            self._answer(addressee, await begun[at])
            await self._client.flush()

    async def _after(
        self, previous: Awaitable[Outcome] | None, draft: Draft, envelope: Envelope, addressee: Addressee
    ) -> Outcome:
        if previous is not None:
            await previous
        return await self._services.deliverer.deliver(draft, envelope, addressee, self._journal)

    def _answer(self, addressee: Addressee, outcome: Outcome) -> None:
        reply = outcome.reply
        self._say(Reply(reply.code, reply.status, f"<{addressee.address}> {reply.text}"))
        if outcome.delivered:
            self.tally.delivered += 1
        else:
            self.tally.failed += 1
        self._journal.detail(
            "delivered" if outcome.delivered else "not delivered",
            account=addressee.account.id,
            mailbox=outcome.mailbox,
            uid=outcome.uid,
            reply=f"{reply.code} {reply.status} {reply.text}",
        )

    def _reset(self) -> None:
        transaction, self._transaction = self._transaction, None
        if transaction is not None and transaction.draft is not None:
            transaction.draft.discard()
        if self._phase is not Phase.CONNECTED:
            self._phase = Phase.READY
