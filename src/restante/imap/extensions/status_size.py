"""STATUS=SIZE: RFC 8438. The octets of a mailbox's messages together."""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.hooks import StatusItem
from restante.imap.registry import Extension

extension: Final = Extension(
    name="STATUS=SIZE",
    rfc=8438,
    summary="A mailbox's size",
    capabilities=always("STATUS=SIZE"),
    status_items=(StatusItem("SIZE", lambda record: b"%d" % record.status.size),),
)
