"""Which kinds of documents can be read here, by the libraries that are installed; and the edition of the readers."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from restante.documents.kind import Kind

EDITION: Final = 1
"""Raise it whenever a reader here finds other text in some document; indexes are then made anew."""

LIBRARIES: Final = {Kind.PDF: "pypdf", Kind.RTF: "striprtf"}
"""The libraries that kinds are read by, where it takes one."""


def missing() -> dict[Kind, str]:
    """Kinds that cannot be read here, each with the library that is not installed."""
    return {kind: name for kind, name in LIBRARIES.items() if find_spec(name) is None}


def edition() -> str:
    """What a text was read by: the readers' own edition, and what they lack."""
    return " ".join([str(EDITION), *(f"no {kind.value}" for kind in missing())])
