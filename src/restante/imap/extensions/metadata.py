"""METADATA: RFC 5464. What clients note down about a mailbox, or about the server as it is to this account.

Strategy: the store keeps names and octets. Of an entry that means something to the server (:mod:`restante.imap.entries`) the
value is checked first, or worked out. With MAXSIZE or DEPTH sizes are read before values, so that nothing is read in vain; and
values go out in responses of bounded size.

An account shares nothing with others, so ``/shared`` entries are its own as well; of the server's, ``/shared/comment`` and
``/shared/admin`` are the administrator's. Private ones are kept for every mailbox, so NOPRIVATE is never said. Options are taken
before the mailbox, as the grammar has them, and after it, as the examples do; entries without parentheses may be several, as
in §4.4.1.

The rule it protects: a SETMETADATA that is refused has changed nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from restante.imap.annotating import Shown, read_entry, values_line
from restante.imap.capability import always
from restante.imap.entries import Entry, Of
from restante.imap.errors import No
from restante.imap.hooks import command
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Extension, Registry
from restante.imap.state import Authenticated, State
from restante.imap.watching.annotations import caused
from restante.imap.wire import values as wire_values
from restante.imap.wire.reader import Reader
from restante.model.entry_name import EntryName
from restante.model.mailbox_name import MailboxName
from restante.store.annotations import SPECIAL_USE_ENTRY, Keep
from restante.store.errors import AnnotationTooBig
from restante.store.model import MailboxRecord, SpecialUse, StoreFeature

COMMENT: Final = EntryName("/shared/comment")
ADMIN: Final = EntryName("/shared/admin")
_AT_ONCE: Final = 64 * 1024
"""Octets of values in one response, beyond which another begins."""
_DEPTHS: Final = {"0": 0, "1": 1, "INFINITY": None}
_OPTIONS: Final = (b"(MAXSIZE ", b"(DEPTH ")


def _mailbox(r: Reader) -> MailboxName | None:
    """``mailbox``, or None for the empty string, which means the server."""
    raw = r.astring()
    return wire_values.mailbox(raw, utf8=r.utf8) if raw else None


@dataclass(frozen=True, slots=True)
class Options:
    """``getmetadata-options``

    Attributes:
        largest: octets beyond which a value is left out; None for any number.
        depth: how far below the entries asked for others are answered; None for any depth.
    """

    largest: int | None = None
    depth: int | None = 0

    @classmethod
    def read(cls, r: Reader) -> Self:
        """Read them; a later one of a kind counts."""
        found = dict(r.list_of(_option))
        return cls(found.get("MAXSIZE"), found.get("DEPTH", 0))


_PLAIN: Final = Options()


def _option(r: Reader) -> tuple[str, int | None]:
    name = r.word()
    if name == "MAXSIZE":
        return name, r.sp().number()
    if name == "DEPTH":
        depth = r.sp().word()
        if depth in _DEPTHS:
            return name, _DEPTHS[depth]
        raise r.expected("0, 1 or infinity")
    raise r.expected("MAXSIZE or DEPTH")


@dataclass(frozen=True, slots=True)
class GetMetadata:
    """``getmetadata = "GETMETADATA" [SP getmetadata-options] SP mailbox SP entries`` (§5)"""

    mailbox: MailboxName | None
    entries: Shown
    options: Options

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read it all."""
        first = r.sp().peek(b"(")
        options = Options.read(r) if first else Options()
        mailbox = _mailbox(r.sp() if first else r)
        if r.sp().peek(*_OPTIONS) and not first:
            options = Options.read(r)
            r.sp()
        return cls(mailbox, dict(_entries(r, root=options.depth != 0)), options)

    def wanted(self, there: Mapping[EntryName, int]) -> dict[EntryName, bytes]:
        """What to answer, of what is *there*; without a depth that is what was asked for, there or not."""
        if self.options.depth == 0:
            return dict(self.entries)
        return {name: self.entries.get(name, name.encode()) for name in there if self._covers(name)}

    def _covers(self, name: EntryName) -> bool:
        if name in self.entries:
            return True
        if self.options.depth == 1:
            return name.rpartition("/")[0] in self.entries
        above = name.split("/")
        return any("/".join(above[:count]) in self.entries for count in range(2, len(above)))


def _entries(r: Reader, *, root: bool) -> Sequence[tuple[EntryName, bytes]]:
    if r.peek(b"("):
        return r.list_of(lambda r: read_entry(r, root=root))
    found = [read_entry(r, root=root)]
    while r.take(b" "):
        if len(found) >= r.arguments:
            raise r.too_many()
        found.append(read_entry(r, root=root))
    return found


async def getmetadata(cmd: GetMetadata, s: Authenticated) -> Done:
    """Answer with what is there, and NIL for what was asked for by name and is not."""
    record = None if cmd.mailbox is None else await (await s.account.mailbox(cmd.mailbox)).record()
    mailbox, notes, plain = (None if record is None else record.id), s.account.annotations, cmd.options == _PLAIN
    known = dict(await notes.values(mailbox, cmd.entries.keys())) if plain else {}
    known.update(s.session.services.registry.entries.values(s, record))
    there = {} if plain else dict(await notes.sizes(mailbox))
    there.update((name, len(value)) for name, value in known.items())
    wanted, largest = cmd.wanted(there), cmd.options.largest
    long = [] if largest is None else [there[name] for name in wanted if there.get(name, 0) > largest]
    short = {name: shown for name, shown in wanted.items() if largest is None or there.get(name, 0) <= largest}
    for group in _groups(short, there):
        more = [] if plain else [name for name in group if name not in known]
        values = {**known, **(await notes.values(mailbox, more) if more else {})}
        pairs = [(short[name], values.get(name)) for name in group]
        s.send(values_line(None if record is None else record.name, pairs, utf8=s.session.utf8))
        await s.session.client.drain()
    return Done(code=f"METADATA LONGENTRIES {max(long)}") if long else DONE


def _groups(names: Shown, sizes: Mapping[EntryName, int]) -> list[list[EntryName]]:
    """*names* in their order, in groups that one response can carry."""
    groups: list[list[EntryName]] = []
    room = 0
    for name in names:
        octets = len(name) + sizes.get(name, 0)
        if not groups or octets > room:
            groups.append([])
            room = _AT_ONCE
        groups[-1].append(name)
        room -= octets
    return groups


@dataclass(frozen=True, slots=True)
class SetMetadata:
    """``setmetadata = "SETMETADATA" SP mailbox SP entry-values`` (§5)"""

    mailbox: MailboxName | None
    values: Mapping[EntryName, bytes | None]

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read it all; of an entry that comes twice, the last value counts. Raises No for what cannot be set."""
        read = cls(_mailbox(r.sp()), dict(r.sp().list_of(_entry_value)))
        for name, value in read.values.items():
            known = tables.entries.known(name, read.of)
            if known is not None and known.check is not None and value is not None:
                known.check(name, value, r, tables)
        return read

    @property
    def of(self) -> Of:
        """What it annotates."""
        return Of.SERVER if self.mailbox is None else Of.MAILBOX


def _entry_value(r: Reader) -> tuple[EntryName, bytes | None]:
    name, _ = read_entry(r)
    return name, r.sp().nstring8()


async def setmetadata(cmd: SetMetadata, s: Authenticated) -> Done:
    """Set all in one step; the special use of a mailbox is not kept among annotations, but is one of them."""
    mailbox = None if cmd.mailbox is None else (await s.account.mailbox(cmd.mailbox)).id
    kept = dict(cmd.values)
    use: SpecialUse | Keep | None = Keep.AS_IS
    for name, value in cmd.values.items():
        known = s.session.services.registry.entries.known(name, cmd.of)
        if known is not None and known.value is not None:
            if known.use is None:
                raise No("This entry is not for clients to set", "NOPERM")
            use = known.use(value)
            del kept[name]
    try:
        done = await s.account.annotations.change(mailbox, kept, use)
    except AnnotationTooBig as error:
        raise No(str(error), f"METADATA MAXSIZE {error.limit}") from error
    if done.modseq is not None:
        caused(s.session, done.modseq)
    if done.bereft is not None:
        # RFC 6154 §5.4: this mailbox changed along with the one that was named.
        s.send(values_line(done.bereft, [(SPECIAL_USE_ENTRY.encode(), None)], utf8=s.session.utf8))
    return DONE


def _configured(name: EntryName) -> Entry:
    def value(s: State, record: MailboxRecord | None) -> bytes | None:
        text = s.session.services.server_entries.get(name, "")
        return text.encode() if text else None

    return Entry(name, Of.SERVER, value=value)


extension: Final = Extension(
    name="METADATA",
    rfc=5464,
    summary="Annotations of mailboxes and of the account",
    capabilities=always("METADATA"),
    enable=("METADATA",),
    needs=StoreFeature.ANNOTATIONS,
    commands=(
        command("GETMETADATA", GetMetadata, getmetadata, state=Authenticated),
        command(
            "SETMETADATA",
            SetMetadata,
            setmetadata,
            state=Authenticated,
            too_big=lambda limits: f"METADATA MAXSIZE {min(limits.argument_literal, limits.annotation)}",
        ),
    ),
    entries=(_configured(COMMENT), _configured(ADMIN)),
)
