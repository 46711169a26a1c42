"""IMAP4rev1 (RFC 3501): the base every client speaks."""

from __future__ import annotations

from typing import Final

from restante.imap.capability import Facts
from restante.imap.core import (
    any_state,
    append,
    copy,
    expunge,
    fetch,
    fetch_items,
    list,  # noqa: A004 - the command's own name
    login,
    mailboxes,
    search,
    search_keys,
    sections,
    select,
    status,
    store,
)
from restante.imap.registry import Extension


def _capabilities(facts: Facts) -> tuple[str, ...]:
    """IMAP4rev1 first; then how to log in, as long as that is to be done."""
    if facts.logged_in:
        return ("IMAP4rev1",)
    mechanisms = tuple(f"AUTH={name}" for name in facts.mechanisms)
    starttls = ("STARTTLS",) if facts.tls_offered else ()
    disabled = () if facts.login_allowed else ("LOGINDISABLED",)
    return ("IMAP4rev1", *starttls, *disabled, *mechanisms)


extension: Final = Extension(
    name="IMAP4rev1",
    rfc=3501,
    summary="The base protocol",
    capabilities=_capabilities,
    commands=(
        *any_state.COMMANDS,
        *login.COMMANDS,
        *select.COMMANDS,
        *mailboxes.COMMANDS,
        *list.COMMANDS,
        *status.COMMANDS,
        *append.COMMANDS,
        *expunge.COMMANDS,
        *fetch.COMMANDS,
        *store.COMMANDS,
        *copy.COMMANDS,
        *search.COMMANDS,
    ),
    fetch_items=(*fetch_items.ITEMS, *sections.ITEMS),
    search_keys=search_keys.ITEMS,
    status_items=status.ITEMS,
)
