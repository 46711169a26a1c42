"""CONTEXT=SORT: RFC 5267 §4. A SORT whose result is kept up to date, in its order.

The options are those of :mod:`restante.imap.extensions.context_search`; a result by relevancy, whose order changes with every
message, is not updated, nor is a very long one (§4.3.1).
"""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.registry import Extension

extension: Final = Extension(
    name="CONTEXT=SORT",
    rfc=5267,
    summary="Sorted results that are kept up to date",
    capabilities=always("CONTEXT=SORT"),
)
