"""STORE (RFC 9051 §6.4.6), with the conditions of RFC 7162 §3.1.3: messages changed since are left and named by MODIFIED.

Strategy: what clients do to messages is the same few things in the same words, so what was read from those is remembered.

The rule it protects: a client hears of its own change once: from here, or not at all with ``.SILENT``; never again from the
choke point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

from restante.imap.core.expunge import require_writable
from restante.imap.errors import No
from restante.imap.hooks import Numbers, with_uid
from restante.imap.portion import portion
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Registry
from restante.imap.state import Selected
from restante.imap.wire.errors import BadSyntax
from restante.imap.wire.reader import Reader
from restante.model.flags import RECENT, FlagSet
from restante.model.ids import ModSeq
from restante.model.message_set import MessageSet, UidSet
from restante.store.model import Flagged, FlagOp, FlagsUpdated

_OPERATIONS: Final = {op.value: op for op in FlagOp}
_REMEMBERED: Final = 256
_SHORT: Final = 400
"""Octets of the longest words that are remembered."""


@dataclass(frozen=True, slots=True)
class Change:
    """``store-att-flags``: what to do with which flags (RFC 9051 §9).

    Attributes:
        recent: whether the server's own ``\\Recent``, which *flags* leave out, was among them.
    """

    op: FlagOp
    flags: FlagSet
    silent: bool
    recent: bool

    @classmethod
    def read(cls, r: Reader) -> Self:
        """Read the operation, and the flags with or without parentheses. Raises BadSyntax."""
        name, _, silent = r.word().partition(".")
        if name not in _OPERATIONS or silent not in ("", "SILENT"):
            raise r.expected("FLAGS, +FLAGS or -FLAGS")
        r.sp()
        flags = r.flag_list() if r.peek(b"(") else r.flags_bare()
        return cls(_OPERATIONS[name], FlagSet(flags), bool(silent), RECENT in flags)


@lru_cache(_REMEMBERED)
def _remembered(text: bytes) -> Change | None:
    """What *text* says to do, if that is all it holds."""
    r = Reader([text])
    try:
        change = Change.read(r)
        r.end()
    except BadSyntax:
        return None
    return change


@dataclass(frozen=True, slots=True)
class Store:
    """``store = "STORE" SP sequence-set [store-modifiers] SP store-att-flags`` (RFC 4466 §6)"""

    messages: MessageSet
    change: Change
    unchanged_since: ModSeq | None = None
    enables: str = ""

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the set, the operation, and the flags with or without parentheses."""
        messages = r.sp().message_set()
        since, enables = _modifier(r, tables) if r.peek(b" (") else (None, "")
        text = r.sp().raw_remaining()
        known = _remembered(text) if len(text) <= _SHORT else None
        if known is not None:
            r.text_rest()
        return cls(messages, known or Change.read(r), since, enables)


def _modifier(r: Reader, tables: Registry) -> tuple[ModSeq, str]:
    def modifier(r: Reader) -> tuple[ModSeq, str]:
        known = tables.store_modifiers.get(r.peek_word())
        if known is None:
            raise r.expected("a STORE modifier")
        r.word()
        return known.read(r, tables), known.enables

    found = r.sp().list_of(modifier)
    if len(found) > 1:
        # RFC 7162 §7: a single one; no other STORE modifier is known.
        raise r.expected("one STORE modifier")
    return found[0]


async def store(cmd: Store, s: Selected) -> Done:
    """Change the flags, and tell the new ones unless asked to be silent."""
    require_writable(s)
    s.session.turn_on(cmd.enables)
    change, uids = cmd.change, portion(s, s.view.resolve(cmd.messages))
    if change.recent:
        raise No("\\Recent is the server's to set", "CANNOT")
    updated = await s.mailbox.update_flags(uids, change.op, change.flags, cmd.unchanged_since)
    _tell(s, updated, silent=change.silent)
    modified = f"MODIFIED {_modified(cmd, s, updated.refused)}" if updated.refused else None
    if not cmd.messages.uid and len(updated.now) < len(uids):
        # RFC 2180 §4.2.3, with the code that says which of the others are still to be done.
        raise No("Some of the messages are gone", modified or "EXPUNGEISSUED")
    return Done("Some of the messages had changed", modified) if modified else DONE


def _modified(cmd: Store, s: Selected, refused: UidSet) -> str:
    """The refused messages as the client named them: by UID, or by number (RFC 7162 §3.1.3)."""
    if cmd.messages.uid:
        return refused.wire()
    return UidSet.of(number for uid in refused if (number := s.view.seqnum(uid))).wire()


def _tell(s: Selected, updated: FlagsUpdated, *, silent: bool) -> None:
    s.view.already_told(updated, silent=silent, followed=bool(s.followers))
    if silent and not s.view.style.modseq:
        return
    told: Sequence[Flagged] = updated.now
    if updated.refused:
        told = [message for message in told if message.uid not in updated.refused]
    # With CONDSTORE even a silent change tells its modseq (RFC 7162 §3.1.3).
    write = s.view.modseq_lines if silent else s.view.flags_lines
    lines = write(s.view.seqnums([message.uid for message in told]), told)
    if lines:
        s.session.client.write(b"* %b\r\n" % b"\r\n* ".join(lines))


COMMANDS: Final = with_uid("STORE", Store, store, state=Selected, numbers=Numbers.USES)
