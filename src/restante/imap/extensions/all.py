"""Every extension there is, written out. To add one: its file, its tests, its line here."""

from __future__ import annotations

from typing import Final

from restante.imap.core import imap4rev1, imap4rev2
from restante.imap.extensions import (
    appendlimit,
    binary,
    children,
    compress,
    condstore,
    enable,
    esearch,
    id,  # noqa: A004 - the command's own name
    idle,
    list_extended,
    list_status,
    literal_plus,
    move,
    multiappend,
    namespace,
    objectid,
    preview,
    qresync,
    response_codes,
    sasl_ir,
    savedate,
    searchres,
    special_use,
    status_size,
    uidplus,
    unauthenticate,
    unselect,
    utf8,
    within,
)
from restante.imap.registry import Extension

ALL: Final[tuple[Extension, ...]] = (
    imap4rev1.extension,
    imap4rev2.extension,
    sasl_ir.extension,
    literal_plus.extension,
    enable.extension,
    id.extension,
    idle.extension,
    namespace.extension,
    children.extension,
    unselect.extension,
    uidplus.extension,
    move.extension,
    esearch.extension,
    searchres.extension,
    within.extension,
    list_extended.extension,
    list_status.extension,
    status_size.extension,
    special_use.extension,
    multiappend.extension,
    appendlimit.extension,
    binary.extension,
    compress.extension,
    condstore.extension,
    qresync.extension,
    utf8.extension,
    objectid.extension,
    savedate.extension,
    preview.extension,
    unauthenticate.extension,
    response_codes.extension,
)
