"""Filters: searches kept under a name, to be part of others (RFC 5466).

Strategy: a search notes the filters it names while it is read. Before it runs they are fetched, one read for each level of
filters naming filters, and read as searches themselves; a filter counts as one key, as if it stood in parentheses. How long and
how deep all would be with the filters put in is worked out first, so that a few short ones naming each other come to nothing.

The rule it protects: a search with filters costs no more than the longest search a client may send.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from restante.imap.core.search_keys import read_keys
from restante.imap.errors import Bad, No
from restante.imap.hooks import SearchTerm
from restante.imap.registry import Registry
from restante.imap.state import Authenticated
from restante.imap.wire.cursor import MAX_ARGUMENTS, MAX_DEPTH
from restante.imap.wire.errors import BadSyntax
from restante.imap.wire.fragments import pieces
from restante.imap.wire.reader import Reader
from restante.model.entry_name import EntryName

PRIVATE: Final = EntryName("/private/filters/values")
SHARED: Final = EntryName("/shared/filters/values")
PASSES: Final = 10
"""Filters that may lie one within the other; RFC 5466 §3.1 asks for 3."""
MAX_NAME: Final = 400
"""Octets of a filter's name."""


@dataclass(frozen=True, slots=True)
class References:
    """The filters that a search names, and the limits it was read under.

    Attributes:
        names: each with the level of parentheses at which it stands.
        nesting: the most levels of parentheses.
        arguments: the most members of a list.
    """

    names: tuple[tuple[str, int], ...] = ()
    nesting: int = MAX_DEPTH
    arguments: int = MAX_ARGUMENTS

    @classmethod
    def of(cls, r: Reader) -> Self:
        """What has been read by *r*."""
        return cls(tuple(r.references), r.nesting, r.arguments)


NO_REFERENCES: Final = References()


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter's search.

    Attributes:
        term: what to find.
        names: the filters it names itself, as in :class:`References`.
        octets: its length.
        depth: its levels of parentheses.
        numbered: whether there are sequence numbers in it.
    """

    term: SearchTerm
    names: tuple[tuple[str, int], ...]
    octets: int
    depth: int
    numbered: bool


class _Whole(NamedTuple):
    """What a filter comes to with all it names put in: octets, levels of parentheses, filters one within the other."""

    octets: int
    depth: int
    height: int


def read_filter(value: bytes, tables: Registry, limits: References) -> Filter:
    """``search-criteria``, in UTF-8; strings may be literals. Raises BadSyntax."""
    try:
        value.decode()
    except UnicodeDecodeError as error:
        raise BadSyntax("UTF-8", error.start) from None
    r = Reader(pieces(value), utf8=True, arguments=limits.arguments, nesting=limits.nesting)
    term = read_keys(r, tables)
    r.end()
    return Filter(term, tuple(r.references), len(value), r.deepest, r.numbered)


async def resolve(references: References, s: Authenticated) -> Mapping[str, SearchTerm]:
    """Every filter needed, by name in lower case. Raises No with UNDEFINED-FILTER or LIMIT, and Bad for UIDONLY."""
    found: dict[str, Filter] = {}
    wanted = _new(references.names, found)
    room = s.session.services.limits.argument_literal
    for _ in range(PASSES):
        texts = await _texts(wanted.values(), s)
        for key, name in wanted.items():
            room -= len(texts.get(key, b""))
            if room < 0:
                raise _too_long()
            found[key] = _read(name, texts.get(key), references, s)
        wanted = _new([each for key in wanted for each in found[key].names], found)
        if not wanted:
            _check(references, found, s)
            return {key: each.term for key, each in found.items()}
    raise _undefined(next(iter(wanted.values())))


def _new(names: Collection[tuple[str, int]], found: Collection[str]) -> dict[str, str]:
    return {name.lower(): name for name, _ in names if name.lower() not in found}


async def _texts(names: Collection[str], s: Authenticated) -> dict[str, bytes]:
    """What is kept under *names*, the private one of two (§3.1)."""
    places = {key: (f"{PRIVATE}/{key}", f"{SHARED}/{key}") for key in map(str.lower, names)}
    entries = [EntryName(each) for both in places.values() for each in both]
    kept = await s.account.annotations.values(None, entries)
    found = {
        key: kept.get(EntryName(private), kept.get(EntryName(shared))) for key, (private, shared) in places.items()
    }
    return {key: value for key, value in found.items() if value is not None}


def _read(name: str, text: bytes | None, references: References, s: Authenticated) -> Filter:
    if text is None:
        raise _undefined(name)
    session = s.session
    try:
        found = read_filter(text, session.services.registry, references)
    except BadSyntax as error:
        raise No(f"The filter is no search: {error}", f"UNDEFINED-FILTER {name}") from None
    if found.numbered and "UIDONLY" in session.enabled and not session.services.limits.numbers_end_uidonly:
        raise Bad("The filter has message numbers, and with UIDONLY there are none", "UIDREQUIRED")
    return found


def _check(references: References, found: Mapping[str, Filter], s: Authenticated) -> None:
    """Raise No for filters that lie too deep in each other or in themselves, and for what would be too long."""
    known: dict[str, _Whole] = {}
    most = s.session.services.limits.argument_literal

    def whole(name: str, level: int) -> _Whole:
        made = known.get(name.lower())
        if level + (0 if made is None else made.height) > PASSES:
            # One that names itself ends here as well (§3.1).
            raise _undefined(name)
        if made is None:
            each = found[name.lower()]
            within = [(at, whole(other, level + 1)) for other, at in each.names]
            octets = each.octets + sum(one.octets for _, one in within)
            depth = max([each.depth, *(at + one.depth for at, one in within)])
            height = max([0, *(1 + one.height for _, one in within)])
            made = known[name.lower()] = _Whole(octets, depth, height)
        return made

    all_of_them = [(at, whole(name, 1)) for name, at in references.names]
    if sum(one.octets for _, one in all_of_them) > most:
        raise _too_long()
    if any(at + one.depth > references.nesting for at, one in all_of_them):
        raise No(f"With its filters the search has more than {references.nesting} levels of parentheses", "LIMIT")


def _undefined(name: str) -> No:
    return No("There is no such filter", f"UNDEFINED-FILTER {name}")


def _too_long() -> No:
    return No("With its filters the search is too long", "LIMIT")
