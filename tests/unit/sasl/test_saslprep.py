"""SASLprep, RFC 4013."""

from __future__ import annotations

import pytest

from restante.sasl.saslprep import Unpreparable, saslprep


@pytest.mark.parametrize(
    ("text", "prepared"),
    [  # RFC 4013 §3
        ("I\u00adX", "IX"),
        ("user", "user"),
        ("USER", "USER"),
        ("\u00aa", "a"),
        ("\u2168", "IX"),
        ("a\u00a0b", "a b"),
        ("\u00bd", "1⁄2"),
        ("\u0627\u0628", "\u0627\u0628"),
        ("🐎", "🐎"),
        ("", ""),
        ("\u00ad", ""),
    ],
)
def test_prepared(text: str, prepared: str) -> None:
    assert saslprep(text) == prepared


@pytest.mark.parametrize("text", ["\u0007", "\u0627\u0031", "\u0627a\u0628", "a\n", "\u200e", "\ue000", "\ufffd"])
def test_prohibited(text: str) -> None:
    with pytest.raises(Unpreparable):
        saslprep(text)


def test_surrogates_are_prohibited() -> None:
    with pytest.raises(Unpreparable):
        saslprep("\ud800")


def test_stored_text_has_no_code_points_that_unicode_3_2_did_not_know() -> None:
    with pytest.raises(Unpreparable, match="U\\+1F40E"):
        saslprep("🐎", stored=True)


def test_directions_may_be_mixed_where_asked() -> None:
    assert saslprep("\u0627a1", bidi=False) == "\u0627a1"
