"""LIST patterns match what RFC 9051 §6.3.9 says, at a cost that no pattern can drive up; entries know what lies around them."""

from __future__ import annotations

import time
from functools import cache
from typing import cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from restante.imap.listing import Listings, Patterns, entries
from restante.model.ids import MailboxId, ModSeq, Uid, UidValidity
from restante.model.mailbox_name import MailboxName
from restante.store.api import Account
from restante.store.model import MailboxRecord, MailboxStatus, SpecialUse


def naive(pattern: str, name: str) -> bool:
    """The definition, tried every way."""

    @cache
    def at(i: int, j: int) -> bool:
        if i == len(pattern):
            return j == len(name)
        if pattern[i] == "*":
            return any(at(i + 1, k) for k in range(j, len(name) + 1))
        if pattern[i] == "%":
            end = name.find("/", j)
            return any(at(i + 1, k) for k in range(j, (len(name) if end < 0 else end) + 1))
        return j < len(name) and name[j] == pattern[i] and at(i + 1, j + 1)

    return at(0, 0)


TEXT = st.text(alphabet="ab/", max_size=12)
PATTERN = st.text(alphabet="ab/%*", max_size=10)


@settings(max_examples=1500, deadline=None)
@given(pattern=PATTERN, name=TEXT)
@example(pattern="%a/b%a", name="aa/baa")
@example(pattern="*a%b*a", name="a/ab/a")
@example(pattern="*%", name="a/b")
@example(pattern="%/%", name="a/b/a")
def test_patterns_match_as_defined(pattern: str, name: str) -> None:
    assert Patterns("", [pattern]).match(name) == naive(pattern, name)


@given(reference=TEXT, pattern=PATTERN, name=TEXT)
def test_the_reference_stands_before(reference: str, pattern: str, name: str) -> None:
    assert Patterns(reference, [pattern]).match(name) == naive(reference + pattern, name)


@pytest.mark.parametrize("text", ["[a]", "a.b", "a+b", "(", "\\", "^$", "a\nb", "Entwürfe"])
def test_other_characters_stand_for_themselves(text: str) -> None:
    assert Patterns("", [text]).match(text)
    assert not Patterns("", [text]).match(text + "x")


@pytest.mark.parametrize("pattern", ["inbox", "InBox", "INBOX", "*", "%"])
def test_inbox_in_any_case(pattern: str) -> None:
    assert Patterns("", [pattern]).match("INBOX")


def test_inbox_as_the_first_level_in_any_case() -> None:
    assert Patterns("", ["inbox/%"]).match("INBOX/x")
    assert Patterns("inbox/", ["%"]).match("INBOX/x")
    assert not Patterns("", ["%/inbox"]).match("x/INBOX")


def test_any_of_several() -> None:
    patterns = Patterns("", ["a", "b%"])
    assert [name for name in ("a", "ab", "b", "bc", "b/c") if patterns.match(name)] == ["a", "b", "bc"]


@pytest.mark.parametrize(
    "pattern", ["*a*" * 100 + "b", "*" + "a%" * 200 + "b", "%" * 500 + "b", "*a%b*" * 50, ("%a" * 100 + "/") * 3]
)
def test_no_pattern_takes_long(pattern: str) -> None:
    """A backtracking matcher would take longer than the sun will shine."""
    name = "/".join(["a" * 255, "a" * 255, "a" * 255, "a" * 230])
    patterns = Patterns("", [pattern])
    began = time.process_time()
    assert not patterns.match(name)
    assert time.process_time() - began < 0.5


def record(name: str, use: SpecialUse | None = None) -> MailboxRecord:
    status = MailboxStatus(0, 0, 0, 0, 0, Uid(1), UidValidity(1), ModSeq(1))
    return MailboxRecord(MailboxId(name), MailboxName(name), use, subscribed=False, status=status)


def test_entries_are_in_order_and_know_their_surroundings() -> None:
    found = entries(
        [record("b/c"), record("INBOX"), record("b"), record("Trash", SpecialUse.TRASH)],
        [MailboxName("b"), MailboxName("gone/deep")],
    )
    assert [(e.name, e.record is not None, e.subscribed, e.children, e.subscribed_below) for e in found] == [
        ("INBOX", True, False, False, False),
        ("b", True, True, True, False),
        ("b/c", True, False, False, False),
        ("gone", False, False, False, True),
        ("gone/deep", False, True, False, False),
        ("Trash", True, False, False, False),
    ]


def test_attributes() -> None:
    by_name = {e.name: e.attributes() for e in entries([record("a/b"), record("Bin", SpecialUse.TRASH)], [])}
    assert by_name[MailboxName("a")] == ["\\NonExistent", "\\HasChildren"]
    assert by_name[MailboxName("a/b")] == ["\\HasNoChildren"]
    assert by_name[MailboxName("Bin")] == ["\\HasNoChildren", "\\Trash"]


class OneAccount:
    """An account's list, as a store gives it out."""

    def __init__(self) -> None:
        self.records = [record("INBOX"), record("Work")]
        self.names = [MailboxName("INBOX")]

    async def list_mailboxes(self) -> list[MailboxRecord]:
        return self.records

    async def subscriptions(self) -> list[MailboxName]:
        return self.names


async def test_entries_are_kept_while_the_list_is_the_same() -> None:
    account, listings = OneAccount(), Listings()
    first = await listings.of(cast("Account", account))
    assert await listings.of(cast("Account", account)) is first
    account.records = [*account.records, record("Work/Old")]
    second = await listings.of(cast("Account", account))
    assert [entry.name for entry in second] == ["INBOX", "Work", "Work/Old"]
    account.names = []
    assert not any(entry.subscribed for entry in await listings.of(cast("Account", account)))
