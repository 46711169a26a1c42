"""Changes of the mailbox list, told so that a client can apply them one after the other."""

from __future__ import annotations

from restante.imap.watching.names import NameChange, name_changes
from restante.model.ids import MailboxId
from restante.model.mailbox_name import MailboxName


def tree(**names: str) -> dict[MailboxId, MailboxName]:
    return {MailboxId(key): MailboxName(name) for key, name in names.items()}


def change(name: str, old: str | None = None, *, exists: bool = True) -> NameChange:
    return NameChange(MailboxName(name), MailboxName(old) if old else None, exists)


def everything(_: NameChange) -> bool:
    return True


def test_children_move_along() -> None:
    changes = name_changes(tree(a="A", b="A/B"), tree(a="C", b="C/B"), everything)
    assert changes == [change("C", "A")]


def test_children_are_told_where_the_parent_is_not() -> None:
    changes = name_changes(tree(a="A", b="A/B"), tree(a="C", b="C/B"), lambda change: change.old != "A")
    assert [one for one in changes if one.old != "A"] == [change("C/B", "A/B")]


def test_a_chain_is_told_from_its_end() -> None:
    changes = name_changes(tree(a="A", b="B"), tree(a="B", b="C"), everything)
    assert changes == [change("C", "B"), change("B", "A")]


def test_a_name_given_again_is_told_as_gone_first() -> None:
    changes = name_changes(tree(a="A"), tree(b="A"), everything)
    assert changes == [change("A", exists=False), change("A")]


def test_a_renamed_mailbox_whose_name_is_taken_again() -> None:
    changes = name_changes(tree(a="A"), tree(a="B", b="A"), everything)
    assert changes == [change("B", "A"), change("A")]


def test_a_swap_goes_and_comes() -> None:
    changes = name_changes(tree(a="A", b="B"), tree(a="B", b="A"), everything)
    assert [one.exists for one in changes] == [False, False, True, True]
    assert {one.name for one in changes[2:]} == {"A", "B"}


def test_very_many_renames_cost_no_more_than_their_number() -> None:
    before = {MailboxId(f"F{number}"): MailboxName(f"old{number}") for number in range(5000)}
    after = {MailboxId(f"F{number}"): MailboxName(f"new{number}") for number in range(5000)}
    changes = name_changes(before, after, everything)
    assert len(changes) == 10_000
    assert not any(one.old for one in changes)
