"""The limits: what one client, one account and one message may take from everybody.

The rule it protects: nothing a peer sends is unbounded, and every bound can be set.
"""

from __future__ import annotations

from typing import Annotated

from restante.config.setting import Section, setting


class Limits(Section, frozen=True, kw_only=True):
    """What a client, an account or a message may take."""

    line: Annotated[
        int,
        setting("The longest command line, without its literals.", unit="octets", at_least=8192, at_most=16 << 20),
    ] = 65_536
    literal: Annotated[
        int,
        setting(
            "The largest literal held in memory, that is, any but a message.",
            unit="octets",
            at_least=1024,
            at_most=1 << 30,
        ),
    ] = 65_536
    append: Annotated[
        int,
        setting(
            "The largest message a client may append, announced as APPENDLIMIT (RFC 7889 §2).",
            unit="octets",
            at_least=65_536,
            at_most=1 << 40,
        ),
    ] = 64 << 20
    save: Annotated[
        int,
        setting(
            "Messages that one COPY or APPEND may take, announced as SAVELIMIT (RFC 9738 §3); 0 for any number. Mail "
            "programs seldom know of it, and fail when they copy more.",
            at_least=0,
            at_most=1_000_000,
        ),
    ] = 0
    messages: Annotated[
        int,
        setting(
            "Messages that one FETCH, SEARCH, STORE, COPY, MOVE, UID EXPUNGE or APPEND processes, announced as MESSAGELIMIT "
            "(RFC 9738 §3), which asks for 1000 at least; 0 for any number. Mail programs that do not know of it see a part "
            "of a large mailbox only.",
            at_least=0,
            at_most=10_000_000,
        ),
    ] = 0
    watched: Annotated[
        int,
        setting(
            "Mailboxes that one NOTIFY may watch, and responses it may cause at a time; beyond, the client gets "
            "NOTIFICATIONOVERFLOW (RFC 5465 §5.8).",
            at_least=10,
            at_most=1_000_000,
        ),
    ] = 5000
    contexts: Annotated[
        int,
        setting("Search results that one client may have kept up to date (RFC 5267 §4.3.1).", at_least=0, at_most=1000),
    ] = 16
    sorted_context: Annotated[
        int,
        setting("Messages of a sorted one of those.", at_least=100, at_most=1_000_000),
    ] = 10_000
    arguments: Annotated[
        int, setting("Arguments of one command, list members counted.", at_least=100, at_most=1_000_000)
    ] = 10_000
    nesting: Annotated[int, setting("Parentheses within parentheses in one command.", at_least=4, at_most=100)] = 32
    connections: Annotated[int, setting("Connections in all.", at_least=1, at_most=10_000_000)] = 10_000
    connections_per_account: Annotated[
        int,
        setting(
            "Connections of one account. Some phones open one for each mailbox they watch.",
            at_least=1,
            at_most=1_000_000,
        ),
    ] = 100
    connections_per_address: Annotated[
        int, setting("Connections from one address, which a whole office may share.", at_least=1, at_most=1_000_000)
    ] = 500
    login_timeout: Annotated[
        float, setting("Time to log in before the connection is closed.", unit="seconds", at_least=1, at_most=3600)
    ] = 60.0
    idle_timeout: Annotated[
        float,
        setting(
            "Silence after which a logged-in connection is closed. RFC 9051 §5.4 demands 30 minutes at least.",
            unit="seconds",
            at_least=1800,
            at_most=7 * 86_400,
        ),
    ] = 1800.0
    idle_keepalive: Annotated[
        float,
        setting(
            "How often a waiting client is told that the server is still there, so that routers keep the connection; "
            "0 for never.",
            unit="seconds",
            at_least=0,
            at_most=1740,
        ),
    ] = 120.0
    output_buffer: Annotated[
        int,
        setting(
            "Output waiting for one client to read before the server stops producing more.",
            unit="octets",
            at_least=16_384,
            at_most=1 << 30,
        ),
    ] = 1 << 20
    write_timeout: Annotated[
        float,
        setting(
            "How long a client may read nothing while output waits before it is dropped.",
            unit="seconds",
            at_least=1,
            at_most=3600,
        ),
    ] = 120.0
    mailboxes: Annotated[int, setting("Mailboxes of one account.", at_least=10, at_most=1_000_000)] = 10_000
    annotations: Annotated[
        int,
        setting("Annotations of one mailbox, and of an account itself (RFC 5464 §4.1).", at_least=10, at_most=100_000),
    ] = 200
    annotation: Annotated[
        int,
        setting(
            "The largest of them; `limits.literal` bounds it as well.", unit="octets", at_least=1024, at_most=1 << 30
        ),
    ] = 64 << 10
    annotation_octets: Annotated[
        int,
        setting(
            "All annotations of one account together, their names counted.",
            unit="octets",
            at_least=65_536,
            at_most=1 << 40,
        ),
    ] = 8 << 20
    message_parts: Annotated[
        int,
        setting("MIME parts described of one message; the rest is left in the last one.", at_least=10, at_most=100_000),
    ] = 10_000
    message_depth: Annotated[int, setting("MIME parts within parts that are described.", at_least=2, at_most=200)] = 50
    message_header: Annotated[
        int, setting("The largest header that is indexed.", unit="octets", at_least=16_384, at_most=64 << 20)
    ] = 256 << 10
