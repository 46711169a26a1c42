"""Login names: what is one, and which spellings are the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restante.store.address import Addressing
from restante.store.directory_errors import BadAccountName
from restante.store.login_name import LoginName, login_name, login_names


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("anna", "anna"),
        ("ANNA", "anna"),
        ("Anna.B@Example.ORG", "anna.b@example.org"),
        ("anna@example.org.", "anna@example.org"),
        ("anna+x", "anna+x"),
        ("JÜRGEN", "jürgen"),
        ("Ju\u0308rgen", "jürgen"),
        ("Straße", "strasse"),
        ("ａｎｎａ＠example.org", "anna@example.org"),
        ("анна@пример.example", "анна@пример.example"),
        ("anna@xn--bcher-kva.example", "anna@bücher.example"),
        ("x" * 255, "x" * 255),
    ],
)
def test_spellings(text: str, name: str) -> None:
    assert login_name(text) == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "cannot be empty"),
        ("@example.org", "something before the @"),
        ("anna@", "domain"),
        ("a@b@c", "character @"),
        ("anna smith", r"character U\+0020"),
        (" anna", r"U\+0020"),
        ("anna\0", r"U\+0000"),
        ("anna\n", r"U\+000A"),
        ("anna\u200b", r"U\+200B"),
        ("anna\u202e", r"U\+202E"),
        ("a/b", "character /"),
        ("a%b", "character %"),
        ("a*b", r"character \*"),
        ("a\\b", "character"),
        ("-anna", "hyphen"),
        (".anna", "dot"),
        ("anna.", "dot"),
        ("an..na", "dot"),
        ("..", "dot"),
        ("anyone", "reserved"),
        ("Anyone", "reserved"),
        ("ﬁnn\u2460", "character"),
        ("\u0301a", "combining"),
        ("\ud800", "Unicode"),
        ("anna@exa mple", "letters, digits"),
        ("anna@a..b", "octets"),
        ("anna@" + "x" * 64 + ".org", "octets"),
        ("x" * 256, "at most 255 octets"),
        ("ü" * 128, "at most 255 octets"),
    ],
)
def test_refusals_say_why(text: str, reason: str) -> None:
    with pytest.raises(BadAccountName, match=reason):
        login_name(text)


@given(st.text(max_size=40))
def test_a_name_is_its_own_spelling(text: str) -> None:
    try:
        name = login_name(text)
    except BadAccountName:
        return
    assert login_name(name) == name


@pytest.mark.parametrize(
    ("text", "domains", "names"),
    [
        ("anna@example.org", None, ["anna@example.org", "anna"]),
        ("anna@example.org", ("example.org",), ["anna@example.org", "anna"]),
        ("anna@example.com", ("example.org",), ["anna@example.com"]),
        ("anna", ("example.org", "example.com"), ["anna", "anna@example.org"]),
        ("anna", None, ["anna"]),
        ("anna", (), ["anna"]),
        ("a b", None, []),
    ],
)
def test_what_may_be_meant(text: str, domains: tuple[str, ...] | None, names: list[LoginName]) -> None:
    assert login_names(text, Addressing(local_domains=domains)) == names
