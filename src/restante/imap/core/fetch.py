r"""FETCH (RFC 9051 §6.4.5).

Strategy: the items read themselves, the view says which messages are meant, modifiers narrow them; what is then sent of them is
in :mod:`restante.imap.core.fetch_answers`. Items go out in the order they were asked for; some clients rely on it.

The rule it protects: ``\Seen`` is set before a message is sent, and a client is told of it with the message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from restante.imap.core.fetch_answers import answer
from restante.imap.core.fetch_asked import Asked, read_asked
from restante.imap.errors import No
from restante.imap.hooks import FetchModification, Numbers, with_uid
from restante.imap.portion import portion
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Registry
from restante.imap.state import Selected
from restante.imap.wire.reader import Reader
from restante.model.flags import SEEN, FlagSet
from restante.model.ids import Uid
from restante.model.message_set import MessageSet
from restante.store.errors import Unavailable
from restante.store.model import FlagOp, FlagsUpdated


@dataclass(frozen=True, slots=True)
class Fetch:
    """``fetch = "FETCH" SP sequence-set SP items [fetch-modifiers]``, where items are a macro, one, or several in parentheses
    (RFC 9051 §9, RFC 4466 §6)."""

    messages: MessageSet
    asked: Asked
    modifications: Mapping[str, FetchModification] = field(default_factory=dict)

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the set, the items and the modifiers."""
        messages = r.sp().message_set()
        asked = read_asked(r.sp(), tables)
        return cls(messages, asked, _modifications(r, tables) if r.take(b" ") else {})


def _modifications(r: Reader, tables: Registry) -> dict[str, FetchModification]:
    def modification(r: Reader) -> tuple[str, FetchModification]:
        known = tables.fetch_modifiers.get(r.peek_word())
        if known is None:
            raise r.expected("a FETCH modifier")
        r.word()
        return known.name, known.read(r, tables)

    found = r.list_of(modification)
    if len(dict(found)) < len(found):
        raise r.expected("each FETCH modifier once")
    return dict(found)


async def fetch(cmd: Fetch, s: Selected) -> Done:
    """Send what was asked of each message that is still there."""
    uids: Sequence[Uid] = s.view.resolve(cmd.messages)
    asked = _all_items(cmd, uid_only=s.view.style.uid_only)
    for name in asked.enables:
        s.session.turn_on(name)
    if cmd.modifications:
        uids = await _narrowed(uids, cmd, s)
    uids = portion(s, uids)
    seen = await _mark_seen(s, uids) if asked.sets_seen and not s.read_only else None
    newly = frozenset(message.uid for message in seen.now) if seen else frozenset[Uid]()
    sent = await answer(s, uids, asked, newly)
    if seen:
        # Only now: what a failure kept from being sent is told like anybody's change.
        s.view.already_told(seen)
    s.session.tally.fetched += sent
    if not cmd.messages.uid and sent < len(uids):
        # RFC 2180 §4.1.3: the others were sent; the client learns why these were not.
        raise No("Some of the messages are gone", "EXPUNGEISSUED")
    return DONE


async def _narrowed(uids: Sequence[Uid], cmd: Fetch, s: Selected) -> Sequence[Uid]:
    for modification in cmd.modifications.values():
        s.session.turn_on(modification.enables)
    for modification in sorted(cmd.modifications.values(), key=lambda one: not one.first):
        uids = await modification.narrow(uids, cmd.messages, s, cmd.modifications)
    return uids


def _all_items(cmd: Fetch, *, uid_only: bool) -> Asked:
    """What was asked for, what modifiers add, and with every UID FETCH the UID (RFC 9051 §6.4.9).

    A UIDFETCH response begins with the UID, and has it as an item only when asked (RFC 9586 §3.3).
    """
    added = [item for modification in cmd.modifications.values() for item in modification.items]
    asked = Asked((*cmd.asked.items, *added)) if added else cmd.asked
    return asked.with_uid() if cmd.messages.uid and not uid_only else asked


async def _mark_seen(s: Selected, uids: Sequence[Uid]) -> FlagsUpdated | None:
    """Set ``\\Seen``, as fetching a body does (RFC 9051 §6.4.5); what that changed, of the messages it was new to."""
    index = await s.mailbox.index()
    unseen = [uid for uid in uids if (at := index.position(uid)) >= 0 and SEEN not in index.flags[at]]
    try:
        return await s.mailbox.update_flags(unseen, FlagOp.ADD, FlagSet([SEEN])) if unseen else None
    except Unavailable as error:
        # Nobody is kept from reading by a full disk.
        s.session.journal.trouble("not marked as seen", error)
        return None


COMMANDS: Final = with_uid("FETCH", Fetch, fetch, state=Selected, numbers=Numbers.USES)
