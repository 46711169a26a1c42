"""How many connections may wait to be accepted: as many as the configuration says, whatever the event loop would choose."""

import socket
import struct
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.support.running import configuration

from restante.app import running
from restante.config.address import Address

_MOST_WAITING = 28
"""Where Linux tells it of a socket that listens, in ``struct tcp_info``."""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells how many may wait")
async def test_as_many_may_wait_as_are_configured(tmp_path: Path) -> None:
    config = configuration(tmp_path)
    config = replace(config, listen=replace(config.listen, backlog=300, lmtp=(Address("127.0.0.1", 0),)))
    async with running(config) as server:
        bound = (*server.sockets.imap, *server.sockets.imaps, *server.sockets.lmtp)
        said = [one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 64) for one in bound]
        assert [struct.unpack_from("I", each, _MOST_WAITING)[0] for each in said] == [300, 300, 300]
