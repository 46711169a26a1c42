"""The values an extension is made of: one type for each thing an RFC may add to the protocol.

Strategy: what an extension brings is data with functions in it (how to read it, what to do), never a subclass to override or a
method to call at the right moment. :mod:`restante.imap.registry` folds them into tables.

The rule it protects: a command's state rule is the type of its handler's session argument, so the two cannot disagree.
"""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

from restante.imap.protocol.response import Done
from restante.imap.threads.forest import Threading
from restante.imap.wire.reader import Reader
from restante.model.ids import ModSeq, Uid
from restante.model.message_set import MessageSet
from restante.store.api import MessageIndex
from restante.store.model import Field, MailboxRecord, MessageRecord, SpecialUse
from restante.store.query import Query
from restante.store.sort_index import SortIndex, TextColumn

if TYPE_CHECKING:
    from restante.imap.binding import Binding
    from restante.imap.content import Octets
    from restante.imap.fetching import Column, FetchContext
    from restante.imap.listing import ListEntry
    from restante.imap.registry import Registry
    from restante.imap.services import SessionLimits
    from restante.imap.state import Authenticated, Selected, State


class Numbers(enum.Enum):
    """What a command has to do with sequence numbers (RFC 9051 §7.5.1)."""

    NONE = "none"
    """It uses none: EXPUNGE may be told before its tagged reply."""
    USES = "uses"
    """Its arguments or responses hold numbers: no EXPUNGE while it runs."""
    BREAKS = "breaks"
    """It takes numbers and removes messages: EXPUNGE is its answer."""


class LiteralKind(enum.Enum):
    """How large a literal a command's arguments may hold."""

    ARGUMENT = "argument"
    MESSAGE = "message"


class Command(Protocol):
    """A command's arguments: a frozen dataclass whose docstring is its ABNF rule."""

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read what follows the command's name, with *tables* for names that extensions add. Raises BadSyntax."""
        ...


C = TypeVar("C", bound=Command)
S = TypeVar("S", bound="State")
Run = Callable[["State"], Awaitable[Done]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandSpec:
    """One command, made by :func:`command`.

    Attributes:
        name: as on the wire, upper case; ``UID`` forms are specs of their own.
        read: reads its arguments and gives what does it.
        state: the least state it is allowed in.
        numbers: what it has to do with sequence numbers.
        literal: how large its literals may be.
        by_number: whether a ``UID`` form stands beside it, for clients that use no numbers (RFC 9586 §3.2).
        too_big: the response code for a literal that is larger.
    """

    name: str
    read: Callable[[Reader, Registry], Run]
    state: type[State]
    numbers: Numbers = Numbers.NONE
    literal: LiteralKind = LiteralKind.ARGUMENT
    by_number: bool = False
    too_big: Callable[[SessionLimits], str] = lambda limits: "TOOBIG"


def command(
    name: str,
    kind: type[C],
    run: Callable[[C, S], Awaitable[Done]],
    *,
    state: type[S],
    numbers: Numbers = Numbers.NONE,
    literal: LiteralKind = LiteralKind.ARGUMENT,
    by_number: bool = False,
    too_big: Callable[[SessionLimits], str] = lambda limits: "TOOBIG",
) -> CommandSpec:
    """A command of arguments *kind*, done by *run*, allowed where the connection's state is a *state*."""

    def read(r: Reader, tables: Registry) -> Run:
        arguments = kind.read(r, tables)

        def go(current: State) -> Awaitable[Done]:
            assert isinstance(current, state)
            return run(arguments, current)

        return go

    return CommandSpec(
        name=name, read=read, state=state, numbers=numbers, literal=literal, by_number=by_number, too_big=too_big
    )


def with_uid(
    name: str,
    kind: type[C],
    run: Callable[[C, S], Awaitable[Done]],
    *,
    state: type[S],
    numbers: Numbers,
    literal: LiteralKind = LiteralKind.ARGUMENT,
) -> tuple[CommandSpec, CommandSpec]:
    """*name* and its ``UID`` form, which uses no numbers (RFC 9051 §6.4.9)."""
    return (
        command(name, kind, run, state=state, numbers=numbers, literal=literal, by_number=True),
        command("UID " + name, kind, run, state=state, literal=literal),
    )


@dataclass(frozen=True, slots=True)
class NoArguments:
    """A command without arguments."""

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Nothing to read."""
        return cls()


class FetchAtt(Protocol):
    """One thing a FETCH asks of each message."""

    @property
    def enables(self) -> str:
        """What asking for it turns on, as ENABLE of that name would; empty for nothing."""
        ...

    @property
    def fields(self) -> Field:
        """The columns it needs."""
        ...

    @property
    def sets_seen(self) -> bool:
        """Whether fetching it sets ``\\Seen`` (RFC 9051 §6.4.5)."""
        ...

    @property
    def column(self) -> Column | None:
        """How it is written for many messages at once; None for what may be large or must be worked out."""
        ...

    def render(self, message: MessageRecord, context: FetchContext) -> Octets:
        """The item's name and value as a response writes them."""
        ...


@dataclass(frozen=True, slots=True)
class FetchItem:
    """A FETCH data item (RFC 9051 §6.4.5): *name* up to a ``[`` that follows, upper case; *read* reads the rest."""

    name: str
    read: Callable[[Reader, Registry], FetchAtt]


class FetchModification(Protocol):
    """What a FETCH modifier does (RFC 4466 §2.4)."""

    @property
    def first(self) -> bool:
        """Whether it narrows before others do, wherever it was written (RFC 9394 §3.4)."""
        ...

    @property
    def enables(self) -> str:
        """What using it turns on; empty for nothing."""
        ...

    @property
    def items(self) -> tuple[FetchAtt, ...]:
        """Items it adds to those asked for."""
        ...

    async def narrow(
        self, uids: Sequence[Uid], messages: MessageSet, s: Selected, others: Mapping[str, FetchModification]
    ) -> Sequence[Uid]:
        """Which of *uids* to fetch; it may send untagged responses that go before. *others* are by name."""
        ...


@dataclass(frozen=True, slots=True)
class FetchModifier:
    """A FETCH modifier: *read* reads what follows the name."""

    name: str
    read: Callable[[Reader, Registry], FetchModification]


@dataclass(frozen=True, slots=True)
class StoreModifier:
    """A STORE modifier (RFC 4466 §2.5): *read* gives the modseq that messages may have at most to be changed.

    Attributes:
        enables: what using it turns on; empty for nothing.
    """

    name: str
    read: Callable[[Reader, Registry], ModSeq]
    enables: str = ""


SearchTerm = Callable[["Binding"], Query]
"""A search key whose numbers, times and charset are still to be bound to a mailbox."""


@dataclass(frozen=True, slots=True)
class SearchKey:
    """A SEARCH key (RFC 9051 §6.4.4): *read* reads what follows the name."""

    name: str
    read: Callable[[Reader, Registry], SearchTerm]


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a SEARCH found, as the client is to see it.

    Attributes:
        numbers: UIDs or sequence numbers in the order of the answer: ascending, or as SORT has them.
        uid: which of the two.
        relevancy: each one's score, 1 to 100, if a RETURN option shows it (RFC 6203 §4).
    """

    numbers: Sequence[int]
    uid: bool
    relevancy: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class SearchPart:
    """What a SEARCH RETURN option does with a result.

    Attributes:
        write: its part of the ESEARCH response, or None for no part.
        saves: the part of the result that SAVE keeps when this option stands beside it (RFC 5182 §2.4).
        updates: what to send of new messages that come to the result, for an option that has it kept up to date (RFC 5267 §4.3).
    """

    write: Callable[[SearchResult], bytes | None]
    saves: Callable[[Sequence[int]], Sequence[int]]
    updates: tuple[FetchAtt, ...] | None = None


@dataclass(frozen=True, slots=True)
class SearchReturn:
    """A SEARCH RETURN option (RFC 4466 §2.6.1): *read* reads its arguments.

    Attributes:
        lists: whether it names the messages found; no two that do stand together (RFC 9394 §3.1).
        relevancy: whether it needs each message's score of relevancy.
        silent: whether it has no part in the answer and none in what SAVE keeps.
    """

    name: str
    read: Callable[[Reader, Registry], SearchPart]
    lists: bool = False
    relevancy: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True)
class SortKey:
    """A SORT key (RFC 5256 §3): what to compare; without *numbers* and *texts*, the score of relevancy.

    Attributes:
        numbers: a column compared as it is.
        texts: the name of a column compared by the active collation.
    """

    name: str
    numbers: Callable[[SortIndex], Sequence[int]] | None = None
    texts: TextColumn | None = None


@dataclass(frozen=True, slots=True)
class ThreadAlgorithm:
    """A THREAD algorithm (RFC 5256 §3)."""

    name: str
    thread: Threading


@dataclass(frozen=True, slots=True)
class SearchAddition:
    """Data that a search key has added to the answer (RFC 4466 §2.6.2).

    Attributes:
        name: as the answer writes it, and as the key notes it in its binding.
        value: of the messages that the answer shows, at least one.
        enables: what using it turns on; empty for nothing.
    """

    name: str
    value: Callable[[Sequence[Uid], MessageIndex], bytes]
    enables: str = ""


@dataclass(frozen=True, slots=True)
class StatusItem:
    """A STATUS item (RFC 9051 §6.3.11): *value* is what stands after the name; *enables* as for others."""

    name: str
    value: Callable[[MailboxRecord], bytes]
    enables: str = ""
    label: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", self.name.encode())


@dataclass(frozen=True, slots=True)
class ListSelection:
    """A LIST selection option (RFC 5258 §3.1).

    Attributes:
        keeps: whether an entry is selected by it; None for an option that only modifies others.
        recursive: whether names above selected ones are answered too (RECURSIVEMATCH).
        implies: the return option that comes with it, if any.
    """

    name: str
    keeps: Callable[[ListEntry], bool] | None
    recursive: bool = False
    implies: ListAnswer | None = None


class ListAnswer(Protocol):
    """What a LIST return option adds to each entry."""

    async def prepared(self, s: Authenticated) -> ListAnswer:
        """Itself, with what it needs of the store, read for all entries at once."""
        ...

    def attributes(self, entry: ListEntry) -> Sequence[str]:
        """Attributes for its LIST response."""
        ...

    def after(self, entry: ListEntry, *, utf8: bool) -> bytes | None:
        """An untagged response to follow it, without ``* `` and CRLF."""
        ...


@dataclass(frozen=True, slots=True)
class ListReturn:
    """A LIST return option (RFC 5258 §3.2): *read* reads its arguments."""

    name: str
    read: Callable[[Reader, Registry], ListAnswer]


Opened = Callable[["Selected"], Awaitable[Sequence[bytes]]]
"""What to do once a mailbox is open; the untagged responses it returns (without ``* `` and CRLF) go before the tagged one."""


@dataclass(frozen=True, slots=True)
class SelectParameter:
    """A SELECT parameter (RFC 4466 §2.1).

    Attributes:
        read: reads its arguments and gives what to do once the mailbox is open.
        requires: what must have been enabled before, else the command is BAD; empty for nothing.
    """

    name: str
    read: Callable[[Reader, Registry], Opened]
    requires: str = ""


@dataclass(frozen=True, slots=True)
class CreateParameter:
    """A CREATE parameter (RFC 4466 §2.2): *read* gives what the mailbox is for."""

    name: str
    read: Callable[[Reader, Registry], SpecialUse | None]
