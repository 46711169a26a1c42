"""The session's dispatch: which command may run when, what each kind of error is answered with, and what is told beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from tests.support.feeding import MemorySink, Sinks
from tests.support.memory_client import PASSWORD, MemoryConnection, World, world

from restante.imap.errors import STORE_CODES, No
from restante.imap.extensions.all import ALL
from restante.imap.hooks import NoArguments, Numbers, command
from restante.imap.protocol.limits import WireLimits
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Extension
from restante.imap.services import SessionLimits
from restante.imap.state import Authenticated, Selected, State
from restante.store.errors import StoreError
from restante.store.memory import MemoryStore
from restante.store.model import StoreLimits

MAIL = b"Subject: Lunch\r\n\r\nAt noon?\r\n"
APPEND = b"APPEND INBOX {%d+}\r\n%b" % (len(MAIL), MAIL)


@dataclass
class Misbehaving:
    """What the command X-TEST does next."""

    error: Exception | None = None

    async def run(self, cmd: NoArguments, s: State) -> Done:
        if self.error is not None:
            raise self.error
        return DONE

    async def hint(self, cmd: NoArguments, s: Selected) -> Done:
        """Expunges everything, as somebody else would."""
        await s.mailbox.expunge(deleted_only=False)
        return DONE


def commands_of(test: Misbehaving) -> Extension:
    return Extension(
        name="Test",
        rfc=9051,
        summary="Commands for this test",
        commands=(
            command("XTEST", NoArguments, test.run, state=State),
            command("XSELECTED", NoArguments, test.hint, state=Selected, numbers=Numbers.USES),
            command("XFREE", NoArguments, test.hint, state=Selected),
            command("XLOGGED", NoArguments, test.run, state=Authenticated),
        ),
    )


@pytest.fixture
def test() -> Misbehaving:
    return Misbehaving()


@pytest.fixture
async def there(test: Misbehaving) -> AsyncIterator[World]:
    """Alice's INBOX is empty; a message has 10,000 octets at most."""
    made = await world(
        MemoryStore(StoreLimits(message=10_000)),
        limits=SessionLimits(append=10_000, argument_literal=5_000, bad_commands=3, password_failures=2),
        extensions=(*ALL, commands_of(test)),
        per_account=3,
    )
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture
async def alice(there: World) -> MemoryConnection:
    return await there.login()


async def selected(there: World, messages: int = 1) -> MemoryConnection:
    connection = await there.login()
    for _ in range(messages):
        await connection.ok(APPEND)
    await connection.ok("SELECT INBOX")
    return connection


class TestStates:
    @pytest.mark.parametrize(
        "text", ["SELECT INBOX", "NOOP x", "XLOGGED", "FETCH 1 FLAGS", "IDLE", "ENABLE X", "APPEND"]
    )
    async def test_before_login(self, there: World, text: str) -> None:
        assert b" BAD " in await there.connect().command(text)

    @pytest.mark.parametrize("text", [f'LOGIN alice "{PASSWORD}"', "AUTHENTICATE PLAIN", "STARTTLS"])
    async def test_after_login(self, alice: MemoryConnection, text: str) -> None:
        assert b" BAD " in await alice.command(text)

    @pytest.mark.parametrize("text", ["FETCH 1 FLAGS", "UID FETCH 1 FLAGS", "CLOSE", "EXPUNGE", "XSELECTED", "CHECK"])
    async def test_without_a_mailbox(self, alice: MemoryConnection, text: str) -> None:
        assert b"select a mailbox first" in await alice.command(text)

    async def test_commands_of_earlier_states_go_on_working(self, there: World) -> None:
        connection = await selected(there)
        for text in ("CAPABILITY", "NOOP", "XLOGGED", 'LIST "" *', "FETCH 1 FLAGS"):
            await connection.ok(text)

    async def test_logout_says_bye_first_and_ends(self, alice: MemoryConnection) -> None:
        reply = await alice.command("LOGOUT")
        assert reply.startswith(b"* BYE ")
        assert b"OK" in reply.splitlines()[-1]
        await asyncio.wait([alice.task], timeout=5)
        assert alice.task.done()


class TestErrors:
    async def test_a_bug_is_answered_with_a_reference_and_the_connection_goes_on(
        self, alice: MemoryConnection, test: Misbehaving
    ) -> None:
        test.error = ZeroDivisionError("secret")
        reply = await alice.command("XTEST")
        assert reply.split(b" ", 1)[1] == b"NO [SERVERBUG] Internal error (ref 00000001)\r\n"
        assert [repr(bug) for bug in alice.journal.bugs] == ["ZeroDivisionError('secret')"]
        alice.journal.bugs.clear()
        test.error = None
        await alice.ok("XTEST")

    async def test_a_bug_in_telling_is_answered_too(self, there: World, monkeypatch: pytest.MonkeyPatch) -> None:
        connection = await selected(there)
        state = connection.session.state
        assert isinstance(state, Selected)

        def broken(modseq: int) -> None:
            raise LookupError

        with monkeypatch.context() as patched:
            patched.setattr(state.mailbox, "unchanged_since", broken, raising=True)
            assert b"NO [SERVERBUG]" in await connection.command("NOOP")
            assert b"NO [SERVERBUG]" in await connection.command("XTEST x")
        connection.journal.bugs.clear()
        await connection.ok("NOOP")

    @pytest.mark.parametrize("kind", STORE_CODES, ids=lambda kind: kind.__name__)
    async def test_every_store_error_has_its_code(
        self, alice: MemoryConnection, test: Misbehaving, kind: type[StoreError]
    ) -> None:
        test.error = kind("the reason")
        code = STORE_CODES[kind]
        shown = f"[{code}] " if code else ""
        assert (await alice.command("XTEST")).endswith(f" NO {shown}the reason\r\n".encode())

    async def test_no(self, alice: MemoryConnection, test: Misbehaving) -> None:
        test.error = No("Not today", "CANNOT")
        assert (await alice.command("XTEST")).endswith(b" NO [CANNOT] Not today\r\n")

    @pytest.mark.parametrize(
        ("text", "answer"),
        [
            ("XNOTHING", "BAD Unknown command"),
            ("NOOP x", "BAD expected the end of the command at octet"),
            ("SELECT", "BAD expected a space"),
            ("SELECT a//b", "NO [CANNOT]"),
            ("SELECT nowhere", "NO [NONEXISTENT]"),
            ("CREATE INBOX", "NO [ALREADYEXISTS]"),
            ("DELETE INBOX", "NO [CANNOT]"),
        ],
    )
    async def test_answers(self, alice: MemoryConnection, text: str, answer: str) -> None:
        assert answer.encode() in await alice.command(text)

    async def test_bad_commands_before_login_are_counted(self, there: World) -> None:
        connection = there.connect()
        for _ in range(2):
            assert b" BAD " in await connection.command("XNOTHING")
        reply = await connection.command("XNOTHING")
        assert b" BAD " in reply
        assert b"* BYE Too many bad commands" in reply
        assert connection.task.done()

    async def test_bad_commands_after_login_are_not(self, alice: MemoryConnection) -> None:
        for _ in range(20):
            assert b" BAD " in await alice.command("XNOTHING")
        await alice.ok("NOOP")

    async def test_failed_logins_end_the_connection(self, there: World) -> None:
        connection = there.connect()
        assert b"NO [AUTHENTICATIONFAILED]" in await connection.command("LOGIN alice wrong")
        assert b"* BYE [AUTHENTICATIONFAILED]" in await connection.command("LOGIN alice wrong")

    async def test_an_account_may_have_so_many_sessions(self, there: World) -> None:
        first, *_ = [await there.login() for _ in range(3)]
        one_more = there.connect()
        login = f'LOGIN alice "{PASSWORD}"'
        assert b"NO [LIMIT]" in await one_more.command(login)
        await first.command("LOGOUT")
        await one_more.ok(login)


class TestSelecting:
    async def test_a_select_that_fails_leaves_nothing_selected(self, there: World) -> None:
        connection = await selected(there)
        reply = await connection.command("SELECT nowhere")
        assert reply.startswith(b"* OK [CLOSED]")
        assert b"NO [NONEXISTENT]" in reply
        assert b"select a mailbox first" in await connection.command("FETCH 1 FLAGS")

    async def test_a_select_that_cannot_be_read_changes_nothing(self, there: World) -> None:
        connection = await selected(there)
        assert b" BAD " in await connection.command("SELECT INBOX (NONSENSE)")
        await connection.ok("FETCH 1 FLAGS")

    async def test_nothing_is_told_beside_the_description(self, there: World) -> None:
        reply = await (await selected(there)).ok("SELECT INBOX")
        assert reply.count(b" EXISTS") == 1

    async def test_a_mailbox_that_somebody_deletes_empties(self, there: World) -> None:
        one, two = await there.login(), await there.login()
        await one.ok("CREATE Box")
        await one.ok(APPEND.replace(b"INBOX", b"Box"))
        await one.ok("SELECT Box")
        await two.ok("DELETE Box")
        assert b"NO [NONEXISTENT]" in await one.command("FETCH 1 BODY[]")
        assert b"* 1 EXPUNGE" in await one.ok("NOOP")
        assert b" BAD There is no message 1" in await one.command("FETCH 1 FLAGS")
        await one.ok("SELECT INBOX")

    async def test_what_others_expunge_waits_behind_commands_by_number(self, there: World) -> None:
        connection = await selected(there, 2)
        assert b"EXPUNGE" not in await connection.ok("XSELECTED")
        assert b"[EXPUNGEISSUED]" in await connection.command("FETCH 1 FLAGS")
        assert b"* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n" in await connection.ok("XFREE")

    async def test_a_refused_command_tells_what_is_new_all_the_same(self, there: World) -> None:
        one, two = await selected(there), await there.login()
        await two.ok(APPEND)
        assert b"* 2 EXISTS" in await one.command("CREATE INBOX")


class TestLiterals:
    async def test_a_refused_literal_does_not_wait_for_it(self, alice: MemoryConnection) -> None:
        assert b"NO [TOOBIG]" in await alice.command("APPEND INBOX {10001}")
        await alice.ok("NOOP")

    async def test_one_that_comes_unasked_is_thrown_away(self, alice: MemoryConnection) -> None:
        assert b"NO [TOOBIG]" in await alice.command(b"APPEND INBOX {10001+}\r\n" + b"x" * 10_001)
        await alice.ok("NOOP")

    async def test_the_client_is_asked_for_one_that_is_welcome(self, alice: MemoryConnection) -> None:
        alice.send(b"a APPEND INBOX {%d}\r\n" % len(MAIL))
        assert (await alice.until(lambda out: out.endswith(b"\r\n"))).startswith(b"+ ")
        alice.send(MAIL + b"\r\n")
        assert (await alice.until(lambda out: out.endswith(b"\r\n"))).startswith(b"a OK [APPENDUID ")

    async def test_only_messages_may_be_large(self, alice: MemoryConnection) -> None:
        assert b"[TOOBIG]" in await alice.command("SEARCH SUBJECT {6000}")

    async def test_messages_are_not_taken_before_login(self, there: World) -> None:
        assert b"[TOOBIG]" in await there.connect().command("APPEND INBOX {9000}")

    async def test_an_empty_message_is_refused(self, alice: MemoryConnection) -> None:
        assert b" BAD " in await alice.command("APPEND INBOX {0+}\r\n")


class Keeping(MemoryStore):
    """Stages messages where the test can see them."""

    def __init__(self, full_at: int | None = None) -> None:
        super().__init__()
        self.sinks = Sinks(full_at)

    def upload(self, size: int) -> MemorySink:  # type: ignore[override]  # the test looks at what is released
        return self.sinks(size)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (b"APPEND nowhere {200+}\r\n%b", b"NO [TRYCREATE]"),
        (b"APPEND INBOX {200+}\r\n%b nonsense", b" BAD "),
        (b"XNOTHING {200+}\r\n%b", b" BAD "),
        (b"SEARCH SUBJECT {200+}\r\n%b", b" BAD "),
        (b"SELECT {200+}\r\n%b", b"NO [TOOBIG]"),
    ],
)
async def test_literals_nobody_keeps_are_released(text: bytes, answer: bytes) -> None:
    store = Keeping()
    there = await world(store, wire=WireLimits(literal_in_memory=100))
    connection = await there.login()
    assert answer in await connection.command(text % (b"x" * 200))
    assert store.sinks.made
    assert all(sink.discarded for sink in store.sinks.made)
    await there.close()


async def test_a_message_the_disk_would_not_take_is_refused_and_the_rest_of_it_thrown_away() -> None:
    store = Keeping(full_at=150)
    there = await world(store, wire=WireLimits(literal_in_memory=100))
    connection = await there.login()
    assert b"NO [UNAVAILABLE]" in await connection.command(b"APPEND INBOX {200+}\r\n" + b"x" * 200)
    await connection.ok("NOOP")
    assert all(sink.discarded for sink in store.sinks.made)
    await there.close()


async def test_a_connection_cut_in_a_literal_releases_it() -> None:
    store = Keeping()
    there = await world(store, wire=WireLimits(literal_in_memory=100))
    connection = await there.login()
    connection.send(b"a APPEND INBOX {200+}\r\n" + b"x" * 50)
    while not store.sinks.made:
        await asyncio.sleep(0)
    await there.close()
    assert store.sinks.made[0].discarded
