"""The configuration: every setting, its type, its default, its range and its meaning.

Strategy: this file is the only place a setting is described. Reading, checking, ``restante config show`` and the page
``docs/reference/settings.md`` all derive from it. Building a :class:`Config` in code checks no ranges; reading one does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from restante.config.address import Address, Domain, Network
from restante.config.limits import Limits
from restante.config.place import default_data_dir
from restante.config.search import Search
from restante.config.setting import Section, Setting, setting, settings_of
from restante.model.mailbox_name import MailboxName
from restante.sasl.scram_keys import DEFAULT_ITERATIONS
from restante.store.model import SpecialUse

_CENTURY: Final = 36_500 * 86_400


class Data(Section, frozen=True, kw_only=True):
    """Where mail and accounts are kept."""

    dir: Annotated[
        Path,
        setting(
            "The directory that holds everything. Flag: `--data`.",
            default="`$XDG_STATE_HOME/restante`, that is `~/.local/state/restante`; for root `/var/lib/restante`",
            environment="RESTANTE_DATA",
        ),
    ] = msgspec.field(default_factory=default_data_dir)


class Listen(Section, frozen=True, kw_only=True):
    """Where connections are taken. `*` as the host means every interface; empty turns a listener off."""

    imap: Annotated[
        tuple[Address, ...],
        setting("IMAP that starts in the clear and offers STARTTLS. The standard port is 143. Flag: `--imap`."),
    ] = (Address("127.0.0.1", 1143),)
    imaps: Annotated[
        tuple[Address, ...], setting("IMAP under TLS from the first octet. The standard port is 993. Flag: `--imaps`.")
    ] = (Address("127.0.0.1", 1993),)
    lmtp: Annotated[
        tuple[Address, ...],
        setting(
            "LMTP, by which a mail transfer agent hands over mail. Whoever reaches it may deliver. Flag: `--lmtp`."
        ),
    ] = (Address("127.0.0.1", 1024),)
    lmtp_socket: Annotated[
        Path | None, setting("LMTP on a UNIX socket at this path; empty for none. Flag: `--lmtp-socket`.")
    ] = None
    lmtp_socket_mode: Annotated[str, setting("Permissions of the LMTP socket, in octal.", pattern="0[0-7]{3}")] = "0660"
    backlog: Annotated[
        int, setting("Connections the system holds until they are accepted.", at_least=1, at_most=65_535)
    ] = 1024

    @property
    def socket_mode(self) -> int:
        """:attr:`lmtp_socket_mode` as a number."""
        return int(self.lmtp_socket_mode, 8)


class Process(Section, frozen=True, kw_only=True):
    """How the server runs."""

    workers: Annotated[
        int,
        setting(
            "Processes that share the listeners and the data directory. Limits on connections and failed logins hold for "
            "each of them.",
            at_least=1,
            at_most=256,
        ),
    ] = 1
    event_loop: Annotated[
        Literal["auto", "uvloop", "asyncio"],
        setting(
            "What waits for connections and timers: uvloop, or Python's own asyncio. auto: uvloop where it is installed."
        ),
    ] = "auto"


class Tls(Section, frozen=True, kw_only=True):
    """Certificates, and who may log in without TLS."""

    certificate: Annotated[
        Path | None,
        setting(
            "PEM file with the certificate chain, read again when it changes. "
            "Empty: a self-signed one is made in the data directory."
        ),
    ] = None
    key: Annotated[Path | None, setting("PEM file with the private key, not encrypted.")] = None
    minimum_version: Annotated[Literal["1.2", "1.3"], setting("The oldest TLS version spoken.")] = "1.2"
    plaintext_login: Annotated[
        Literal["never", "loopback", "always"],
        setting("Whether a password may be sent without TLS: never, only from this machine, or always."),
    ] = "loopback"


class Auth(Section, frozen=True, kw_only=True):
    """Passwords: what one costs to check, and what guessing costs."""

    argon2_time: Annotated[int, setting("Passes of argon2id.", at_least=1, at_most=100)] = 3
    argon2_memory: Annotated[int, setting("Memory of one check.", unit="octets", at_least=1 << 20, at_most=4 << 30)] = (
        64 << 20
    )
    argon2_parallelism: Annotated[int, setting("Lanes of argon2id.", at_least=1, at_most=64)] = 4
    hash_threads: Annotated[
        int, setting("Passwords checked at once; each takes the memory above.", at_least=1, at_most=256)
    ] = 2
    login_cache_life: Annotated[
        float,
        setting(
            "How long a verified login is remembered, so that reconnecting costs no hash; 0 for not at all.",
            unit="seconds",
            at_least=0,
            at_most=86_400,
        ),
    ] = 600.0
    login_cache_size: Annotated[int, setting("Verified logins remembered.", at_least=1, at_most=10_000_000)] = 10_000
    scram_iterations: Annotated[
        int,
        setting(
            "Rounds of the keys kept for SCRAM-SHA-256 (RFC 7677 §4); 0 keeps none, and SCRAM is then not offered.",
            at_least=0,
            at_most=10_000_000,
        ),
    ] = DEFAULT_ITERATIONS
    throttle_free_per_account: Annotated[
        int,
        setting("Failed logins to one account from one address that cost no wait.", at_least=0, at_most=1000),
    ] = 3
    throttle_free_per_address: Annotated[
        int,
        setting("Failed logins from one address, to whatever accounts, that cost no wait.", at_least=0, at_most=10_000),
    ] = 10
    throttle_first_delay: Annotated[
        float,
        setting(
            "Wait for the first failed login beyond those; it doubles with each further one.",
            unit="seconds",
            at_least=0,
            at_most=60,
        ),
    ] = 1.0
    throttle_max_delay: Annotated[
        float, setting("The longest such wait.", unit="seconds", at_least=0, at_most=3600)
    ] = 15.0
    throttle_half_life: Annotated[
        float, setting("Time in which half of the failures are forgotten.", unit="seconds", at_least=1, at_most=86_400)
    ] = 120.0
    throttle_concurrent: Annotated[
        int, setting("Logins from one address that may be under way at once.", at_least=1, at_most=10_000)
    ] = 20
    throttle_capacity: Annotated[
        int, setting("Addresses whose failures are remembered.", at_least=100, at_most=10_000_000)
    ] = 10_000
    throttle_exempt: Annotated[
        tuple[Network, ...],
        setting("Networks never made to wait, for example a webmail's, whose people share one address."),
    ] = ()


class Retention(Section, frozen=True, kw_only=True):
    """How long what was deleted is remembered."""

    undelete: Annotated[
        float,
        setting(
            "How long expunged messages can be brought back before their space is freed.",
            unit="seconds",
            at_least=0,
            at_most=_CENTURY,
        ),
    ] = 14 * 86_400.0
    tombstones: Annotated[
        float,
        setting(
            "How long a mailbox remembers which UIDs were expunged. A client away for longer resynchronises in full "
            "(RFC 7162 §5).",
            unit="seconds",
            at_least=86_400,
            at_most=_CENTURY,
        ),
    ] = 90 * 86_400.0


class Delivery(Section, frozen=True, kw_only=True):
    """Mail that arrives by LMTP."""

    domains: Annotated[
        tuple[Domain, ...],
        setting(
            "Domains in which NAME@DOMAIN is account NAME; the first completes a bare NAME. "
            "Empty: any domain; the mail transfer agent decides whose mail it hands over."
        ),
    ] = ()
    plus_delimiter: Annotated[
        str,
        setting(
            "Separates an account from a mailbox in the local part, as in NAME+MAILBOX (RFC 5233 §1); empty for none.",
            pattern="[-+_=#]?",
        ),
    ] = "+"
    create_mailboxes: Annotated[
        bool, setting("Whether NAME+MAILBOX creates a mailbox that is missing; otherwise its mail goes to INBOX.")
    ] = False
    message_size: Annotated[
        int, setting("The largest message taken, announced as SIZE.", unit="octets", at_least=65_536, at_most=1 << 40)
    ] = 64 << 20
    connections: Annotated[int, setting("LMTP connections in all.", at_least=1, at_most=100_000)] = 200
    silence: Annotated[
        float,
        setting(
            "How long an LMTP client may say nothing. RFC 5321 §4.5.3.2.7 asks for 5 minutes at least.",
            unit="seconds",
            at_least=1,
            at_most=3600,
        ),
    ] = 300.0
    recipients: Annotated[
        int, setting("Recipients in one transaction (RFC 5321 §4.5.3.1.8).", at_least=100, at_most=100_000)
    ] = 1000


class Mailboxes(Section, frozen=True, kw_only=True):
    """The special-use mailboxes (RFC 6154 §2) a new account gets, by name; empty for none."""

    drafts: Annotated[MailboxName | None, setting("Messages being written.")] = MailboxName("Drafts")
    sent: Annotated[MailboxName | None, setting("Messages sent.")] = MailboxName("Sent")
    junk: Annotated[MailboxName | None, setting("Spam.")] = MailboxName("Junk")
    trash: Annotated[MailboxName | None, setting("Messages deleted.")] = MailboxName("Trash")
    archive: Annotated[MailboxName | None, setting("Messages kept.")] = MailboxName("Archive")

    def by_use(self) -> dict[SpecialUse, MailboxName]:
        """The mailbox of each use, without those turned off."""
        pairs = {
            SpecialUse.DRAFTS: self.drafts,
            SpecialUse.SENT: self.sent,
            SpecialUse.JUNK: self.junk,
            SpecialUse.TRASH: self.trash,
            SpecialUse.ARCHIVE: self.archive,
        }
        return {use: name for use, name in pairs.items() if name is not None}


class Imap(Section, frozen=True, kw_only=True):
    """Where IMAP can be more lenient than its standards, and what it says of the server (RFC 5464 §6.2)."""

    numbers_end_uidonly: Annotated[
        bool,
        setting(
            "Whether a program that asked for UIDs in place of message numbers, and sends numbers all the same, is served; "
            "its wish is then forgotten. RFC 9586 §3 has it refused."
        ),
    ] = False
    comment: Annotated[
        str,
        setting(
            "A line about this server for people, which programs may show: the annotation `/shared/comment`; empty for none.",
            pattern=r"[^\x00-\x1F\x7F]*",
        ),
    ] = ""
    admin: Annotated[
        str,
        setting(
            "How to reach the administrator, as a URI such as `mailto:postmaster@example.org`: the annotation "
            "`/shared/admin`; empty for none.",
            pattern=r"([A-Za-z][A-Za-z0-9+.\-]*:[!-~]+)?",
        ),
    ] = ""

    def server_entries(self) -> dict[str, str]:
        """The server's annotations that are set here, by name."""
        return {"/shared/comment": self.comment, "/shared/admin": self.admin}


class Log(Section, frozen=True, kw_only=True):
    """What is logged, to standard error."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], setting("The least severe events that are logged.")
    ] = "info"
    format: Annotated[
        Literal["auto", "text", "json"], setting("Text for people, JSON for programs; auto: text on a terminal.")
    ] = "auto"


class Id(Section, frozen=True, kw_only=True):
    """What the server tells of itself with the ID command (RFC 2971 §3.3)."""

    name: Annotated[bool, setting("Whether it gives its name.")] = True
    version: Annotated[bool, setting("Whether it gives its version.")] = True


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The whole configuration, one attribute a table."""

    data: Data = msgspec.field(default_factory=Data)
    listen: Listen = msgspec.field(default_factory=Listen)
    process: Process = msgspec.field(default_factory=Process)
    tls: Tls = msgspec.field(default_factory=Tls)
    auth: Auth = msgspec.field(default_factory=Auth)
    limits: Limits = msgspec.field(default_factory=Limits)
    retention: Retention = msgspec.field(default_factory=Retention)
    delivery: Delivery = msgspec.field(default_factory=Delivery)
    mailboxes: Mailboxes = msgspec.field(default_factory=Mailboxes)
    search: Search = msgspec.field(default_factory=Search)
    imap: Imap = msgspec.field(default_factory=Imap)
    log: Log = msgspec.field(default_factory=Log)
    id: Id = msgspec.field(default_factory=Id)


SECTIONS: Final[dict[str, type[Section]]] = {
    "data": Data,
    "listen": Listen,
    "process": Process,
    "tls": Tls,
    "auth": Auth,
    "limits": Limits,
    "retention": Retention,
    "delivery": Delivery,
    "mailboxes": Mailboxes,
    "search": Search,
    "imap": Imap,
    "log": Log,
    "id": Id,
}
"""Table name to its type, in the order of the reference."""


def settings() -> Iterator[Setting]:
    """Every setting there is, in the order of the reference."""
    for name, table in SECTIONS.items():
        yield from settings_of(name, table)
