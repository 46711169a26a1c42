"""The I/O shell of IMAP over real loopback sockets: TLS, compression, slow and fast and silent peers, limits, the end."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
import zlib
from io import StringIO
from pathlib import Path

import pytest
from tests.support.running import PASSWORD, Peer, house

from restante import logs
from restante.config.limits import Limits
from restante.config.model import Tls
from restante.server.compression import BadStream, Compression
from restante.server.connection import ImapConnection

MAIL = b"Subject: Lunch\r\n\r\n" + b"x" * 78 + b"\r\n"


def append(raw: bytes = MAIL, tag: bytes = b"a") -> bytes:
    return b"%b APPEND INBOX {%d+}\r\n%b\r\n" % (tag, len(raw), raw)


async def filled(peer: Peer, raw: bytes = MAIL) -> Peer:
    """INBOX with one message, selected."""
    peer.send(append(raw))
    assert (await peer.reply(b"a"))[-1].startswith(b"a OK [APPENDUID")
    assert (await peer.ask(b"SELECT INBOX"))[-1].startswith(b"a OK [READ-WRITE]")
    return peer


class TestGreetingAndTls:
    async def test_greeting_tells_capabilities(self, tmp_path: Path) -> None:
        async with house(tmp_path) as there:
            greeting = await (await there.connect()).line()
            assert greeting.startswith(b"* OK [CAPABILITY IMAP4rev1 ")
            assert b" STARTTLS " in greeting
            assert b"LOGINDISABLED" not in greeting

    async def test_tls_from_the_start(self, tmp_path: Path) -> None:
        async with house(tmp_path) as there:
            peer = await there.connect(tls=True)
            assert b"STARTTLS" not in await peer.line()
            await peer.login()
            assert (await peer.ask(b"NOOP"))[-1] == b"a OK NOOP completed\r\n"

    async def test_starttls(self, tmp_path: Path) -> None:
        async with house(tmp_path) as there:
            peer = await there.greeted()
            assert (await peer.ask(b"STARTTLS"))[-1].startswith(b"a OK ")
            await peer.start_tls()
            lines = await peer.ask(b"CAPABILITY")
            assert b"STARTTLS" not in lines[0]
            assert (await peer.ask(b"STARTTLS"))[-1].startswith(b"a BAD ")
            await (await peer.login()).ask(b"NOOP")

    async def test_what_came_before_the_handshake_counts_for_nothing(self, tmp_path: Path) -> None:
        async with house(tmp_path) as there:
            peer = await there.greeted()
            peer.send(b"a STARTTLS\r\ninjected NOOP\r\n")
            assert [line.split()[0] for line in await peer.reply(b"a")] == [b"a"]
            await peer.start_tls()
            lines = await peer.ask(b"NOOP", b"b")
            assert [line.split()[0] for line in lines] == [b"b"]

    async def test_no_password_where_it_could_be_overheard(self, tmp_path: Path) -> None:
        async with house(tmp_path, tls=Tls(plaintext_login="never")) as there:
            peer = await there.connect()
            assert b" LOGINDISABLED" in await peer.line()
            login = f'LOGIN alice "{PASSWORD}"'.encode()
            assert (await peer.ask(login))[-1].startswith(b"a NO [PRIVACYREQUIRED]")
            await peer.ask(b"STARTTLS")
            await peer.start_tls()
            await peer.login()

    async def test_plaintext_is_for_loopback_alone(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("restante.server.connection.peer", lambda transport: ("192.0.2.7", False))
        async with house(tmp_path) as there:
            peer = await there.connect()
            assert b" LOGINDISABLED" in await peer.line()
            login = f'LOGIN alice "{PASSWORD}"'.encode()
            assert (await peer.ask(login))[-1].startswith(b"a NO [PRIVACYREQUIRED]")


class TestCompression:
    async def test_both_ways(self, tmp_path: Path) -> None:
        async with house(tmp_path) as there:
            peer = await filled(await there.login())
            assert (await peer.ask(b"COMPRESS DEFLATE"))[-1].startswith(b"a OK ")
            peer.compress()
            reply = await peer.ask(b"FETCH 1 (UID BODY.PEEK[])")
            assert reply[0].startswith(b"* 1 FETCH (UID 1 ")
            assert (await peer.ask(b"COMPRESS DEFLATE"))[-1].startswith(b"a NO [COMPRESSIONACTIVE]")
            assert b"COMPRESS" not in (await peer.ask(b"CAPABILITY"))[0]

    async def test_octets_right_behind_the_command_are_compressed(self, tmp_path: Path) -> None:
        async with house(tmp_path) as there:
            peer = await there.login()
            peer.send(b"a COMPRESS DEFLATE\r\n" + peer.packed(b"b NOOP\r\nc NOOP\r\n"))
            assert (await peer.reply(b"a"))[-1].startswith(b"a OK ")
            peer.compress()
            assert [line[:4] for line in await peer.reply(b"c")] == [b"b OK", b"c OK"]

    async def test_a_broken_stream_ends_the_connection(self, tmp_path: Path) -> None:
        async with house(tmp_path) as there:
            peer = await there.login()
            await peer.ask(b"COMPRESS DEFLATE")
            peer.compress()
            peer.writer.write(b"\xff" * 100)
            assert (await peer.rest())[-1] == b"* BYE The compressed stream is broken\r\n"

    async def test_few_octets_do_not_unfold_into_many_at_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        most = [0]
        fed = ImapConnection._feed

        def feed(self: ImapConnection) -> bool:
            done = fed(self)
            most[0] = max(most[0], self._wire.pending)
            return done

        monkeypatch.setattr(ImapConnection, "_feed", feed)
        async with house(tmp_path) as there:
            peer = await there.login()
            await peer.ask(b"COMPRESS DEFLATE")
            peer.compress()
            bomb = peer.packed(b"x" * 50_000_000)
            assert len(bomb) < 100_000
            peer.writer.write(bomb + peer.packed(b"\r\nb NOOP\r\n"))
            lines = await peer.reply(b"b")
            assert [line.split()[1] for line in lines] == [b"BAD", b"OK"]
            assert 0 < most[0] <= 200_000

    def test_all_that_was_sent_is_unfolded_now(self) -> None:
        """A piece that is full may leave output behind although all the input was taken."""
        for size in (65_536, 65_537, 65_536 + 258, 131_072, 131_073):
            for flush in (zlib.Z_SYNC_FLUSH, zlib.Z_PARTIAL_FLUSH):
                deflate = zlib.compressobj(wbits=-15)
                data = deflate.compress(b"x" * size) + deflate.flush(flush)
                assert len(b"".join(Compression().inflate(data))) == size

    def test_a_stream_that_ends_is_broken(self) -> None:
        deflate = zlib.compressobj(wbits=-15)
        with pytest.raises(BadStream):
            list(Compression().inflate(deflate.compress(b"a NOOP\r\n") + deflate.flush()))


class TestPace:
    async def test_a_flood_of_commands_is_answered_in_order(self, tmp_path: Path) -> None:
        async with house(tmp_path) as there:
            peer = await there.login()
            count = 3000
            peer.send(b"".join(b"f%d NOOP\r\n" % number for number in range(count)))
            lines = await peer.reply(b"f%d" % (count - 1))
            assert lines == [b"f%d OK NOOP completed\r\n" % number for number in range(count)]

    async def test_others_are_served_beside_a_flood(self, tmp_path: Path) -> None:
        async with house(tmp_path) as there:
            greedy, other = await filled(await there.login()), await there.login()
            greedy.send(b"f FETCH 1 (UID FLAGS ENVELOPE)\r\n" * 5000 + b"z NOOP\r\n")
            began = time.monotonic()
            await other.ask(b"NOOP")
            assert time.monotonic() - began < 0.5
            assert (await greedy.reply(b"z"))[-1].startswith(b"z OK")

    async def test_one_who_only_writes_is_answered_after_closing_its_half(self, tmp_path: Path) -> None:
        async with house(tmp_path) as there:
            peer = await there.greeted()
            peer.send(f'a LOGIN alice "{PASSWORD}"\r\n'.encode() + append(tag=b"b") + b"c SELECT INBOX\r\nd LOGOUT\r\n")
            peer.writer.write_eof()
            lines = await peer.rest()
            assert [line[:4] for line in lines if line[1:2] == b" " and line[:1] != b"*"] == [
                b"a OK", b"b OK", b"c OK", b"d OK",
            ]  # fmt: skip

    async def test_one_who_never_reads_is_not_written_for_and_then_dropped(self, tmp_path: Path) -> None:
        big = b"Subject: big\r\n\r\n" + (b"x" * 78 + b"\r\n") * 1200
        async with house(tmp_path, Limits(output_buffer=65_536, write_timeout=0.3)) as there:
            peer = await filled(await there.login(), big)
            (connection,) = there.server.listener.shell.connections
            transport = connection._transport
            assert transport is not None
            peer.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a read transport it is
            peer.send(b"f FETCH 1 BODY.PEEK[]\r\n" * 400)
            most = 0
            began = time.monotonic()
            while there.server.listener.shell.connections and time.monotonic() - began < 10:
                most = max(most, transport.get_write_buffer_size() + connection._inbox.size + connection._out_size)
                await asyncio.sleep(0.01)
            assert not there.server.listener.shell.connections
            assert most < 1_000_000

    async def test_a_slow_reader_is_waited_for(self, tmp_path: Path) -> None:
        big = b"Subject: big\r\n\r\n" + (b"x" * 78 + b"\r\n") * 1200
        async with house(tmp_path, Limits(output_buffer=16_384, write_timeout=0.5)) as there:
            peer = await filled(await there.login(), big)
            count = 60
            peer.send(b"".join(b"f%d FETCH 1 BODY.PEEK[]\r\n" % n for n in range(count)))
            read = 0
            while True:
                data = await peer.reader.read(200_000)
                read += len(data)
                if b"f%d OK" % (count - 1) in data or not data:
                    break
                await asyncio.sleep(0.02)
            assert read > count * len(big)


class TestSilence:
    async def test_time_to_log_in(self, tmp_path: Path) -> None:
        async with house(tmp_path, Limits(login_timeout=0.2)) as there:
            peer = await there.greeted()
            assert await peer.rest() == [b"* BYE Too long without a login\r\n"]

    async def test_half_a_login_does_not_stop_the_clock(self, tmp_path: Path) -> None:
        async with house(tmp_path, Limits(login_timeout=0.3, idle_keepalive=0.05)) as there:
            peer = await there.greeted()
            peer.send(b"a AUTHENTICATE PLAIN\r\n")
            assert await peer.rest() == [b"+ \r\n", b"* BYE Too long without a login\r\n"]

    async def test_drops_do_not_stop_the_clock(self, tmp_path: Path) -> None:
        async with house(tmp_path, Limits(login_timeout=0.3)) as there:
            peer = await there.greeted()

            async def drip() -> None:
                while True:
                    peer.send(b"a")
                    await asyncio.sleep(0.05)

            dripping = asyncio.create_task(drip())
            assert (await peer.rest())[-1] == b"* BYE Too long without a login\r\n"
            dripping.cancel()

    async def test_silence_after_login(self, tmp_path: Path) -> None:
        async with house(tmp_path, Limits(idle_timeout=0.2)) as there:
            peer = await there.login()
            assert await peer.rest() == [b"* BYE Too long without a command\r\n"]

    async def test_idle_is_kept_alive_and_never_ended(self, tmp_path: Path) -> None:
        async with house(tmp_path, Limits(idle_timeout=0.2, idle_keepalive=0.1)) as there:
            peer = await there.login()
            peer.send(b"a IDLE\r\n")
            assert (await peer.line()).startswith(b"+ ")
            for _ in range(5):
                assert await peer.line() == b"* OK Still here\r\n"
            peer.send(b"DONE\r\n")
            assert (await peer.reply(b"a"))[-1] == b"a OK IDLE completed\r\n"


class TestLimits:
    async def test_connections_in_all(self, tmp_path: Path) -> None:
        async with house(tmp_path, Limits(connections=2)) as there:
            one, _ = await there.greeted(), await there.greeted(tls=True)
            third = await there.connect()
            assert await third.rest() == [b"* BYE [LIMIT] Too many connections; try again later\r\n"]
            await one.ask(b"LOGOUT")
            assert await one.rest() == []
            await there.greeted()

    async def test_connections_of_an_address(self, tmp_path: Path) -> None:
        async with house(tmp_path, Limits(connections_per_address=1)) as there:
            await there.greeted()
            assert (await (await there.connect()).line()).startswith(b"* BYE [LIMIT]")

    async def test_connections_of_an_account(self, tmp_path: Path) -> None:
        async with house(tmp_path, Limits(connections_per_account=1)) as there:
            one, two = await there.login(), await there.greeted()
            login = f'LOGIN alice "{PASSWORD}"'.encode()
            assert (await two.ask(login))[-1].startswith(b"a NO [LIMIT]")
            await one.close()
            while len(there.server.listener.shell.connections) > 1:
                await asyncio.sleep(0)
            await two.login()

    async def test_a_line_without_end(self, tmp_path: Path) -> None:
        async with house(tmp_path, Limits(line=8192)) as there:
            peer = await there.greeted()
            peer.send(b"a NOOP " + b"x" * 1_000_000 + b"\r\nb NOOP\r\n")
            assert [line.split()[1] for line in await peer.reply(b"b")] == [b"BAD", b"OK"]


class TestTheEnd:
    async def test_stopping_says_bye_to_all(self, tmp_path: Path) -> None:
        async with house(tmp_path) as there:
            peers = [await there.greeted(), await there.login(), await there.login(tls=True)]
            peers[1].send(b"a IDLE\r\n")
            await peers[1].line()
            await there.server.listener.stop(5)
            for peer in peers:
                assert (await peer.rest())[-1] == b"* BYE Server is shutting down\r\n"
            with pytest.raises(ConnectionRefusedError):
                await there.connect()

    async def test_the_command_in_hand_is_finished(self, tmp_path: Path) -> None:
        async with house(tmp_path) as there:
            peer = await there.login()
            peer.send(append())
            while not any(c._session.tally.commands > 1 for c in there.server.listener.shell.connections):
                await asyncio.sleep(0)
            await there.server.listener.stop(5)
            lines = await peer.rest()
            assert lines[0].startswith(b"a OK [APPENDUID")
            assert lines[-1] == b"* BYE Server is shutting down\r\n"

    async def test_one_line_is_logged_without_secrets(self, tmp_path: Path) -> None:
        stream = StringIO()
        logs.configure("debug", "json", stream=stream)
        try:
            async with house(tmp_path) as there:
                peer = await filled(await there.login())
                await peer.ask(b'ID ("name" "Test" "version" "1")')
                await peer.ask(b"FETCH 1 BODY[]")
                await peer.ask(b"NONSENSE")
                await peer.ask(b"LOGOUT")
                assert await peer.rest() == []
        finally:
            logs.configure()
        entries = [json.loads(line) for line in stream.getvalue().splitlines()]
        (ended,) = [entry for entry in entries if entry["event"] == "session ended"]
        assert ended | {"account": "alice", "fetched": 1, "appended": 1, "bad": 1, "client": "Test 1"} == ended
        assert ended["commands"] == 7
        assert PASSWORD not in stream.getvalue()
        assert "Lunch" not in stream.getvalue()

    async def test_a_lost_connection_is_no_bug(self, tmp_path: Path) -> None:
        async with house(tmp_path) as there:
            peer = await filled(await there.login())
            peer.send(b"a IDLE\r\n")
            await peer.line()
            peer.writer.transport.abort()
            other = await there.greeted()
            other.send(b"a AUTHENTICATE PLAIN\r\n")
            await other.line()
            other.writer.transport.abort()
            async with asyncio.timeout(5):
                while there.server.listener.shell.connections:
                    await asyncio.sleep(0.001)
            assert not there.server.faults.references


class TestIdle:
    async def test_news_come_at_once(self, tmp_path: Path) -> None:
        async with house(tmp_path) as there:
            watcher, sender = await filled(await there.login()), await there.login()
            watcher.send(b"a IDLE\r\n")
            await watcher.line()
            took = []
            for number in range(2, 22):
                began = time.monotonic()
                sender.send(append())
                assert await watcher.line() == b"* %d EXISTS\r\n" % number
                took.append(time.monotonic() - began)
                assert b" RECENT" in await watcher.line()
                await sender.reply(b"a")
            assert statistics.median(took) < 0.1

    async def test_done_and_the_next_command_together(self, tmp_path: Path) -> None:
        async with house(tmp_path) as there:
            peer = await there.login()
            peer.send(b"a IDLE\r\nDONE\r\nb NOOP\r\n")
            assert [line[:4] for line in await peer.reply(b"b")][1:] == [b"a OK", b"b OK"]

    async def test_a_command_in_place_of_done(self, tmp_path: Path) -> None:
        async with house(tmp_path) as there:
            peer = await there.login()
            peer.send(b"a IDLE\r\n")
            await peer.line()
            peer.send(b"b NOOP\r\n")
            assert [line[:4] for line in await peer.reply(b"b")] == [b"a OK", b"b OK"]

    async def test_an_empty_line_in_place_of_done(self, tmp_path: Path) -> None:
        async with house(tmp_path) as there:
            peer = await there.login()
            peer.send(b"a IDLE\r\n")
            await peer.line()
            peer.send(b"\r\nb NOOP\r\n")
            lines = await peer.reply(b"b")
            assert lines[0].startswith(b"a ")
            assert any(b" BAD " in line for line in lines)
            assert lines[-1].startswith(b"b OK")
