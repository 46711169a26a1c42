"""Sessions of accounts that are disabled or deleted while they are open."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from restante.app import running
from restante.config import Config
from restante.config.address import Address
from restante.config.model import Auth, Data, Listen


@pytest.mark.parametrize("how", ["disable", "delete"])
async def test_an_open_session_ends(tmp_path: Path, how: str) -> None:
    config = Config(
        data=Data(dir=tmp_path),
        listen=Listen(imap=(Address("127.0.0.1", 0),), imaps=(), lmtp=()),
        auth=Auth(argon2_time=1, argon2_memory=1 << 20, scram_iterations=0),
    )
    async with running(config) as server:
        for name in ("anna", "bert"):
            await server.mail.accounts.add(name, "correct horse battery")
        readers = {}
        for name in ("anna", "bert"):
            reader, writer = await asyncio.open_connection(server.imap[0].host, server.imap[0].port)
            await reader.readline()
            writer.write(f'a LOGIN {name} "correct horse battery"\r\nb IDLE\r\n'.encode())
            assert b"a OK" in await reader.readline()
            assert (await reader.readline()).startswith(b"+ ")
            readers[name] = reader, writer
        await getattr(server.mail.accounts, how)("anna")
        async with asyncio.timeout(10):
            assert (await readers["anna"][0].readline()).startswith(b"* BYE This account")
            assert await readers["anna"][0].read() == b""
        readers["bert"][1].write(b"DONE\r\n")
        assert (await readers["bert"][0].readline()).startswith(b"b OK")
        for _, writer in readers.values():
            writer.close()
