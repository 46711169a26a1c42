"""MULTISEARCH: RFC 7377. ESEARCH searches several mailboxes with one command, and answers for each that has a match.

Strategy: mailboxes are picked from one read of the list, so names that are not there, or come twice, cost and say nothing. One is
searched after the other, and each answer goes out before the next search begins.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from restante.imap.capability import always
from restante.imap.contexts import refuse
from restante.imap.core.search_answer import Returns, additions, esearch
from restante.imap.core.search_program import Program
from restante.imap.errors import Bad, No
from restante.imap.hooks import SearchResult, command
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Extension, Registry
from restante.imap.relevancy import scores
from restante.imap.state import Authenticated, Selected
from restante.imap.view import MailboxView, Style
from restante.imap.wire import writer
from restante.imap.wire.reader import Reader
from restante.model.mailbox_name import MailboxName, ancestors, parent
from restante.model.message_set import UidSet
from restante.store.api import Mailbox
from restante.store.errors import NoSuchMailbox
from restante.store.model import MailboxRecord


class Where(enum.Enum):
    """Which mailboxes a source means (§2.2, RFC 5465 §6); every mailbox here is personal, and mail may come to any."""

    SELECTED = "SELECTED"
    INBOXES = "INBOXES"
    PERSONAL = "PERSONAL"
    SUBSCRIBED = "SUBSCRIBED"
    SUBTREE = "SUBTREE"
    SUBTREE_ONE = "SUBTREE-ONE"
    MAILBOXES = "MAILBOXES"


_NAMED: Final = (Where.SUBTREE, Where.SUBTREE_ONE, Where.MAILBOXES)


@dataclass(frozen=True, slots=True)
class Source:
    """``filter-mailboxes``: *names* for those that name mailboxes."""

    where: Where
    names: frozenset[MailboxName] = frozenset()

    @classmethod
    def read(cls, r: Reader) -> Self:
        """Read one source."""
        try:
            where = Where(r.peek_word())
        except ValueError:
            raise r.expected("which mailboxes to search") from None
        r.word()
        if where not in _NAMED:
            return cls(where)
        r.sp()
        names = r.list_of(Reader.mailbox) if r.peek(b"(") else (r.mailbox(),)
        return cls(where, frozenset(names))

    def covers(self, record: MailboxRecord) -> bool:
        """Whether it means that mailbox."""
        match self.where:
            case Where.INBOXES | Where.PERSONAL:
                return True
            case Where.SUBSCRIBED:
                return record.subscribed
            case Where.MAILBOXES:
                return record.name in self.names
            case Where.SUBTREE_ONE:
                return record.name in self.names or parent(record.name) in self.names
            case Where.SUBTREE:
                return record.name in self.names or not self.names.isdisjoint(ancestors(record.name))
            case Where.SELECTED:
                return False


_SELECTED: Final = (Source(Where.SELECTED),)


@dataclass(frozen=True, slots=True)
class Esearch:
    """``esearch = "ESEARCH" [SP esearch-source-opts] [SP search-return-opts] SP search-program`` (§4)"""

    sources: tuple[Source, ...]
    returns: Returns
    program: Program

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the sources, the options and the program."""
        sources: tuple[Source, ...] = _SELECTED
        if r.sp().peek_word() == "IN":
            r.word()
            sources = r.sp().list_of(Source.read)
            r.sp()
        returns = Returns.read(r, tables) or Returns()
        if returns.saving and any(source.where is not Where.SELECTED for source in sources):
            raise r.expected("the selected mailbox alone where the result is saved")
        return cls(sources, returns, Program.read(r, tables))


async def multisearch(cmd: Esearch, s: Authenticated) -> Done:
    """Search each mailbox in turn."""
    here = s if isinstance(s, Selected) else None
    wants_selected = any(source.where is Where.SELECTED for source in cmd.sources)
    if wants_selected and here is None:
        raise Bad("Select a mailbox first, or say which to search")
    cmd = await _prepared(cmd, s, here)
    selected = None if here is None else here.mailbox.id
    for record in await s.account.list_mailboxes():
        if here is not None and record.id == selected:
            if wants_selected or _covered(cmd.sources, record):
                await _search(cmd, s, record.name, here.mailbox, here.view)
        elif _covered(cmd.sources, record):
            await _search_unselected(cmd, s, record)
        await s.session.client.drain()
    if cmd.returns.updating:
        refuse(s, s.session.tag)
    return DONE


async def _prepared(cmd: Esearch, s: Authenticated, here: Selected | None) -> Esearch:
    """With the filters it names, the same for every mailbox."""
    try:
        return replace(cmd, program=await cmd.program.prepared(s))
    except No:
        if here is not None and cmd.returns.saving:
            here.view.saved = UidSet()
        raise


def _covered(sources: Sequence[Source], record: MailboxRecord) -> bool:
    return any(source.covers(record) for source in sources)


async def _search_unselected(cmd: Esearch, s: Authenticated, record: MailboxRecord) -> None:
    if not record.status.messages:
        return
    try:
        mailbox = await s.account.mailbox_by_id(record.id)
        index = await mailbox.index()
        # Numbers in the program are those the mailbox would have if it were opened now.
        view = MailboxView(index.uids, index.modseq, index.uid_next, Style())
        await _search(cmd, s, record.name, mailbox, view)
    except NoSuchMailbox:
        # It was deleted meanwhile, and is passed over like any that is not there.
        return


async def _search(cmd: Esearch, s: Authenticated, name: MailboxName, mailbox: Mailbox, view: MailboxView) -> None:
    """Search one mailbox; a response only if something was found (§2.1)."""
    try:
        query, binding = cmd.program.query(s, view)
    except No:
        # RFC 5182 §2.1: a SAVE that fails leaves the empty result.
        view.saved = UidSet() if cmd.returns.saving else view.saved
        raise
    uids = view.known(await mailbox.search(query, s.session.errand))
    relevancy = await scores(mailbox, binding, uids) if cmd.returns.relevancy else ()
    if cmd.returns.saving:
        view.saved = cmd.returns.kept(uids)
    parts = cmd.returns.parts(SearchResult(uids, True, relevancy))
    if not uids or parts is None:
        return
    added = await additions(s.session, mailbox, binding.notes, list(cmd.returns.kept(uids)))
    where = b" MAILBOX %b UIDVALIDITY %d" % (writer.mailbox(name, utf8=s.session.utf8), mailbox.uid_validity)
    s.send(esearch(s.session.tag, [*parts, *added], uid=True, correlators=where))


extension: Final = Extension(
    name="MULTISEARCH",
    rfc=7377,
    summary="Search several mailboxes at once",
    capabilities=always("MULTISEARCH"),
    commands=(
        command("ESEARCH", Esearch, multisearch, state=Authenticated),
        # The grammar has it without UID, an example with it (§2).
        command("UID ESEARCH", Esearch, multisearch, state=Authenticated),
    ),
)
