"""UTF8=ACCEPT: RFC 9755 (and RFC 6855 before it). The client takes UTF-8 in quoted strings and in mailbox names.

Where it was not enabled, ENVELOPE and BODYSTRUCTURE hold such text as literals, which every client can read. UTF8=ONLY is not
announced: nobody is shut out. One rule is not kept: §4 has APPEND refuse eight-bit headers of clients that have not enabled it,
and so would keep out old mail that people move here, whose headers are often of that kind. No mail is refused for its looks.
"""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.registry import Extension

extension: Final = Extension(
    name="UTF8=ACCEPT",
    rfc=9755,
    summary="UTF-8 in names, quoted strings and headers",
    capabilities=always("UTF8=ACCEPT"),
    enable=("UTF8=ACCEPT",),
)
