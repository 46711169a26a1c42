"""Composition: the one place that names engines and builds what the configuration asks for."""

from __future__ import annotations

import asyncio
import getpass
import socket
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from restante import __version__, attachments, logs
from restante.auth.authenticator import Authenticator
from restante.auth.cache import VerifiedLogins
from restante.auth.password import HashCost
from restante.auth.ports import Offload
from restante.auth.throttle import Throttle, ThrottleLimits
from restante.config import Config
from restante.config.address import Address
from restante.delivery.deliverer import Deliverer
from restante.delivery.draft import DraftLimits
from restante.delivery.filter import DetailFilter, Filter
from restante.delivery.session import SessionLimits as LmtpSessionLimits
from restante.imap.client import Client
from restante.imap.extensions.all import ALL
from restante.imap.protocol.limits import WireLimits
from restante.imap.registry import Registry
from restante.imap.session import Services, SessionLimits
from restante.mime.scan import ScanLimits
from restante.ops.accounts import Accounts
from restante.ops.first_run import FirstAccount, first_account
from restante.ops.mail import MailHook
from restante.server.certificate import CertificatePaths, TlsContext, verify
from restante.server.connection import ImapConnection
from restante.server.descriptors import room_for_connections
from restante.server.journal import Faults, SessionJournal
from restante.server.listener import Listener
from restante.server.lmtp import LmtpLimits, LmtpServer
from restante.server.lock import sole_server
from restante.server.offload import PoolOffload
from restante.server.presence import ConnectionLimits, Presence
from restante.server.revocation import revoking
from restante.server.self_signed import ensure_self_signed
from restante.server.shell import Shell, Timeouts
from restante.server.sockets import Places, Sockets, addresses, bind
from restante.store.address import Addressing
from restante.store.api import Store
from restante.store.directory import Directory
from restante.store.model import NewMailbox, StoreLimits
from restante.store.sqlite.directory import SqliteDirectory
from restante.store.sqlite.store import SqliteStore

DIRECTORY_FILE: Final = "directory.db"
_WORKERS: Final = 4
"""Threads for blocking work that is neither the store's nor hashing."""
GRACE: Final = 10.0
"""Seconds that connections get to finish when the server stops."""

_TRACE: Final = 8192
"""Octets of trace fields that delivery puts above a message, at most."""

_LOG: Final = logs.logger("app")


@dataclass(frozen=True, slots=True)
class Mail:
    """The data directory, opened."""

    store: Store
    directory: Directory
    accounts: Accounts
    offload: Offload


@dataclass(slots=True)
class Running:
    """A server that runs.

    Attributes:
        mail: what it serves.
        faults: the bugs it has met.
        presence: who is connected.
        tls: the context of every TLS connection.
        imap: where IMAP is taken, as it came to be.
        imaps: where IMAP under TLS is taken.
        lmtp: where LMTP is taken.
        certificate: the certificate in use.
        first: the account made because there was none, if so.
    """

    mail: Mail
    faults: Faults
    presence: Presence
    tls: TlsContext
    listener: Listener
    lmtp_server: LmtpServer
    certificate: CertificatePaths
    sockets: Sockets
    first: FirstAccount | None = None
    imap: list[Address] = field(init=False)
    imaps: list[Address] = field(init=False)
    lmtp: list[Address] = field(init=False)

    def __post_init__(self) -> None:
        self.imap = addresses(self.sockets.imap)
        self.imaps = addresses(self.sockets.imaps)
        self.lmtp = addresses(self.sockets.lmtp)

    def reconfigure(self, config: Config) -> None:
        """Let connections from here on live by *config*; listeners and the data directory stay as they are.

        Raises BadCertificate, OSError; then everything stays as it is.
        """
        certificate = certificate_in_use(config)
        self.tls.follow(certificate, config.tls.minimum_version)
        self.certificate = certificate
        # Those who are connected stay counted.
        self.presence.limits = _connection_limits(config)
        self.listener.shell = _shell(config, self.mail, self.faults, self.presence, self.listener.shell.connections)


def has_accounts(config: Config) -> bool:
    """Whether the data directory has an account directory yet."""
    return _directory_path(config).exists()


def open_directory(config: Config) -> Directory:
    """The account directory, made if it is not there. Raises Unavailable, NewerFormat, Corrupt, OSError."""
    config.data.dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return SqliteDirectory.open(_directory_path(config))


@asynccontextmanager
async def open_mail(config: Config) -> AsyncIterator[Mail]:
    """Accounts and mail of the data directory, made if it is not there. Raises as :func:`open_directory`."""
    directory = open_directory(config)
    limits, grace = _store_limits(config), int(config.retention.undelete)
    store = SqliteStore(config.data.dir, limits, grace=grace, attachments=attachments.searched(config.search))
    try:
        await store.open()
        try:
            with (
                ThreadPoolExecutor(config.auth.hash_threads, "hash") as hashing,
                ThreadPoolExecutor(_WORKERS, "work") as working,
            ):
                hook = MailHook(store, new_mailboxes(config))
                accounts = Accounts(directory, PoolOffload(hashing), hash_cost(config), hook)
                yield Mail(store, directory, accounts, PoolOffload(working))
        finally:
            await store.close()
    finally:
        await directory.close()


@asynccontextmanager
async def open_accounts(config: Config) -> AsyncIterator[Accounts]:
    """The use-cases of accounts, over the data directory. Raises as :func:`open_directory`."""
    async with open_mail(config) as mail:
        yield mail.accounts


def hash_cost(config: Config) -> HashCost:
    """What passwords are hashed at."""
    auth = config.auth
    return HashCost(auth.argon2_time, auth.argon2_memory // 1024, auth.argon2_parallelism, auth.scram_iterations)


def new_mailboxes(config: Config) -> list[NewMailbox]:
    """What a new account gets besides INBOX."""
    return [NewMailbox(name, use) for use, name in config.mailboxes.by_use().items()]


@asynccontextmanager
async def running(config: Config, *, first_run: bool = False) -> AsyncIterator[Running]:
    """A server that takes connections until the block ends, and then says BYE to all.

    With *first_run*, an empty data directory gets a first account. Raises OSError when an address cannot be had or another
    server has the data directory, BadCertificate, and as :func:`open_directory`.
    """
    with sole_server(config.data.dir), closing(bind(places(config))) as sockets:
        first = await prepare(config) if first_run else None
        async with serving(config, sockets) as server:
            server.first = first
            yield server


def places(config: Config) -> Places:
    """Where the server is to listen."""
    listen = config.listen
    return Places(listen.imap, listen.imaps, listen.lmtp, listen.lmtp_socket, listen.socket_mode, listen.backlog)


async def prepare(config: Config) -> FirstAccount | None:
    """Make what a first start needs: the certificate, and the first account, if there is none. Raises as :func:`running`."""
    # What is wrong with a certificate is said before anything is made.
    verify(certificate_in_use(config))
    async with open_mail(config) as mail:
        return None if await mail.directory.list(limit=1) else await _first_account(mail)


@asynccontextmanager
async def serving(config: Config, sockets: Sockets) -> AsyncIterator[Running]:
    """A server, or one of several processes of one, that takes connections on *sockets* until the block ends."""
    async with open_mail(config) as mail:
        certificate = certificate_in_use(config)
        tls = TlsContext(certificate, minimum_version=config.tls.minimum_version)
        faults = Faults()
        presence = Presence(_connection_limits(config))
        listener = Listener(_shell(config, mail, faults, presence, set()), tls.context)
        lmtp = _lmtp(config, mail, faults)
        server = Running(mail, faults, presence, tls, listener, lmtp, certificate, sockets)
        try:
            for bound in sockets.lmtp:
                await lmtp.listen_on(bound, sockets.backlog)
            for bound in sockets.imap:
                await listener.listen(bound, sockets.backlog, implicit_tls=False)
            for bound in sockets.imaps:
                await listener.listen(bound, sockets.backlog, implicit_tls=True)
            with revoking(mail.directory, listener.shell.connections):
                yield server
        finally:
            await asyncio.gather(listener.stop(GRACE), server.lmtp_server.stop(GRACE))


async def _first_account(mail: Mail) -> FirstAccount:
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = "root"
    name = "me" if name == "root" else name
    return await first_account(mail.accounts, mail.store, name, int(time.time()))


def make_deliverer(config: Config, mail: Mail, route: Filter | None = None) -> Deliverer:
    """What delivers, by *route* or else by plus addressing."""
    delivery = config.delivery
    return Deliverer(
        mail.store,
        mail.directory,
        route or DetailFilter(delivery.create_mailboxes),
        mail.offload,
        _addressing(config),
        DraftLimits(delivery.message_size),
        config.data.dir / "staging",
    )


def _lmtp(config: Config, mail: Mail, faults: Faults) -> LmtpServer:
    limits = LmtpLimits(
        connections=config.delivery.connections,
        line=config.limits.line,
        silence=config.delivery.silence,
        write=config.limits.write_timeout,
        session=LmtpSessionLimits(recipients=config.delivery.recipients),
    )
    deliverer, log = make_deliverer(config, mail), logs.logger("lmtp")
    return LmtpServer(deliverer, lambda peer: SessionJournal(log.bind(peer=peer), faults), socket.gethostname(), limits)


def _addressing(config: Config) -> Addressing:
    return Addressing(config.delivery.domains or None, config.delivery.plus_delimiter)


def certificate_in_use(config: Config) -> CertificatePaths:
    """The certificate the configuration names, or a self-signed one, made if need be. Raises BadCertificate, OSError."""
    tls = config.tls
    if tls.certificate is None:
        return ensure_self_signed(config.data.dir)
    return CertificatePaths(tls.certificate, tls.key or tls.certificate)


def _connection_limits(config: Config) -> ConnectionLimits:
    limits = config.limits
    total = min(limits.connections, room_for_connections())
    return ConnectionLimits(total, limits.connections_per_address, limits.connections_per_account)


def _shell(config: Config, mail: Mail, faults: Faults, presence: Presence, connections: set[ImapConnection]) -> Shell:
    limits = config.limits
    return Shell(
        services=_services(config, mail, presence),
        wire=_wire_limits(config),
        timeouts=Timeouts(limits.login_timeout, limits.idle_timeout, limits.idle_keepalive, limits.write_timeout),
        output=limits.output_buffer,
        tls=None,
        implicit_tls=False,
        arrive=presence.connect,
        journal=lambda peer: SessionJournal(logs.logger("imap").bind(peer=peer), faults),
        connections=connections,
    )


def _wire_limits(config: Config) -> WireLimits:
    limits = config.limits
    return WireLimits(
        line=limits.line,
        literal_in_memory=limits.literal,
        command=max(WireLimits().command, 4 * limits.literal, 4 * limits.line),
        arguments=limits.arguments,
        nesting=limits.nesting,
    )


def _services(config: Config, mail: Mail, presence: Presence) -> Services:
    return Services(
        store=mail.store,
        authenticator=_authenticator(config, mail),
        registry=Registry(ALL, mail.store.features),
        presence=presence,
        clock=lambda: int(time.time()),
        limits=SessionLimits(
            append=config.limits.append,
            argument_literal=config.limits.literal,
            save=config.limits.save,
            messages=config.limits.messages,
            watched=config.limits.watched,
            contexts=config.limits.contexts,
            sorted_context=config.limits.sorted_context,
            annotation=config.limits.annotation,
            numbers_end_uidonly=config.imap.numbers_end_uidonly,
        ),
        plaintext=_plaintext(config),
        identity=_identity(config),
        server_entries=config.imap.server_entries(),
        aside=mail.offload,
    )


def _authenticator(config: Config, mail: Mail) -> Authenticator:
    auth = config.auth
    throttle = ThrottleLimits(
        free_per_account=auth.throttle_free_per_account,
        free_per_address=auth.throttle_free_per_address,
        first_delay=auth.throttle_first_delay,
        longest_delay=auth.throttle_max_delay,
        half_life=auth.throttle_half_life,
        concurrent=auth.throttle_concurrent,
        capacity=auth.throttle_capacity,
        exempt=tuple(map(str, auth.throttle_exempt)),
    )
    return Authenticator(
        mail.directory,
        throttle=Throttle(time.monotonic, throttle),
        verified=VerifiedLogins(time.monotonic, lifetime=auth.login_cache_life, capacity=auth.login_cache_size),
        offload=mail.accounts.offload,
        sleep=asyncio.sleep,
        cost=hash_cost(config),
        rules=_addressing(config),
    )


def _plaintext(config: Config) -> Callable[[Client], bool]:
    allowed = config.tls.plaintext_login
    if allowed == "loopback":
        return lambda client: client.local
    return lambda client: allowed == "always"


def _identity(config: Config) -> tuple[tuple[str, str], ...]:
    shown = [("name", "Restante")] if config.id.name else []
    if config.id.version:
        shown.append(("version", __version__))
    return tuple(shown)


def _store_limits(config: Config) -> StoreLimits:
    return StoreLimits(
        mailboxes=config.limits.mailboxes,
        # A delivered message gets trace fields on top of what the SIZE setting allows.
        message=max(config.limits.append, config.delivery.message_size + _TRACE),
        tombstones=int(config.retention.tombstones),
        annotations=config.limits.annotations,
        annotation=config.limits.annotation,
        annotation_octets=config.limits.annotation_octets,
        scan=ScanLimits(
            depth=config.limits.message_depth, parts=config.limits.message_parts, header=config.limits.message_header
        ),
    )


def _directory_path(config: Config) -> Path:
    return config.data.dir / DIRECTORY_FILE
