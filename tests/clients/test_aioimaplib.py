"""aioimaplib, the asyncio client: above all, IDLE and who is told what."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aioimaplib import aioimaplib
from tests.support.probe import Probe
from tests.support.sample_mail import attachment, plain
from tests.support.server import Account, Server

pytestmark = pytest.mark.client("aioimaplib")

PUSH_LIMIT = 15
"""Seconds within which news must reach an idle client."""


@asynccontextmanager
async def connected(server: Server, account: Account, tls: ssl.SSLContext) -> AsyncIterator[aioimaplib.IMAP4_SSL]:
    """A client that has logged in and selected INBOX."""
    client = aioimaplib.IMAP4_SSL(server.host, server.ports.imaps, ssl_context=tls, timeout=20)
    await client.wait_hello_from_server()
    ok(await client.login(account.name, account.password))
    ok(await client.select("INBOX"))
    try:
        yield client
    finally:
        await client.logout()
        await closed(client)


async def closed(client: aioimaplib.IMAP4_SSL) -> None:
    """The library leaves its transport to the server's close, which may come after the test's end."""
    client.protocol.transport.abort()
    # Two turns of the loop: one for TLS to let go of the socket's transport, one for that to close.
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def ok(response: aioimaplib.Response) -> list[bytes]:
    """The lines of an OK; anything else fails the test."""
    assert response.result == "OK", response
    return list(response.lines)


async def await_push(client: aioimaplib.IMAP4_SSL, text: bytes) -> bytes:
    """The first line with *text* among those the idle client is told."""
    async with asyncio.timeout(PUSH_LIMIT):
        while True:
            for line in await client.wait_server_push():
                if text in line:
                    return bytes(line)


async def test_idle_is_told_of_a_delivery(server: Server, account: Account, tls: ssl.SSLContext) -> None:
    async with connected(server, account, tls) as client:
        idle = await client.idle_start(timeout=60)
        await asyncio.to_thread(server.deliver, account, plain().raw)
        assert await await_push(client, b"EXISTS") == b"1 EXISTS"
        client.idle_done()
        await asyncio.wait_for(idle, PUSH_LIMIT)
        assert ok(await client.uid_search("ALL"))[0].split()


async def test_two_clients_see_each_others_work(
    server: Server, account: Account, tls: ssl.SSLContext, probe: Probe
) -> None:
    async with connected(server, account, tls) as watcher, connected(server, account, tls) as worker:
        idle = await watcher.idle_start(timeout=60)
        ok(await worker.append(attachment().raw, "INBOX"))
        assert await await_push(watcher, b"EXISTS") == b"1 EXISTS"
        ok(await worker.noop())
        ok(await worker.store("1", "+FLAGS", r"(\Seen \Flagged)"))
        told = await await_push(watcher, b"FETCH")
        assert told.startswith(b"1 FETCH")
        assert b"\\Flagged" in told
        assert [message.flags for message in probe.messages()] == [{r"\Seen", r"\Flagged"}]
        ok(await worker.store("1", "+FLAGS.SILENT", r"(\Deleted)"))
        ok(await worker.expunge())
        assert await await_push(watcher, b"EXPUNGE") == b"1 EXPUNGE"
        watcher.idle_done()
        await asyncio.wait_for(idle, PUSH_LIMIT)
    assert probe.messages() == []


async def test_fetch_move_and_uid_commands(server: Server, account: Account, tls: ssl.SSLContext, probe: Probe) -> None:
    probe.append(attachment().raw)
    probe.create("Moved")
    async with connected(server, account, tls) as client:
        uid = ok(await client.uid_search("ALL"))[0].decode()
        lines = ok(await client.uid("fetch", uid, "(UID FLAGS BODY.PEEK[])"))
        assert bytes(lines[1]) == attachment().raw
        ok(await client.uid("move", uid, "Moved"))
        assert ok(await client.search("ALL"))[0].split() == []
    assert [message.raw for message in probe.messages("Moved")] == [attachment().raw]
    assert probe.messages() == []
