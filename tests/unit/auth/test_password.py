"""Passwords: made, checked, prepared, invented."""

from __future__ import annotations

import re
import time
from base64 import b64encode

import pytest
from tests.support.logins import CHEAP

from restante.auth.password import (
    BadPassword,
    HashCost,
    generate,
    make_credentials,
    needs_rehash,
    prepare,
    unopenable,
    verify,
)
from restante.sasl.scram_keys import derive
from restante.store.directory import Credentials


@pytest.mark.parametrize("password", ["pencil", " x ", "größe €", "🐎🔋", "שלוםabc1", "x" * 1024])
def test_a_password_opens_what_was_made_of_it_and_no_other_does(password: str) -> None:
    credentials = make_credentials(password, CHEAP)
    assert verify(credentials, password)
    assert not verify(credentials, password[:-1] + "?")
    assert not verify(credentials, "")


def test_two_ways_of_typing_are_one_password() -> None:
    assert verify(make_credentials("ju\u0308rgen\u00a0", CHEAP), "jürgen ")


def test_scram_keys_are_of_the_same_password() -> None:
    credentials = make_credentials("größe", CHEAP)
    keys = credentials.scram
    assert keys
    assert keys == derive("größe".encode(), keys.salt, 4096)
    assert make_credentials("größe", CHEAP).scram != keys, "salts are fresh"


def test_scram_keys_can_be_left_out() -> None:
    assert make_credentials("pencil", HashCost(1, 8, 1, scram_iterations=0)).scram is None


def test_the_default_cost_is_argon2id_with_64_mib() -> None:
    credentials = make_credentials("pencil")
    assert credentials.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert verify(credentials, "pencil")
    assert not needs_rehash(credentials)


@pytest.mark.parametrize(
    "password", ["", "a\0b", "a\nb", "\x7f", "x" * 1025, "ü" * 513, "\u00ad", "\ud800", "a\u202eb", "\ufdfa" * 60]
)
def test_what_cannot_be_a_password_is_refused_and_opens_nothing(password: str) -> None:
    with pytest.raises(BadPassword) as refused:
        prepare(password)
    assert not password or password not in str(refused.value)
    assert not verify(make_credentials("pencil", CHEAP), password)


@pytest.mark.parametrize("broken", ["", "$argon2id$", "plain", "$argon2id$v=19$m=8,t=1,p=1$AA$AA", "\0"])
def test_a_broken_hash_opens_to_nothing(broken: str) -> None:
    assert not verify(Credentials(broken), "pencil")


def test_needs_rehash() -> None:
    credentials = make_credentials("pencil", CHEAP)
    assert not needs_rehash(credentials, CHEAP)
    assert needs_rehash(credentials, HashCost(2, 8, 1, 4096))
    assert needs_rehash(credentials, HashCost(1, 8, 1, 5000))
    assert needs_rehash(Credentials(credentials.password_hash), CHEAP)
    assert needs_rehash(Credentials("broken", credentials.scram), CHEAP)


def test_too_few_scram_iterations_are_refused() -> None:
    with pytest.raises(ValueError, match="4096"):
        HashCost(scram_iterations=1000)


def test_unopenable_credentials_take_as_long_as_real_ones() -> None:
    cost = HashCost(passes=2, memory=4096, lanes=1, scram_iterations=4096)
    real, none = make_credentials("pencil", cost), unopenable(cost)
    assert not needs_rehash(Credentials(none.password_hash, real.scram), cost), "the same parameters"

    def fastest(credentials: Credentials) -> float:
        def once() -> float:
            begun = time.process_time()
            assert not verify(credentials, "wrong")
            return time.process_time() - begun

        return min(once() for _ in range(10))

    assert 0.5 < fastest(none) / fastest(real) < 2


def test_invented_passwords_differ_and_are_easily_read() -> None:
    invented = {generate() for _ in range(200)}
    assert len(invented) == 200
    assert all(re.fullmatch(r"(?:[a-hjkmnp-z]{6}-){2}[a-hjkmnp-z]{6}", password) for password in invented)
    assert len({letter for password in invented for letter in password}) == 23 + 1


def test_credentials_do_not_show_themselves() -> None:
    credentials = make_credentials("pencil", CHEAP)
    assert credentials.scram
    shown = repr(credentials) + repr(credentials.scram)
    assert "argon2" not in shown
    assert repr(credentials.scram.stored_key) not in shown
    assert b64encode(credentials.scram.stored_key).decode() not in shown
