"""OBJECTID: RFC 8474. Names for mailboxes, message contents and conversations that outlast renaming, copying and moving.

The MAILBOXID of a CREATE is in ``imap/core/mailboxes.py``. Ids are made where mail arrives; see ``store/arrival.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from restante.imap.capability import always
from restante.imap.core.fetch_items import of_columns
from restante.imap.hooks import FetchItem, SearchKey, SearchTerm, StatusItem
from restante.imap.registry import Extension, Registry
from restante.imap.state import Selected
from restante.imap.wire.reader import Reader
from restante.model.ids import EmailId, ThreadId
from restante.store.model import Field, MessageColumns, StoreFeature
from restante.store.query import Query, WithEmailId, WithThreadId

_OBJECT_ID: Final = re.compile(rb"[A-Za-z0-9_-]{1,255}")


def _on_select(s: Selected) -> bytes:
    return b"OK [MAILBOXID (%b)] The mailbox's lasting name" % s.mailbox.id.encode()


def _thread_ids(batch: MessageColumns) -> list[bytes]:
    """NIL where the engine knows no conversations (§5.2)."""
    return [b"(%b)" % thread.encode() if thread else b"NIL" for thread in batch.thread_ids]


_EMAIL_ID: Final = of_columns(Field.IDS, b"EMAILID (%b)", lambda batch: map(str.encode, batch.email_ids))
_THREAD_ID: Final = of_columns(Field.IDS, b"THREADID %b", _thread_ids)


def _key(make: Callable[[str], Query]) -> Callable[[Reader, Registry], SearchTerm]:
    """``SP objectid`` (§7); case matters."""

    def read(r: Reader, tables: Registry) -> SearchTerm:
        raw = r.sp().atom()
        if not _OBJECT_ID.fullmatch(raw):
            raise r.expected("an object id of letters, digits, - and _ before here")
        query = make(raw.decode("ascii"))
        return lambda binding: query

    return read


extension: Final = Extension(
    name="OBJECTID",
    rfc=8474,
    summary="Lasting names of mailboxes, messages and conversations",
    capabilities=always("OBJECTID"),
    on_select=_on_select,
    needs=StoreFeature.OBJECT_ID,
    fetch_items=(
        FetchItem("EMAILID", lambda r, tables: _EMAIL_ID),
        FetchItem("THREADID", lambda r, tables: _THREAD_ID),
    ),
    search_keys=(
        SearchKey("EMAILID", _key(lambda text: WithEmailId(EmailId(text)))),
        SearchKey("THREADID", _key(lambda text: WithThreadId(ThreadId(text)))),
    ),
    status_items=(StatusItem("MAILBOXID", lambda record: b"(%b)" % record.id.encode()),),
)
