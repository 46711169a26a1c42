"""The text of RTF documents (Rich Text Format 1.9.1), by striprtf."""

from __future__ import annotations

from striprtf.striprtf import rtf_to_text

from restante.documents.gathered import Gathered


def rtf_text(octets: bytes, gathered: Gathered) -> None:
    """Gather the text of a document. Raises Full, ValueError."""
    # Its marker says typed; its function is not.
    gathered.add(rtf_to_text(octets.decode("latin-1"), errors="replace"))  # type: ignore[no-untyped-call]
