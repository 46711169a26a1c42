"""Modified UTF-7 both ways, and every way to get it wrong (RFC 3501 §5.1.3)."""

import pytest

from restante.imap.wire import utf7

PAIRS = [
    (b"", ""),
    (b"INBOX", "INBOX"),
    (b"&-", "&"),
    (b"Lost &- Found", "Lost & Found"),
    (b"&-&-", "&&"),
    (b"~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
    (b"Entw&APw-rfe", "Entwürfe"),
    (b"&AOk-&-", "é&"),
    (b"&2Dzfkg-", "\U0001f392"),
    (b"&2Dzfkg-x&AOk-", "\U0001f392xé"),
    (b"&AAk-", "\t"),
    (b"&AH8-", "\x7f"),
    (b"a b", "a b"),
]

WRONG = {
    "no end": b"&AOk",
    "no shift": b"a&b",
    "ampersand last": b"a&",
    "bad base64 alphabet": b"&A/k-",
    "padding": b"&AOk=-",
    "space inside": b"&AO k-",
    "half a unit": b"&AO-",
    "one sextet": b"&A-",
    "trailing bits": b"&AOl-",
    "encoded ASCII": b"&AEE-",
    "encoded ASCII among others": b"&AOkAQQ-",
    "encoded ampersand": b"&ACY-",
    "superfluous shift": b"&AOk-&AOk-",
    "high surrogate alone": b"&2Dw-",
    "low surrogate alone": b"&35I-",
    "surrogates swapped": b"&35LYPA-",
    "eight bits": "é".encode(),
    "eight bits beside a shift": b"&AOk-\xe9",
    "a control": b"a\tb",
    "DEL": b"\x7f",
}


@pytest.mark.parametrize(("wire", "text"), PAIRS)
def test_both_ways(wire: bytes, text: str) -> None:
    assert utf7.decode(wire) == text
    assert utf7.encode(text) == wire


@pytest.mark.parametrize("wire", WRONG.values(), ids=WRONG.keys())
def test_what_is_not_the_one_right_spelling_is_refused(wire: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- the kind is the contract, the wording is the caller's
        utf7.decode(wire)


def test_a_lone_surrogate_cannot_be_encoded() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        utf7.encode("\ud83c")
