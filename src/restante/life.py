"""The life of the server process: start, signals, and an end that keeps what was accepted."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Final

from restante import logs
from restante.app import Running, running
from restante.config import Config
from restante.config.address import Address
from restante.config.problem import ConfigError
from restante.ops.first_run import FirstAccount
from restante.server.certificate import BadCertificate, fingerprint

_LOG: Final = logs.logger("app")


def serve(config: Config, reread: Callable[[], Config]) -> int:
    """Run the server until SIGTERM or SIGINT; SIGHUP has *reread* called. The exit code."""
    return asyncio.run(_serve(config, reread))


async def _serve(config: Config, reread: Callable[[], Config]) -> int:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    async with running(config, first_run=True) as server:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: _reload(server, reread))
        if server.first is not None:
            print(_introduction(server, server.first), flush=True)  # noqa: T201 - told once, to the person who started it
        _LOG.info(
            "listening",
            imap=_shown(server.imap),
            imaps=_shown(server.imaps),
            lmtp=_shown(server.lmtp),
            data=str(config.data.dir),
        )
        await stop.wait()
        _LOG.info("stopping", connections=len(server.listener.shell.connections))
    _LOG.info("stopped")
    return 0


def _reload(server: Running, reread: Callable[[], Config]) -> None:
    try:
        server.reconfigure(reread())
    except (ConfigError, BadCertificate, OSError) as error:
        _LOG.error("configuration not read again", reason=str(error))
    else:
        _LOG.info("configuration read again")


def _introduction(server: Running, first: FirstAccount) -> str:
    where = [("IMAP, TLS", address) for address in server.imaps] + [("IMAP, STARTTLS", one) for one in server.imap]
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
            f"    {fingerprint(server.certificate.certificate)}",
            "",
            "The password is shown this once. Another: restante account password " + first.name,
            "",
        )
    )


def _shown(addresses: list[Address]) -> str:
    return " ".join(map(str, addresses))
