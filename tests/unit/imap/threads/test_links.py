"""Who is whose parent, and what it may cost (RFC 5256 §3, step 1)."""

from __future__ import annotations

import time

from restante.imap.threads.forest import Messages, wire
from restante.imap.threads.links import NONE, Links
from restante.imap.threads.references import references, refs
from restante.model.collation import UNICODE_CASEMAP
from restante.store.columns import Columns, SortRow
from restante.store.model import SortKeys


def messages(*ids: tuple[str, tuple[str, ...]]) -> Messages:
    """Messages of these identifiers and references, sent in their order."""
    index = Columns(
        SortRow(number, 0, 0, SortKeys(number, 0, "", False, "", "", "", "", "", own, refers))
        for number, (own, refers) in enumerate(ids, 1)
    )
    return Messages(index, range(len(ids)), UNICODE_CASEMAP)


def test_dummies_come_after_messages() -> None:
    assert Links(messages(("a", ("x", "y")), ("y", ()))).parents == [1, NONE, NONE]
    assert Links(messages(("a", ("x", "y")), ("b", ("y",)))).parents == [3, 3, NONE, 2]


def test_nobody_is_their_own_parent() -> None:
    assert Links(messages(("a", ("a",)))).parents == [NONE]
    assert Links(messages(("a", ("b", "a")), ("b", ("a",)))).parents == [NONE, 0]


def test_steps_are_bounded() -> None:
    """A thread as deep as may be, and many that would each walk up all of it."""
    chain = [(f"c{n}", (f"c{n - 1}",)) for n in range(1, 2_000)]
    pairs = [((f"p{n}", ()), (f"q{n}", (f"p{n}",))) for n in range(300)]
    late = [(f"p{n}x", ("c1999", f"p{n}")) for n in range(300)]
    made = messages(("c0", ()), *chain, *(each for pair in pairs for each in pair), *late)
    whole = Links(made).parents
    assert whole[2_000] == 1_999
    bounded = Links(made, steps=-20 * len(made.places)).parents
    assert bounded[:2_000] == whole[:2_000]
    assert bounded[2_000] == NONE


def test_hostile_references_cost_no_more_than_their_length() -> None:
    ids = [f"i{n}" for n in range(1_000)]
    hostile = [(f"m{n}", tuple(ids if n % 2 else reversed(ids))) for n in range(300)]
    start = time.process_time()
    text = wire(references(messages(*hostile)), range(1, 301))
    assert time.process_time() - start < 5
    assert text.count(b"(") == text.count(b")")


def test_a_deep_thread() -> None:
    count = 30_000
    made = messages(("0", ()), *((str(n), (str(n - 1),)) for n in range(1, count)))
    expected = b"(" + b" ".join(b"%d" % number for number in range(1, count + 1)) + b")"
    assert wire(references(made), range(1, count + 1)) == expected
    assert wire(refs(made), range(1, count + 1)) == expected
