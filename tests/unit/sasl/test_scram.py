"""SCRAM-SHA-256, RFC 5802 and RFC 7677."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restante.sasl.mechanism import Challenge, Disproved, Malformed, NeedKeys, Proved
from restante.sasl.scram import ScramSha256
from restante.sasl.scram_keys import ScramKeys, derive, imitate

# RFC 7677 §3
NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
CLIENT_FIRST = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
SERVER_FIRST = b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
CLIENT_FINAL = (
    b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
)
SERVER_FINAL = b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
KEYS = derive(b"pencil", b64decode("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096)


def begun(first: bytes = CLIENT_FIRST, keys: ScramKeys = KEYS) -> tuple[ScramSha256, bytes]:
    mechanism = ScramSha256(NONCE)
    need = mechanism.step(first)
    assert isinstance(need, NeedKeys), need
    return mechanism, need.resume(keys).data


def client_final(first: bytes, server_first: bytes, password: bytes = b"pencil", extra: bytes = b"") -> bytes:
    """What a client that knows *password* answers."""
    header_end = first.index(b",", first.index(b",") + 1) + 1
    fields = dict(part.split(b"=", 1) for part in server_first.split(b","))
    without_proof = b"c=" + b64encode(first[:header_end]) + b",r=" + fields[b"r"] + extra
    message = b",".join((first[header_end:], server_first, without_proof))
    salted = hashlib.pbkdf2_hmac("sha256", password, b64decode(fields[b"s"]), int(fields[b"i"]))
    key = hmac.digest(salted, b"Client Key", "sha256")
    signature = hmac.digest(hashlib.sha256(key).digest(), message, "sha256")
    return without_proof + b",p=" + b64encode(bytes(a ^ b for a, b in zip(key, signature, strict=True)))


def test_the_exchange_of_the_rfc() -> None:
    mechanism = ScramSha256(NONCE)
    need = mechanism.step(CLIENT_FIRST)
    assert isinstance(need, NeedKeys)
    assert need.authcid == "user"
    assert need.resume(KEYS) == Challenge(SERVER_FIRST)
    assert mechanism.step(CLIENT_FINAL) == Challenge(SERVER_FINAL)
    assert mechanism.step(b"") == Proved("", "user")
    assert isinstance(mechanism.step(b""), Malformed)


def test_without_initial_response_it_asks_with_an_empty_challenge() -> None:
    mechanism = ScramSha256(NONCE)
    assert mechanism.step(None) == Challenge(b"")
    assert isinstance(mechanism.step(CLIENT_FIRST), NeedKeys)


@pytest.mark.parametrize(
    ("first", "authzid", "authcid"),
    [
        (b"y,,n=user,r=abc", "", "user"),
        (b"n,a=boss,n=user,r=abc", "boss", "user"),
        (b"n,a=a=2Cb,n=x=3Dy=2Cz,r=abc", "a,b", "x=y,z"),
        ("n,,n=ju\u00adrgen,r=abc".encode(), "", "jurgen"),
        (b"n,,n=user,r=abc,x=ext,y=more", "", "user"),
    ],
)
def test_first_messages(first: bytes, authzid: str, authcid: str) -> None:
    mechanism, challenge = begun(first)
    assert isinstance(mechanism.step(client_final(first, challenge)), Challenge)
    assert mechanism.step(b"") == Proved(authzid, authcid)


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"n",
        b"n,",
        b"n,,",
        b"x,,n=user,r=abc",
        b"p=tls-unique,,n=user,r=abc",
        b"n,,m=ext,n=user,r=abc",
        b"n,,n=user",
        b"n,,n=,r=abc",
        b"n,,n=user,r=",
        b"n,,n=user,r=a b",
        b"n,,n=us=er,r=abc",
        b"n,,n=user=2c,r=abc",
        b"n,,n=\xff,r=abc",
        b"n,a=\xff,n=user,r=abc",
        b"n,,n=\xc2\xad,r=abc",
        b"n,,n=a\x07,r=abc",
        b"n,,r=abc,n=user",
        b"n,,n=user,r=abc,",
        b"n,,n=user,r=abc\0",
        b"n,,n=user,r=" + b"x" * 9000,
    ],
)
def test_malformed_first_messages(first: bytes) -> None:
    assert isinstance(ScramSha256(NONCE).step(first), Malformed)


@pytest.mark.parametrize(
    "final",
    [
        None,
        b"",
        b"x",
        CLIENT_FINAL.replace(b"biws", b"eSws"),
        CLIENT_FINAL.replace(b"biws", b"biw"),
        CLIENT_FINAL.replace(b"r=rOpr", b"r=rOpR"),
        CLIENT_FINAL.replace(b"$k0,p", b"$k,p"),
        CLIENT_FINAL[:-5],
        CLIENT_FINAL.replace(b"p=dHzb", b"p="),
        CLIENT_FINAL + b",x=y",
    ],
)
def test_malformed_final_messages_end_the_exchange(final: bytes | None) -> None:
    mechanism, _ = begun()
    assert isinstance(mechanism.step(final), Malformed)


def test_a_wrong_proof_is_disproved_and_cannot_be_tried_again() -> None:
    mechanism, challenge = begun()
    assert mechanism.step(client_final(CLIENT_FIRST, challenge, b"pen")) == Disproved("user")
    assert isinstance(mechanism.step(CLIENT_FINAL), Malformed)


def test_an_acknowledgement_must_be_empty() -> None:
    mechanism, _ = begun()
    mechanism.step(CLIENT_FINAL)
    assert isinstance(mechanism.step(b"x"), Malformed)


def test_extensions_in_the_final_message_are_part_of_what_is_proved() -> None:
    mechanism, challenge = begun()
    assert isinstance(mechanism.step(client_final(CLIENT_FIRST, challenge, extra=b",x=y")), Challenge)


def test_imitated_keys_look_alike_each_time_and_fit_nothing() -> None:
    keys = imitate("nobody", b"secret")
    assert keys == imitate("nobody", b"secret")
    assert keys.salt != imitate("nobody", b"other").salt
    assert len(keys.salt) == 16
    mechanism, challenge = begun(keys=imitate("nobody", b"secret", 4096))
    assert mechanism.step(client_final(CLIENT_FIRST, challenge)) == Disproved("user")


def test_too_few_iterations_are_refused() -> None:
    with pytest.raises(ValueError, match="4096"):
        derive(b"pencil", b"salt", 4095)


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_no_octets_raise(first: bytes, second: bytes) -> None:
    ScramSha256(NONCE).step(b"n,," + first)
    ScramSha256(NONCE).step(first)
    mechanism, _ = begun()
    assert not isinstance(mechanism.step(b"c=biws,r=" + second), Proved | Challenge)
