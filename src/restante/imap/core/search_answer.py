"""How SEARCH, SORT and ESEARCH answer: RETURN options, what they save, and the ESEARCH response (RFC 4466 §2.6, RFC 4731)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from restante.imap.hooks import FetchAtt, SearchPart, SearchResult, SearchReturn
from restante.imap.registry import Registry
from restante.imap.wire import writer
from restante.imap.wire.reader import Reader
from restante.model.ids import Uid
from restante.model.message_set import UidSet, ordered_set
from restante.store.api import Mailbox

if TYPE_CHECKING:
    from restante.imap.session import Session

SAVE: Final = "SAVE"
"""The RETURN option that keeps the result (RFC 5182 §2.1); it writes no part of the answer."""


@dataclass(frozen=True, slots=True)
class Returns:
    """``search-return-opts``: RETURN options with what each does; none means ALL (RFC 4731 §3.1)."""

    options: tuple[tuple[SearchReturn, SearchPart], ...] = ()

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self | None:
        """Read ``"RETURN" SP "(" [option *(SP option)] ")" SP``, or None where there is none."""
        if r.peek_word() != "RETURN":
            return None
        r.word()
        found = r.sp().list_of(lambda r: _option(r, tables), empty=True)
        if sum(option.lists for option, _ in found) > 1:
            raise r.expected("one of ALL and PARTIAL, once")
        r.sp()
        return cls(found)

    @property
    def saving(self) -> bool:
        """Whether the result is to be saved."""
        return any(option.name == SAVE for option, _ in self.options)

    @property
    def relevancy(self) -> bool:
        """Whether scores of relevancy are to be told."""
        return any(option.relevancy for option, _ in self.options)

    @property
    def updates(self) -> tuple[FetchAtt, ...]:
        """What to send of new messages that come to a result that is kept up to date (RFC 5465 §7)."""
        return tuple(item for _, part in self.options for item in part.updates or ())

    @property
    def updating(self) -> bool:
        """Whether the result is to be kept up to date (RFC 5267 §4.3)."""
        return any(part.updates is not None for _, part in self.options)

    def kept(self, uids: Sequence[Uid]) -> UidSet:
        """What SAVE keeps: the whole result, or what MIN and MAX showed when only those were asked (RFC 5182 §2.4)."""
        shown = [part for option, part in self.options if option.name != SAVE and not option.silent]
        if not shown:
            return UidSet.of(uids)
        return UidSet.of(uid for part in shown for uid in part.saves(uids))

    def parts(self, result: SearchResult) -> list[bytes] | None:
        """Each option's part of the answer; None when there is to be no answer, the result being only saved."""
        if not self.options:
            return [part for part in (all_numbers(result),) if part is not None]
        if self.saving and all(option.name == SAVE or option.silent for option, _ in self.options):
            return None
        return [part for _, each in self.options if (part := each.write(result)) is not None]


def _option(r: Reader, tables: Registry) -> tuple[SearchReturn, SearchPart]:
    known = tables.search_returns.get(r.peek_word())
    if known is None:
        raise r.expected("a SEARCH RETURN option")
    r.word()
    return known, known.read(r, tables)


async def additions(session: Session, mailbox: Mailbox, notes: Iterable[str], shown: Sequence[Uid]) -> list[bytes]:
    """What keys add to the answer, of the messages of *mailbox* it shows (RFC 7162 §3.1.5)."""
    table = session.services.registry.search_additions
    names = sorted(notes)
    for note in names:
        session.turn_on(table[note].enables)
    if not shown or not names:
        return []
    index = await mailbox.index()
    return [b"%b %b" % (note.encode(), table[note].value(shown, index)) for note in names]


def esearch(tag: str, parts: Iterable[bytes], *, uid: bool, correlators: bytes = b"") -> bytes:
    """``ESEARCH`` with its parts; the tag is a quoted string, which at least one client insists on (RFC 4466 §2.6.2)."""
    shown = b"".join([b" " + part for part in parts])
    return b"ESEARCH (TAG %b%b)%b%b" % (writer.quoted(tag.encode()), correlators, b" UID" if uid else b"", shown)


def all_numbers(result: SearchResult) -> bytes | None:
    """``ALL set``, in the result's order; nothing when nothing was found (RFC 4731 §3.1, RFC 5267 §3.2)."""
    return b"ALL " + ordered_set(result.numbers).encode() if result.numbers else None
