"""EXPUNGE (RFC 9051 §6.4.3). What it removed is told at the choke point, as any expunge is.

Each call looks anew for ``\\Deleted``: a client that marks messages while one runs sends it again and is served.
"""

from __future__ import annotations

from typing import Final

from restante.imap.errors import No
from restante.imap.hooks import NoArguments, Numbers, command
from restante.imap.protocol.response import DONE, Done
from restante.imap.state import Selected


def require_writable(s: Selected) -> None:
    """Refuse in a mailbox opened by EXAMINE (RFC 9051 §6.3.3)."""
    if s.read_only:
        raise No("The mailbox is open read-only", "CANNOT")


async def expunge(cmd: NoArguments, s: Selected) -> Done:
    """Remove every message with ``\\Deleted``."""
    require_writable(s)
    await s.mailbox.expunge()
    return DONE


COMMANDS: Final = (command("EXPUNGE", NoArguments, expunge, state=Selected, numbers=Numbers.BREAKS),)
