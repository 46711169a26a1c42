"""NAMESPACE: RFC 2342. One personal namespace without a prefix; others' and shared ones there are none yet."""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.hooks import NoArguments, command
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Extension
from restante.imap.state import Authenticated


async def namespace(cmd: NoArguments, s: Authenticated) -> Done:
    """Personal, other users', shared (§5)."""
    s.send(b'NAMESPACE (("" "/")) NIL NIL')
    return DONE


extension: Final = Extension(
    name="NAMESPACE",
    rfc=2342,
    summary="Where a person's, others' and shared mailboxes are",
    capabilities=always("NAMESPACE"),
    commands=(command("NAMESPACE", NoArguments, namespace, state=Authenticated),),
)
