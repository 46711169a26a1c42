"""SASL exchanges, run to their end."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode

import pytest
from tests.support.logins import CHEAP, FakeClock, InlineOffload

from restante.auth.authenticator import Authenticator
from restante.auth.cache import VerifiedLogins
from restante.auth.errors import (
    BadCredentials,
    BadExchange,
    Cause,
    NeedsPrivacy,
    NotAuthorized,
    TemporarilyUnavailable,
)
from restante.auth.exchange import Exchange
from restante.auth.password import HashCost, make_credentials
from restante.auth.throttle import Throttle, ThrottleLimits
from restante.sasl.mechanism import Challenge
from restante.store.directory import AccountRecord
from restante.store.memory_directory import MemoryDirectory

PEER = "192.0.2.1"


class House:
    def __init__(self, limits: ThrottleLimits | None = None, cost: HashCost = CHEAP) -> None:
        self.directory, self.clock = MemoryDirectory(), FakeClock()
        self.authenticator = Authenticator(
            self.directory,
            throttle=Throttle(self.clock, limits),
            verified=VerifiedLogins(self.clock),
            offload=InlineOffload(),
            sleep=self.clock.sleep,
            cost=cost,
        )

    def begin(self, name: str, *, protected: bool = True) -> Exchange:
        return Exchange(self.authenticator, name, PEER, protected=protected)

    async def challenge(self, exchange: Exchange, response: bytes | None) -> bytes:
        step = await exchange.step(response)
        assert isinstance(step, Challenge)
        return step.data

    async def scram(self, name: str, password: str, authzid: str = "") -> AccountRecord:
        """A client's side of SCRAM-SHA-256, which also checks the server's proof."""
        exchange = self.begin("SCRAM-SHA-256", protected=False)
        header = f"n,{f'a={authzid}' if authzid else ''},".encode()
        bare = f"n={name},r=client".encode()
        server_first = await self.challenge(exchange, header + bare)
        nonce, salt, iterations = (part[2:] for part in server_first.split(b","))
        without_proof = b"c=" + b64encode(header) + b",r=" + nonce
        message = b",".join((bare, server_first, without_proof))
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), b64decode(salt), int(iterations))
        key = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(key).digest(), message, "sha256")
        proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        final = await self.challenge(exchange, without_proof + b",p=" + b64encode(proof))
        expected = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
        assert final == b"v=" + b64encode(expected)
        done = await exchange.step(b"")
        assert isinstance(done, AccountRecord)
        return done


@pytest.fixture
async def house() -> House:
    built = House()
    await built.directory.add("anna", make_credentials("pencil", CHEAP))
    await built.directory.add("bert", make_credentials("eraser", CHEAP))
    return built


@pytest.mark.parametrize(
    ("mechanism", "responses"),
    [
        ("PLAIN", [b"\0anna\0pencil"]),
        ("plain", [None, b"Anna\0anna\0pencil"]),
        ("LOGIN", [None, b"anna", b"pencil"]),
        ("LOGIN", [b"anna", b"pencil"]),
    ],
)
async def test_password_mechanisms(house: House, mechanism: str, responses: list[bytes | None]) -> None:
    exchange = house.begin(mechanism)
    for response in responses[:-1]:
        await house.challenge(exchange, response)
    done = await exchange.step(responses[-1])
    assert isinstance(done, AccountRecord)
    assert done.name == "anna"


async def test_plain_for_another_is_refused(house: House) -> None:
    with pytest.raises(NotAuthorized):
        await house.begin("PLAIN").step(b"bert\0anna\0pencil")


async def test_plain_with_the_wrong_password(house: House) -> None:
    with pytest.raises(BadCredentials):
        await house.begin("PLAIN").step(b"\0anna\0eraser")


@pytest.mark.parametrize("response", [b"", b"\xff", b"\0\0\0\0"])
async def test_malformed_responses_say_what_was_expected(house: House, response: bytes) -> None:
    with pytest.raises(BadExchange, match="expected") as failed:
        await house.begin("PLAIN").step(response)
    assert failed.value.cause is Cause.MALFORMED


async def test_mechanisms_that_are_not_there(house: House) -> None:
    with pytest.raises(BadExchange, match="not supported"):
        house.begin("NTLM")
    with pytest.raises(NeedsPrivacy, match="protected") as failed:
        house.begin("PLAIN", protected=False)
    assert failed.value.code == "PRIVACYREQUIRED"


async def test_scram_is_not_there_where_no_keys_are_kept() -> None:
    house = House(cost=HashCost(1, 8, 1, scram_iterations=0))
    with pytest.raises(BadExchange, match="not supported"):
        house.begin("SCRAM-SHA-256")


async def test_scram(house: House) -> None:
    assert (await house.scram("anna", "pencil")).name == "anna"
    assert (await house.scram("ANNA", "pencil", authzid="anna")).name == "anna"


async def test_scram_with_the_wrong_password_an_unknown_name_or_a_disabled_account(house: House) -> None:
    bert = await house.directory.get("bert")
    assert bert
    await house.directory.set_disabled(bert.id, disabled=True)
    for name, password in (("anna", "eraser"), ("nobody", "pencil"), ("bert", "eraser")):
        with pytest.raises(BadCredentials, match="Name or password is wrong"):
            await house.scram(name, password)


async def test_scram_for_another_is_refused(house: House) -> None:
    with pytest.raises(NotAuthorized):
        await house.scram("anna", "pencil", authzid="bert")


async def test_scram_challenges_an_unknown_name_the_same_way_each_time(house: House) -> None:
    salts = set()
    for name in (b"nobody", b"Nobody", b"nobody"):
        challenge = await house.challenge(house.begin("SCRAM-SHA-256"), b"n,,n=" + name + b",r=x")
        assert challenge.endswith(b",i=4096")
        salts.add(challenge.split(b",")[1])
    assert len(salts) == 1


async def test_scram_guesses_are_slowed_down(house: House) -> None:
    for _ in range(5):
        with pytest.raises(BadCredentials):
            await house.scram("anna", "wrong")
    assert house.clock.slept == [1, 2]
    await house.scram("anna", "pencil")
    await house.scram("anna", "pencil")
    assert house.clock.slept == [1, 2, 4]


async def test_scram_exchanges_held_open_are_slowed_down_too(house: House) -> None:
    held = [house.begin("SCRAM-SHA-256") for _ in range(5)]
    finals = []
    for exchange in held:
        nonce = (await house.challenge(exchange, b"n,,n=anna,r=x")).split(b",")[0]
        finals.append(b"c=biws," + nonce + b",p=" + b64encode(b"x" * 32))
    for exchange, final in zip(held, finals, strict=True):
        with pytest.raises(BadCredentials):
            await exchange.step(final)
    assert house.clock.slept == [1, 2]


async def test_scram_is_refused_when_there_are_too_many() -> None:
    house = House(ThrottleLimits(concurrent=0))
    exchange = house.begin("SCRAM-SHA-256")
    await house.challenge(exchange, b"n,,n=anna,r=x")
    with pytest.raises(TemporarilyUnavailable):
        await exchange.step(b"c=biws,r=x,p=AAAA")


async def test_scram_proofs_of_a_password_changed_meanwhile_fail(house: House) -> None:
    anna = await house.directory.get("anna")
    assert anna
    keys = await house.authenticator.keys("anna")
    await house.directory.set_credentials(anna.id, make_credentials("new", CHEAP))
    with pytest.raises(BadCredentials):
        await house.authenticator.proved("anna", "", keys, PEER)


async def test_an_exchange_that_is_over_stays_over(house: House) -> None:
    exchange = house.begin("SCRAM-SHA-256")
    await house.challenge(exchange, b"n,,n=anna,r=x")
    for _ in range(2):
        with pytest.raises(BadExchange):
            await exchange.step(b"nonsense")
