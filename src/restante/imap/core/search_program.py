"""What SEARCH, SORT, THREAD and ESEARCH search for: search keys and the charset of their strings (RFC 9051 §6.4.4).

The rule it protects: a result holds only messages the client was told of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from restante.imap.binding import Binding
from restante.imap.core.search_keys import conjunction, read_key
from restante.imap.errors import Bad, No
from restante.imap.hooks import SearchTerm
from restante.imap.registry import Registry
from restante.imap.state import Authenticated, Selected
from restante.imap.view import MailboxView
from restante.imap.wire.reader import Reader
from restante.mime.charset import codec
from restante.model.collation import UNICODE_CASEMAP
from restante.model.ids import Uid
from restante.store.query import Query, collated


@dataclass(frozen=True, slots=True)
class Program:
    """``search-program``: search keys, all of which are to match.

    Attributes:
        charset: as written, or None.
        term: what to find.
        must_name: whether the command's syntax asks for a charset.
    """

    charset: str | None
    term: SearchTerm
    must_name: bool = False

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read ``["CHARSET" SP charset SP] search-key *(SP search-key)``."""
        charset = None
        if r.peek_word() == "CHARSET":
            r.word()
            charset = r.sp().charset()
            r.sp()
        return cls(charset, _keys(r, tables))

    @classmethod
    def read_criteria(cls, r: Reader, tables: Registry) -> Self:
        """Read ``charset 1*(SP search-key)``, as SORT and THREAD have it (RFC 5256 §5)."""
        charset = r.charset()
        return cls(charset, _keys(r.sp(), tables), must_name=True)

    def query(self, s: Authenticated, view: MailboxView) -> tuple[Query, Binding]:
        """What the store is asked, and what the keys noted. Raises No with BADCHARSET, and Bad."""
        charset = codec(self.charset) if self.charset else "utf-8"
        if self.charset and s.session.utf8 and not s.session.rev2 and not (self.must_name and charset == "utf_8"):
            raise Bad("With UTF8=ACCEPT all strings are UTF-8; name no other charset, and none to SEARCH")
        if charset is None:
            raise No("The charset is not supported", _BADCHARSET)
        binding = Binding(view, charset, s.session.services.clock())
        query = self.term(binding)
        if s.session.collation is UNICODE_CASEMAP:
            return query, binding
        collation = s.session.collation
        binding.relevance[:] = [(weight, collated(each, collation)) for weight, each in binding.relevance]
        return collated(query, collation), binding


_BADCHARSET: Final = "BADCHARSET (US-ASCII UTF-8)"


def _keys(r: Reader, tables: Registry) -> SearchTerm:
    terms = [read_key(r, tables)]
    while r.take(b" "):
        if len(terms) >= r.arguments:
            raise r.expected(f"at most {r.arguments} keys")
        terms.append(read_key(r, tables))
    return conjunction(tuple(terms))


async def find(program: Program, s: Selected) -> tuple[list[Uid], Binding]:
    """The UIDs that match, of messages the client knows, ascending, and what the keys noted."""
    query, binding = program.query(s, s.view)
    return s.view.known(await s.mailbox.search(query)), binding
