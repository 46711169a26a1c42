"""Search criteria on dates, sizes and ids as one SQL condition, so that rows are asked in C.

Strategy: criteria the index could answer never come here alone, but an OR may mix them in; then there is no statement, and
the messages are asked one by one. Conditions are joined as balanced trees, so that a long list stays shallow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import apsw

from restante.model.ids import Uid
from restante.store import query as q

_DAY: Final = 86_400
_LOCAL: Final = "(m.internal_epoch + 60 * m.internal_zone)"
_OPERATORS: Final = {q.Compare.BEFORE: "<", q.Compare.ON: "=", q.Compare.SINCE: ">="}
_MOST: Final = 500
"""Criteria in one statement; SQLite allows expressions 1,000 deep."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A condition on ``message m``, its bound values, and the joins it needs."""

    where: str
    values: tuple[int | str, ...]
    joins: str


def statement(query: q.Query) -> Statement | None:
    """*query* as a condition, or None if rows alone cannot answer it."""
    values: list[int | str] = []
    where = _condition(query, values)
    if where is None or len(values) > _MOST:
        return None
    joins = "JOIN content c ON c.id = m.content" if "c." in where else ""
    return Statement(where, tuple(values), joins)


def _condition(query: q.Query, values: list[int | str]) -> str | None:
    match query:
        case q.All():
            return "1"
        case q.And(of):
            return _joined("AND", "1", of, values)
        case q.Or(of):
            return _joined("OR", "0", of, values)
        case q.Not(inner):
            condition = _condition(inner, values)
            return None if condition is None else f"NOT {condition}"
        case q.Dated():
            return _dated(query, values)
        case _:
            return _plain(query, values)


def _plain(query: q.Query, values: list[int | str]) -> str | None:
    match query:
        case q.Arrived(compare, epoch):
            return _compared("m.internal_epoch", compare, epoch, values)
        case q.Larger(size):
            return _bound("m.size > ?", size, values)
        case q.Smaller(size):
            return _bound("m.size < ?", size, values)
        case q.WithEmailId(id_):
            return _bound("c.email_id = ?", id_, values)
        case q.WithThreadId(id_):
            return _bound("c.thread_id = ?", id_, values)
        case _:
            return None


def _joined(operator: str, empty: str, of: Sequence[q.Query], values: list[int | str]) -> str | None:
    if not of:
        return empty
    if len(of) == 1:
        return _condition(of[0], values)
    middle = len(of) // 2
    left = _joined(operator, empty, of[:middle], values)
    right = _joined(operator, empty, of[middle:], values)
    return None if left is None or right is None else f"({left} {operator} {right})"


def _dated(query: q.Dated, values: list[int | str]) -> str:
    match query.field:
        case q.DateField.INTERNAL:
            return _on_day(_LOCAL, query.compare, query.day, values)
        case q.DateField.SAVED:
            return _on_day("m.save_epoch", query.compare, query.day, values)
        case q.DateField.SENT:
            sent = _compared("c.sent_day", query.compare, query.day, values)
            fallback = _on_day(_LOCAL, query.compare, query.day, values)
            return f"CASE WHEN c.sent_day IS NOT NULL THEN {sent} ELSE {fallback} END"


def _on_day(moment: str, compare: q.Compare, day: int, values: list[int | str]) -> str:
    """Compare a *moment* in local seconds with a *day*, without dividing it."""
    start = day * _DAY
    match compare:
        case q.Compare.BEFORE:
            return _bound(f"({moment} < ?)", start, values)
        case q.Compare.SINCE:
            return _bound(f"({moment} >= ?)", start, values)
        case q.Compare.ON:
            values += (start, start + _DAY - 1)
            return f"({moment} BETWEEN ? AND ?)"


def _compared(column: str, compare: q.Compare, value: int, values: list[int | str]) -> str:
    return _bound(f"({column} {_OPERATORS[compare]} ?)", value, values)


def _bound(condition: str, value: int | str, values: list[int | str]) -> str:
    values.append(value)
    return condition


def matching(connection: apsw.Connection, asked: Statement, mailbox: int, among: Sequence[int]) -> list[Uid]:
    """Those of ascending *among* that match."""
    if not among:
        return []
    found = connection.execute(
        f"SELECT m.uid FROM message m {asked.joins} WHERE m.mailbox = ? AND m.uid BETWEEN ? AND ? "
        f"AND ({asked.where}) ORDER BY m.uid",
        (mailbox, among[0], among[-1], *asked.values),
        can_cache=False,
    )
    if among[-1] - among[0] + 1 == len(among):
        return [Uid(row[0]) for row in found]
    wanted = frozenset(among)
    return [Uid(row[0]) for row in found if row[0] in wanted]
