"""The registry of mechanisms."""

from __future__ import annotations

import re

from restante.sasl.registry import ALL, find, offered


def test_names_are_as_rfc_4422_wants_them() -> None:
    names = [spec.name for spec in ALL]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[A-Z0-9_-]{1,20}", name) for name in names)


def test_found_in_any_case() -> None:
    assert find("plain") is find("PLAIN") is not None
    assert find("NTLM") is None


def test_plain_passwords_are_only_for_protected_channels() -> None:
    assert offered(protected=True) == ("SCRAM-SHA-256", "PLAIN", "LOGIN")
    assert offered(protected=False) == ("SCRAM-SHA-256",)


def test_each_starts_and_asks() -> None:
    assert [type(spec.start("nonce").step(None)).__name__ for spec in ALL] == ["Challenge"] * 3
