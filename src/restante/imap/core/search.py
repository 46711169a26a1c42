"""SEARCH (RFC 9051 §6.4.4): answered by SEARCH in IMAP4rev1, by ESEARCH in IMAP4rev2 or when RETURN asks (RFC 4731).

The rule it protects: a result holds only messages the client was told of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from restante.imap.binding import Binding
from restante.imap.core.search_keys import conjunction, read_key
from restante.imap.errors import Bad, No
from restante.imap.hooks import Numbers, SearchPart, SearchResult, SearchReturn, SearchTerm, with_uid
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Registry
from restante.imap.state import Selected
from restante.imap.wire import writer
from restante.imap.wire.reader import Reader
from restante.mime.charset import codec
from restante.model.ids import Uid
from restante.model.message_set import UidSet

SAVE: Final = "SAVE"
"""The RETURN option that keeps the result (RFC 5182 §2.1); it writes no part of the answer."""


@dataclass(frozen=True, slots=True)
class Search:
    """``search = "SEARCH" [search-return-opts] SP search-program`` (RFC 4466 §6, RFC 5182 §3)

    Attributes:
        uid: whether to answer with UIDs.
        returns: RETURN options with what they do; None without RETURN.
        charset: as written, or None.
        program: what to find.
    """

    uid: bool
    returns: tuple[tuple[SearchReturn, SearchPart], ...] | None
    charset: str | None
    program: SearchTerm

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the options, the charset and the program."""
        r.sp()
        returns = None
        if r.peek_word() == "RETURN":
            r.word()
            returns = _returns(r.sp(), tables)
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


def _returns(r: Reader, tables: Registry) -> tuple[tuple[SearchReturn, SearchPart], ...]:
    found = r.list_of(lambda r: _return(r, tables), empty=True)
    if sum(option.lists for option, _ in found) > 1:
        raise r.expected("one of ALL and PARTIAL, once")
    return found


def _return(r: Reader, tables: Registry) -> tuple[SearchReturn, SearchPart]:
    known = tables.search_returns.get(r.peek_word())
    if known is None:
        raise r.expected("a SEARCH RETURN option")
    r.word()
    return known, known.read(r, tables)


async def search(cmd: Search, s: Selected) -> Done:
    """Find, save if asked, and answer."""
    saving = any(option.name == SAVE for option, _ in cmd.returns or ())
    notes: set[str] = set()
    try:
        uids = await find(cmd, s, notes)
    except No:
        if saving:
            # RFC 5182 §2.1: a SAVE that fails leaves the empty result.
            s.view.saved = UidSet()
        raise
    if saving:
        s.view.saved = _kept(cmd, uids)
    numbers = uids if cmd.uid else [number for uid in uids if (number := s.view.seqnum(uid))]
    if cmd.returns is None and not s.session.rev2:
        added = b"".join([b" (%b)" % one for one in await _additions(s, notes, uids)])
        s.send(b"SEARCH" + b"".join(b" %d" % number for number in numbers) + added)
        return DONE
    shown = list(_kept(cmd, uids)) if cmd.returns else uids
    _answer(cmd, s, SearchResult(numbers, cmd.uid), await _additions(s, notes, shown))
    return DONE


async def _additions(s: Selected, notes: set[str], shown: Sequence[Uid]) -> list[bytes]:
    """What keys add to the answer, of the messages it shows (RFC 7162 §3.1.5)."""
    table = s.session.services.registry.search_additions
    for note in notes:
        s.session.turn_on(table[note].enables)
    if not shown or not notes:
        return []
    index = await s.mailbox.index()
    return [b"%b %b" % (note.encode(), table[note].value(shown, index)) for note in sorted(notes)]


async def find(cmd: Search, s: Selected, notes: set[str]) -> list[Uid]:
    """The UIDs that match, of messages the client knows, ascending; *notes* gets the additions that keys ask for."""
    if cmd.charset and s.session.utf8 and not s.session.rev2:
        raise Bad("With UTF8=ACCEPT a SEARCH names no charset (RFC 9755, section 3)")
    charset = codec(cmd.charset) if cmd.charset else "utf-8"
    if charset is None:
        raise No("The charset is not supported", "BADCHARSET (US-ASCII UTF-8)")
    query = cmd.program(Binding(s.view, charset, s.session.services.clock(), notes))
    found = await s.mailbox.search(query)
    return [uid for uid in found if s.view.seqnum(uid)]


def _kept(cmd: Search, uids: Sequence[Uid]) -> UidSet:
    """What SAVE keeps: the whole result, or what MIN and MAX showed when only those were asked (RFC 5182 §2.4)."""
    shown = [part for option, part in cmd.returns or () if option.name != SAVE]
    if not shown:
        return UidSet.of(uids)
    return UidSet.of(uid for part in shown for uid in part.saves(uids))


def _answer(cmd: Search, s: Selected, result: SearchResult, additions: Sequence[bytes]) -> None:
    """``* ESEARCH``; the tag is a quoted string, which at least one client insists on (RFC 4466 §2.6.2)."""
    parts = [part.write(result) for _, part in cmd.returns or ()] or [all_numbers(result)]
    if cmd.returns and all(option.name == SAVE for option, _ in cmd.returns):
        return
    shown = b"".join(b" " + part for part in (*parts, *additions) if part is not None)
    uid = b" UID" if cmd.uid else b""
    s.send(b"ESEARCH (TAG %b)%b%b" % (writer.quoted(s.session.tag.encode()), uid, shown))


def all_numbers(result: SearchResult) -> bytes | None:
    """``ALL set``; nothing when nothing was found (RFC 4731 §3.1)."""
    return b"ALL " + UidSet.of(result.numbers).wire().encode() if result.numbers else None


COMMANDS: Final = with_uid("SEARCH", Search, search, state=Selected, numbers=Numbers.USES)
