"""SORT=DISPLAY: RFC 5957. Sorting by how the first sender or recipient is shown."""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.hooks import SortKey
from restante.imap.registry import Extension

extension: Final = Extension(
    name="SORT=DISPLAY",
    rfc=5957,
    summary="Messages sorted by the names people see",
    capabilities=always("SORT=DISPLAY"),
    sort_keys=(
        SortKey("DISPLAYFROM", texts="from_displays"),
        SortKey("DISPLAYTO", texts="to_displays"),
    ),
)
