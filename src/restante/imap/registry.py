"""The table of everything the server can do, and what one entry of it is. The core protocol is made of the same values.

Strategy: everything that other servers keep in parallel tables (grammar, dispatch, state rules, CAPABILITY, documentation)
is a field of one :class:`Extension` value in one file. :class:`Registry` folds a written-out list of them into tables.
Nothing registers itself on import.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from restante.imap.capability import Capabilities, Facts, always, values
from restante.imap.entries import Entries, Entry
from restante.imap.hooks import (
    CommandSpec,
    CreateParameter,
    FetchItem,
    FetchModifier,
    ListReturn,
    ListSelection,
    LiteralKind,
    Numbers,
    Run,
    SearchAddition,
    SearchKey,
    SearchReturn,
    SelectParameter,
    SortKey,
    StatusItem,
    StoreModifier,
    ThreadAlgorithm,
)
from restante.imap.readings import Readings
from restante.imap.wire.reader import Reader
from restante.store.model import StoreFeature

if TYPE_CHECKING:
    from restante.imap.services import SessionLimits
    from restante.imap.session import Session
    from restante.imap.state import Selected


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What to tell a client that waits (RFC 9585): *line*, without ``* `` and CRLF, during *commands*, which write whole
    responses only."""

    commands: frozenset[str]
    line: Callable[[Session], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """One RFC, one value. Its fields are the whole list of hooks.

    Attributes:
        name: what people call it.
        rfc: where it is specified.
        summary: one line for the table of standards in the documentation.
        capabilities: what CAPABILITY says of it.
        enable: names ENABLE takes (RFC 5161).
        implies: what each of those turns on besides itself.
        on_enable: what to tell a client that turns one on while a mailbox is selected, without ``* `` and CRLF.
        on_select: what to tell of every mailbox that is opened, without ``* `` and CRLF.
        meanwhile: what to tell while a command takes long.
        needs: what it asks of the store's engine; without it, it is left out whole.
        commands: commands, ``UID`` forms listed as their own.
        fetch_items: FETCH data items.
        fetch_modifiers: FETCH modifiers.
        store_modifiers: STORE modifiers.
        search_keys: SEARCH keys.
        search_additions: data that search keys add to the answer.
        search_returns: SEARCH RETURN options.
        sort_keys: SORT keys.
        thread_algorithms: THREAD algorithms.
        status_items: STATUS items.
        list_selections: LIST selection options.
        list_returns: LIST return options.
        select_parameters: SELECT and EXAMINE parameters.
        create_parameters: CREATE parameters.
        entries: annotations that mean something to the server.
    """

    name: str
    rfc: int
    summary: str
    capabilities: Capabilities = field(default=always())
    enable: tuple[str, ...] = ()
    implies: tuple[str, ...] = ()
    on_enable: Callable[[Selected], bytes] | None = None
    on_select: Callable[[Selected], bytes] | None = None
    meanwhile: Meanwhile | None = None
    needs: StoreFeature | None = None
    commands: tuple[CommandSpec, ...] = ()
    fetch_items: tuple[FetchItem, ...] = ()
    fetch_modifiers: tuple[FetchModifier, ...] = ()
    store_modifiers: tuple[StoreModifier, ...] = ()
    search_keys: tuple[SearchKey, ...] = ()
    search_additions: tuple[SearchAddition, ...] = ()
    search_returns: tuple[SearchReturn, ...] = ()
    sort_keys: tuple[SortKey, ...] = ()
    thread_algorithms: tuple[ThreadAlgorithm, ...] = ()
    status_items: tuple[StatusItem, ...] = ()
    list_selections: tuple[ListSelection, ...] = ()
    list_returns: tuple[ListReturn, ...] = ()
    select_parameters: tuple[SelectParameter, ...] = ()
    create_parameters: tuple[CreateParameter, ...] = ()
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Enabling:
    """A name ENABLE takes, as it is shown, with what it implies and what to tell in the selected state."""

    shown: str
    implies: tuple[str, ...]
    on_enable: Callable[[Selected], bytes] | None


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)

_MOMENTS: Final = 64
"""CAPABILITY lists kept; a server has some ten."""


class Registry:
    """The tables, folded once at start from the extensions the engine can carry. Two of one name is a mistake of ours."""

    def __init__(self, extensions: Iterable[Extension], features: frozenset[StoreFeature]) -> None:
        self.extensions = tuple(e for e in extensions if e.needs is None or e.needs in features)
        found = self.extensions
        self._capabilities: dict[object, str] = {}
        self._readings = Readings()
        self.commands = _table(e.commands for e in found)
        self.fetch_items = _table(e.fetch_items for e in found)
        self.fetch_modifiers = _table(e.fetch_modifiers for e in found)
        self.store_modifiers = _table(e.store_modifiers for e in found)
        self.search_additions = _table(e.search_additions for e in found)
        self.search_keys = _table(e.search_keys for e in found)
        self.search_returns = _table(e.search_returns for e in found)
        self.sort_keys = _table(e.sort_keys for e in found)
        self.thread_algorithms = _table(e.thread_algorithms for e in found)
        self.status_items = _table(e.status_items for e in found)
        self.list_selections = _table(e.list_selections for e in found)
        self.list_returns = _table(e.list_returns for e in found)
        self.select_parameters = _table(e.select_parameters for e in found)
        self.create_parameters = _table(e.create_parameters for e in found)
        self.entries = Entries(entry for e in found for entry in e.entries)
        self.on_select = tuple(e.on_select for e in found if e.on_select is not None)
        self.meanwhile = {name: e.meanwhile.line for e in found if e.meanwhile for name in e.meanwhile.commands}
        self.enable = {name.upper(): Enabling(name, e.implies, e.on_enable) for e in found for name in e.enable}

    def capabilities(self, facts: Facts) -> str:
        """The CAPABILITY list as of *facts*, IMAP4rev1 first (RFC 9051 §7.2.2)."""
        key = values(facts)
        said = self._capabilities.get(key)
        if said is None:
            if len(self._capabilities) >= _MOMENTS:
                self._capabilities.clear()
            names = dict.fromkeys(name for extension in self.extensions for name in extension.capabilities(facts))
            said = self._capabilities[key] = " ".join(names)
        return said

    def read(self, spec: CommandSpec, reader: Reader) -> Run:
        """What does the command of *spec* whose arguments *reader* has before it, to their end. Raises BadSyntax."""
        key, run = self._readings.find(spec, reader)
        if run is None:
            run = spec.read(reader, self)
            reader.end()
            if key is not None:
                self._readings.keep(key, reader, run)
        return run

    def too_big(self, name: str, limits: SessionLimits) -> str:
        """The response code for a literal that is larger than the command *name* may carry."""
        spec = self.commands.get(name)
        return "TOOBIG" if spec is None else spec.too_big(limits)

    def message_literal(self, name: str) -> bool:
        """Whether the command *name* may carry a whole message as a literal."""
        spec = self.commands.get(name)
        return spec is not None and spec.literal is LiteralKind.MESSAGE

    def removes(self, spec: CommandSpec | None) -> bool:
        """Whether expunges are what the command is for, in either of its forms."""
        twin = self.commands.get(spec.name.removeprefix("UID ")) if spec is not None else None
        return twin is not None and twin.numbers is Numbers.BREAKS


def numbers_of(spec: CommandSpec | None, numbered: bool) -> Numbers:
    """What *spec* has to do with numbers; a UID command may hold some all the same, as UID SEARCH does (RFC 7162 §3.2.10.2)."""
    if spec is None or (numbered and spec.numbers is Numbers.NONE):
        return Numbers.USES
    return spec.numbers


def _table(groups: Iterable[Iterable[N]]) -> Mapping[str, N]:
    table: dict[str, N] = {}
    for group in groups:
        for one in group:
            if one.name in table:
                raise ValueError(f"{one.name} is registered twice")
            table[one.name] = one
    return table
