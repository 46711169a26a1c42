"""Keywords that come from files: only what IMAP can say is a keyword (RFC 9051 §9: flag-keyword = atom)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_ATOM: Final = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]{1,128}")


def keywords(texts: Iterable[str]) -> list[str]:
    """Those of *texts* that are keywords."""
    return [text for text in texts if _ATOM.fullmatch(text)]
