"""The transcripts' own language: what it accepts, what it catches, and that every file here speaks it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.support.dialogue import Failed, Unmet, play
from tests.support.expectation import Bindings, Expected
from tests.support.transcript import Expect, Say, TranscriptError, parse
from tests.support.wire import Wire

FOLDER = Path(__file__).parent
SCRIPTS = sorted(FOLDER.glob("*/*.imap"))
SAMPLES = {path.name: path.read_bytes().replace(b"\n", b"\r\n") for path in FOLDER.glob("mail/*.eml")}


class CannedWire:
    """A wire whose server says what it was told to, each piece once the client has sent what comes before."""

    def __init__(self, exchange: Sequence[tuple[bytes, bytes]]) -> None:
        self._exchange = list(exchange)
        self._answers: list[bytes] = []
        self.sent = b""
        self._take()

    def _take(self) -> None:
        while self._exchange and self.sent.endswith(self._exchange[0][0]):
            self._answers.append(self._exchange.pop(0)[1])
            self.sent = b""

    async def send(self, data: bytes) -> None:
        self.sent += data
        self._take()

    async def receive(self) -> bytes:
        return self._answers.pop(0) if self._answers else b""

    async def start_tls(self) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        self._exchange.clear()


class CannedServer:
    def __init__(self, exchange: Sequence[tuple[bytes, bytes]]) -> None:
        self._exchange = exchange

    async def connect(self) -> Wire:
        return CannedWire(self._exchange)


async def run(tmp_path: Path, steps: str, *exchange: tuple[bytes, bytes]) -> None:
    path = tmp_path / "case.imap"
    path.write_text(f"# RFC 9051 §6: a case\n@state none\n\n{steps}", encoding="utf-8")
    await play(parse(path, SAMPLES), CannedServer(exchange))


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("* 3 EXISTS", b"* 3 EXISTS"),
        ("a OK [READ-WRITE] ...", b"a OK [READ-WRITE] done"),
        ("* FLAGS (\\Seen \\Flagged)", b"* FLAGS (\\flagged \\Seen \\Recent)"),
        ("* FLAGS (\\Seen ...)", b"* FLAGS (todo \\Seen)"),
        ("* LIST (\\HasNoChildren \\Sent) ...", b'* LIST (\\Sent \\HasNoChildren) "/" Sent'),
        ("* 1 FETCH (FLAGS (\\Recent))", b"* 1 FETCH (FLAGS (\\Recent))"),
        ("* OK <<[a-z]+>>", b"* OK abc"),
        ("* 1 FETCH (BODY[] {*})", b"* 1 FETCH (BODY[] {3}\r\nabc)"),
        ("<0x41>", b"A"),
        ("KEYWORD $Forwarded", b"KEYWORD $Forwarded"),
    ],
)
def test_a_line_matches(text: str, sent: bytes) -> None:
    assert Expected(text).matches(sent, Bindings())


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("* 3 EXISTS", b"* 3 exists"),
        ("* 3 EXISTS", b"* 3 EXISTS "),
        ("* FLAGS (\\Seen)", b"* FLAGS (\\Seen \\Draft)"),
        ("* FLAGS (\\Seen)", b"* FLAGS (\\Seen \\Seen)"),
        ("* FLAGS (\\Seen ...)", b"* FLAGS (todo)"),
        ("* 1 FETCH (FLAGS (\\Recent))", b"* 1 FETCH (FLAGS ())"),
        ("* OK <<[a-z]+>>", b"* OK 123"),
    ],
)
def test_a_line_does_not_match(text: str, sent: bytes) -> None:
    assert not Expected(text).matches(sent, Bindings())


def test_case_is_folded_only_on_demand() -> None:
    assert Expected('("TEXT")', fold=True).matches(b'("text")', Bindings())
    assert not Expected('("TEXT")').matches(b'("text")', Bindings())


def test_a_name_is_captured_once_and_compared_later() -> None:
    known = Bindings()
    assert Expected("OK [UIDVALIDITY $v]").matches(b"OK [UIDVALIDITY 42]", known)
    assert known.values == {"v": b"42"}
    assert not Expected("V $v").matches(b"V 43", known)
    assert known.expand("STATUS $v $Forwarded") == b"STATUS 42 $Forwarded"


def test_a_literal_may_come_quoted_where_it_can() -> None:
    expected = Expected("X {@}", (b'a"b',))
    assert expected.matches(b'X {3}\r\na"b', Bindings())
    assert expected.matches(b'X "a\\"b"', Bindings())
    assert not Expected("X {@}", (b"a\r\n",)).matches(b'X "a\r\n"', Bindings())


def test_blocks_have_crlf_and_octets(tmp_path: Path) -> None:
    path = tmp_path / "a.imap"
    path.write_text(
        "# RFC 9051 §6: x\nC: a APPEND x {@}\n<<<\nA: b\n\n<0xFF>\n>>> {@+}\n<<<-\nend\n>>>\n", encoding="utf-8"
    )
    action = parse(path, {}).steps[0].action
    assert action == Say("a APPEND x {@} {@+}", (b"A: b\r\n\r\n\xff\r\n", b"end"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no title\n", ":1: the first line"),
        ("# RFC 9051 §6: x\n", "no steps"),
        ("# RFC 9051 §6: x\nX: y\n", ":2: this is no step"),
        ("# RFC 9051 §6: x\n@what 1\n", ":2: there is no directive"),
        ("# RFC 9051 §6: x\n@preload INBOX none.eml\n", ":2: no message is called"),
        ("# RFC 9051 §6: x\nC: {@}\n<<<\nA\n", "not closed by '>>>'"),
        ("# RFC 9051 §6: x\nS: {\n* OK\n", "not closed by '}'"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "bad.imap"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TranscriptError, match=re.escape(why)):
        parse(path, {})


async def test_a_dialogue_with_groups_noise_and_literals(tmp_path: Path) -> None:
    await run(
        tmp_path,
        "S: * OK ...\nC: a SELECT x\nS: {\n  * 1 EXISTS\n  ? * LIST ...\n  * FLAGS (...)\n}\nS: a OK ...\n"
        "C: b X {@}\n<<<-\nlit\n>>>\nS: * X {@}\n<<<-\nliteral\n>>>)\nS: b OK ...\nS: EOF\n",
        (b"", b"* OK hello\r\n"),
        (b"SELECT x\r\n", b"* FLAGS ()\r\n* 0 RECENT\r\n* 1 EXI"),
        (b"", b"STS\r\n* LIST () NIL x\r\na OK done\r\n"),
        (b"{3}\r\n", b"+ go\r\n"),
        (b"lit\r\n", b"* X {7}\r\nliteral)\r\nb OK done\r\n"),
    )


@pytest.mark.parametrize(
    ("steps", "answer", "why"),
    [
        ("S: a OK ...", b"* 2 EXISTS\r\na OK\r\n", "not what was expected"),
        ("S!: EXPUNGE\nS?: * ...\nS: a OK ...", b"* 1 EXPUNGE\r\na OK x\r\n", "forbidden"),
        ("S: * 1 EXISTS\nS: a OK ...", b"a OK x\r\n", "not what was expected"),
        ("S: a OK ...", b"", "closed the connection"),
        ("S: EOF", b"a OK x\r\n", "not what was expected"),
        ("S: {\n* 1 EXISTS\n}\nS: a OK ...", b"a OK x\r\n", "* 1 EXISTS"),
    ],
)
async def test_a_scenario_is_strict(tmp_path: Path, steps: str, answer: bytes, why: str) -> None:
    with pytest.raises(Failed) as failure:
        await run(tmp_path, f"C: a NOOP\n{steps}\n", (b"NOOP\r\n", answer))
    assert why in str(failure.value)
    assert "case.imap:" in str(failure.value)
    assert "1: C: a NOOP" in str(failure.value)


async def test_a_capability_that_is_not_announced_is_said(tmp_path: Path) -> None:
    path = tmp_path / "case.imap"
    path.write_text("# RFC 9051 §6: x\n@requires MOVE IDLE\nC: a NOOP\n", encoding="utf-8")
    server = CannedServer(
        [(b"", b"* OK\r\n"), (b'secret"\r\n', b"x OK in\r\n"), (b"CAPABILITY\r\n", b"* CAPABILITY IDLE\r\nx OK\r\n")]
    )
    with pytest.raises(Unmet, match=r"does not announce MOVE$"):
        await play(parse(path, {}), server)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_file_is_understood(path: Path) -> None:
    scenario = parse(path, SAMPLES)
    assert any(isinstance(step.action, Say) for step in scenario.steps)
    assert any(isinstance(step.action, Expect) for step in scenario.steps)
    if path.parent.name.startswith("rfc"):
        assert f"RFC {path.parent.name[3:]} " in scenario.title


def test_titles_are_told_apart() -> None:
    titles = Counter(parse(path, SAMPLES).title for path in SCRIPTS)
    assert [title for title, count in titles.items() if count > 1] == []
