"""UNSELECT: RFC 3691. Leaves the selected mailbox without expunging."""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.core import select
from restante.imap.hooks import NoArguments, command
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Extension
from restante.imap.state import Selected


async def unselect(cmd: NoArguments, s: Selected) -> Done:
    """Back to the authenticated state (§2)."""
    select.unselect(s)
    return DONE


extension: Final = Extension(
    name="UNSELECT",
    rfc=3691,
    summary="Close without expunging",
    capabilities=always("UNSELECT"),
    commands=(command("UNSELECT", NoArguments, unselect, state=Selected),),
)
