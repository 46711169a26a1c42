"""UTF8=ACCEPT: RFC 9755 (and RFC 6855 before it). The client takes UTF-8 in quoted strings and in mailbox names.

Mail with UTF-8 in its header is taken and sent to every client, enabled or not; where it was not enabled, ENVELOPE and
BODYSTRUCTURE hold such text as literals, which every client can read. UTF8=ONLY is not announced: nobody is shut out.
"""

from __future__ import annotations

from typing import Final

from restante.imap.hooks import always
from restante.imap.registry import Extension

extension: Final = Extension(
    name="UTF8=ACCEPT",
    rfc=9755,
    summary="UTF-8 in names, quoted strings and headers",
    capabilities=always("UTF8=ACCEPT"),
    enable=("UTF8=ACCEPT",),
)
