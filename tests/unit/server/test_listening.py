"""Sessions that listen between commands, over real sockets: kept alive, pushed to, and let go of (RFC 5465 §3.1)."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.running import House, Peer, house

from restante.config.limits import Limits

MAIL = b"Subject: Lunch\r\n\r\nAt noon?\r\n"
APPEND = b"APPEND INBOX {%d+}\r\n%b" % (len(MAIL), MAIL)
PERSONAL = b"NOTIFY SET (PERSONAL (MessageNew MessageExpunge MailboxName))"


async def listening(there: House, *, tls: bool = False) -> Peer:
    peer = await there.login(tls=tls)
    assert (await peer.ask(PERSONAL))[-1].startswith(b"a OK ")
    return peer


async def test_silence_is_broken_and_nobody_is_logged_out(tmp_path: Path) -> None:
    async with house(tmp_path, Limits(idle_timeout=0.2, idle_keepalive=0.1)) as there:
        peer = await listening(there)
        for _ in range(5):
            assert await peer.line() == b"* OK Still here\r\n"
        assert (await peer.ask(b"NOTIFY NONE"))[-1].startswith(b"a OK ")
        assert (await peer.rest())[-1] == b"* BYE Too long without a command\r\n"


async def test_a_command_begun_is_waited_for_no_longer_than_others(tmp_path: Path) -> None:
    async with house(tmp_path, Limits(idle_timeout=0.2, idle_keepalive=0.05)) as there:
        peer = await listening(there)
        peer.send(b"a CREATE {1}\r\n")
        lines = await peer.rest()
        assert lines[-1] == b"* BYE Too long without a command\r\n"


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("tls", [False, True])
async def test_news_come_through_every_layer(tmp_path: Path, tls: bool, compressed: bool) -> None:
    async with house(tmp_path) as there:
        peer, other = await listening(there, tls=tls), await there.login()
        if compressed:
            assert (await peer.ask(b"COMPRESS DEFLATE"))[-1].startswith(b"a OK ")
            peer.compress()
        await other.ask(APPEND)
        assert (await peer.line()).startswith(b"* STATUS INBOX (UIDVALIDITY ")
        await other.ask(b"CREATE Box")
        assert await peer.line() == b'* LIST (\\HasNoChildren) "/" Box\r\n'
        assert (await peer.line()).startswith(b"* STATUS Box (UIDVALIDITY ")


async def test_a_command_among_the_news_is_answered(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        peer, other = await listening(there), await there.login()
        for number in range(20):
            other.send(b"b%d %b\r\n" % (number, APPEND))
        assert (await peer.ask(b"NOOP", b"c"))[-1].startswith(b"c OK ")
        await other.reply(b"b19")
        while b"MESSAGES 20)" not in await peer.line():
            pass


async def test_who_leaves_is_not_listened_for(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        peer, other = await listening(there), await there.login()
        await peer.ask(b"LOGOUT")
        await peer.rest()
        peer = await listening(there)
        await peer.close()
        assert (await other.ask(APPEND))[-1].startswith(b"a OK ")
