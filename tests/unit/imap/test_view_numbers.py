"""Whatever way is quickest, a UID's number is its place in the view."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restante.imap import view as view_module
from restante.imap.view import MailboxView, Style
from restante.model.ids import ModSeq, Uid

UIDS = st.lists(st.integers(1, 60), unique=True).map(sorted)


def made(uids: list[int]) -> MailboxView:
    return MailboxView(uids, ModSeq(1), Uid(100), Style())


@pytest.fixture(params=[0, 1000], autouse=True, scope="module")
def few(request: pytest.FixtureRequest) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view_module, "_FEW", request.param)
        yield


@given(held=UIDS | st.integers(1, 60).map(lambda last: [*range(7, 7 + last)]), asked=UIDS)
def test_known_and_shown(held: list[int], asked: list[int]) -> None:
    view = made(held)
    known = view.known([Uid(uid) for uid in asked])
    assert known == [uid for uid in asked if uid in held]
    for some in (known, known[::-1], known[1:], known[:1]):
        assert [*view.shown(some, uid=False)] == [held.index(uid) + 1 for uid in some]
        assert [*view.shown(some, uid=True)] == some


@given(held=UIDS)
def test_all_are_known(held: list[int]) -> None:
    assert made(held).known([Uid(uid) for uid in held]) == held


@given(held=UIDS, gone=UIDS | st.just([]), later=st.integers(0, 4), asked=UIDS)
def test_known_of_a_mailbox_that_went_on(held: list[int], gone: list[int], later: int, asked: list[int]) -> None:
    came = [*range(61, 61 + later)]
    mailbox = array("I", [uid for uid in held if uid not in gone] + came)
    found = [Uid(uid) for uid in held + came if uid in asked or uid in came[1:]]
    assert made(held).known(found, mailbox) == [uid for uid in found if uid in held]
