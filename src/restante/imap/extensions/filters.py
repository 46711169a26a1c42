"""FILTERS: RFC 5466. Searches kept under a name as annotations of the server, and the search key that puts them to use.

What is kept under ``/private/filters/values`` and ``/shared/filters/values`` is checked when it is set, so that it can be used;
how it is used is in :mod:`restante.imap.filtering`.
"""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.entries import Entry, Of
from restante.imap.errors import No
from restante.imap.filtering import MAX_NAME, PRIVATE, SHARED, References, read_filter
from restante.imap.hooks import SearchKey, SearchTerm
from restante.imap.registry import Extension, Registry
from restante.imap.wire import grammar
from restante.imap.wire.errors import BadSyntax
from restante.imap.wire.reader import Reader
from restante.imap.wire.values import is_utf8
from restante.model.entry_name import EntryName
from restante.store.model import StoreFeature

_DESCRIPTIONS: Final = (EntryName("/private/filters/descriptions"), EntryName("/shared/filters/descriptions"))


def _is_name(name: str) -> bool:
    """``filter-name``: an atom without a slash (§4)."""
    return len(name) <= MAX_NAME and "/" not in name and grammar.ATOM.fullmatch(name.encode()) is not None


def _key(r: Reader, tables: Registry) -> SearchTerm:
    """``"FILTER" SP filter-name`` (§4)."""
    name = r.sp().atom().decode()
    if not _is_name(name):
        raise r.expected("a filter's name")
    r.refer(name)
    return lambda binding: binding.filters[name.lower()](binding)


def _check_value(name: EntryName, value: bytes, r: Reader, tables: Registry) -> None:
    _check_name(name)
    try:
        read_filter(value, tables, References(nesting=r.nesting, arguments=r.arguments))
    except BadSyntax as error:
        raise No(f"A filter is a search: {error}", "CANNOT") from None


def _check_description(name: EntryName, value: bytes, r: Reader, tables: Registry) -> None:
    _check_name(name)
    if not is_utf8(value):
        raise No("A description is UTF-8", "CANNOT")


def _check_name(name: EntryName) -> None:
    if not _is_name(name.rpartition("/")[2]):
        raise No("A filter's name is an atom (RFC 5466, section 4)", "CANNOT")


extension: Final = Extension(
    name="FILTERS",
    rfc=5466,
    summary="Searches kept under a name",
    capabilities=always("FILTERS"),
    needs=StoreFeature.ANNOTATIONS,
    search_keys=(SearchKey("FILTER", _key),),
    entries=(
        *(Entry(name, Of.SERVER, below=True, check=_check_value) for name in (PRIVATE, SHARED)),
        *(Entry(name, Of.SERVER, below=True, check=_check_description) for name in _DESCRIPTIONS),
    ),
)
