"""THREAD=REFS: threads by references alone, whatever their subjects, the one with the latest message last.

It was never an RFC; webmail asks for it where it is announced. It shares RFC 5256's first three steps.
"""

from __future__ import annotations

from typing import Final

from restante.imap.capability import always
from restante.imap.hooks import ThreadAlgorithm
from restante.imap.registry import Extension
from restante.imap.threads.references import refs

extension: Final = Extension(
    name="THREAD=REFS",
    rfc=5256,
    summary="Messages threaded without regard to subjects",
    capabilities=always("THREAD=REFS"),
    thread_algorithms=(ThreadAlgorithm("REFS", refs),),
)
