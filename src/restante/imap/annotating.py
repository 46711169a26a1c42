"""Reading names of annotations, and the METADATA response (RFC 5464 §4.4, §5), as several commands have them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from restante.imap.errors import Bad
from restante.imap.wire import writer
from restante.imap.wire.reader import Reader
from restante.model.entry_name import BadEntryName, EntryName, entry_name, entry_root
from restante.model.mailbox_name import MailboxName

Shown = Mapping[EntryName, bytes]
"""Names as their client has spelt them, which is how it is answered."""


def read_entry(r: Reader, *, root: bool = False) -> tuple[EntryName, bytes]:
    """``entry``, and how it was spelt; with *root* also what entries only lie below. Raises Bad for an invalid one (§3.2)."""
    raw = r.astring()
    try:
        text = raw.decode("ascii")
        return (entry_root(text) if root else entry_name(text)), raw
    except UnicodeDecodeError:
        raise Bad("An entry name is ASCII") from None
    except BadEntryName as error:
        raise Bad(str(error)) from None


def values_line(mailbox: MailboxName | None, values: Iterable[tuple[bytes, bytes | None]], *, utf8: bool) -> bytes:
    """``METADATA mailbox (entry value …)`` with one value at least, without ``* `` and CRLF."""
    shown = b" ".join([b"%b %b" % (writer.astring(name), writer.nstring8(value, utf8=utf8)) for name, value in values])
    return b"METADATA %b (%b)" % (_place(mailbox, utf8), shown)


def names_line(mailbox: MailboxName | None, names: Iterable[EntryName], *, utf8: bool) -> bytes:
    """``METADATA mailbox entry …``: what changed (§4.4.2), without ``* `` and CRLF."""
    return b"METADATA %b %b" % (_place(mailbox, utf8), b" ".join([writer.astring(name.encode()) for name in names]))


def _place(mailbox: MailboxName | None, utf8: bool) -> bytes:
    return b'""' if mailbox is None else writer.mailbox(mailbox, utf8=utf8)
