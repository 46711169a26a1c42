"""The stored form of a part tree."""

from __future__ import annotations

import pytest
from tests.support.mail import corpus

from restante.mime.encode import dump, load
from restante.mime.scan import scan

RAW = (
    b'Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html; charset="a b/c"\n\nx\n'
    b"--b\nContent-Type: message/rfc822\n\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAAA\n"
    b"--b\nContent-Transfer-Encoding: a/b\n\nz\n--b--\n"
)


def test_a_tree_comes_back_with_what_addressing_needs() -> None:
    part, again = scan(RAW), load(dump(scan(RAW)))
    for path in ((), (1,), (2,), (2, 1), (3,)):
        one, other = part.find(path), again.find(path)
        assert one is not None
        assert other is not None
        assert (one.start, one.body_start, one.end) == (other.start, other.body_start, other.end)
        assert (one.type, one.subtype) == (other.type, other.subtype)
    assert again.children[0].charset == b"a b/c"
    assert again.find((2, 1)) is again.children[1].message
    assert again.children[1].message is not None
    assert again.children[1].message.encoding == b"BASE64"
    assert again.find((4,)) is None


def test_a_plain_message_takes_a_few_octets() -> None:
    assert dump(scan(b"Subject: x\r\n\r\nhello\r\n")) == b"1 0 14 7 - 0"


def test_every_message_of_the_corpus_comes_back() -> None:
    for path in corpus():
        part = scan(path.read_bytes())
        again = load(dump(part))
        assert dump(again) == dump(part)
        assert len(list(again.walk())) == len(list(part.walk()))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"2 0 1 2 - 0",
        b"1",
        b"1 0 1 2 -",
        b"1 0 1 2 - 1",
        b"1 0 1 2 - 0 9",
        b"1 a 1 2 - 0",
        b"1 0 1 2 x 0",
        b"1 0 1 2 a/b/c/zz 0",
        b"1" + b" 0 1 2 - m" * 5000,
    ],
)
def test_what_was_not_dumped_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        load(data)
