"""SELECT, EXAMINE, CHECK and CLOSE (RFC 9051 §6.3.2, §6.3.3, §6.4.1; RFC 3501 §6.4.1).

The rule it protects: a SELECT that fails leaves no mailbox selected, and one that succeeds says everything the client needs
before its tagged reply, so that the first FETCH can follow at once.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Self

from restante.imap.errors import Bad
from restante.imap.hooks import NoArguments, Opened, SelectParameter, command
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Registry
from restante.imap.state import Authenticated, Selected
from restante.imap.view import MailboxView
from restante.imap.wire import writer
from restante.imap.wire.reader import Reader
from restante.model.flags import SYSTEM_FLAGS
from restante.model.ids import Uid
from restante.model.mailbox_name import MailboxName
from restante.store.api import Mailbox, MessageIndex
from restante.store.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Select:
    """``select = "SELECT" SP mailbox [select-params]`` (RFC 4466 §2.1).

    Attributes:
        parameters: each with what to do once the mailbox is open.
    """

    mailbox: MailboxName
    parameters: tuple[tuple[SelectParameter, Opened], ...] = ()

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the mailbox and the parameters that extensions know."""
        mailbox = r.sp().mailbox()
        if not r.take(b" "):
            return cls(mailbox)

        def parameter(r: Reader) -> tuple[SelectParameter, Opened]:
            known = tables.select_parameters.get(r.peek_word())
            if known is None:
                raise r.expected("a SELECT parameter")
            r.word()
            return known, known.read(r, tables)

        return cls(mailbox, r.list_of(parameter))


def unselect(s: Authenticated) -> Authenticated:
    """Leave the selected mailbox, if any; the state without it."""
    s.session.state = Authenticated(s.session, s.login, s.account)
    return s.session.state


async def _open(cmd: Select, s: Authenticated, *, read_only: bool) -> Done:
    for parameter, _ in cmd.parameters:
        if parameter.requires and parameter.requires not in s.session.enabled:
            raise Bad(f"ENABLE {parameter.requires} first")
    closing = isinstance(s, Selected)
    unselect(s)
    if closing:
        # What follows is about the new mailbox (RFC 9051 §7.1).
        s.session.client.write(s.session.status("*", "OK", "Previous mailbox is now closed", "CLOSED"))
    mailbox = await s.account.mailbox(cmd.mailbox)
    first_recent = None if s.session.rev2 else await _first_recent(mailbox, read_only=read_only)
    # From here on nothing is waited for, so that the view and what is said of it are of one moment.
    index = await mailbox.index()
    view = MailboxView(index.uids, index.modseq, index.uid_next, s.session.style())
    if first_recent is not None:
        view.claim(first_recent)
    selected = Selected(s.session, s.login, s.account, mailbox, view, read_only)
    _describe(selected, cmd.mailbox, index)
    for _, opened in cmd.parameters:
        for line in await opened(selected):
            s.send(line)
    s.session.state = selected
    return Done(f"{cmd.mailbox} selected", "READ-ONLY" if read_only else "READ-WRITE")


async def _first_recent(mailbox: Mailbox, *, read_only: bool) -> Uid | None:
    """From which UID on messages are recent to this session; EXAMINE leaves them recent to others (RFC 3501 §2.3.2)."""
    if not read_only:
        # On a disk that is full they stay recent to others, too; that keeps nobody from reading.
        with suppress(Unavailable):
            return await mailbox.claim_recent()
    recent = (await mailbox.status()).recent
    uids = (await mailbox.index()).uids
    return Uid(uids[-recent]) if 0 < recent <= len(uids) else None


def _describe(s: Selected, name: MailboxName, index: MessageIndex) -> None:
    rev2, view = s.session.rev2, s.view
    flags = " ".join((*SYSTEM_FLAGS, *index.keywords()))
    s.send(f"FLAGS ({flags})".encode())
    s.send(b"%d EXISTS" % len(view))
    if not rev2:
        s.send(b"%d RECENT" % view.recent)
        if not s.view.style.uid_only:
            _first_unseen(s, index)
    permanent = "" if s.read_only else f"{flags} \\*"
    _code(s, f"PERMANENTFLAGS ({permanent})", "No flag can be changed" if s.read_only else "Flags are kept")
    _code(s, f"UIDVALIDITY {s.mailbox.uid_validity}", "UIDs are valid")
    _code(s, f"UIDNEXT {view.uid_next}", "The next UID")
    _code(s, f"HIGHESTMODSEQ {view.told}", "The latest change")
    for tell in s.session.services.registry.on_select:
        s.send(tell(s))
    if rev2:
        s.send(b'LIST () "/" ' + writer.mailbox(name, utf8=True))


def _first_unseen(s: Selected, index: MessageIndex) -> None:
    at = index.first_unseen()
    if at >= 0:
        _code(s, f"UNSEEN {at + 1}", "The first unseen message")


def _code(s: Selected, code: str, text: str) -> None:
    s.session.client.write(s.session.status("*", "OK", text, code))


async def select(cmd: Select, s: Authenticated) -> Done:
    """Open for reading and writing (RFC 9051 §6.3.2)."""
    return await _open(cmd, s, read_only=False)


async def examine(cmd: Select, s: Authenticated) -> Done:
    """Open for reading (RFC 9051 §6.3.3)."""
    return await _open(cmd, s, read_only=True)


async def close(cmd: NoArguments, s: Selected) -> Done:
    """Expunge silently, then leave the mailbox (RFC 9051 §6.4.1); its new modseq is not told (RFC 7162 §3.2.8)."""
    if not s.read_only:
        await s.mailbox.expunge()
    unselect(s)
    return DONE


async def check(cmd: NoArguments, s: Selected) -> Done:
    """A checkpoint; everything acknowledged is on disk already (RFC 3501 §6.4.1)."""
    return DONE


COMMANDS: Final = (
    command("SELECT", Select, select, state=Authenticated),
    command("EXAMINE", Select, examine, state=Authenticated),
    command("CLOSE", NoArguments, close, state=Selected),
    command("CHECK", NoArguments, check, state=Selected),
)
