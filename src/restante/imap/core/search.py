"""SEARCH (RFC 9051 §6.4.4): answered by SEARCH in IMAP4rev1, by ESEARCH in IMAP4rev2 or when RETURN asks (RFC 4731).

The rule it protects: a result holds only messages the client was told of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from restante.imap.binding import Binding
from restante.imap.core.search_keys import conjunction, read_key
from restante.imap.errors import No
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Numbers, Registry, SearchResult, SearchReturn, SearchTerm, with_uid
from restante.imap.state import Selected
from restante.imap.wire import writer
from restante.imap.wire.reader import Reader
from restante.mime.charset import codec
from restante.model.ids import Uid
from restante.model.message_set import UidSet

Part = Callable[[SearchResult], bytes | None]

SAVE: Final = "SAVE"
"""The RETURN option that keeps the result (RFC 5182 §2.1); it writes no part of the answer."""


@dataclass(frozen=True, slots=True)
class Search:
    """``search = "SEARCH" [search-return-opts] SP search-program`` (RFC 4466 §6, RFC 5182 §3)

    Attributes:
        uid: whether to answer with UIDs.
        returns: RETURN options with the writers of their parts; None without RETURN.
        charset: as written, or None.
        program: what to find.
    """

    uid: bool
    returns: tuple[tuple[SearchReturn, Part], ...] | None
    charset: str | None
    program: SearchTerm

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the options, the charset and the program."""
        r.sp()
        returns = None
        if r.peek_word() == "RETURN":
            r.word()
            returns = r.sp().list_of(lambda r: _return(r, tables), empty=True)
            r.sp()
        charset = None
        if r.peek_word() == "CHARSET":
            r.word()
            charset = r.sp().charset()
            r.sp()
        terms = [read_key(r, tables)]
        while r.take(b" "):
            if len(terms) >= r.arguments:
                raise r.expected(f"at most {r.arguments} keys")
            terms.append(read_key(r, tables))
        return cls(r.uid, returns, charset, conjunction(tuple(terms)))


def _return(r: Reader, tables: Registry) -> tuple[SearchReturn, Part]:
    known = tables.search_returns.get(r.peek_word())
    if known is None:
        raise r.expected("a SEARCH RETURN option")
    r.word()
    return known, known.read(r, tables)


async def search(cmd: Search, s: Selected) -> Done:
    """Find, save if asked, and answer."""
    saving = any(option.name == SAVE for option, _ in cmd.returns or ())
    try:
        uids = await find(cmd, s)
    except No:
        if saving:
            # RFC 5182 §2.1: a SAVE that fails leaves the empty result.
            s.view.saved = UidSet()
        raise
    if saving:
        s.view.saved = _kept(cmd, uids)
    numbers = uids if cmd.uid else [number for uid in uids if (number := s.view.seqnum(uid))]
    if cmd.returns is None and not s.session.rev2:
        s.send(b"SEARCH" + b"".join(b" %d" % number for number in numbers))
        return DONE
    _answer(cmd, s, SearchResult(numbers, cmd.uid))
    return DONE


async def find(cmd: Search, s: Selected) -> list[Uid]:
    """The UIDs that match, of messages the client knows, ascending."""
    charset = codec(cmd.charset) if cmd.charset else "utf-8"
    if charset is None:
        raise No("The charset is not supported", "BADCHARSET (US-ASCII UTF-8)")
    query = cmd.program(Binding(s.view, charset, s.session.services.clock()))
    found = await s.mailbox.search(query)
    return [uid for uid in found if s.view.seqnum(uid)]


def _kept(cmd: Search, uids: Sequence[Uid]) -> UidSet:
    """What SAVE keeps: the whole result, or what MIN and MAX showed when only those were asked (RFC 5182 §2.4)."""
    shown = [option for option, _ in cmd.returns or () if option.name != SAVE]
    if not shown:
        return UidSet.of(uids)
    return UidSet.of(uid for option in shown for uid in option.saves(uids))


def _answer(cmd: Search, s: Selected, result: SearchResult) -> None:
    """``* ESEARCH``; the tag is a quoted string, which at least one client insists on (RFC 4466 §2.6.2)."""
    parts = [write(result) for _, write in cmd.returns or ()] or [all_numbers(result)]
    if cmd.returns and all(option.name == SAVE for option, _ in cmd.returns):
        return
    shown = b"".join(b" " + part for part in parts if part is not None)
    uid = b" UID" if cmd.uid else b""
    s.send(b"ESEARCH (TAG %b)%b%b" % (writer.quoted(s.session.tag.encode()), uid, shown))


def all_numbers(result: SearchResult) -> bytes | None:
    """``ALL set``; nothing when nothing was found (RFC 4731 §3.1)."""
    return b"ALL " + UidSet.of(result.numbers).wire().encode() if result.numbers else None


COMMANDS: Final = with_uid("SEARCH", Search, search, state=Selected, numbers=Numbers.USES)
