"""CAPABILITY, NOOP and LOGOUT: commands of every state (RFC 9051 §6.1)."""

from __future__ import annotations

from typing import Final

from restante.imap.hooks import NoArguments, command
from restante.imap.protocol.response import DONE, Done
from restante.imap.state import State


async def capability(cmd: NoArguments, s: State) -> Done:
    """``* CAPABILITY``, as things are now (RFC 9051 §6.1.1)."""
    s.send(b"CAPABILITY " + s.session.capabilities().encode())
    return DONE


async def noop(cmd: NoArguments, s: State) -> Done:
    """Nothing; what changed is told as after any command (RFC 9051 §6.1.2)."""
    return DONE


async def logout(cmd: NoArguments, s: State) -> Done:
    """BYE, then the tagged OK, then the end (RFC 9051 §6.1.3)."""
    s.session.client.write(s.session.status("*", "BYE", "Until next time"))
    s.session.leaving = True
    return DONE


COMMANDS: Final = (
    command("CAPABILITY", NoArguments, capability, state=State),
    command("NOOP", NoArguments, noop, state=State),
    command("LOGOUT", NoArguments, logout, state=State),
)
