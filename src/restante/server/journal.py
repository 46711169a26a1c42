"""A session's journal over structlog. Knows nothing of mail; adds who is connected and counts bugs."""

from __future__ import annotations

from dataclasses import dataclass, field

from restante import logs

Fact = str | int | float | bool


@dataclass(slots=True)
class Faults:
    """How many bugs the server has met; a test run that meets one fails."""

    references: list[str] = field(default_factory=list)


class SessionJournal:
    """Implements :class:`restante.imap.session.Journal`."""

    __slots__ = ("_faults", "_log")

    def __init__(self, log: logs.Logger, faults: Faults) -> None:
        self._log = log
        self._faults = faults

    def event(self, name: str, **facts: Fact) -> None:
        """Log at info."""
        self._log.info(name, **facts)

    def detail(self, name: str, **facts: Fact) -> None:
        """Log at debug."""
        self._log.debug(name, **facts)

    def trouble(self, name: str, error: BaseException, **facts: Fact) -> None:
        """Log at warning, with what the machine said."""
        self._log.warning(name, reason=str(error), cause=repr(error.__cause__), **facts)

    def bug(self, error: Exception) -> str:
        """Log with a trace; the reference."""
        reference = logs.reference()
        self._faults.references.append(reference)
        self._log.error("bug", ref=reference, exc_info=error)
        return reference
