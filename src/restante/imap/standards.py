"""The page of standards: which RFCs there are here, and what each brings.

Strategy: IMAP and its extensions come from the registry's own values, so the page cannot say what the server does not do. The
rest (mail formats, passwords, TLS, delivery) is one written table, each row with the module that answers for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Final, Protocol, runtime_checkable

from restante.imap.extensions.all import ALL
from restante.imap.registry import Extension
from restante.imap.session import SessionLimits
from restante.sasl.registry import offered


@dataclass(frozen=True, slots=True)
class Standard:
    """A standard that is no part of IMAP.

    Attributes:
        rfc: its number, or None for what was never written down as one.
        name: what people call it.
        what: what is done of it, in a line.
        module: the module or package that does it, below ``src/restante``.
    """

    rfc: int | None
    name: str
    what: str
    module: str


OTHERS: Final[tuple[tuple[str, tuple[Standard, ...]], ...]] = (
    (
        "Practice",
        (
            Standard(2180, "Multi-accessed mailboxes", "Expunged messages answer NO until the client is told", "imap"),
            Standard(2683, "Implementation recommendations", "Long command lines; no guessing by clients", "imap/wire"),
            Standard(
                4466, "Collected extensions to ABNF", "Modifiers and return options read alike everywhere", "imap"
            ),
        ),
    ),
    (
        "Messages",
        (
            Standard(
                5322, "Internet message format", "Headers, addresses, dates; obsolete and broken forms too", "mime"
            ),
            Standard(2045, "MIME, part one", "Content types and transfer encodings", "mime"),
            Standard(2046, "MIME, part two", "Multiparts and messages within messages", "mime"),
            Standard(2047, "MIME, part three", "Encoded words, decoded for search", "mime/words.py"),
            Standard(2183, "Content-Disposition", "In BODYSTRUCTURE", "mime"),
            Standard(2231, "Parameter continuations", "Long and non-ASCII parameters, joined and decoded", "mime"),
            Standard(3282, "Content-Language", "In BODYSTRUCTURE", "mime"),
        ),
    ),
    (
        "Passwords and logins",
        (
            Standard(4422, "SASL", "Exchanges of any number of steps", "sasl"),
            Standard(4616, "PLAIN", "Under TLS, or on loopback", "sasl/plain.py"),
            Standard(None, "LOGIN", "Under TLS, or on loopback; for clients that know no other", "sasl/login.py"),
            Standard(7677, "SCRAM-SHA-256", "Without channel binding; RFC 5802 is its base", "sasl/scram.py"),
            Standard(4013, "SASLprep", "Each way of typing a password is one password", "sasl/saslprep.py"),
            Standard(9106, "argon2id", "What is kept of a password", "auth/password.py"),
        ),
    ),
    (
        "TLS",
        (
            Standard(
                8314, "TLS from the first octet", "`listen.imaps`; STARTTLS on `listen.imap`", "server/listener.py"
            ),
            Standard(7301, "ALPN", "The protocol name `imap`", "server/certificate.py"),
        ),
    ),
    (
        "Arriving mail",
        (
            Standard(2033, "LMTP", "One answer for each recipient", "smtp"),
            Standard(5321, "SMTP", "The grammar LMTP shares", "smtp"),
            Standard(1870, "SIZE", "Too large a message is refused before it is sent", "smtp"),
            Standard(2034, "ENHANCEDSTATUSCODES", "Each reply with a code of RFC 3463", "smtp/reply.py"),
            Standard(3030, "CHUNKING", "BDAT; messages with any octets", "smtp"),
            Standard(6531, "SMTPUTF8", "Addresses beyond ASCII", "smtp"),
            Standard(5233, "Subaddresses", "`name+mailbox@domain`", "store/address.py"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class _Moment:
    """What capabilities depend on, at one moment of a connection; implements :class:`restante.imap.capability.Facts`."""

    logged_in: bool
    login_allowed: bool = True
    tls_offered: bool = False
    compressed: bool = False
    append_limit: int = SessionLimits().append
    save_limit: int = SessionLimits().save
    message_limit: int = SessionLimits().messages
    mechanisms: tuple[str, ...] = offered(protected=True)


_MOMENTS: Final = (
    _Moment(logged_in=False, login_allowed=False, tls_offered=True),
    _Moment(logged_in=False),
    _Moment(logged_in=True),
)


@runtime_checkable
class _Named(Protocol):
    @property
    def name(self) -> str: ...


_OPENING: Final = """\
# Standards

What Restante speaks, taken from the code. A capability is listed if it is announced at any moment of a connection: some
show only before login, some only after it, some only without TLS.

## IMAP

| standard | RFC | what it is for | capabilities |
| --- | --- | --- | --- |
"""

_BRINGS: Final = """
## What each brings

"""


def capabilities() -> list[str]:
    """Every capability announced at any moment, with an engine that lacks nothing."""
    return list(dict.fromkeys(name for extension in ALL for name in _capabilities(extension)))


def markdown() -> str:
    """The page."""
    table = "".join(_row(extension) for extension in ALL)
    brings = "\n".join(filter(None, map(_brings, ALL)))
    others = "".join(f"\n## {title}\n\n{_table(rows)}" for title, rows in OTHERS)
    return f"{_OPENING}{table}{_BRINGS}{brings}{others}"


def _row(extension: Extension) -> str:
    names = _code(_capabilities(extension)) or "none"
    return f"| {extension.name} | {extension.rfc} | {extension.summary} | {names} |\n"


def _capabilities(extension: Extension) -> list[str]:
    return list(dict.fromkeys(name for moment in _MOMENTS for name in extension.capabilities(moment)))


def _brings(extension: Extension) -> str:
    """A section for one extension; empty for one that brings no names."""
    lines = [f"- {label}: {_code(names)}\n" for label, names in _names(extension)]
    return f"### {extension.name} (RFC {extension.rfc})\n\n{''.join(lines)}" if lines else ""


def _names(extension: Extension) -> Iterator[tuple[str, list[str]]]:
    """Each kind of thing the extension adds to the protocol, and the names of what it adds."""
    for each in fields(extension):
        value: object = getattr(extension, each.name)
        if not isinstance(value, tuple) or not value:
            continue
        names = [one if isinstance(one, str) else one.name for one in value if isinstance(one, str | _Named)]
        yield _LABELS.get(each.name, each.name.replace("_", " ").capitalize()), names


_LABELS: Final = {
    "fetch_items": "FETCH items",
    "fetch_modifiers": "FETCH modifiers",
    "store_modifiers": "STORE modifiers",
    "search_keys": "SEARCH keys",
    "search_additions": "SEARCH additions",
    "search_returns": "SEARCH return options",
    "sort_keys": "SORT keys",
    "thread_algorithms": "THREAD algorithms",
    "status_items": "STATUS items",
    "list_selections": "LIST selection options",
    "list_returns": "LIST return options",
    "select_parameters": "SELECT parameters",
    "create_parameters": "CREATE parameters",
    "enable": "ENABLE names",
    "implies": "Turned on with it",
}


def _table(rows: Iterable[Standard]) -> str:
    lines = (f"| {row.name} | {row.rfc or 'none'} | {row.what} | `{row.module}` |\n" for row in rows)
    return f"| standard | RFC | what is done | where |\n| --- | --- | --- | --- |\n{''.join(lines)}"


def _code(names: Iterable[str]) -> str:
    return " ".join(f"`{name}`" for name in names)
