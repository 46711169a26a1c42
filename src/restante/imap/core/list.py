"""LIST and LSUB, with the extended LIST of RFC 5258 that IMAP4rev2 has made the base (RFC 9051 §6.3.9; RFC 3501 §6.3.9).

Special-use and children attributes go out with every LIST and LSUB: several clients read them and never ask. LSUB never
answers NO.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from restante.imap.hooks import ListAnswer, ListSelection, command
from restante.imap.listing import ListEntry, Patterns
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Registry
from restante.imap.state import Authenticated
from restante.imap.wire import writer
from restante.imap.wire.reader import Reader
from restante.model.mailbox_name import BadMailboxName, MailboxName, ancestors

MAX_PATTERNS: Final = 100
"""Patterns of one LIST; each is matched with every name."""
_FAIR: Final = 16
"""Names matched until others may have their turn."""


@dataclass(frozen=True, slots=True)
class List:
    """``list = "LIST" [SP list-select-opts] SP mailbox SP mbox-or-pat [SP list-return-opts]`` (RFC 5258 §6).

    Attributes:
        reference: what the patterns stand under.
        patterns: one or more.
        selection: selection options.
        answers: what the return options add.
        extended: whether any of the extended syntax was used.
    """

    reference: str
    patterns: tuple[str, ...]
    selection: tuple[ListSelection, ...] = ()
    answers: tuple[ListAnswer, ...] = ()
    extended: bool = False

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the options, the patterns and the return options."""
        r.sp()
        options = r.peek(b"(")
        selection = _selection(r, tables) if options else ()
        if options:
            r.sp()
        reference = r.list_mailbox()
        many = r.sp().peek(b"(")
        read = r.list_of(_pattern) if many else (_pattern(r),)
        if len(read) > MAX_PATTERNS:
            raise r.expected(f"at most {MAX_PATTERNS} patterns")
        patterns = tuple(pattern for pattern in read if pattern is not None)
        returning = r.take(b" ")
        implied = tuple(one.implies for one in selection if one.implies)
        answers = (*implied, *_returns(r, tables)) if returning else implied
        return cls(reference, patterns, selection, answers, options or many or returning)


def _pattern(r: Reader) -> str | None:
    """A pattern; None for one that could match no name, which is passed over (RFC 9051 §6.3.9)."""
    try:
        return r.list_mailbox()
    except BadMailboxName:
        return None


def _selection(r: Reader, tables: Registry) -> tuple[ListSelection, ...]:
    def option(r: Reader) -> ListSelection:
        known = tables.list_selections.get(r.peek_word())
        if known is None:
            raise r.expected("a LIST selection option")
        r.word()
        return known

    chosen = r.list_of(option, empty=True)
    if any(one.recursive for one in chosen) and not any(one.keeps for one in chosen):
        # RFC 5258 §3.1: it only modifies others.
        raise r.expected("a selection option beside RECURSIVEMATCH")
    return chosen


def _returns(r: Reader, tables: Registry) -> tuple[ListAnswer, ...]:
    def option(r: Reader) -> ListAnswer:
        known = tables.list_returns.get(r.peek_word())
        if known is None:
            raise r.expected("a LIST return option")
        r.word()
        return known.read(r, tables)

    r.expect(b"RETURN")
    return r.sp().list_of(option, empty=True)


async def list_(cmd: List, s: Authenticated) -> Done:
    """Answer with the names that match (RFC 9051 §6.3.9)."""
    if cmd.patterns == ("",) and not cmd.extended:
        s.send(b'LIST (\\Noselect) "/" ""')
        return DONE
    utf8 = s.session.utf8
    patterns = Patterns(cmd.reference, cmd.patterns)
    everything = await s.session.services.listings.of(s.account)
    answers = [await answer.prepared(s) for answer in cmd.answers]
    recursive = any(one.recursive for one in cmd.selection)
    keepers = [one.keeps for one in cmd.selection if one.keeps]
    chosen = {entry.name for entry in everything if all(keeps(entry) for keeps in keepers)} if keepers else set()
    parents = _unlisted_parents(chosen, patterns) if recursive else set()
    for number, entry in enumerate(everything):
        if number % _FAIR == 0:
            await s.session.client.drain()
        if not patterns.match(entry.name):
            continue
        matches = entry.name in chosen if keepers else entry.record is not None
        below = entry.name in parents
        if matches or below:
            _answer(s, entry, answers, [one.name for one in cmd.selection if one.keeps] if below else [], utf8=utf8)
        if matches:
            _after(s, entry, answers, utf8=utf8)
    return DONE


def _unlisted_parents(chosen: Iterable[MailboxName], patterns: Patterns) -> set[MailboxName]:
    """The names above selected ones that the client is not shown otherwise (RFC 5258 §3.5)."""
    return {above for name in chosen if not patterns.match(name) for above in ancestors(name)}


def _answer(
    s: Authenticated, entry: ListEntry, answers: Sequence[ListAnswer], below: Sequence[str], *, utf8: bool
) -> None:
    attributes = entry.attributes()
    if answers:
        attributes = list(
            dict.fromkeys((*attributes, *(one for answer in answers for one in answer.attributes(entry))))
        )
    line = b'LIST (%b) "/" %b' % (" ".join(attributes).encode(), writer.mailbox(entry.name, utf8=utf8))
    if below:
        line += b' ("CHILDINFO" (%b))' % b" ".join(writer.quoted(name.encode()) for name in below)
    s.send(line)


def _after(s: Authenticated, entry: ListEntry, answers: Sequence[ListAnswer], *, utf8: bool) -> None:
    """What return options add after a name that was selected itself (RFC 5819 §2)."""
    for answer in answers:
        after = answer.after(entry, utf8=utf8)
        if after is not None:
            s.send(after)


@dataclass(frozen=True, slots=True)
class Lsub:
    """``lsub = "LSUB" SP mailbox SP list-mailbox`` (RFC 3501 §6.3.9)"""

    reference: str
    pattern: str

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the reference and the pattern."""
        return cls(r.sp().list_mailbox(), r.sp().list_mailbox())


async def lsub(cmd: Lsub, s: Authenticated) -> Done:
    """Answer with the subscribed names that match, and with ``\\Noselect`` the levels of ``%`` above others."""
    patterns = Patterns(cmd.reference, (cmd.pattern,))
    for number, entry in enumerate(await s.session.services.listings.of(s.account)):
        if number % _FAIR == 0:
            await s.session.client.drain()
        if not patterns.match(entry.name):
            continue
        above = entry.subscribed_below and "*" not in cmd.pattern and not entry.subscribed
        if entry.subscribed or above:
            attributes = ["\\Noselect"] if above else entry.use_attributes()
            name = writer.mailbox(entry.name, utf8=s.session.utf8)
            s.send(b'LSUB (%b) "/" %b' % (" ".join(attributes).encode(), name))
    return DONE


COMMANDS: Final = (
    command("LIST", List, list_, state=Authenticated),
    command("LSUB", Lsub, lsub, state=Authenticated),
)
