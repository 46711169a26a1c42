"""PLAIN, RFC 4616."""

from __future__ import annotations

import pytest

from restante.sasl.mechanism import Challenge, CheckPassword, Malformed, Step
from restante.sasl.plain import Plain


@pytest.mark.parametrize(
    ("message", "step"),
    [
        (b"\0tim\0tanstaaftanstaaf", CheckPassword("", "tim", "tanstaaftanstaaf")),  # RFC 4616 §4
        (b"Ursel\0Kurt\0xipj3plmq", CheckPassword("Ursel", "Kurt", "xipj3plmq")),  # RFC 4616 §4
        ("\0jürgen\0größe €".encode(), CheckPassword("", "jürgen", "größe €")),
        (b"\0a\0 b ", CheckPassword("", "a", " b ")),
        (b"z" * 1024 + b"\0" + b"u" * 1024 + b"\0" + b"p" * 1024, CheckPassword("z" * 1024, "u" * 1024, "p" * 1024)),
    ],
)
def test_message(message: bytes, step: Step) -> None:
    assert Plain().step(message) == step


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"tim",
        b"tim\0secret",
        b"\0\0",
        b"\0tim\0",
        b"\0\0secret",
        b"\0tim\0secret\0",
        b"\0tim\0sec\0ret",
        b"\0tim\0\xff",
        b"\0tim\0\xed\xa0\x80",
        b"\0tim\0\xc0\x80",
        b"\0tim\0" + b"x" * 1025,
        b"\0" * 100_000,
    ],
)
def test_malformed(message: bytes) -> None:
    step = Plain().step(message)
    assert isinstance(step, Malformed)
    assert "secret" not in step.reason


def test_without_initial_response_it_asks_with_an_empty_challenge() -> None:
    mechanism = Plain()
    assert mechanism.step(None) == Challenge(b"")
    assert mechanism.step(b"\0tim\0secret") == CheckPassword("", "tim", "secret")


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(Plain().step(b"\0tim\0secret"))
