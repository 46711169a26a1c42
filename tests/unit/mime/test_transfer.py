"""Transfer encodings, whole and damaged."""

from __future__ import annotations

import base64
import binascii
import quopri

import pytest

from restante.mime.transfer import UnknownEncoding, decode, decode_known


@pytest.mark.parametrize(
    ("encoding", "raw", "wanted"),
    [
        (b"7bit", b"a=41\r\n", b"a=41\r\n"),
        (b"BINARY", b"\0\xff", b"\0\xff"),
        (b"Base64", b"aGVs\r\nbG8=\r\n", b"hello"),
        (b"base64", b"aGVsbG8", b"hello"),
        (b"base64", b"a G!V*s\xffbG8", b"hello"),
        (b"base64", b"aGVsb", b"hel"),
        (b"base64", b"aGk=\r\naGk=\r\n", b"hihi"),
        (b"base64", b"====", b""),
        (b"base64", b"", b""),
        (b"quoted-printable", b"a=3Db=\r\nc=e9 \r\nd", b"a=bc\xe9\r\nd"),
        (b"quoted-printable", b"soft= \t\r\nbreak\t\n", b"softbreak\n"),
        (b"quoted-printable", b"=ZZ=", b"=ZZ"),
        (b"x-uuencode", b"intro\r\nbegin 644 f\r\n%:&5L;&\\ \r\n`\r\nend\r\nrest", b"hello"),
        (b"x-uuencode", b"no begin line", b"no begin line"),
        (b"x-unknown", b"as it is", b"as it is"),
        (b"", b"as it is", b"as it is"),
    ],
)
def test_decode(encoding: bytes, raw: bytes, wanted: bytes) -> None:
    assert decode(raw, encoding) == wanted


@pytest.mark.parametrize("octets", [b"", b"x", bytes(range(256)) * 5, b"line \r\n=\r\n" * 30])
def test_decoding_undoes_the_standard_librarys_encoding(octets: bytes) -> None:
    assert decode(base64.encodebytes(octets), b"BASE64") == octets
    assert decode(quopri.encodestring(octets), b"QUOTED-PRINTABLE") == octets
    lines = b"".join(binascii.b2a_uu(octets[at : at + 45]) for at in range(0, len(octets), 45))
    assert decode(b"begin 644 x\n" + lines + b"`\nend\n", b"X-UUENCODE") == octets


def test_binary_refuses_what_it_does_not_know() -> None:
    assert decode_known(b"aGk=", b"base64") == b"hi"
    with pytest.raises(UnknownEncoding):
        decode_known(b"x", b"x-unknown")
