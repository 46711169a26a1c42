"""IDLE: RFC 2177. Push: what changes is told as it happens, until the client says DONE.

A waiting session holds no poll and no lock; a hint wakes it, and the truth is read by modseq. A client that sends a command
in place of DONE, as phones do that pipeline, ends the IDLE and has its command served. No client is logged out for idling
(a keep-alive goes out in long silences, for the sake of address translators).
"""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.client import Wake
from restante.imap.hooks import NoArguments, Numbers, command
from restante.imap.protocol.response import DONE, Done, continuation
from restante.imap.registry import Extension
from restante.imap.state import Authenticated
from restante.store.model import Hint


async def idle(cmd: NoArguments, s: Authenticated) -> Done:
    """Tell news until DONE."""
    session = s.session
    client = session.client
    client.write(continuation("idling"))

    def wake(hint: Hint) -> None:
        if not hint.annotations or "METADATA" in session.enabled:
            client.wake()

    # A watch wakes the client itself, for what it wants.
    hints = session.services.store.hints
    unsubscribe = None if session.watch else hints.subscribe(s.account.id, wake)
    try:
        await session.tell(Numbers.NONE)
        while isinstance(said := await client.line_or_wake(), Wake):
            if said is Wake.KEEPALIVE:
                session.still_here()
            await session.pushed()
    finally:
        if unsubscribe is not None:
            unsubscribe()
    if said.upper() != b"DONE":
        client.unread(said)
    return DONE


extension: Final = Extension(
    name="IDLE",
    rfc=2177,
    summary="Push for the selected mailbox",
    capabilities=always("IDLE"),
    commands=(command("IDLE", NoArguments, idle, state=Authenticated),),
)
