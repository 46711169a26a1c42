"""NOTIFY: RFC 5465. Push for any mailbox, at any time, of what the client asks for.

Strategy: the command reads what is wanted (:mod:`restante.imap.watching.interest`) and puts a watch beside the session
(:mod:`restante.imap.watching.watch`), which is told of by hints and tells between commands.

The rule it protects: an event that cannot be told is refused when it is asked for, so silence means that nothing happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from restante.imap.capability import always
from restante.imap.core.fetch_asked import read_items
from restante.imap.errors import Bad, No
from restante.imap.hooks import FetchAtt, Numbers, command
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Extension, Registry
from restante.imap.state import Authenticated, Selected
from restante.imap.watching.interest import Event, Group, Interest, Scope, union
from restante.imap.watching.watch import OVERFLOW, Watch
from restante.imap.wire.reader import Reader
from restante.model.mailbox_name import BadMailboxName, MailboxName

EVENTS: Final = {
    "MessageNew": Event.MESSAGE_NEW,
    "MessageExpunge": Event.MESSAGE_EXPUNGE,
    "FlagChange": Event.FLAG_CHANGE,
    "MailboxName": Event.MAILBOX_NAME,
    "SubscriptionChange": Event.SUBSCRIPTION_CHANGE,
    "MailboxMetadataChange": Event.MAILBOX_METADATA_CHANGE,
    "ServerMetadataChange": Event.SERVER_METADATA_CHANGE,
}
_BY_NAME: Final = {name.upper(): event for name, event in EVENTS.items()}
_SELECTED: Final = ("SELECTED", "SELECTED-DELAYED")
_SCOPES: Final = frozenset(scope.value for scope in Scope)
_NAMED: Final = ("SUBTREE", "MAILBOXES")


@dataclass(frozen=True, slots=True)
class Asked:
    """The events of one group, as asked for.

    Attributes:
        unsupported: whether one of them is none of :data:`EVENTS`.
        items: what to send of new messages.
    """

    events: Event
    unsupported: bool
    items: tuple[FetchAtt, ...]


@dataclass(frozen=True, slots=True)
class Notify:
    """``notify = "NOTIFY" SP ("SET" [SP "STATUS"] SP event-groups / "NONE")`` (RFC 5465 §8)"""

    status: bool
    interest: Interest

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read it all. Raises No for an event that cannot be told."""
        verb = r.sp().word()
        if verb == "NONE":
            return cls(False, Interest())
        if verb != "SET":
            raise r.expected("SET or NONE")
        wants_status = r.sp().peek_word() == "STATUS"
        if wants_status:
            r.word()
            r.sp()
        groups = [_Reading(r, tables).group()]
        while r.take(b" "):
            if len(groups) >= r.arguments:
                raise No("That is too much to watch", OVERFLOW)
            groups.append(_Reading(r, tables).group())
        r.end()
        return cls(wants_status, _interest(groups))


_Read = tuple[str, frozenset[MailboxName], Asked]


@dataclass(frozen=True, slots=True)
class _Reading:
    r: Reader
    tables: Registry

    def group(self) -> _Read:
        """``"(" filter-mailboxes SP events ")"``; events need no parentheses, as the RFC's own examples have none."""
        r = self.r
        r.expect(b"(")
        scope = r.word()
        names: frozenset[MailboxName] = frozenset()
        if scope in _NAMED:
            r.sp()
            found = r.list_of(_name) if r.peek(b"(") else (_name(r),)
            names = frozenset(name for name in found if name is not None)
        elif scope not in _SELECTED and scope not in _SCOPES:
            raise r.expected("which mailboxes to watch")
        asked = self._events(r.sp())
        r.expect(b")")
        return scope, names, asked

    def _events(self, r: Reader) -> Asked:
        if r.peek_word() == "NONE":
            r.word()
            return Asked(Event.NONE, False, ())
        if r.peek(b"("):
            found = r.list_of(self._event)
        else:
            several = [self._event(r)]
            while r.take(b" ") and len(several) <= r.arguments:
                several.append(self._event(r))
            found = tuple(several)
        known = union(event for event, _ in found if event is not None)
        items = dict.fromkeys(item for _, several in found for item in several)
        return Asked(known, any(event is None for event, _ in found), tuple(items))

    def _event(self, r: Reader) -> tuple[Event | None, tuple[FetchAtt, ...]]:
        event = _BY_NAME.get(r.word())
        if event is Event.MESSAGE_NEW and r.peek(b" ("):
            return event, read_items(r.sp(), self.tables)
        return event, ()


def _name(r: Reader) -> MailboxName | None:
    """A name; None for one that no mailbox can have, which is passed over like any that none has (RFC 5465 §3.1)."""
    try:
        return r.mailbox()
    except BadMailboxName:
        return None


def _interest(groups: list[_Read]) -> Interest:
    for scope, _, asked in groups:
        _check(scope, asked)
    selected = [(scope, asked) for scope, _, asked in groups if scope in _SELECTED]
    if len(selected) > 1:
        raise Bad("Only one of SELECTED and SELECTED-DELAYED, once")
    if any(asked.unsupported for _, _, asked in groups):
        raise No("One of these events is not known here", f"BADEVENT ({' '.join(EVENTS)})")
    others = tuple(Group(Scope(scope), asked.events, names) for scope, names, asked in groups if scope not in _SELECTED)
    if not selected:
        return Interest(groups=others)
    scope, asked = selected[0]
    return Interest(asked.events, scope == "SELECTED-DELAYED", asked.items, others)


def _check(scope: str, asked: Asked) -> None:
    """What the grammar leaves to its comments (RFC 5465 §5, §8)."""
    events = asked.events
    both = Event.MESSAGE_NEW | Event.MESSAGE_EXPUNGE
    if events & Event.MESSAGES and events & both != both:
        raise Bad("MessageNew and MessageExpunge go together, and with FlagChange (RFC 5465, section 5)")
    if scope in _SELECTED and events & ~Event.MESSAGES:
        raise Bad(f"With {scope} go events of messages only")
    if scope not in _SELECTED and asked.items:
        raise Bad("Data of new messages come from the selected mailbox only")


async def notify(cmd: Notify, s: Authenticated) -> Done:
    """Replace what is watched; what has happened in the selected mailbox follows as after NOOP (§3.1)."""
    session = s.session
    watch = Watch(s, cmd.interest)
    try:
        watched = await watch.begin(s)
        # What the client asked for until now, it is told to the last; better twice than never.
        await session.tell(Numbers.NONE)
    except BaseException:
        watch.stop()
        raise
    for item in cmd.interest.items:
        session.turn_on(item.enables)
    if session.watch is not None:
        session.watch.stop()
    session.watch = watch
    if isinstance(s, Selected) and Event.FLAG_CHANGE in cmd.interest.selected:
        s.view.recall()
    if cmd.status:
        for record in watched:
            s.send(watch.figures(record, first=True))
    return DONE


extension: Final = Extension(
    name="NOTIFY",
    rfc=5465,
    summary="Push for any mailbox, at any time",
    capabilities=always("NOTIFY"),
    commands=(command("NOTIFY", Notify, notify, state=Authenticated),),
)
