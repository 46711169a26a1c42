"""Threads come out as RFC 5256 §3, plainly read, has them, whatever the headers say."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import plain_threads
from tests.support.plain_threads import Message

from restante.imap.threads.forest import Messages, Threading, wire
from restante.imap.threads.ordered_subject import ordered_subject
from restante.imap.threads.references import references, refs
from restante.model.collation import UNICODE_CASEMAP
from restante.store.columns import Columns, SortRow
from restante.store.model import SortKeys

IDS = st.sampled_from("abcdefgh")
DRAFTS = st.tuples(
    st.integers(0, 5),
    st.sampled_from(["", "x", "X", "y"]),
    st.booleans(),
    st.just("") | IDS,
    st.lists(IDS, max_size=5).map(tuple),
)


def columns(messages: list[Message]) -> Columns:
    """As the store has them."""
    return Columns(SortRow(each.number, 0, 0, _keys(each)) for each in messages)


def _keys(message: Message) -> SortKeys:
    return SortKeys(
        message.sent, 0, message.subject, message.reply, "", "", "", "", "", message.message_id, message.references
    )


def threads(algorithm: Threading, messages: list[Message]) -> str:
    """What THREAD answers."""
    index = columns(messages)
    forest = algorithm(Messages(index, range(len(index.uids)), UNICODE_CASEMAP))
    return wire(forest, index.uids).decode()


def mailbox(drafts: list[tuple[int, str, bool, str, tuple[str, ...]]]) -> list[Message]:
    return [Message(number, *draft) for number, draft in enumerate(drafts, 1)]


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(st.lists(DRAFTS, max_size=14))
def test_references(drafts: list[tuple[int, str, bool, str, tuple[str, ...]]]) -> None:
    messages = mailbox(drafts)
    assert threads(references, messages) == plain_threads.references(messages)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.lists(DRAFTS, max_size=14))
def test_refs(drafts: list[tuple[int, str, bool, str, tuple[str, ...]]]) -> None:
    messages = mailbox(drafts)
    assert threads(refs, messages) == plain_threads.refs(messages)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(DRAFTS, max_size=14))
def test_ordered_subject(drafts: list[tuple[int, str, bool, str, tuple[str, ...]]]) -> None:
    messages = mailbox(drafts)
    assert threads(ordered_subject, messages) == plain_threads.ordered_subject(messages)
