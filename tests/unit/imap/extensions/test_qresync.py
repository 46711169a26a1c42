"""What a client that was away is told has vanished (RFC 7162 §3.2.5, §3.2.6, §5.1)."""

from __future__ import annotations

import pytest

from restante.imap.extensions.qresync import Resync, vanished
from restante.imap.view import MailboxView, Style
from restante.imap.wire.reader import BadSyntax, Reader
from restante.model.ids import ModSeq, Uid
from restante.model.message_set import UidSet
from restante.store.model import Changes

STYLE = Style(modseq=True, vanished=True)


def _view(*uids: int, uid_next: int = 30) -> MailboxView:
    return MailboxView(uids, ModSeq(50), Uid(uid_next), STYLE)


def _changes(text: str, *, complete: bool = True) -> Changes:
    return Changes(ModSeq(50), (), UidSet.parse(text), Uid(30), complete)


def _proven(sequence: str, uids: str, view: MailboxView) -> str:
    """What is told of a mailbox without tombstones when the client says so of its numbers."""
    resync = Resync.read(Reader([f" (1 1 1:29 ({sequence} {uids}))".encode()]))
    return vanished(resync.known, _changes("", complete=False), view, resync.proven(view)).wire()


def test_tombstones_say_what_vanished() -> None:
    assert vanished(None, _changes("2:4,9"), _view(1, 5), Uid(0)).wire() == "2:4,9"


def test_only_known_uids_are_told() -> None:
    assert vanished(UidSet.parse("3:9"), _changes("2:4,9,12"), _view(1, 5), Uid(0)).wire() == "3:4,9"


def test_without_tombstones_all_that_is_not_there_is_told() -> None:
    assert vanished(None, _changes("", complete=False), _view(3, 6, 9), Uid(0)).wire() == "1:2,4:5,7:8,10:29"
    assert vanished(UidSet.parse("2:7"), _changes("", complete=False), _view(3, 6, 9), Uid(0)).wire() == "2,4:5,7"


def test_what_the_client_still_counts_is_not_told_as_earlier() -> None:
    assert vanished(None, _changes("2:6"), _view(1, 4, 5), Uid(0)).wire() == "2:3,6"
    assert vanished(None, _changes("4"), _view(1, 4), Uid(0)).wire() == ""


def test_an_empty_mailbox_that_never_held_mail() -> None:
    assert vanished(None, _changes("", complete=False), _view(uid_next=1), Uid(0)).wire() == ""


def test_numbers_that_are_true_shorten_the_answer() -> None:
    # §3.2.5.2: the fourth message has UID 8, the twelfth is not 24: what is told begins with 9.
    view = _view(1, 3, 5, 8, 10, 12, 14, 16, 18, 20, 22, 25)
    assert _proven("4,12", "8,24", view).startswith("9,11,13")
    assert _proven("4,12", "8,25", view) == "26:29"


@pytest.mark.parametrize(
    ("sequence", "uids"),
    [("1", "2"), ("1,2", "1"), ("1:4294967295", "1:4294967295"), ("9", "29"), ("4294967295", "8"), ("2:3", "2,6")],
)
def test_numbers_that_are_false_hide_nothing(sequence: str, uids: str) -> None:
    assert _proven(sequence, uids, _view(1, 3, 5)) == "2,4,6:29"


@pytest.mark.parametrize(
    "text",
    [
        b" ()",
        b" (1)",
        b" (0 1)",
        b" (1 0)",
        b" (1 1 1:*)",
        b" (1 1 ())",
        b" (1 1 (1))",
        b" (1 1 1:2 (1 1)",
        b" (1 1 $)",
    ],
)
def test_malformed_arguments(text: bytes) -> None:
    with pytest.raises(BadSyntax):
        Resync.read(Reader([text]))
