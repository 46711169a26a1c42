"""Addresses: taken apart, folded to keys, and looked up best first."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restante.store.address import Address, Addressing, alias_key, candidates, domain_key, parse_address
from restante.store.directory_errors import BadAddress


@pytest.mark.parametrize(
    ("text", "address", "key"),
    [
        ("Anna@Example.org", Address("Anna", "example.org"), "anna@example.org"),
        ("anna", Address("anna", None), "anna"),
        ('"anna"@example.org', Address("anna", "example.org"), "anna@example.org"),
        ('"a b"@example.org', Address("a b", "example.org"), '"a b"@example.org'),
        (r'"a\"\\b"@example.org', Address('a"\\b', "example.org"), r'"a\"\\b"@example.org'),
        ('"a@b"', Address("a@b", None), '"a@b"'),
        ('"a@b"@example.org', Address("a@b", "example.org"), '"a@b"@example.org'),
        (".a..b.@example.org", Address(".a..b.", "example.org"), '".a..b."@example.org'),
        ("a@[127.0.0.1]", Address("a", "[127.0.0.1]"), "a@[127.0.0.1]"),
        ("a@[IPv6:2001:DB8::1]", Address("a", "[ipv6:2001:db8::1]"), "a@[ipv6:2001:db8::1]"),
    ],
)
def test_parse(text: str, address: Address, key: str) -> None:
    assert parse_address(text) == address
    assert address.key == key
    assert parse_address(key).key == key


@pytest.mark.parametrize(
    "text", ["", "@example.org", "a@", "a@.", "a b@c", "<a@b>", '"a@b', '"a"b@c', "a@b c", "a@b\n", "a@" + "b." * 200]
)
def test_refusals(text: str) -> None:
    with pytest.raises(BadAddress):
        parse_address(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("EXAMPLE.org.", "example.org"),
        ("xn--bcher-kva.example", "bücher.example"),
        ("BÜCHER.example", "bücher.example"),
        ("xn--abc-.example", "xn--abc-.example"),
        ("xn--.example", "xn--.example"),
        ("xn--99999999", "xn--99999999"),
        ("_dmarc.example", "_dmarc.example"),
    ],
)
def test_domains(text: str, key: str) -> None:
    assert domain_key(text) == key


def test_catch_all_key() -> None:
    assert alias_key("@Example.ORG") == "@example.org"


def test_candidates_of_a_local_domain() -> None:
    found = candidates(parse_address("Anna+X@example.org"), Addressing(("example.org",)))
    assert found == [
        ("anna+x@example.org", None),
        ("anna+x", None),
        ("anna@example.org", "X"),
        ("anna", "X"),
        ("@example.org", None),
    ]


def test_candidates_of_another_domain() -> None:
    found = candidates(parse_address("anna@example.com"), Addressing(("example.org",)))
    assert found == [("anna@example.com", None), ("@example.com", None)]


@given(st.text(max_size=60))
def test_any_text_is_an_address_with_a_stable_key_or_refused(text: str) -> None:
    try:
        address = parse_address(text)
    except BadAddress:
        return
    assert parse_address(address.key).key == address.key
    assert 1 <= len(candidates(address, Addressing(("example.org",)))) <= 5


@pytest.mark.parametrize("text", ['"' * 900, '"' + "\\a" * 450, "a@" * 400, "." * 900 + "@", '"' + "\\" * 900])
def test_hostile_text_is_cheap(text: str) -> None:
    begun = time.perf_counter()
    for _ in range(50):
        with pytest.raises(BadAddress):
            parse_address(text)
    assert time.perf_counter() - begun < 1
