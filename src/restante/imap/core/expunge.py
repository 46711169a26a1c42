"""EXPUNGE (RFC 9051 §6.4.3). What it removed is told at the choke point, as any expunge is.

Each call looks anew for ``\\Deleted``: a client that marks messages while one runs sends it again and is served.
"""

from __future__ import annotations

from typing import Final

from restante.imap.errors import No
from restante.imap.hooks import NoArguments, Numbers, command
from restante.imap.protocol.response import DONE, Done
from restante.imap.state import Selected
from restante.store.model import Expunged


def require_writable(s: Selected) -> None:
    """Refuse in a mailbox opened by EXAMINE (RFC 9051 §6.3.3)."""
    if s.read_only:
        raise No("The mailbox is open read-only", "CANNOT")


async def expunge(cmd: NoArguments, s: Selected) -> Done:
    """Remove every message with ``\\Deleted``."""
    require_writable(s)
    return expunged(s, await s.mailbox.expunge())


def expunged(s: Selected, removed: Expunged) -> Done:
    """The reply to an expunge; a client that keeps modseqs gets the new one, if there is one (RFC 7162 §3.2.7, §3.2.9)."""
    if s.view.style.modseq and removed.uids:
        return Done(code=f"HIGHESTMODSEQ {removed.modseq}")
    return DONE


COMMANDS: Final = (command("EXPUNGE", NoArguments, expunge, state=Selected, numbers=Numbers.BREAKS),)
