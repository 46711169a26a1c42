"""Encoded words, encoded parameters, charsets."""

from __future__ import annotations

import pytest

from restante.mime.charset import codec, decode_text
from restante.mime.content import Params, content_type, disposition, parameters
from restante.mime.words import decode_parameter, decode_words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        # RFC 2047 §8
        (b"=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>", "Keith Moore <moore@cs.utk.edu>"),
        (b"=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?= <keld@dkuug.dk>", "Keld Jørn Simonsen <keld@dkuug.dk>"),
        (b"=?ISO-8859-1?Q?Andr=E9?= Pirard <PIRARD@vm1.ulg.ac.be>", "André Pirard <PIRARD@vm1.ulg.ac.be>"),
        (
            b"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
            "If you can read this you understand the example.",
        ),
        (
            b"Nathaniel Borenstein <nsb@x>\r\n (=?iso-8859-8?b?7eXs+SDv4SDp7Oj08A==?=)",
            "Nathaniel Borenstein <nsb@x> (םולש ןב ילטפנ)",
        ),
        (b"(=?ISO-8859-1?Q?a?=)", "(a)"),
        (b"(=?ISO-8859-1?Q?a?= b)", "(a b)"),
        (b"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"),
        (b"(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"),
        (b"(=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=)", "(ab)"),
        (b"(=?ISO-8859-1?Q?a_b?=)", "(a b)"),
        (b"(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"),
        # RFC 2231 §5
        (b"=?US-ASCII*EN?Q?Keith_Moore?=", "Keith Moore"),
        # a character cut in two
        (b"=?utf-8?q?=E2=82?= =?utf-8?q?=AC?=", "€"),
        (b"=?utf-8?b?4oI?= =?UTF-8?Q?=AC?=", "€"),
        # what senders get wrong
        (b"=?utf-8?b?4oKs", "=?utf-8?b?4oKs"),
        (b"=?x-none?q?caf=E9?=", "café"),
        (b"=?utf-8?q?caf=E9?=", "café"),
        (b"=?us-ascii?q?caf=C3=A9?=", "café"),
        (b"=?utf-8?q?a b?=", "a b"),
        (b"a=?utf-8?q?b?=c", "abc"),
        (b"caf\xc3\xa9", "café"),
        (b"caf\xe9", "café"),
        (b"\x81\xe9", "\x81é"),
        (b"=?zlib?b?eJxLBAAAYgBi?=", "xœK\x04\x00\x00b\x00b"),
        (b"=??q?x?=", "=??q?x?="),
        (b"=?utf-8?q??=", ""),
        (b"", ""),
    ],
)
def test_decode_words(value: bytes, text: str) -> None:
    assert decode_words(value) == text


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (b'x; a=b; C="d e"', ((b"A", b"b"), (b"C", b"d e"))),
        (b'x; name="a\\"b\\\\"', ((b"NAME", b'a"b\\'),)),
        (b"x; name=my file.pdf ; y=z", ((b"NAME", b"my file.pdf"), (b"Y", b"z"))),
        (b'x; name=""', ((b"NAME", b""),)),
        (b"x; name=", ((b"NAME", b""),)),
        (b'x; name="open', ((b"NAME", b"open"),)),
        (b"x;;; a=b;", ((b"A", b"b"),)),
        (b"x; flag; a=b", ((b"A", b"b"),)),
        (b"x", ()),
        # RFC 2231 §3, §4, §4.1
        (
            b'message/external-body; access-type=URL; URL*0="ftp://"; URL*1="cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar"',
            ((b"ACCESS-TYPE", b"URL"), (b"URL", b"ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar")),
        ),
        (
            b"application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
            ((b"TITLE*", b"us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A"),),
        ),
        (
            (
                b"application/x-stuff; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20;"
                b' title*2="isn\'t it!"'
            ),
            ((b"TITLE*", b"us-ascii'en'This%20is%20even%20more%20%2A%2A%2Afun%2A%2A%2A%20isn%27t%20it!"),),
        ),
        (b"x; n*1=b; n*0=a", ((b"N", b"ab"),)),
        (b"x; n*0=a; n*1*=%41", ((b"N*", b"''a%41"),)),
    ],
)
def test_parameters(value: bytes, wanted: Params) -> None:
    assert parameters(value) == wanted


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            b"x; name*0*=us-ascii'en'This%20is%20even%20more%20; name*1*=%2A%2A%2Afun%2A%2A%2A%20; name*2=\"isn't it!\"",
            "This is even more ***fun*** isn't it!",
        ),
        (b"x; name=plain; name*=utf-8''%e2%82%ac", "€"),
        (b'x; name="=?utf-8?q?=E2=82=AC?="', "€"),
        (b"x; name*=%e2%82%ac", "€"),
        (b"x; name*=none'x'%e9", "é"),
        (b"x", None),
    ],
)
def test_decode_parameter(value: bytes, text: str | None) -> None:
    assert decode_parameter(parameters(value), b"NAME") == text


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (b"text/html; charset=x", (b"TEXT", b"HTML", ((b"CHARSET", b"x"),))),
        (b"text (plain) / (not so) html (yes); (no) charset=x (y)", (b"TEXT", b"HTML", ((b"CHARSET", b"x"),))),
        (b"text", (b"TEXT", b"PLAIN", ())),
        (b"pdf; name=x", (b"APPLICATION", b"OCTET-STREAM", ((b"NAME", b"x"),))),
        (b"", (b"TEXT", b"PLAIN", ((b"CHARSET", b"US-ASCII"),))),
        (b"/", (b"TEXT", b"PLAIN", ((b"CHARSET", b"US-ASCII"),))),
        (b"; boundary=x", (b"TEXT", b"PLAIN", ((b"CHARSET", b"US-ASCII"),))),
        (b"multipart/mixed boundary=x", (b"MULTIPART", b"MIXED", ())),
    ],
)
def test_content_type(value: bytes, wanted: tuple[bytes, bytes, Params]) -> None:
    assert content_type(value) == wanted


def test_disposition() -> None:
    assert disposition(b'attachment (a) ; filename="x"') == (b"ATTACHMENT", ((b"FILENAME", b"x"),))
    assert disposition(b"inline") == (b"INLINE", ())
    assert disposition(b"; filename=x") is None


USED = """
    iso-2022-jp-ms cp50221 cp51932 windows-31j x-sjis gb_2312-80 x-gbk windows-874 x-windows-949 iso-8859-8-i utf-7 x-mac-roman
    unicode-1-1-utf-7 ks_c_5601-1987 UTF8 utf-8 ISO_8859-1 latin1 iso-8859-16 windows-1258 koi8-r koi8-u big5 big5-hkscs
    hz-gb-2312 gb18030 iso-2022-kr tis-620 ansi_x3.4-1968 utf-16le utf-32 ibm437 cp1256 shift_jis
"""
NO_CHARSETS = """
    zlib zip bz2 hex rot13 rot_13 base64 quopri uu idna punycode unicode_escape raw_unicode_escape undefined mbcs ../etc euc-tw
"""


@pytest.mark.parametrize("label", USED.split())
def test_labels_mail_uses_have_a_codec(label: str) -> None:
    assert codec(label) is not None


@pytest.mark.parametrize("label", [*NO_CHARSETS.split(), "", "x" * 1000, "\0", "\xff"])
def test_labels_that_are_no_charset_have_none(label: str) -> None:
    assert codec(label) is None


@pytest.mark.parametrize(
    ("octets", "label", "text"),
    [
        (b"\x1b$B-!F|K\\\x1b(B!", b"iso-2022-jp", "①日本!"),
        ("日本語".encode("iso-2022-jp"), b"iso-2022-jp", "日本語"),
        (b"\x82\xa0\x87\x40", b"Shift_JIS", "あ①"),
        (b"\x93\x94", b"iso-8859-1", "“”"),
        (b"Fr+APY-sche", b"utf-7", "Frösche"),
        (b"+2AA-", b"utf-7", "\ufffd"),
        (b"\xe2\x82\xac \xe2\x82", b"utf-8", "€ \ufffd"),
        (b"caf\xe9", b"utf-8", "café"),
        (b"\xc4\xe3", b"gb2312", "你"),
        (b"x", None, "x"),
        (b"\xff\xfea\0", "utf-16", "a"),
    ],
)
def test_decode_text(octets: bytes, label: bytes | str | None, text: str) -> None:
    assert decode_text(octets, label) == text
