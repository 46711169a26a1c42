"""Which modules may be compiled to C extensions (mypyc), and whether those that run are.

Strategy: the modules are ordinary Python, and Restante is whole without a compiler. ``scripts/compile`` (in a clone) and
``RESTANTE_COMPILE=1`` (for a wheel) compile what is listed here. What their code has to observe is in
``docs/design/compiling.md``.

The rule it protects: compiled or not, they do the same; the gate runs the tests both ways.
"""

from __future__ import annotations

from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Final

MODULES: Final = (
    "imap.errors",
    "imap.fetching",
    "imap.listing",
    "imap.protocol.assembly",
    "imap.protocol.connection",
    "imap.protocol.events",
    "imap.protocol.limits",
    "imap.protocol.response",
    "imap.threads.forest",
    "imap.threads.links",
    "imap.threads.ordered_subject",
    "imap.threads.references",
    "imap.view",
    "imap.wire.cursor",
    "imap.wire.errors",
    "imap.wire.fragments",
    "imap.wire.grammar",
    "imap.wire.reader",
    "imap.wire.structure",
    "imap.wire.utf7",
    "imap.wire.values",
    "imap.wire.writer",
    "mime.address",
    "mime.comments",
    "mime.content",
    "mime.date",
    "mime.encode",
    "mime.envelope",
    "mime.header",
    "mime.part",
    "mime.scan",
    "mime.subject",
    "mime.text",
    "mime.thread",
    "mime.transfer",
    "mime.words",
    "model.collation",
    "model.dates",
    "model.ids",
    "model.mailbox_name",
    "model.message_set",
    "smtp.command",
    "smtp.connection",
    "smtp.content",
    "smtp.errors",
    "smtp.path",
    "smtp.reply",
    "smtp.transaction",
    "store.batches",
    "store.errors",
    "store.matching",
    "store.query",
    "store.words",
)
"""Names below ``restante``. They are compiled together, so that they call one another without a detour."""


def in_use() -> tuple[str, ...]:
    """Those of :data:`MODULES` that are, or would be, imported as compiled code: Python prefers it to the source beside it."""
    return tuple(name for name in MODULES if _is_compiled(_PACKAGE / name.replace(".", "/")))


def described() -> str:
    """For people: ``compiled``, ``not compiled``, or how many of the modules are."""
    count = len(in_use())
    if count in (0, len(MODULES)):
        return "compiled" if count else "not compiled"
    return f"{count} of {len(MODULES)} modules compiled"


def _is_compiled(path: Path) -> bool:
    return any(path.with_name(path.name + suffix).exists() for suffix in EXTENSION_SUFFIXES)


_PACKAGE: Final = Path(__file__).parent
