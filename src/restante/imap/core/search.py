"""SEARCH (RFC 9051 §6.4.4): answered by SEARCH in IMAP4rev1, by ESEARCH in IMAP4rev2 or when RETURN asks (RFC 4731)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from restante.imap.binding import Binding
from restante.imap.contexts import Wanted, check_tag, keep_updated
from restante.imap.core.search_answer import Returns, additions, esearch
from restante.imap.core.search_program import Program, find
from restante.imap.errors import No
from restante.imap.hooks import Numbers, SearchResult, with_uid
from restante.imap.portion import searched_portion
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Registry
from restante.imap.relevancy import scores
from restante.imap.state import Selected
from restante.imap.wire import writer
from restante.imap.wire.reader import Reader
from restante.model.ids import Uid
from restante.model.message_set import UidSet


@dataclass(frozen=True, slots=True)
class Search:
    """``search = "SEARCH" [search-return-opts] SP search-program`` (RFC 4466 §6, RFC 5182 §3)

    Attributes:
        uid: whether to answer with UIDs.
        returns: RETURN options; None without RETURN.
        program: what to find.
    """

    uid: bool
    returns: Returns | None
    program: Program

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the options, the charset and the program."""
        return cls(r.uid, Returns.read(r.sp(), tables), Program.read(r, tables))


async def search(cmd: Search, s: Selected) -> Done:
    """Find, save if asked, and answer."""
    check_tag(cmd.returns, s)
    saving = cmd.returns is not None and cmd.returns.saving
    try:
        program = await cmd.program.prepared(s)
        uids, binding = await find(program, s)
    except No:
        if saving:
            # RFC 5182 §2.1: a SAVE that fails leaves the empty result.
            s.view.saved = UidSet()
        raise
    if s.session.message_limit:
        uids = searched_portion(s, program.query(s, s.view)[0], uids)
    if cmd.returns is None and not s.session.rev2:
        added = b"".join([b" (%b)" % one for one in await additions(s.session, s.mailbox, binding.notes, uids)])
        s.send(b"SEARCH" + writer.numbers(s.view.shown(uids, uid=cmd.uid)) + added)
    else:
        # Before a new "$" takes the place of the one the program means.
        query = program.query(s, s.view)[0] if cmd.returns is not None and cmd.returns.updating else None
        await answer(cmd.returns or Returns(), s, uids, binding, uid=cmd.uid)
        if query is not None and cmd.returns is not None:
            keep_updated(cmd.returns, s, Wanted(query, cmd.uid), uids)
    return DONE


async def answer(returns: Returns, s: Selected, uids: list[Uid], binding: Binding, *, uid: bool) -> None:
    """Save what is to be saved of *uids*, in the order of the answer, and send ``* ESEARCH``."""
    relevancy = await scores(s.mailbox, binding, uids) if returns.relevancy else ()
    if returns.saving:
        s.view.saved = returns.kept(uids)
    parts = returns.parts(SearchResult(s.view.shown(uids, uid=uid), uid, relevancy))
    if parts is None:
        return
    shown = list(returns.kept(uids)) if binding.notes else []
    s.send(esearch(s.session.tag, [*parts, *await additions(s.session, s.mailbox, binding.notes, shown)], uid=uid))


COMMANDS: Final = with_uid("SEARCH", Search, search, state=Selected, numbers=Numbers.USES)
