import pytest

from restante.smtp.command import (
    Bdat,
    Command,
    Data,
    Hello,
    Help,
    Mail,
    Noop,
    Quit,
    Rcpt,
    Rset,
    Vrfy,
    read_command,
)
from restante.smtp.errors import BadCommand


@pytest.mark.parametrize(
    ("line", "command"),
    [
        (b"LHLO mta.example", Hello("LHLO", "mta.example")),
        (b"lhlo mta.example extra words", Hello("LHLO", "mta.example")),
        (b"EHLO [192.0.2.1]", Hello("EHLO", "[192.0.2.1]")),
        (b"HELO [IPv6:2001:db8::1]", Hello("HELO", "[IPv6:2001:db8::1]")),
        (b"MAIL FROM:<anna@example.org>", Mail("anna@example.org")),
        (b"mail from:<anna@example.org>", Mail("anna@example.org")),
        (b"MAIL FROM: <anna@example.org>", Mail("anna@example.org")),
        (b"MAIL FROM : \t<anna@example.org>  ", Mail("anna@example.org")),
        (b"MAIL FROM:<>", Mail("")),
        (b"MAIL FROM:< >", Mail("")),
        (b"MAIL FROM:<> BODY=8BITMIME", Mail("", (("BODY", "8BITMIME"),))),
        (
            b"MAIL FROM:<a@b> size=12  SMTPUTF8 X-y=z",
            Mail("a@b", (("SIZE", "12"), ("SMTPUTF8", None), ("X-Y", "z"))),
        ),
        (b"MAIL FROM:anna@example.org", Mail("anna@example.org")),
        (b"RCPT TO:<@relay.example,@other.example:joe@example.org>", Rcpt("joe@example.org")),
        (b"RCPT TO:<postmaster>", Rcpt("postmaster")),
        (b'RCPT TO:<"a b@c\\"d>"@example.org>', Rcpt('"a b@c\\"d>"@example.org')),
        (b"RCPT TO:<anna+lists@[192.0.2.1]>", Rcpt("anna+lists@[192.0.2.1]")),
        (b"RCPT TO:<anna..b.@example.org>", Rcpt("anna..b.@example.org")),
        ("RCPT TO:<用户@例え.jp>".encode(), Rcpt("用户@例え.jp")),
        (b"RCPT TO:<a@b> NOTIFY=NEVER", Rcpt("a@b", (("NOTIFY", "NEVER"),))),
        (b"DATA", Data()),
        (b" data ", Data()),
        (b"BDAT 0 LAST", Bdat(0, True)),
        (b"bdat 86 last", Bdat(86, True)),
        (b"BDAT 100", Bdat(100, False)),
        (b"RSET", Rset()),
        (b"NOOP whatever \xff", Noop()),
        (b"VRFY <a@b>", Vrfy()),
        (b"HELP", Help()),
        (b"QUIT", Quit()),
    ],
)
def test_command(line: bytes, command: Command) -> None:
    assert read_command(line) == command


@pytest.mark.parametrize(
    ("line", "code", "status"),
    [
        (b"", 500, "5.5.1"),
        (b"\x00\xff", 500, "5.5.1"),
        (b"FROB", 500, "5.5.1"),
        (b"DATALOT", 500, "5.5.1"),
        (b"MAIL\x00FROM:<a@b>", 500, "5.5.1"),
        (b"AUTH PLAIN", 502, "5.5.1"),
        (b"STARTTLS", 502, "5.5.1"),
        (b"EXPN list", 502, "5.5.1"),
        (b"LHLO", 501, "5.5.4"),
        (b"LHLO (comment)", 501, "5.5.4"),
        (b"DATA now", 501, "5.5.4"),
        (b"RSET all", 501, "5.5.4"),
        (b"QUIT now", 501, "5.5.4"),
        (b"MAIL", 501, "5.1.7"),
        (b"MAIL TO:<a@b>", 501, "5.1.7"),
        (b"MAIL FROM:<a@b", 501, "5.1.7"),
        (b"MAIL FROM:<a@b>x", 501, "5.1.7"),
        (b"MAIL FROM:<a b@c>", 501, "5.1.7"),
        (b"MAIL FROM:<a\x01@c>", 501, "5.1.7"),
        (b"MAIL FROM:<a\r@c>", 501, "5.1.7"),
        (b'MAIL FROM:<"a\rb"@c>', 501, "5.1.7"),
        (b"MAIL FROM:<\xff@c>", 501, "5.1.7"),
        ("MAIL FROM:<a\u2028b@c>".encode(), 501, "5.1.7"),
        (b"MAIL FROM:", 501, "5.1.7"),
        (b"MAIL FROM:<a@b> =x", 501, "5.5.4"),
        (b"MAIL FROM:<a@b> SIZE=a=b", 501, "5.5.4"),
        (b"RCPT TO:<>", 501, "5.1.3"),
        (b"RCPT TO:", 501, "5.1.3"),
        (b"RCPT FROM:<a@b>", 501, "5.1.3"),
        (b"RCPT TO:<a@b,c@d>", 501, "5.1.3"),
    ],
)
def test_refused(line: bytes, code: int, status: str) -> None:
    with pytest.raises(BadCommand) as caught:
        read_command(line)
    assert (caught.value.reply.code, caught.value.reply.status, caught.value.fatal) == (code, status, False)


@pytest.mark.parametrize("line", [b"BDAT", b"BDAT x", b"BDAT -1", b"BDAT 1 FIRST", b"BDAT 12345678901234567890"])
def test_a_chunk_of_unknown_size_ends_the_connection(line: bytes) -> None:
    with pytest.raises(BadCommand) as caught:
        read_command(line)
    assert (caught.value.reply.code, caught.value.fatal) == (501, True)


@pytest.mark.parametrize(
    "line",
    [
        b"MAIL FROM:<" + b"a." * 50_000,
        b'RCPT TO:<"' + b"\\a" * 50_000,
        b"RCPT TO:<" + b"@a," * 50_000,
        b"MAIL FROM:<a@b>" + b" a=b" * 50_000 + b" =",
        b"MAIL FROM:" + b" " * 100_000,
        b" " * 100_000 + b"\x00",
    ],
)
@pytest.mark.timeout(2)
def test_long_nonsense_costs_little(line: bytes) -> None:
    with pytest.raises(BadCommand):
        read_command(line)
