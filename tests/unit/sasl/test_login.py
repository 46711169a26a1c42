"""LOGIN: two prompts, to the letter."""

from __future__ import annotations

import pytest

from restante.sasl.login import Login
from restante.sasl.mechanism import Challenge, CheckPassword, Malformed


@pytest.mark.parametrize("start", [None, b""])
def test_prompts(start: bytes | None) -> None:
    mechanism = Login()
    assert mechanism.step(start) == Challenge(b"Username:")
    assert mechanism.step(b"tim") == Challenge(b"Password:")
    assert mechanism.step("größe".encode()) == CheckPassword("", "tim", "größe")


def test_an_initial_response_is_the_user_name() -> None:
    mechanism = Login()
    assert mechanism.step(b"tim") == Challenge(b"Password:")
    assert mechanism.step(b"secret") == CheckPassword("", "tim", "secret")


@pytest.mark.parametrize("part", [b"", b"\xff", b"a\0b", b"x" * 1025, None])
def test_malformed_in_either_place(part: bytes | None) -> None:
    name, password = Login(), Login()
    name.step(None)
    assert isinstance(name.step(part), Malformed)
    password.step(b"tim")
    assert isinstance(password.step(part), Malformed)
