"""UIDPLUS: RFC 4315. UID EXPUNGE; APPENDUID and COPYUID come with APPEND, COPY and MOVE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from restante.imap.capability import always
from restante.imap.core.expunge import expunged, require_writable
from restante.imap.hooks import command
from restante.imap.portion import deleted_portion
from restante.imap.protocol.response import Done
from restante.imap.registry import Extension, Registry
from restante.imap.state import Selected
from restante.imap.wire.reader import Reader
from restante.model.message_set import MessageSet


@dataclass(frozen=True, slots=True)
class UidExpunge:
    """``uid-expunge = "UID" SP "EXPUNGE" SP sequence-set`` (§4)"""

    messages: MessageSet

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the set."""
        return cls(r.sp().message_set())


async def uid_expunge(cmd: UidExpunge, s: Selected) -> Done:
    """Remove those of the messages that carry ``\\Deleted`` (§2.1)."""
    require_writable(s)
    return expunged(s, await s.mailbox.expunge(await deleted_portion(s, s.view.resolve(cmd.messages))))


extension: Final = Extension(
    name="UIDPLUS",
    rfc=4315,
    summary="UIDs of new messages, and EXPUNGE of chosen ones",
    capabilities=always("UIDPLUS"),
    commands=(command("UID EXPUNGE", UidExpunge, uid_expunge, state=Selected),),
)
