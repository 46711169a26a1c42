"""UNAUTHENTICATE: RFC 8437. Back to before login on the same connection, so that a program can serve many accounts with it.

Nothing the client enabled, selected or saved lasts; TLS does. A compressed connection would have to stop compressing, which
this server does not do: it does not announce the capability there, and ends the connection with BYE, as §3 allows.
"""

from __future__ import annotations

from typing import Final

from restante.imap.capability import Facts
from restante.imap.errors import Disconnect
from restante.imap.hooks import NoArguments, command
from restante.imap.protocol.response import Done
from restante.imap.registry import Extension
from restante.imap.state import Authenticated


def _capabilities(facts: Facts) -> tuple[str, ...]:
    """After login (§3), and only where the state can be reset."""
    return ("UNAUTHENTICATE",) if facts.logged_in and not facts.compressed else ()


async def unauthenticate(cmd: NoArguments, s: Authenticated) -> Done:
    """Let go of the account and the mailbox; a NO is not permitted (§3)."""
    if s.session.compressed:
        raise Disconnect("Compression cannot be ended; connect again")
    s.session.logged_off()
    return Done("Logged off", f"CAPABILITY {s.session.capabilities()}")


extension: Final = Extension(
    name="UNAUTHENTICATE",
    rfc=8437,
    summary="Back to before login on the same connection",
    capabilities=_capabilities,
    commands=(command("UNAUTHENTICATE", NoArguments, unauthenticate, state=Authenticated),),
)
