"""ESORT: RFC 5267 §3. SORT takes the RETURN options of SEARCH; MIN is then the first in the order asked for, MAX the last.

The options are SEARCH's own, which write whatever order they are given; :mod:`restante.imap.extensions.sort` reads them.
"""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.registry import Extension

extension: Final = Extension(
    name="ESORT",
    rfc=5267,
    summary="SORT answers compactly",
    capabilities=always("ESORT"),
)
