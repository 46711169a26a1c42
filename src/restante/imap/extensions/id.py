"""ID: RFC 2971. Names the client for the log and the server for people; no behaviour hangs on it (§1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from restante.imap.capability import always
from restante.imap.hooks import command
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Extension, Registry
from restante.imap.state import State
from restante.imap.wire import writer
from restante.imap.wire.reader import Reader

_MAX_PAIRS: Final = 30
_MAX_VALUE: Final = 1024


@dataclass(frozen=True, slots=True)
class Id:
    """``id = "ID" SP id-params-list``: field names and values, NIL as the empty list (§3.1)."""

    fields: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the pairs; §3.3: at most 30, each value at most 1024 octets."""
        r.sp()
        if r.peek_word() == "NIL":
            r.word()
            return cls(())
        pairs = r.list_of(_strings, empty=True)
        if len(pairs) > 2 * _MAX_PAIRS or len(pairs) % 2:
            raise r.expected(f"at most {_MAX_PAIRS} pairs")
        return cls(tuple((pairs[i] or "", pairs[i + 1] or "") for i in range(0, len(pairs), 2)))


def _strings(r: Reader) -> str | None:
    raw = r.nstring()
    return None if raw is None else raw[:_MAX_VALUE].decode("utf-8", "replace")


async def id_(cmd: Id, s: State) -> Done:
    """Say who we are; note who they are."""
    session = s.session
    said = {name.lower(): value for name, value in cmd.fields}
    session.tally.client = " ".join(filter(None, (said.get("name"), said.get("version"))))[:80]
    identity = session.services.identity
    if identity:
        pairs = (writer.quoted(text.encode()) for pair in identity for text in pair)
        s.send(b"ID " + writer.parenthesised(pairs))
    else:
        s.send(b"ID NIL")
    return DONE


extension: Final = Extension(
    name="ID",
    rfc=2971,
    summary="Client and server name themselves",
    capabilities=always("ID"),
    commands=(command("ID", Id, id_, state=State),),
)
