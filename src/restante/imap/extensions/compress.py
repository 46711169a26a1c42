"""COMPRESS=DEFLATE: RFC 4978. Every reply is flushed at once; phones time out on a block that is kept back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from restante.imap.capability import Facts
from restante.imap.errors import No
from restante.imap.hooks import command
from restante.imap.protocol.response import Done
from restante.imap.registry import Extension, Registry
from restante.imap.state import State
from restante.imap.wire.reader import Reader


@dataclass(frozen=True, slots=True)
class Compress:
    """``compress = "COMPRESS" SP algorithm`` (§5)"""

    algorithm: str

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the algorithm's name."""
        return cls(r.sp().word())


def _capabilities(facts: Facts) -> tuple[str, ...]:
    """§3: not announced once it is on."""
    return ("COMPRESS=DEFLATE",) if facts.logged_in and not facts.compressed else ()


async def compress(cmd: Compress, s: State) -> Done:
    """Compress what follows the tagged reply (§3)."""
    client = s.session.client
    if client.compressed:
        raise No("Compression is active already", "COMPRESSIONACTIVE")
    if cmd.algorithm != "DEFLATE":
        raise No("DEFLATE is the one algorithm", "CANNOT")

    async def begin() -> None:
        client.compress()

    s.session.after_reply = begin
    return Done("DEFLATE active")


extension: Final = Extension(
    name="COMPRESS=DEFLATE",
    rfc=4978,
    summary="Compressed connections",
    capabilities=_capabilities,
    commands=(command("COMPRESS", Compress, compress, state=State),),
)
