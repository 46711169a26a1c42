import pytest

from restante.config.address import Address, address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:143", Address("127.0.0.1", 143)),
        ("[::1]:993", Address("::1", 993)),
        ("[0:0::1]:993", Address("::1", 993)),
        ("localhost:0", Address("localhost", 0)),
        ("*:143", Address("*", 143)),
        (":143", Address("*", 143)),
        (" mail.example:65535 ", Address("mail.example", 65535)),
    ],
)
def test_reads(text: str, expected: Address) -> None:
    assert address(text) == expected
    assert address(str(expected)) == expected


@pytest.mark.parametrize(
    "text",
    ["", "143", "::1:143", "[::1]", "[nope]:1", "host:", "host:65536", "host:x", "a b:1", "h:１", "-a:1", "a..:1"],
)
def test_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"HOST:PORT|IPv6|above 65535|neither a host name"):
        address(text)
