"""LITERAL+ and LITERAL-: RFC 7888. Literals that do not wait; framing is ``imap/wire/fragments.py``'s.

Any size is taken that the command may carry (LITERAL+), which serves clients that know only LITERAL- as well (§5).
"""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.registry import Extension

extension: Final = Extension(
    name="LITERAL+", rfc=7888, summary="Literals without a round trip", capabilities=always("LITERAL+")
)
