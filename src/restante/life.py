"""The life of the server: start, signals, and an end that keeps what was accepted."""

from __future__ import annotations

import asyncio
import gc
import signal
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from typing import Final

from restante import called, compiled, logs
from restante.app import Running, certificate_in_use, places, prepare, serving
from restante.config import Config
from restante.config.address import Address
from restante.config.problem import ConfigError
from restante.ops.first_run import FirstAccount
from restante.server.certificate import BadCertificate, fingerprint
from restante.server.descriptors import raise_limit, room_for_connections
from restante.server.event_loop import run
from restante.server.lock import sole_server
from restante.server.sockets import Sockets, addresses, bind
from restante.workers import Supervisor

_LOG: Final = logs.logger("app")


def serve(config: Config, reread: Callable[[], Config]) -> int:
    """Run the server until SIGTERM or SIGINT; SIGHUP has *reread* called. The exit code.

    Raises OSError when an address cannot be had or another server has the data directory, BadCertificate, NoSuchLoop, and
    what opening the data directory raises.
    """
    loop = config.process.event_loop
    raise_limit()
    if room_for_connections() < config.limits.connections:
        _LOG.warning("fewer connections than configured: too few files may be open", connections=room_for_connections())
    with sole_server(config.data.dir), closing(bind(places(config))) as sockets:
        first = run(loop, lambda: prepare(config))
        if first is not None:
            print(_introduction(config, sockets, first), flush=True)  # noqa: T201 - told once, to who started it
        work = partial(run, loop, lambda: _serve(config, reread, sockets))
        return work() if config.process.workers == 1 else Supervisor(config.process.workers, work).run()


async def _serve(config: Config, reread: Callable[[], Config], sockets: Sockets) -> int:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving(config, sockets) as server:
        loop.add_signal_handler(signal.SIGHUP, lambda: _reload(server, reread))
        _LOG.info(
            "listening",
            imap=_shown(server.imap),
            imaps=_shown(server.imaps),
            lmtp=_shown(server.lmtp),
            data=str(config.data.dir),
            modules=compiled.described(),
            event_loop=type(loop).__module__.partition(".")[0],
        )
        _spare_the_collector()
        await stop.wait()
        _LOG.info("stopping", connections=len(server.listener.shell.connections))
    _LOG.info("stopped")
    return 0


def _spare_the_collector() -> None:
    """What a start left in memory stays, and need not be searched for cycles ever again."""
    gc.collect()
    gc.freeze()


def _reload(server: Running, reread: Callable[[], Config]) -> None:
    try:
        server.reconfigure(reread())
    except (ConfigError, BadCertificate, OSError) as error:
        _LOG.error("configuration not read again", reason=str(error))
    else:
        _LOG.info("configuration read again")


def _introduction(config: Config, sockets: Sockets, first: FirstAccount) -> str:
    where = [("IMAP, TLS", address) for address in addresses(sockets.imaps)]
    where += [("IMAP, STARTTLS", address) for address in addresses(sockets.imap)]
    lines = [f"    {kind:<16}host {address.host}   port {address.port}" for kind, address in where]
    return "\n".join(
        (
            "",
            "Restante is running. Type this into your mail program:",
            "",
            *lines,
            f"    {'User':<16}{first.name}",
            f"    {'Password':<16}{first.password}",
            "",
            "The certificate is self-signed; your program will ask you to trust it. Its SHA-256 fingerprint:",
            f"    {fingerprint(certificate_in_use(config).certificate)}",
            "",
            f"The password is shown this once. Another: {called.command()} account password {first.name}",
            "",
        )
    )


def _shown(found: Sequence[Address]) -> str:
    return " ".join(map(str, found))
