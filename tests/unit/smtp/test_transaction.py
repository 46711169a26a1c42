import pytest

from restante.smtp.command import Bdat, Command, Data, Hello, Mail, Noop, Parameters, Quit, Rcpt, Rset
from restante.smtp.errors import BadCommand
from restante.smtp.transaction import MailOptions, Phase, hello_reply, mail_options, misplaced, no_parameters

ANYWHERE: tuple[Command, ...] = (Hello("LHLO", "a"), Rset(), Noop(), Quit())
ORDERED: dict[Command, set[Phase]] = {
    Mail(""): {Phase.READY},
    Rcpt("a"): {Phase.OPEN},
    Data(): {Phase.OPEN},
    Bdat(0, True): {Phase.OPEN, Phase.CHUNKS},
}


@pytest.mark.parametrize("phase", Phase)
def test_order(phase: Phase) -> None:
    assert not any(misplaced(command, phase) for command in ANYWHERE)
    for command, phases in ORDERED.items():
        reply = misplaced(command, phase)
        assert (reply is None) == (phase in phases)
        assert reply is None or (reply.code, reply.status) == (503, "5.5.1")


def test_offers() -> None:
    assert hello_reply("mail.example", 1000, ("STARTTLS",)).wire().splitlines() == [
        b"250-mail.example", b"250-PIPELINING", b"250-ENHANCEDSTATUSCODES", b"250-8BITMIME", b"250-SMTPUTF8",
        b"250-CHUNKING", b"250-SIZE 1000", b"250 STARTTLS",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("parameters", "options"),
    [
        ((), MailOptions()),
        ((("SIZE", "100"),), MailOptions(100)),
        ((("BODY", "8bitmime"), ("SMTPUTF8", None)), MailOptions(utf8=True)),
        ((("BODY", "7BIT"), ("SIZE", "0")), MailOptions(0)),
    ],
)
def test_options(parameters: Parameters, options: MailOptions) -> None:
    assert mail_options(parameters, 100) == options


@pytest.mark.parametrize(
    ("parameters", "code", "status"),
    [
        ((("SIZE", "101"),), 552, "5.3.4"),
        ((("SIZE", "1" * 21),), 501, "5.5.4"),
        ((("SIZE", "-1"),), 501, "5.5.4"),
        ((("SIZE", "٣"),), 501, "5.5.4"),
        ((("SIZE", None),), 501, "5.5.4"),
        ((("SIZE", "1"), ("SIZE", "1")), 501, "5.5.4"),
        ((("BODY", "BINARYMIME"),), 501, "5.5.4"),
        ((("BODY", None),), 501, "5.5.4"),
        ((("SMTPUTF8", "YES"),), 501, "5.5.4"),
        ((("RET", "FULL"),), 555, "5.5.4"),
        ((("AUTH", "<>"),), 555, "5.5.4"),
    ],
)
def test_refused_options(parameters: Parameters, code: int, status: str) -> None:
    with pytest.raises(BadCommand) as caught:
        mail_options(parameters, 100)
    assert (caught.value.reply.code, caught.value.reply.status) == (code, status)


def test_rcpt_has_no_parameters() -> None:
    no_parameters(())
    with pytest.raises(BadCommand) as caught:
        no_parameters((("NOTIFY", "NEVER"),))
    assert caught.value.reply.code == 555
