"""Logging: events with fields, as text on a terminal and as JSON elsewhere, to standard error.

Strategy: structlog writes straight to the stream, so that an event below the level costs one empty call; what libraries
log through the standard library passes the same processors. It is loaded without rich, which it would take where it finds it,
for tracebacks that are never drawn here.

The rule it protects: no secret and no control character that a peer sent reaches a log.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Final, Literal, TextIO


@contextmanager
def _without(name: str) -> Iterator[None]:
    """Have imports find no module *name*, unless it is loaded already."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # says that there is none
    try:
        yield
    finally:
        del sys.modules[name]


# Sixty modules that nothing here uses: a tenth of a start, and of what a server holds.
with _without("rich"):
    import structlog
    from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

Logger = FilteringBoundLogger
Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "text", "json"]

WITHHELD: Final = "[withheld]"
"""Stands in a log for the value of a field that may be a secret."""

MAX_TEXT: Final = 2000
"""Characters of one field that are logged; the rest is cut. A traceback is logged whole."""

_SECRET: Final = re.compile(r"passw|secret|token|credential|passphrase|private_?key|authori[sz]ation", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_LINE_OR_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TRACEBACK: Final = ("exception", "stack")
_PLAIN: Final = (str, int, float, bytes)
"""Values that have no fields of their own."""


class _Lines:
    """Where structlog's lines go. A full disk or a closed pipe costs log lines, never a connection."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        """Writes *line* if it can."""
        with suppress(OSError, ValueError):
            self._stream.write(f"{line}\n")
            self._stream.flush()

    debug = info = warning = error = critical = msg


class _Handler(logging.StreamHandler[TextIO]):
    """The one handler this module puts on the root logger, by its type found again."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the standard library's name
        """Passes over a line that cannot be written, as :class:`_Lines` does."""


def configure(level: Level = "info", format: Format = "auto", *, stream: TextIO | None = None) -> None:  # noqa: A002
    """Logs events of *level* and above in *format* to *stream*, standard error by default. May be called again."""
    out = sys.stderr if stream is None else stream
    text = out.isatty() if format == "auto" else format == "text"
    lines = _Lines(out)
    number = logging.getLevelNamesMapping()[level.upper()]
    shared = _processors()
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, *shared, _renderer(text=text, colors=out.isatty())],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=False,
    )
    _bridge(out, number, shared, _renderer(text=text, colors=out.isatty()))


def logger(name: str) -> Logger:
    """A logger whose events carry *name* as their component; it follows each later :func:`configure`."""
    found: Logger = structlog.get_logger(component=name)
    return found


def reference() -> str:
    """A short random id, eight hexadecimal digits, that ties what a client is told to what is logged."""
    return secrets.token_hex(4)


def withhold(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Processor: replaces the value of every field, nested ones too, whose name speaks of a secret."""
    for key, value in event.items():
        if _is_secret(key) or not isinstance(value, _PLAIN):
            event[key] = _withheld(key, value)
    return event


def clean(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Processor: escapes control characters and cuts long texts, so that no peer writes to a terminal or forges a line."""
    for key, value in event.items():
        if isinstance(value, bytes):
            value = event[key] = value[: MAX_TEXT + 1].decode("ascii", "backslashreplace")
        if isinstance(value, str):
            event[key] = _CONTROL.sub(_escape, value) if key in _TRACEBACK else _cleaned(value)
    return event


def _add_component(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    record = event.get("_record")
    if isinstance(record, logging.LogRecord):
        event["component"] = record.name
    return event


@lru_cache(maxsize=1024)
def _is_secret(key: str) -> bool:
    return _SECRET.search(key) is not None


def _withheld(key: str, value: object) -> object:
    if _is_secret(key):
        return WITHHELD
    if isinstance(value, Mapping):
        return {name: _withheld(str(name), inner) for name, inner in value.items()}
    return value


def _cleaned(text: str) -> str:
    short = text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"
    # No character that is escaped is printable, and this is quickly asked.
    return short if short.isprintable() else _LINE_OR_CONTROL.sub(_escape, short)


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")


def _processors() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        withhold,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        clean,
    ]


def _renderer(*, text: bool, colors: bool) -> Processor:
    if not text:
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    # A plain traceback: the rich one prints local variables, and with them passwords.
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)


def _bridge(out: TextIO, level: int, shared: list[Processor], renderer: Processor) -> None:
    handler = _Handler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_log_level, _add_component, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [*(each for each in root.handlers if not isinstance(each, _Handler)), handler]
    root.setLevel(level)
    logging.getLogger("asyncio").setLevel(max(level, logging.WARNING))
    logging.captureWarnings(capture=True)
