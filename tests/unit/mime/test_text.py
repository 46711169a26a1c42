"""What a reader sees of a message."""

from __future__ import annotations

import pytest

from restante.mime.html import html_text
from restante.mime.scan import scan
from restante.mime.text import decoded_text, header_text, preview

RAW = (
    b"Subject: outer\nContent-Type: multipart/mixed; boundary=b\n\npreamble\n"
    b"--b\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe\n"
    b"--b\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\nPHA+SGVsbG8gPGI+d29ybGQ8L2I+PC9wPg==\n"
    b"--b\nContent-Type: image/png\n\npicture\n"
    b"--b\nContent-Type: message/rfc822\n\nSubject: =?utf-8?q?inn=C3=A9r?=\n\nnested body\n"
    b"--b--\nepilogue\n"
)


def test_decoded_text_holds_text_parts_and_nested_headers_only() -> None:
    text = decoded_text(RAW, scan(RAW))
    for shown in ("Grüße", "Hello world", "Subject: innér", "nested body"):
        assert shown in text
    for hidden in ("outer", "preamble", "epilogue", "picture", "<b>", "=FC"):
        assert hidden not in text


def test_text_of_one_part() -> None:
    part = scan(RAW).find((4,))
    assert part is not None
    assert decoded_text(RAW, part) == "Subject: innér\nnested body"


def test_decoded_text_is_limited() -> None:
    raw = b"\n" + b"x" * 1000
    assert decoded_text(raw, scan(raw), limit=10) == "x" * 10
    assert decoded_text(RAW, scan(RAW), limit=0) == ""


def test_header_text() -> None:
    assert header_text(b"From: =?utf-8?b?w6k=?= <a@b>\r\nX: a\r\n b\r\n\r\n") == "From: é <a@b>\nX: a b"


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>a<b>b</b>c</p><p>d</p>", "abc d"),
        ("a<br>b<BR/>c", "a b c"),
        ("<html><head><title>t</title><style>x{}</style></head><body>seen</body>", "seen"),
        ("a<script>if (a < b) x()</script>b", "ab"),
        ("a<!-- hidden <p> -->b<!-- never closed", "ab"),
        ("a<style>never closed", "a"),
        ("&lt;p&gt; &amp; &#228;&#xe4; &euro;&nbsp;x", "<p> & ää € x"),
        ("&#" + "9" * 10_000 + ";a&#x" + "f" * 100 + ";", "�a�"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("<headers>kept</headers>", "kept"),
        ('a<img alt="x > y <b>" src=z>b', "ab"),
        ("a<img alt = 'x > y'>b", "ab"),
        ("<p title=it's>kept</p>", "kept"),
        ('<p title="never closed>kept</p>', "kept"),
        ("a <b and c", "a <b and c"),
        ("x<!-->seen<!-- not -->", "xseen"),
        ("</title>seen", "seen"),
        ("<", "<"),
        ("", ""),
    ],
)
def test_html_text(html: str, words: str) -> None:
    assert " ".join(html_text(html).split()) == words


@pytest.mark.parametrize("piece", ["<", "<!--", "<p ", "<script>", "&#", "</", "<a b='", '<b ="', '<b" ="', "='<b'"])
def test_html_bombs_end(piece: str) -> None:
    assert len(html_text(piece * 100_000)) <= len(piece) * 100_000


def test_preview() -> None:
    assert preview(RAW, scan(RAW)) == "Grüße"
    html = b"Content-Type: text/html\n\n<style>p{}</style><p>One</p>\n\n<p>two&nbsp;&zwnj;three</p>"
    assert preview(html, scan(html)) == "One two three"
    long = b"\n" + b"word \r\n" * 1000
    assert preview(long, scan(long)) == ("word " * 40).strip()
    assert len(preview(long, scan(long))) <= 200
    picture = b"Content-Type: image/png\n\nxxxx"
    assert preview(picture, scan(picture)) == ""
    attached = b"Content-Disposition: attachment\n\nsecret"
    assert preview(attached, scan(attached)) == ""
