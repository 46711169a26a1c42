"""ENABLE: RFC 5161. The client says what it can take; from then on the server may send it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from restante.imap.capability import always
from restante.imap.hooks import command
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Extension, Registry
from restante.imap.state import Authenticated
from restante.imap.wire.reader import Reader


@dataclass(frozen=True, slots=True)
class Enable:
    """``enable = "ENABLE" 1*(SP capability)``"""

    names: tuple[str, ...]

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the names, known or not (§3.1: unknown ones are passed over)."""
        names = [r.sp().atom().decode()]
        while r.take(b" "):
            if len(names) >= r.arguments:
                raise r.expected(f"at most {r.arguments} names")
            names.append(r.atom().decode())
        return cls(tuple(names))


async def enable(cmd: Enable, s: Authenticated) -> Done:
    """Turn on what is known and not on yet, and say which those were (§3.2)."""
    fresh = [shown for name in cmd.names if (shown := s.session.turn_on(name))]
    s.send(" ".join(("ENABLED", *fresh)).encode())
    return DONE


extension: Final = Extension(
    name="ENABLE",
    rfc=5161,
    summary="The client turns on what it can take",
    capabilities=always("ENABLE"),
    commands=(command("ENABLE", Enable, enable, state=Authenticated),),
)
