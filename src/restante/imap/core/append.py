"""APPEND (RFC 9051 §6.3.12), several messages at once (RFC 3502), with their UIDs (RFC 4315 §3).

Strategy: the message streamed to where it will stay while it came in; here it is only handed to the store, all or none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from restante.imap.errors import Bad, No
from restante.imap.hooks import LiteralKind, command
from restante.imap.protocol.response import Done
from restante.imap.registry import Registry
from restante.imap.state import Authenticated
from restante.imap.wire.fragments import Literal
from restante.imap.wire.reader import Reader
from restante.model.dates import MailDate
from restante.model.flags import FlagSet
from restante.model.mailbox_name import MailboxName
from restante.model.message_set import UidSet
from restante.store.api import Mailbox
from restante.store.errors import NoSuchMailbox
from restante.store.model import NewMessage, Upload

MAX_MESSAGES: Final = 1000
"""Messages of one APPEND."""


@dataclass(frozen=True, slots=True)
class AppendMessage:
    """``append-message = append-opts SP append-data`` (RFC 4466 §6, RFC 3502 §6.3.11)"""

    flags: FlagSet
    date: MailDate | None
    literal: Literal

    @classmethod
    def read(cls, r: Reader) -> Self:
        """``[SP flag-list] [SP date-time] SP literal``"""
        r.sp()
        flags: FlagSet = FlagSet()
        if r.peek(b"("):
            flags = FlagSet(r.flag_list())
            r.sp()
        date = None
        if r.peek(b'"'):
            date = r.date_time()
            r.sp()
        return cls(flags, date, _data(r))


def _data(r: Reader) -> Literal:
    """A literal, a literal8, or the ``UTF8 (literal8)`` of RFC 9755 §4."""
    if r.take(b"UTF8 ("):
        literal = r.message_literal()
        r.expect(b")")
        return literal
    return r.message_literal()


@dataclass(frozen=True, slots=True)
class Append:
    """``append = "APPEND" SP mailbox 1*append-message`` (RFC 3502 §6.3.11)"""

    mailbox: MailboxName
    messages: tuple[AppendMessage, ...]

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the mailbox and every message."""
        mailbox = r.sp().mailbox()
        messages = [AppendMessage.read(r)]
        while not r.at_end():
            if len(messages) >= MAX_MESSAGES:
                raise r.expected(f"at most {MAX_MESSAGES} messages")
            messages.append(AppendMessage.read(r))
        return cls(mailbox, tuple(messages))


async def append(cmd: Append, s: Authenticated) -> Done:
    """Store the messages; the OK means they are on disk."""
    mailbox = await target(s, cmd.mailbox)
    if 0 < s.session.save_limit < len(cmd.messages):
        raise No("Too many messages for one command; take fewer at a time", f"MESSAGELIMIT {s.session.save_limit}")
    now = MailDate(s.session.services.clock())
    appended = await mailbox.append([new_message(one, now) for one in cmd.messages])
    s.session.tally.appended += len(appended.uids)
    s.session.wrote(mailbox.id, appended.uids, appended.modseq)
    code = f"APPENDUID {appended.uid_validity} {UidSet.of(appended.uids).wire()}"
    return Done(code=code)


async def target(s: Authenticated, name: MailboxName) -> Mailbox:
    """The mailbox to put messages in; when there is none, the client is told to create it (RFC 9051 §7.1: TRYCREATE)."""
    try:
        return await s.account.mailbox(name)
    except NoSuchMailbox as error:
        raise No(str(error), "TRYCREATE") from error


def new_message(one: AppendMessage, now: MailDate) -> NewMessage:
    """*one* as the store takes it, its date *now* if it names none. Raises No, Bad."""
    literal = one.literal
    if literal.failed:
        raise No("The message could not be kept just now; try again later", "UNAVAILABLE")
    if literal.size == 0:
        raise Bad("An empty message cannot be appended")
    if literal.data is not None:
        return NewMessage(literal.data, one.date or now, one.flags)
    assert literal.upload is not None
    upload: Upload = literal.upload
    return NewMessage(upload, one.date or now, one.flags)


COMMANDS: Final = (command("APPEND", Append, append, state=Authenticated, literal=LiteralKind.MESSAGE),)
