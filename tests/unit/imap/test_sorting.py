"""The order SORT makes is that of a plain comparison (RFC 5256 §3)."""

from __future__ import annotations

from functools import cmp_to_key, partial

from hypothesis import given, settings
from hypothesis import strategies as st

from restante.imap.extensions import sort, sort_display
from restante.imap.sorting import Criterion, column, order, places
from restante.model.collation import UNICODE_CASEMAP
from restante.model.ids import Uid
from restante.store.columns import Columns, SortRow
from restante.store.model import SortKeys

KEYS = (*sort.extension.sort_keys, *sort_display.extension.sort_keys)
TEXTS = st.sampled_from(["", "a", "A", "b", "é", "É", "z"])
ROWS = st.lists(
    st.builds(
        lambda arrival, size, sent, texts: (arrival, size, sent, texts),
        st.integers(-2, 2),
        st.integers(0, 2),
        st.none() | st.integers(-2, 2),
        st.tuples(*[TEXTS] * 6),
    ),
    max_size=12,
)


def plain_value(name: str, row: SortRow) -> int | str:
    """What RFC 5256 §3 and RFC 5957 §3 compare."""
    keys = row.keys
    values: dict[str, int | str] = {
        "ARRIVAL": row.arrival,
        "SIZE": row.size,
        "DATE": row.arrival if keys.sent is None else keys.sent,
        "SUBJECT": UNICODE_CASEMAP.key(keys.subject),
        "FROM": UNICODE_CASEMAP.key(keys.from_mailbox),
        "TO": UNICODE_CASEMAP.key(keys.to_mailbox),
        "CC": UNICODE_CASEMAP.key(keys.cc_mailbox),
        "DISPLAYFROM": UNICODE_CASEMAP.key(keys.from_display),
        "DISPLAYTO": UNICODE_CASEMAP.key(keys.to_display),
    }
    return values[name]


def compare(criteria: list[Criterion], one: SortRow, other: SortRow) -> int:
    for criterion in criteria:
        a, b = plain_value(criterion.key.name, one), plain_value(criterion.key.name, other)
        if a != b:
            less = a < b  # type: ignore[operator]  # both are of the key's one type
            return -1 if less != criterion.reverse else 1
    return one.uid - other.uid


@settings(max_examples=500, deadline=None, derandomize=True)
@given(ROWS, st.lists(st.builds(Criterion, st.sampled_from(KEYS), st.booleans()), min_size=1, max_size=4))
def test_order(drafts: list[tuple[int, int, int | None, tuple[str, ...]]], criteria: list[Criterion]) -> None:
    rows = [
        SortRow(uid, arrival, size, SortKeys._make((sent, 0, texts[0], False, *texts[1:], "", ())))
        for uid, (arrival, size, sent, texts) in enumerate(drafts, 1)
    ]
    index = Columns(rows)
    at = range(len(rows))
    columns = [column(one.key, index, at, UNICODE_CASEMAP) for one in criteria]
    found = [rows[each].uid for each in order(criteria, columns, len(rows))]
    assert found == [row.uid for row in sorted(rows, key=cmp_to_key(partial(compare, criteria)))]


def test_places() -> None:
    index = Columns(
        SortRow(uid, 0, 0, SortKeys(None, 0, "", False, "", "", "", "", "", "", ())) for uid in (2, 3, 5, 8)
    )

    def found(*uids: int) -> tuple[list[int], list[int]]:
        held, at = places(index, [Uid(uid) for uid in uids])
        return list(held), list(at)

    assert found(2, 3, 5, 8) == ([2, 3, 5, 8], [0, 1, 2, 3])
    assert found(1, 3, 5, 9) == ([3, 5], [1, 2])
    assert found() == ([], [])
