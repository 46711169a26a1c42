import pytest

from restante.delivery.envelope import Envelope, Hop
from restante.delivery.trace import header_of, hops, trace_fields, without_return_path


@pytest.mark.parametrize(
    ("hop", "received"),
    [
        (
            Hop("mail.example", "x1", 0, "mta.example", "192.0.2.1", "LMTP"),
            "from mta.example ([192.0.2.1])\r\n\tby mail.example with LMTP id x1",
        ),
        (
            Hop("mail.example", "x1", 0, "[192.0.2.1]", "2001:db8::1", "UTF8LMTPS"),
            "from [192.0.2.1] ([IPv6:2001:db8::1])\r\n\tby mail.example with UTF8LMTPS id x1",
        ),
        (Hop("mail.example", "x1", 0, "mta", "", "LMTP"), "from mta\r\n\tby mail.example with LMTP id x1"),
        (Hop("mail.example", "x1", 0), "by mail.example id x1"),
    ],
)
def test_fields(hop: Hop, received: str) -> None:
    assert trace_fields(Envelope("ü@x", hop), "anna").decode() == (
        f"Return-Path: <ü@x>\r\nDelivered-To: anna\r\nReceived: {received}\r\n\tfor <anna>; Thu, 01 Jan 1970 00:00:00 +0000\r\n"
    )


def test_null_sender() -> None:
    assert trace_fields(Envelope("", Hop("h", "i", 0)), "a").startswith(b"Return-Path: <>\r\n")


@pytest.mark.parametrize(
    ("head", "rest"),
    [
        (b"Subject: x\r\n", b"Subject: x\r\n"),
        (b"Return-Path: <a@b>\r\nSubject: x\r\n", b"Subject: x\r\n"),
        (b"return-path :\r\n <a@b>\r\n\t(c)\r\nRETURN-PATH: <>\r\nSubject: x\r\n", b"Subject: x\r\n"),
        (b"Subject: x\r\nReturn-Path: <a@b>\r\n", b"Subject: x\r\nReturn-Path: <a@b>\r\n"),
        (b"Return-Path: unended", b"Return-Path: unended"),
        (b"", b""),
    ],
)
def test_return_paths_on_top_go(head: bytes, rest: bytes) -> None:
    assert without_return_path(head) == rest


def test_header() -> None:
    assert header_of(b"a: b\r\n\r\nc\r\n\r\n") == b"a: b\r\n\r\n"
    assert header_of(b"\r\nc\r\n\r\n") == b"\r\n"
    assert header_of(b"a: b\r\n") == b"a: b\r\n"


def test_hops() -> None:
    assert hops(b"Received: a\r\n\tReceived: no\r\nreceived : b\r\nX-Received: no\r\nRECEIVED:\r\n") == 3


@pytest.mark.timeout(2)
def test_long_headers_cost_little() -> None:
    for piece in (b"Return-Path: x\r\n", b"Return-Path: x\r\n ", b"Return-Path:", b"Received", b"\r\n "):
        head = piece * 20_000
        without_return_path(head)
        hops(header_of(head))
