"""Address lists, well-formed and not."""

from __future__ import annotations

import pytest

from restante.mime.address import GROUP_END, Address, addresses


def one(name: bytes | None, mailbox: bytes, host: bytes, adl: bytes | None = None) -> Address:
    return Address(name, adl, mailbox, host)


def group(name: bytes) -> Address:
    return Address(None, None, name, None)


JOHN = one(b"John Doe", b"jdoe", b"machine.example")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b"", []),
        (b" , ,, ", []),
        (b"John Doe <jdoe@machine.example>", [JOHN]),
        (b" John Doe  <jdoe@machine.example> , a@b", [JOHN, one(None, b"a", b"b")]),
        (b'"Joe Q. Public" <john.q.public@example.com>', [one(b"Joe Q. Public", b"john.q.public", b"example.com")]),
        (
            b"Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
            [
                one(b"Mary Smith", b"mary", b"x.test"),
                one(None, b"jdoe", b"example.org"),
                one(b"Who?", b"one", b"y.test"),
            ],
        ),
        (
            b'<boss@nil.test>, "Giant; \\"Big\\" Box" <sysservices@example.net>',
            [
                one(None, b"boss", b"nil.test"),
                one(b'Giant; "Big" Box', b"sysservices", b"example.net"),
            ],
        ),
        # RFC 5322, appendix A.1.3
        (
            b"A Group:Ed Jones <c@a.test>,joe@where.test,John <jdoe@one.test>;",
            [
                group(b"A Group"),
                one(b"Ed Jones", b"c", b"a.test"),
                one(None, b"joe", b"where.test"),
                one(b"John", b"jdoe", b"one.test"),
                GROUP_END,
            ],
        ),
        (b"Undisclosed recipients:;", [group(b"Undisclosed recipients"), GROUP_END]),
        # RFC 5322, appendix A.5
        (b"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>", [one(b"Pete", b"pete", b"silly.test")]),
        (
            (
                b"A Group(Some people)\r\n :Chris Jones <c@(Chris's host.)public.example>,\r\n  joe@example.org,\r\n"
                b" John <jdoe@one.test> (my dear friend); (the end of the group)"
            ),
            [
                group(b"A Group"),
                one(b"Chris Jones", b"c", b"public.example"),
                one(None, b"joe", b"example.org"),
                one(b"John", b"jdoe", b"one.test"),
                GROUP_END,
            ],
        ),
        (b"(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;", [group(b"Hidden recipients"), GROUP_END]),
        # RFC 5322, appendix A.6.1
        (b"Joe Q. Public <john.q.public@example.com>", [one(b"Joe Q. Public", b"john.q.public", b"example.com")]),
        (
            b"Mary Smith <@node.test:mary@example.net>, , jdoe@test  . example",
            [
                one(b"Mary Smith", b"mary", b"example.net", b"@node.test"),
                one(None, b"jdoe", b"test.example"),
            ],
        ),
        (b"<@a.test, @b.test : x@y>", [one(None, b"x", b"y", b"@a.test,@b.test")]),
        # RFC 5322, appendix A.6.3
        (b"John Doe <jdoe@machine(comment).  example>", [JOHN]),
        (b"jdoe@machine.example (John Doe)", [JOHN]),
        (b"<jdoe@machine.example> (John Doe)", [JOHN]),
        (b'"quoted local"@x.test', [one(None, b"quoted local", b"x.test")]),
        (b'<"a b"@x.test>', [one(None, b"a b", b"x.test")]),
        (b"user@[192.0.2.1]", [one(None, b"user", b"[192.0.2.1]")]),
        (b"a @ b . c", [one(None, b"a", b"b.c")]),
        (b"=?utf-8?q?J=C3=B6rg?= <j@x>", [one(b"=?utf-8?q?J=C3=B6rg?=", b"j", b"x")]),
        (b"J\xc3\xb6rg <j@x>", [one(b"J\xc3\xb6rg", b"j", b"x")]),
        (b'"O\'Hara, Scarlett" <s@tara>', [one(b"O'Hara, Scarlett", b"s", b"tara")]),
        # what programs write that they should not
        (b"root", [one(None, b"root", b"")]),
        (b"John Doe", [one(b"John Doe", b"", b"")]),
        (b"<>", [one(None, b"", b"")]),
        (b"x@y <x@y>", [one(b"x@y", b"x", b"y")]),
        (b"<a@b, c@d", [one(None, b"a", b"b"), one(None, b"c", b"d")]),
        (b"John <a@b> junk, c@d", [one(b"John", b"a", b"b"), one(None, b"c", b"d")]),
        (b'"never closed <a@b>', [one(None, b"never closed <a@b>", b"")]),
        (b"g: a@b", [group(b"g"), one(None, b"a", b"b"), GROUP_END]),
        (b"a@b; c@d", [one(None, b"a", b"b"), one(None, b"c", b"d")]),
        (b"a\0b@c", [one(None, b"ab", b"c")]),
        (b"(only a comment)", []),
        (b'""', [one(None, b"", b"")]),
        (b"a@b@c", [one(None, b"a", b"b@c")]),
    ],
)
def test_addresses(text: bytes, wanted: list[Address]) -> None:
    assert addresses(text) == wanted


@pytest.mark.parametrize("piece", [b"(", b"<", b'"', b"[", b":", b"@", b"\\", b"a ", b"(a)", b"a:;", b"<@a", b","])
def test_a_megabyte_of_one_thing_ends(piece: bytes) -> None:
    people = addresses(piece * (200_000 // len(piece)))
    assert len(people) <= 200_000
