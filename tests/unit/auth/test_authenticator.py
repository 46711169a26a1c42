"""Logging in: who may, who may not, and that the difference does not show."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import pytest
from tests.support.logins import CHEAP, FakeClock, InlineOffload

from restante.auth.authenticator import Authenticator
from restante.auth.cache import VerifiedLogins
from restante.auth.errors import AuthenticationFailed, BadCredentials, Cause, NotAuthorized, TemporarilyUnavailable
from restante.auth.password import HashCost, make_credentials, needs_rehash, verify
from restante.auth.throttle import Throttle, ThrottleLimits
from restante.store.address import Addressing
from restante.store.directory import AccountRecord, Credentials
from restante.store.errors import Unavailable
from restante.store.memory_directory import MemoryDirectory

P = ParamSpec("P")
T = TypeVar("T")
PEER = "192.0.2.1"


@dataclass
class House:
    authenticator: Authenticator
    directory: MemoryDirectory
    clock: FakeClock
    offload: InlineOffload
    anna: AccountRecord

    async def cause(self, name: str, password: str, **more: str) -> Cause:
        with pytest.raises(AuthenticationFailed) as failed:
            await self.authenticator.login(name, password, PEER, **more)
        return failed.value.cause


async def build(
    cost: HashCost = CHEAP, limits: ThrottleLimits | None = None, directory: MemoryDirectory | None = None
) -> House:
    clock, offload, directory = FakeClock(), InlineOffload(), directory or MemoryDirectory()
    anna = await directory.add("anna", make_credentials("pencil", CHEAP))
    authenticator = Authenticator(
        directory,
        throttle=Throttle(clock, limits),
        verified=VerifiedLogins(clock),
        offload=offload,
        sleep=clock.sleep,
        cost=cost,
        rules=Addressing(("example.org",)),
    )
    return House(authenticator, directory, clock, offload, anna)


@pytest.fixture
async def house() -> House:
    return await build()


@pytest.mark.parametrize("name", ["anna", "ANNA", "anna@example.org", "Anna@Example.ORG"])
async def test_the_right_password_opens_the_account_in_any_spelling_of_the_name(house: House, name: str) -> None:
    assert await house.authenticator.login(name, "pencil", PEER) == house.anna


@pytest.mark.parametrize(
    ("name", "password", "cause"),
    [
        ("anna", "Pencil", Cause.WRONG_PASSWORD),
        ("anna", "", Cause.WRONG_PASSWORD),
        ("anna", "x" * 5000, Cause.WRONG_PASSWORD),
        ("anna", "a\0b", Cause.WRONG_PASSWORD),
        ("bert", "pencil", Cause.UNKNOWN_NAME),
        ("", "pencil", Cause.UNKNOWN_NAME),
        ("no/name\0", "pencil", Cause.UNKNOWN_NAME),
        ("\ud800", "\ud800", Cause.UNKNOWN_NAME),
        ("anna@example.com", "pencil", Cause.UNKNOWN_NAME),
    ],
)
async def test_the_wrong_one_does_not(house: House, name: str, password: str, cause: Cause) -> None:
    assert await house.cause(name, password) is cause


async def test_unknown_wrong_and_disabled_say_alike_and_do_alike(house: House) -> None:
    await house.directory.set_disabled(
        (await house.directory.add("carl", make_credentials("pencil", CHEAP))).id, disabled=True
    )
    answers = set()
    for name, password in (("anna", "wrong"), ("nobody", "pencil"), ("carl", "pencil"), ("carl", "wrong")):
        hashed = len(house.offload.calls)
        with pytest.raises(BadCredentials) as failed:
            await house.authenticator.login(name, password, PEER)
        answers.add((str(failed.value), failed.value.code, len(house.offload.calls) - hashed))
    assert answers == {("Name or password is wrong", "AUTHENTICATIONFAILED", 1)}


async def test_a_disabled_account_does_not_clear_its_failures(house: House) -> None:
    await house.directory.set_disabled(house.anna.id, disabled=True)
    for _ in range(5):
        assert await house.cause("anna", "pencil") is Cause.DISABLED
    assert house.clock.slept == [1, 2]


async def test_the_tenth_login_costs_no_hash(house: House) -> None:
    for _ in range(10):
        await house.authenticator.login("anna", "pencil", PEER)
    assert len(house.offload.calls) == 1


async def test_being_remembered_does_not_prolong_itself(house: House) -> None:
    for _ in range(5):
        await house.authenticator.login("anna", "pencil", PEER)
        house.clock.time += 200
    assert len(house.offload.calls) == 2, "at 0 and at 600 seconds"


async def test_logins_that_queue_for_the_hash_find_it_done(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = []

    def counted(credentials: Credentials, password: str) -> bool:
        hashed.append(password)
        return verify(credentials, password)

    async def queue(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        waiting.append(None)
        while len(waiting) < 5:
            await asyncio.sleep(0)
        return function(*args, **kwargs)

    waiting: list[None] = []
    monkeypatch.setattr("restante.auth.password.verify", counted)
    house.authenticator._offload = queue
    await asyncio.gather(*(house.authenticator.login("anna", "pencil", PEER) for _ in range(5)))
    assert hashed == ["pencil"]


async def test_a_changed_password_counts_at_once(house: House) -> None:
    await house.authenticator.login("anna", "pencil", PEER)
    await house.directory.set_credentials(house.anna.id, make_credentials("eraser", CHEAP))
    assert await house.cause("anna", "pencil") is Cause.WRONG_PASSWORD
    assert (await house.authenticator.login("anna", "eraser", PEER)).id == house.anna.id


async def test_disabling_renaming_and_deleting_count_at_once(house: House) -> None:
    await house.authenticator.login("anna", "pencil", PEER)
    await house.directory.rename(house.anna.id, "berta")
    assert await house.cause("anna", "pencil") is Cause.UNKNOWN_NAME
    await house.authenticator.login("berta", "pencil", PEER)
    await house.directory.set_disabled(house.anna.id, disabled=True)
    assert await house.cause("berta", "pencil") is Cause.DISABLED
    await house.directory.set_disabled(house.anna.id, disabled=False)
    await house.authenticator.login("berta", "pencil", PEER)
    await house.directory.delete(house.anna.id)
    assert await house.cause("berta", "pencil") is Cause.UNKNOWN_NAME


@pytest.mark.parametrize(
    ("change", "cause"),
    [("disable", Cause.DISABLED), ("password", Cause.WRONG_PASSWORD), ("delete", Cause.UNKNOWN_NAME)],
)
async def test_what_changes_while_the_password_is_checked_counts(house: House, change: str, cause: Cause) -> None:
    async def changing(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        result = function(*args, **kwargs)
        if not changed:
            changed.append(change)
            if change == "disable":
                await house.directory.set_disabled(house.anna.id, disabled=True)
            elif change == "password":
                await house.directory.set_credentials(house.anna.id, make_credentials("eraser", CHEAP))
            else:
                await house.directory.delete(house.anna.id)
        return result

    changed: list[str] = []
    house.authenticator._offload = changing
    assert await house.cause("anna", "pencil") is cause


async def test_a_new_hash_of_the_same_password_meanwhile_is_no_failure(house: House) -> None:
    async def rehashing(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        result = function(*args, **kwargs)
        if not changed:
            changed.append(await house.directory.set_credentials(house.anna.id, make_credentials("pencil", CHEAP)))
        return result

    changed: list[AccountRecord] = []
    house.authenticator._offload = rehashing
    assert await house.authenticator.login("anna", "pencil", PEER) == changed[0]


@pytest.mark.parametrize("authzid", ["", "anna", "ANNA", "anna@example.org"])
async def test_acting_as_oneself(house: House, authzid: str) -> None:
    assert (await house.authenticator.login("anna", "pencil", PEER, authzid=authzid)).name == "anna"


@pytest.mark.parametrize("authzid", ["bert", "nobody", "\0", "anna@example.com"])
async def test_acting_as_another_is_refused_to_those_who_know_the_password(house: House, authzid: str) -> None:
    await house.directory.add("bert", make_credentials("pencil", CHEAP))
    with pytest.raises(NotAuthorized) as refused:
        await house.authenticator.login("anna", "pencil", PEER, authzid=authzid)
    assert refused.value.code == "AUTHORIZATIONFAILED"
    assert await house.cause("anna", "wrong", authzid=authzid) is Cause.WRONG_PASSWORD


async def test_guessing_is_slowed_down_and_others_are_not(house: House) -> None:
    for _ in range(6):
        await house.cause("anna", "wrong")
    assert house.clock.slept == [1, 2, 4]
    await house.authenticator.login("anna", "pencil", "192.0.2.2")
    assert house.clock.slept == [1, 2, 4]
    await house.authenticator.login("anna", "pencil", PEER)
    assert len(house.clock.slept) == 4
    await house.authenticator.login("anna", "pencil", PEER)
    assert len(house.clock.slept) == 4


async def test_unknown_names_are_slowed_down_like_known_ones(house: House) -> None:
    for _ in range(5):
        await house.cause("nobody", "wrong")
    assert house.clock.slept == [1, 2]


async def test_too_many_at_once_is_temporary() -> None:
    house = await build(limits=ThrottleLimits(concurrent=0))
    with pytest.raises(TemporarilyUnavailable) as refused:
        await house.authenticator.login("anna", "pencil", PEER)
    assert (refused.value.code, refused.value.cause) == ("UNAVAILABLE", Cause.TOO_MANY)


class Broken(MemoryDirectory):
    """A directory on a disk that is gone."""

    async def get(self, name: str) -> AccountRecord | None:
        raise Unavailable("disk gone at /secret/path")


async def test_a_broken_directory_is_temporary_and_says_nothing_of_itself() -> None:
    house = await build(directory=Broken())
    with pytest.raises(TemporarilyUnavailable) as refused:
        await house.authenticator.login("anna", "pencil", PEER)
    assert refused.value.cause is Cause.UNAVAILABLE
    assert "secret" not in str(refused.value)
    with pytest.raises(TemporarilyUnavailable):
        await house.authenticator.keys("anna")


DEARER = HashCost(passes=2, memory=16, lanes=1, scram_iterations=5000)


async def test_a_login_brings_the_hash_to_todays_cost() -> None:
    house = await build(DEARER)
    account = await house.authenticator.login("anna", "pencil", PEER)
    assert not needs_rehash(account.credentials, DEARER)
    assert await house.directory.get("anna") == account
    await house.authenticator.login("anna", "pencil", PEER)
    assert len(house.offload.calls) == 2, "one check, one new hash, then remembered"


class ReadOnly(MemoryDirectory):
    """A directory that cannot be written."""

    async def set_credentials(
        self, account: str, credentials: Credentials, *, expected_version: int | None = None
    ) -> AccountRecord:
        raise Unavailable("read-only")


async def test_a_hash_that_cannot_be_written_does_not_hinder() -> None:
    house = await build(DEARER, directory=ReadOnly())
    assert await house.authenticator.login("anna", "pencil", PEER) == house.anna


async def test_a_new_hash_never_undoes_a_changed_password() -> None:
    house = await build(DEARER)
    new = make_credentials("eraser", DEARER)

    async def changing(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        if function is make_credentials:
            await house.directory.set_credentials(house.anna.id, new)
        return function(*args, **kwargs)

    house.authenticator._offload = changing
    await house.authenticator.login("anna", "pencil", PEER)
    now = await house.directory.get("anna")
    assert now
    assert now.credentials == new


async def test_mechanisms_to_announce(house: House) -> None:
    assert house.authenticator.mechanisms(protected=True) == ("SCRAM-SHA-256", "PLAIN", "LOGIN")
    bare = await build(HashCost(1, 8, 1, scram_iterations=0))
    assert bare.authenticator.mechanisms(protected=True) == ("PLAIN", "LOGIN")
    assert bare.authenticator.mechanisms(protected=False) == ()
