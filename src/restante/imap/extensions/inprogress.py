"""INPROGRESS: RFC 9585. A client that waits for a long command is told that it is at work, before it gives up.

A search that reads messages tells how many it has read, of how many. Of commands that are done in one go only the tag is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from restante.imap.capability import always
from restante.imap.registry import Extension, Meanwhile
from restante.imap.wire import writer

if TYPE_CHECKING:
    from restante.imap.session import Session

_LONG: Final = ("COPY", "ESEARCH", "MOVE", "REPLACE", "SEARCH", "SORT", "STORE", "THREAD", "EXPUNGE")


def _line(session: Session) -> bytes:
    """``OK [INPROGRESS (tag done goal)]``; a tag with a bracket would end the code too soon, and is NIL (§4)."""
    tag, state = session.tag.encode(), session.errand.state
    named = b"NIL" if b"]" in tag else writer.quoted(tag)
    if state is None:
        return b"OK [INPROGRESS (%b NIL NIL)] Still at work" % named
    return b"OK [INPROGRESS (%b %d %d)] Still at work" % (named, *state)


extension: Final = Extension(
    name="INPROGRESS",
    rfc=9585,
    summary="A long command shows that it is at work",
    capabilities=always("INPROGRESS"),
    meanwhile=Meanwhile(
        frozenset((*_LONG, *("UID " + name for name in _LONG), "APPEND", "CREATE", "DELETE", "RENAME")), _line
    ),
)
