import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from restante import logs


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    root.handlers = handlers
    root.setLevel(level)


def json_lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_carries_level_time_name_and_fields() -> None:
    out = io.StringIO()
    logs.configure("info", "json", stream=out)
    logs.logger("imap").info("login", account="ann", port=143)
    (event,) = json_lines(out)
    assert event.pop("timestamp").endswith("Z")
    assert event == {"event": "login", "level": "info", "component": "imap", "account": "ann", "port": 143}


def test_auto_is_json_where_there_is_no_terminal_and_text_on_one() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    plain, terminal = io.StringIO(), Terminal()
    for stream in (plain, terminal):
        logs.configure(stream=stream)
        logs.logger("x").warning("hello")
    assert json_lines(plain)[0]["event"] == "hello"
    assert "hello" in terminal.getvalue()
    assert "\x1b[" in terminal.getvalue()


def test_level_filters_both_kinds_of_logger() -> None:
    out = io.StringIO()
    logs.configure("warning", "json", stream=out)
    logs.logger("x").info("quiet")
    logging.getLogger("library").info("quiet")
    logs.logger("x").warning("one")
    logging.getLogger("library").warning("two %s", "args")
    assert [(event["event"], event["component"]) for event in json_lines(out)] == [
        ("one", "x"),
        ("two args", "library"),
    ]


def test_a_logger_made_before_follows_a_later_configuration() -> None:
    early = logs.logger("early")
    first, second = io.StringIO(), io.StringIO()
    logs.configure("info", "json", stream=first)
    early.info("one")
    logs.configure("info", "json", stream=second)
    early.info("two")
    logging.getLogger("library").warning("three")
    assert [event["event"] for event in json_lines(first)] == ["one"]
    assert [event["event"] for event in json_lines(second)] == ["two", "three"]


@pytest.mark.parametrize("format", ["text", "json"])
def test_secrets_are_withheld(format: logs.Format) -> None:  # noqa: A002
    out = io.StringIO()
    logs.configure("info", format, stream=out)
    logs.logger("x").info("e", password="hunter2", nested={"Access_Token": "hunter2", "deep": {"secret": "hunter2"}})
    assert "hunter2" not in out.getvalue()
    assert out.getvalue().count(logs.WITHHELD) == 3


def test_tracebacks_show_no_local_variables() -> None:
    out = io.StringIO()
    logs.configure("info", "text", stream=out)
    password = "".join(("hunter", "2"))
    try:
        raise RuntimeError("broken \x1b[31m")
    except RuntimeError:
        logs.logger("x").exception("bug", reference="1")
    assert password not in out.getvalue()
    assert "RuntimeError: broken \\x1b[31m" in out.getvalue()


@pytest.mark.parametrize("format", ["text", "json"])
def test_peers_cannot_forge_lines_or_drive_the_terminal(format: logs.Format) -> None:  # noqa: A002
    out = io.StringIO()
    logs.configure("info", format, stream=out)
    logs.logger("x").info("e", name="a\r\nforged\x1b]0;title\x07\u2028", octets=b"\xff\n", long="y" * 5000)
    assert out.getvalue().count("\n") == 1
    assert "\x1b" not in out.getvalue()
    assert "forged" in out.getvalue()
    assert len(out.getvalue()) < 3000


@pytest.mark.parametrize("code", [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029])
def test_every_control_character_and_line_end_is_escaped(code: int) -> None:
    event = logs.clean(None, "", {"name": f"é{chr(code)}x"})
    assert event == {"name": f"é{chr(code).encode('unicode_escape').decode()}x"}


def test_warnings_are_logged() -> None:
    out = io.StringIO()
    logs.configure("info", "json", stream=out)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn("old ways", stacklevel=1)
    assert "old ways" in json_lines(out)[0]["event"]


def test_references_are_short_and_distinct() -> None:
    made = {logs.reference() for _ in range(100)}
    assert len(made) == 100
    assert all(len(each) == 8 and int(each, 16) >= 0 for each in made)


def test_a_log_that_cannot_be_written_breaks_nothing() -> None:
    class Full(io.StringIO):
        def write(self, _: str) -> int:
            raise OSError(28, "No space left on device")

    closed = io.StringIO()
    closed.close()
    for stream in (Full(), closed):
        stream.isatty = lambda: False  # type: ignore[method-assign]
        logs.configure("info", "json", stream=stream)
        logs.logger("x").error("lost")
        logging.getLogger("library").error("lost")
