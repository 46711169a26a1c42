"""Collations (RFC 4790 §9, RFC 5051 §2)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restante.model.collation import ASCII_CASEMAP, ASCII_NUMERIC, COLLATIONS, OCTET, UNICODE_CASEMAP


def plain_casemap(text: str) -> bytes:
    """RFC 5051 §2, step by step; the decomposition of each code point is found one level at a time."""
    out = ""
    for char in text:
        titled = char.title() if len(char.title()) == 1 else char
        pending = [titled]
        while pending:
            one = pending.pop(0)
            parts = unicodedata.decomposition(one).split()
            if unicodedata.name(one, "").startswith("HANGUL SYLLABLE"):
                out += unicodedata.normalize("NFKD", one)
            elif parts:
                pending[:0] = [chr(int(part, 16)) for part in parts if not part.startswith("<")]
            else:
                out += one
    return out.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", ""),
        ("abc XYZ 9", "ABC XYZ 9"),
        ("é", "E\u0301"),
        ("É", "E\u0301"),
        ("\u01c4", "Dz\u030c"),
        ("\u01c6", "Dz\u030c"),
        ("straße", "STRAßE"),
        ("ἀρχή", "\u0391\u0313\u03a1\u03a7\u0397\u0301"),
        ("한", "\u1112\u1161\u11ab"),
        ("\U00010428", "\U00010400"),
    ],
)
def test_unicode_casemap(text: str, key: str) -> None:
    assert UNICODE_CASEMAP.key(text) == key


@given(st.text())
def test_unicode_casemap_is_what_the_rfc_says(text: str) -> None:
    assert UNICODE_CASEMAP.key(text).encode("utf-8", "surrogatepass") == plain_casemap(text)


@given(st.text(), st.text())
def test_keys_go_code_point_by_code_point(one: str, other: str) -> None:
    for collation in COLLATIONS:
        assert collation.key(one + other) == collation.key(one) + collation.key(other)


def test_the_others() -> None:
    assert ASCII_CASEMAP.key("aéZ") == "AéZ"
    assert ASCII_CASEMAP.key("abc") == "ABC"
    assert OCTET.key("aéZ") == "aéZ"


# RFC 4790 §9.1.1's examples
def test_ascii_numeric() -> None:
    key = ASCII_NUMERIC.key
    assert key("0") < key("1") < key("4294967298") < key("") == key("x") == key("y")
    assert key("4294967298") == key("04294967298") == key("4294967298b")
    assert key("9") < key("10")
    assert key("000") == key("0")
    assert key("\u0661") == key("x")
    assert not ASCII_NUMERIC.finds
