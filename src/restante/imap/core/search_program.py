"""What SEARCH, SORT, THREAD and ESEARCH search for: search keys and the charset of their strings (RFC 9051 §6.4.4).

The rule it protects: a result holds only messages the client was told of.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Self

from restante.imap.binding import Binding
from restante.imap.core.search_keys import read_keys
from restante.imap.errors import Bad, No
from restante.imap.filtering import NO_REFERENCES, References, resolve
from restante.imap.hooks import SearchTerm
from restante.imap.registry import Registry
from restante.imap.state import Authenticated, Selected
from restante.imap.view import MailboxView
from restante.imap.wire.reader import Reader
from restante.mime.charset import codec
from restante.model.collation import UNICODE_CASEMAP
from restante.model.ids import Uid
from restante.store.query import Query, asks_for_text, collated


@dataclass(frozen=True, slots=True)
class Program:
    """``search-program``: search keys, all of which are to match.

    Attributes:
        charset: as written, or None.
        term: what to find.
        must_name: whether the command's syntax asks for a charset.
        references: the filters it names.
        filters: what those are, by name in lower case, once it is :meth:`prepared`.
    """

    charset: str | None
    term: SearchTerm
    must_name: bool = False
    references: References = NO_REFERENCES
    filters: Mapping[str, SearchTerm] = field(default_factory=dict)

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read ``["CHARSET" SP charset SP] search-key *(SP search-key)``."""
        charset = None
        if r.peek_word() == "CHARSET":
            r.word()
            charset = r.sp().charset()
            r.sp()
        return cls(charset, read_keys(r, tables), references=References.of(r))

    @classmethod
    def read_criteria(cls, r: Reader, tables: Registry) -> Self:
        """Read ``charset 1*(SP search-key)``, as SORT and THREAD have it (RFC 5256 §5)."""
        charset = r.charset()
        return cls(charset, read_keys(r.sp(), tables), True, References.of(r))

    async def prepared(self, s: Authenticated) -> Self:
        """Itself with the filters it names, whose strings are UTF-8 (RFC 5466 §3.1). Raises No with UNDEFINED-FILTER, Bad."""
        if not self.references.names:
            return self
        if self.charset and codec(self.charset) != _UTF8:
            raise Bad("With FILTER the charset is UTF-8", _BADCHARSET)
        return replace(self, filters=await resolve(self.references, s))

    def query(self, s: Authenticated, view: MailboxView) -> tuple[Query, Binding]:
        """What the store is asked, and what the keys noted. Raises No with BADCHARSET, and Bad."""
        charset = codec(self.charset) if self.charset else "utf-8"
        if self.charset and s.session.utf8 and not s.session.rev2 and not (self.must_name and charset == "utf_8"):
            raise Bad("With UTF8=ACCEPT all strings are UTF-8; name no other charset, and none to SEARCH")
        if charset is None:
            raise No("The charset is not supported", _BADCHARSET)
        binding = Binding(view, charset, s.session.services.clock(), self.filters)
        query = self.term(binding)
        if s.session.collation is UNICODE_CASEMAP:
            return query, binding
        collation = s.session.collation
        if not collation.finds and asks_for_text(query):
            raise Bad(f"{collation.name} cannot find parts of texts; choose another COMPARATOR")
        binding.relevance[:] = [(weight, collated(each, collation)) for weight, each in binding.relevance]
        return collated(query, collation), binding


_BADCHARSET: Final = "BADCHARSET (US-ASCII UTF-8)"
_UTF8: Final = codec("utf-8")
"""US-ASCII is read as that, too."""


async def find(program: Program, s: Selected) -> tuple[list[Uid], Binding]:
    """The UIDs that match, of messages the client knows, ascending, and what the keys noted."""
    query, binding = program.query(s, s.view)
    found = await s.mailbox.search(query, s.session.errand)
    return s.view.known(found, (await s.mailbox.index()).uids), binding
