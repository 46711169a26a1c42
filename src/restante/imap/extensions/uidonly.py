"""UIDONLY: RFC 9586. A client that keeps UIDs alone: UIDFETCH for FETCH, VANISHED for EXPUNGE, no message numbers either way.

How to tell is the view's :class:`~restante.imap.view.Style`; the session refuses what uses numbers with UIDREQUIRED. Some
clients enable UIDONLY and go on using numbers; where the administrator allows it, the first such command ends UIDONLY and is
served (see ``SessionLimits.numbers_end_uidonly``).
"""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.registry import Extension

extension: Final = Extension(
    name="UIDONLY",
    rfc=9586,
    summary="UIDs in place of message numbers",
    capabilities=always("UIDONLY"),
    enable=("UIDONLY",),
)
