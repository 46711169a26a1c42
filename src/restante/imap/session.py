"""A session: one client's conversation, from greeting to BYE (RFC 9051 §3, §6, §7).

Strategy: events in, octets out. :meth:`Session.handle` takes what the wire gave (:mod:`restante.imap.protocol.events`),
finds the command in the registry, lets it read its arguments and run, and then does, in one place and in this order: tell
what changed in the selected mailbox, send the tagged reply.

The rule it protects: that choke point. No command tells of other people's changes itself, none sends its own tagged reply,
and every error becomes an answer here (see :mod:`restante.imap.errors`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Final, assert_never

from restante.imap.announcing import announce
from restante.imap.client import Client
from restante.imap.errors import STORE_CODES, Bad, Disconnect, No, as_no
from restante.imap.following import Watch
from restante.imap.hooks import CommandSpec, Numbers
from restante.imap.languages.language import ENGLISH, Language
from restante.imap.portion import reply_code
from restante.imap.protocol import response
from restante.imap.protocol.events import (
    ContinuationWanted,
    Event,
    LiteralRefused,
    Malformed,
    Overflow,
    RawLine,
    Request,
)
from restante.imap.registry import numbers_of
from restante.imap.services import Every, Journal, Services, SessionLimits, Tally
from restante.imap.state import Authenticated, LoggedOut, NotAuthenticated, Selected, State
from restante.imap.view import Style
from restante.imap.watching.annotations import AnnotationNews, tell_annotations
from restante.imap.wire.errors import BadSyntax, TooBig
from restante.model.collation import UNICODE_CASEMAP, Collation
from restante.model.ids import MailboxId, ModSeq, Uid
from restante.model.mailbox_name import BadMailboxName, MailboxName
from restante.store.directory import AccountRecord
from restante.store.errand import Errand
from restante.store.errors import StoreError, Unavailable

__all__ = ["Journal", "Services", "Session", "SessionLimits"]


@dataclass(slots=True)
class Session:
    """One client's conversation."""

    client: Client
    services: Services
    journal: Journal
    state: State = field(init=False)
    enabled: set[str] = field(default_factory=set)
    tally: Tally = field(default_factory=Tally)
    leave: Callable[[], None] | None = None
    leaving: bool = False
    tag: str = ""
    login: AccountRecord | None = None
    every: Every | None = None
    collation: Collation = UNICODE_CASEMAP
    language: Language = ENGLISH
    after_reply: Callable[[], Awaitable[None]] | None = None
    watch: Watch | None = None
    annotations: AnnotationNews | None = None
    cut: str = ""
    errand: Errand = field(default_factory=Errand)

    def __post_init__(self) -> None:
        self.state = NotAuthenticated(self)

    # What capabilities depend on (registry.Facts)

    @property
    def logged_in(self) -> bool:
        """Whether the client has authenticated."""
        return isinstance(self.state, Authenticated)

    @property
    def tls_offered(self) -> bool:
        """Whether STARTTLS could be done now."""
        return self.client.tls_offered and not self.logged_in

    @property
    def name(self) -> str:
        """Whose session it is; empty before login."""
        return self.login.name if self.login is not None else ""

    @property
    def login_allowed(self) -> bool:
        """Whether a password may be sent as things are: encrypted, or on loopback."""
        return self.client.tls or self.services.plaintext(self.client)

    @property
    def mechanisms(self) -> tuple[str, ...]:
        """The SASL mechanisms that may be used as things are."""
        return self.services.authenticator.mechanisms(protected=self.login_allowed)

    @property
    def compressed(self) -> bool:
        """Whether COMPRESS is on."""
        return self.client.compressed

    @property
    def append_limit(self) -> int:
        """Octets of the largest message APPEND takes."""
        return self.services.limits.append

    @property
    def save_limit(self) -> int:
        """Messages that one COPY or APPEND takes; 0 for any number."""
        return self.services.limits.save or self.services.limits.messages

    @property
    def message_limit(self) -> int:
        """Messages that any command takes; 0 for any number."""
        return self.services.limits.messages

    def capabilities(self) -> str:
        """The CAPABILITY list as things are."""
        return self.services.registry.capabilities(self)

    @property
    def utf8(self) -> bool:
        """Whether the client may be sent UTF-8 in quoted strings and names (RFC 9051 §5.1, RFC 9755 §3)."""
        return bool(self.enabled) and not self.enabled.isdisjoint(_UTF8_MODES)

    @property
    def rev2(self) -> bool:
        """Whether the client asked for IMAP4rev2."""
        return "IMAP4REV2" in self.enabled

    def turn_on(self, name: str) -> str | None:
        """Enable what *name* says, with what it implies; as it is shown, or None if unknown or on already (RFC 5161 §3.1)."""
        known = self.services.registry.enable.get(name.upper())
        if known is None or name.upper() in self.enabled:
            return None
        self.enabled.add(name.upper())
        for implied in known.implies:
            self.turn_on(implied)
        if isinstance(self.state, Selected):
            self.state.view.style = self.style()
            if known.on_enable is not None:
                self.state.send(known.on_enable(self.state))
        return known.shown

    def style(self) -> Style:
        """How this client wants to be told of changes."""
        return Style(
            modseq="CONDSTORE" in self.enabled,
            vanished="QRESYNC" in self.enabled,
            uid_only="UIDONLY" in self.enabled,
        )

    def status(self, tag: str, condition: str, text: str, code: str | None = None) -> bytes:
        """A status response whose English *text* is said in the client's language (RFC 5255 §3.2)."""
        if self.language is ENGLISH:
            return response.status(tag, condition, text, code)
        return response.status(tag, condition, self.language.say(text), code, utf8=self.language.utf8)

    # Life

    def greet(self) -> None:
        """The greeting, with the capabilities: most clients then never ask (RFC 9051 §7.1)."""
        self.client.write(self.status("*", "OK", "Restante ready", f"CAPABILITY {self.capabilities()}"))

    def logged_on(self, login: AccountRecord, account: State) -> None:
        """Enter the authenticated state. Raises No with LIMIT when the account has sessions enough."""
        self.leave = self.services.presence.enter(login)
        self.login = login
        self.state = account

    def logged_off(self) -> None:
        """Back to where the greeting left the client; nothing it agreed on lasts (RFC 8437 §3)."""
        self._let_go()
        self.enabled.clear()
        self.collation = UNICODE_CASEMAP
        self.language = ENGLISH
        self.login = None
        self.state = NotAuthenticated(self)

    def end(self) -> None:
        """The connection is gone; let go of what the session holds."""
        self._let_go()
        self.state = LoggedOut(self)

    def _let_go(self) -> None:
        if self.watch is not None:
            self.watch.stop()
            self.watch = None
        self.annotations = None
        if self.leave is not None:
            self.leave()
            self.leave = None

    @property
    def listening(self) -> bool:
        """Whether the client is to be told of news between commands."""
        return self.watch is not None and self.watch.listening

    @property
    def over(self) -> bool:
        """Whether the session has ended and the connection is to be closed."""
        return isinstance(self.state, LoggedOut)

    def literal_limit(self, name: str) -> int:
        """Octets of the largest literal the command *name* may carry; messages only after login."""
        limits = self.services.limits
        if self.logged_in and self.services.registry.message_literal(name):
            return limits.append
        return limits.argument_literal if self.logged_in else min(limits.argument_literal, _LITERAL_BEFORE_LOGIN)

    # Events

    async def handle(self, event: Event) -> None:
        """Answer one event. Raises Disconnect when the connection is to be ended with a BYE."""
        match event:
            case Request():
                await self._request(event)
            case Malformed(tag, error):
                self.client.write(self._bad(tag or "*", f"Syntax error: {error}"))
            case ContinuationWanted():
                self.client.write(response.continuation("Ready for literal data"))
            case LiteralRefused():
                await self._refuse_literal(event)
            case RawLine():
                self.client.write(self._bad("*", "Unexpected line"))
            case Overflow(reason):
                raise Disconnect(reason, "TOOBIG")
            case _:
                assert_never(event)

    async def _refuse_literal(self, event: LiteralRefused) -> None:
        await self.tell(Numbers.USES)
        text, kind = f"Literal too large; at most {event.limit} octets here", "NO" if event.tag else "BAD"
        code = self.services.registry.too_big(event.name, self.services.limits)
        self.client.write(self.status(event.tag or "*", kind, text, code))

    async def _request(self, request: Request) -> None:
        self.tally.commands += 1
        self.tag, self.errand = request.tag, Errand()
        try:
            reply = await self._run(request)
        finally:
            request.discard()
        self.client.write(reply)
        if self.leaving:
            self.end()
        after, self.after_reply = self.after_reply, None
        if after is not None:
            await after()

    async def _run(self, request: Request) -> bytes:
        """Run a request, tell what changed, and give its tagged reply."""
        spec = self.services.registry.commands.get(request.name)
        state = self.state
        try:
            reply = await self._outcome(spec, request)
            if self.state is state or self.watch is not None:
                # A mailbox opened just now was described as a whole, and by this command.
                removes = self.watch is not None and self.services.registry.removes(spec)
                await self.tell(numbers_of(spec, request.reader.numbered), removes=removes)
        except Disconnect:
            raise
        except Exception as error:  # noqa: BLE001 - the one place where a bug becomes an answer
            # Nothing else is told now, since telling may be what failed; the next command makes up for it.
            self.after_reply = None
            return self.status(request.tag, "NO", f"Internal error (ref {self.journal.bug(error)})", "SERVERBUG")
        return reply

    async def _outcome(self, spec: CommandSpec | None, request: Request) -> bytes:
        """The tagged reply to a request that ran, or was refused."""
        try:
            done = await self._execute(spec, request)
        except BadSyntax as error:
            return self._bad(request.tag, str(error))
        except Bad as error:
            return self._bad(request.tag, str(error), error.code)
        except TooBig:
            return self._refused(request, No("A literal is too large here", "TOOBIG"))
        except BadMailboxName as error:
            return self._refused(request, No(f"Bad mailbox name: {error}", "CANNOT"))
        except No as error:
            return self._refused(request, error)
        except StoreError as error:
            self._log_store_error(request, error)
            return self._refused(request, as_no(error))
        return self.status(request.tag, "OK", done.text or f"{request.name} completed", reply_code(self, done.code))

    async def _execute(self, spec: CommandSpec | None, request: Request) -> response.Done:
        if spec is None:
            raise Bad(f"Unknown command {request.name}")
        if not isinstance(self.state, spec.state):
            raise Bad(f"{request.name} is not allowed now: {self.state.lacks(spec.state)}")
        reader = request.reader
        reader.utf8 = self.utf8
        run = self.services.registry.read(spec, reader)
        if (spec.by_number or reader.numbered) and "UIDONLY" in self.enabled:
            self._number_used(spec)
        stop = self._meanwhile(spec.name)
        try:
            return await run(self.state)
        finally:
            if stop is not None:
                stop()

    def _meanwhile(self, name: str) -> Callable[[], None] | None:
        """Have the client told now and then that *name* is at work, if it may take long; returns what ends that."""
        line = self.services.registry.meanwhile.get(name)
        if line is None or self.every is None:
            return None
        return self.every(self.services.limits.patience, lambda: self.client.write(b"* %b\r\n" % line(self)))

    def _number_used(self, spec: CommandSpec) -> None:
        """A client without numbers has used one, or a command that is about them (RFC 9586 §3)."""
        if not self.services.limits.numbers_end_uidonly:
            raise Bad(
                f"With UIDONLY there are no message numbers; use UID {spec.name.removeprefix('UID ')}", "UIDREQUIRED"
            )
        self.enabled.discard("UIDONLY")
        if isinstance(self.state, Selected):
            self.state.view.style = self.style()

    def _refused(self, request: Request, error: No) -> bytes:
        self.journal.detail("refused", command=request.name, code=error.code or "", text=error.text)
        return self.status(request.tag, "NO", error.text, reply_code(self, error.code))

    def _log_store_error(self, request: Request, error: StoreError) -> None:
        if isinstance(error, Unavailable):
            self.journal.trouble("store unavailable", error, command=request.name)
        else:
            self.journal.detail("store refused", command=request.name, code=STORE_CODES[type(error)] or "")

    def _bad(self, tag: str, text: str, code: str | None = None) -> bytes:
        """The reply to what is no command. Raises Disconnect when it is one too many before login."""
        self.tally.bad += 1
        reply = self.status(tag, "BAD", text, code)
        if not self.logged_in and self.tally.bad >= self.services.limits.bad_commands:
            self.client.write(reply)
            raise Disconnect("Too many bad commands")
        return reply

    # The choke point

    async def tell(self, numbers: Numbers, *, removes: bool = False) -> None:
        """Tell what changed, as far as *numbers* allows it just now; *removes* after a command that itself expunges."""
        if self.leaving:
            return
        if self.watch is not None:
            await self.watch.tell(self.state, numbers, removes=removes)
        elif isinstance(self.state, Selected):
            await announce(self.state, expunge_ok=numbers is not Numbers.USES)
        if "METADATA" in self.enabled and self.watch is None and isinstance(self.state, Authenticated):
            await tell_annotations(self.state)

    async def pushed(self) -> None:
        """Tell a client in IDLE what has happened; with a watch just what it asked for (RFC 5465 §4)."""
        if self.watch is not None:
            await self.watch.news(self.state, idle=True)
        else:
            await self.tell(Numbers.NONE)

    async def news(self) -> None:
        """Tell a client that listens between commands what it asked for (RFC 5465 §3.1)."""
        if self.watch is None or self.over:
            return
        try:
            await self.watch.news(self.state, idle=False)
        except Disconnect:
            raise
        except Exception as error:  # noqa: BLE001 - as in a command; here the client learns that it hears no more
            self.journal.bug(error)
            self.watch.overflow(self.state)

    async def causes(self, *names: MailboxName) -> None:
        """To be called before a command changes the mailbox list at *names*: its own client need not be told of it."""
        if self.watch is not None:
            await self.watch.causes(self.state, *names)

    def wrote(self, mailbox: MailboxId, uids: Collection[Uid], modseq: ModSeq) -> None:
        """To be called when a command has put messages into *mailbox*."""
        if self.watch is not None:
            self.watch.wrote(mailbox, uids, modseq)

    def still_here(self) -> None:
        """Say something in a long silence, and let no lost hint go unnoticed for longer than that."""
        self.client.write(self.status("*", "OK", "Still here"))
        if self.watch is not None:
            self.watch.doubt()


_UTF8_MODES: Final = frozenset({"UTF8=ACCEPT", "IMAP4REV2"})
_LITERAL_BEFORE_LOGIN: Final = 8192
