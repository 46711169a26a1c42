"""The view tells a client all it needs and nothing twice, in an order in which every number means what the client believes."""

from __future__ import annotations

import pytest

from restante.imap.errors import Bad
from restante.imap.view import MailboxView, Style
from restante.model.flags import FlagSet
from restante.model.ids import ModSeq, SeqNum, Uid
from restante.model.message_set import STAR, MessageSet, UidSet
from restante.store.model import Changes, Flagged, FlagsUpdated

PLAIN = Style()


def view(*uids: int, told: int = 10, uid_next: int | None = None, style: Style = PLAIN) -> MailboxView:
    return MailboxView(uids, ModSeq(told), Uid(uid_next or max(uids, default=0) + 1), style)


def flagged(uid: int, modseq: int, *flags: str) -> Flagged:
    return Flagged(Uid(uid), FlagSet(flags), ModSeq(modseq))


def changes(modseq: int, *messages: Flagged, gone: str = "", uid_next: int = 0) -> Changes:
    return Changes(ModSeq(modseq), messages, UidSet.parse(gone), Uid(uid_next))


def updated(*pairs: tuple[Flagged, int], before: int = 0) -> FlagsUpdated:
    now = tuple(message for message, _ in pairs)
    return FlagsUpdated(
        now, tuple(ModSeq(was) for _, was in pairs), UidSet(), max(m.modseq for m in now), ModSeq(before)
    )


def by_number(*ranges: tuple[int, int]) -> MessageSet:
    return MessageSet(ranges)


def by_uid(*ranges: tuple[int, int]) -> MessageSet:
    return MessageSet(ranges, uid=True)


class TestResolving:
    """RFC 9051 §9: seq-number, seq-range."""

    @pytest.mark.parametrize(
        ("messages", "found"),
        [
            (by_number((1, 1)), [3]),
            (by_number((2, 1)), [3, 5]),
            (by_number((3, 3), (1, 1), (1, 1)), [3, 9]),
            (by_number((STAR, STAR)), [9]),
            (by_number((2, STAR)), [5, 9]),
            (by_number((7, STAR)), [9]),
            (by_uid((1, 4)), [3]),
            (by_uid((4, 4)), []),
            (by_uid((STAR, STAR)), [9]),
            (by_uid((100, STAR)), [9]),
            (by_uid((1, 4_294_967_295)), [3, 5, 9]),
        ],
    )
    def test_sets(self, messages: MessageSet, found: list[int]) -> None:
        assert view(3, 5, 9).resolve(messages) == found

    @pytest.mark.parametrize("messages", [by_number((4, 4)), by_number((1, 4)), by_number((9, 2))])
    def test_a_number_out_of_range_is_the_clients_mistake(self, messages: MessageSet) -> None:
        with pytest.raises(Bad, match="the mailbox holds 3"):
            view(3, 5, 9).resolve(messages)

    def test_search_takes_what_is_there(self) -> None:
        assert view(3, 5, 9).resolve(by_number((2, 77)), lenient=True) == [5, 9]

    @pytest.mark.parametrize("messages", [by_number((1, STAR)), by_number((STAR, STAR)), by_uid((1, STAR))])
    def test_an_empty_mailbox(self, messages: MessageSet) -> None:
        assert view().resolve(messages) == []

    def test_the_saved_result(self) -> None:
        picture = view(3, 5, 9)
        picture.saved = UidSet.of([5, 6, 9])
        assert picture.resolve(MessageSet((), saved=True)) == [5, 9]


class TestExpunges:
    def test_numbers_are_of_the_moment(self) -> None:
        picture = view(1, 2, 3, 4, 5)
        lines = picture.announce(changes(11, gone="2:3,5"), expunge_ok=True)
        assert lines == [b"2 EXPUNGE", b"2 EXPUNGE", b"3 EXPUNGE"]
        assert list(picture.uids) == [1, 4]

    def test_they_wait_and_numbers_stand_until_they_may_be_told(self) -> None:
        picture = view(1, 2, 3)
        assert picture.announce(changes(11, gone="1"), expunge_ok=False) == []
        assert picture.resolve(by_number((2, 2))) == [2]
        assert picture.announce(changes(12, flagged(4, 12), gone="1", uid_next=5), expunge_ok=False) == [b"4 EXISTS"]
        assert picture.announce(changes(12), expunge_ok=True) == [b"1 EXPUNGE"]
        assert list(picture.uids) == [2, 3, 4]

    def test_they_come_before_exists_and_flags(self) -> None:
        lines = view(1, 2).announce(
            changes(11, flagged(2, 11, "\\Seen"), flagged(3, 11), gone="1", uid_next=4), expunge_ok=True
        )
        assert lines == [b"1 EXPUNGE", b"2 EXISTS", b"1 FETCH (UID 2 FLAGS (\\Seen))"]

    def test_what_was_never_told_of_is_not_told_to_be_gone(self) -> None:
        picture = view(1)
        assert picture.announce(changes(12, gone="2:9", uid_next=10), expunge_ok=True) == []
        assert picture.uid_next == 10
        assert picture.announce(changes(13, flagged(10, 13), uid_next=11), expunge_ok=True) == [b"2 EXISTS"]

    def test_vanished_in_their_place(self) -> None:
        picture = view(1, 2, 3, style=Style(vanished=True))
        assert picture.announce(changes(11, gone="1:2"), expunge_ok=True) == [b"VANISHED 1:2"]

    def test_a_resynchronising_client_is_kept_at_the_modseq_before_what_waits(self) -> None:
        picture = view(1, 2, style=Style(modseq=True, vanished=True))
        lines = picture.announce(changes(12, flagged(2, 12), gone="1"), expunge_ok=False)
        assert lines[0] == b"2 FETCH (UID 2 FLAGS () MODSEQ (12))"
        assert lines[1].startswith(b"OK [HIGHESTMODSEQ 10]")

    def test_the_saved_result_forgets_them(self) -> None:
        picture = view(1, 2, 3)
        picture.saved = UidSet.of([1, 2])
        picture.announce(changes(11, gone="1"), expunge_ok=True)
        assert picture.saved == UidSet.of([2])

    def test_a_deleted_mailbox_is_emptied(self) -> None:
        picture = view(4, 7)
        assert picture.announce(picture.everything_gone(), expunge_ok=False) == []
        assert picture.announce(picture.everything_gone(), expunge_ok=True) == [b"1 EXPUNGE", b"1 EXPUNGE"]
        assert picture.announce(picture.everything_gone(), expunge_ok=True) == []


class TestFlags:
    def test_others_changes_are_told_once(self) -> None:
        picture = view(1, 2)
        told = changes(11, flagged(2, 11, "\\Seen", "work"))
        assert picture.announce(told, expunge_ok=False) == [b"2 FETCH (UID 2 FLAGS (\\Seen work))"]
        assert picture.told == 11
        assert picture.announce(changes(11), expunge_ok=False) == []

    def test_ones_own_are_not_told_again(self) -> None:
        picture = view(1)
        picture.already_told(updated((flagged(1, 11, "\\Seen"), 10)))
        assert picture.announce(changes(11, flagged(1, 11, "\\Seen")), expunge_ok=True) == []

    def test_a_change_that_overtook_ones_own_is_told(self) -> None:
        """Somebody set a flag at 11, of which this client knows nothing; its own change at 12 hides that from the store."""
        picture = view(1)
        picture.already_told(updated((flagged(1, 12, "\\Seen", "theirs"), 11)), silent=True)
        lines = picture.announce(changes(12, flagged(1, 12, "\\Seen", "theirs")), expunge_ok=True)
        assert lines == [b"1 FETCH (UID 1 FLAGS (\\Seen theirs))"]

    def test_one_that_was_answered_in_full_is_not_told_again(self) -> None:
        picture = view(1)
        picture.already_told(updated((flagged(1, 12, "\\Seen", "theirs"), 11)))
        assert picture.announce(changes(12, flagged(1, 12, "\\Seen", "theirs")), expunge_ok=True) == []

    def test_a_view_that_stood_where_ones_own_began_has_nothing_to_read(self) -> None:
        picture = view(1, 2)
        picture.already_told(updated((flagged(1, 12, "\\Seen"), 9), before=10))
        assert picture.told == 12
        assert picture.announce(changes(13, flagged(2, 13)), expunge_ok=True) == [b"2 FETCH (UID 2 FLAGS ())"]

    def test_what_is_followed_is_read_again_and_not_told_again(self) -> None:
        picture = view(1)
        picture.already_told(updated((flagged(1, 12, "\\Seen"), 9), before=10), followed=True)
        assert picture.told == 10
        assert picture.announce(changes(12, flagged(1, 12, "\\Seen")), expunge_ok=True) == []

    @pytest.mark.parametrize("style", [PLAIN, Style(modseq=True), Style(modseq=True, vanished=True, uid_only=True)])
    @pytest.mark.parametrize("modseqs", [1, 2])
    @pytest.mark.parametrize("recent", [1, 20, 30])
    def test_many_lines_are_what_one_by_one_they_would_be(self, style: Style, modseqs: int, recent: int) -> None:
        picture = view(*range(1, 31), style=style)
        picture.claim(Uid(recent))
        messages = [flagged(uid, 11 + uid % modseqs, *("\\Seen", "work")[: uid % 3]) for uid in range(5, 28)]
        lines = picture.flags_lines(picture.seqnums([one.uid for one in messages]), messages)
        assert lines == [picture.flags_line(SeqNum(one.uid), one) for one in messages]
        assert [b"\\Recent" in line for line in lines] == [one.uid >= recent for one in messages]

    def test_a_change_after_ones_own_is_told(self) -> None:
        picture = view(1)
        picture.already_told(updated((flagged(1, 11, "\\Seen"), 10)))
        assert picture.announce(changes(12, flagged(1, 12)), expunge_ok=True) == [b"1 FETCH (UID 1 FLAGS ())"]

    def test_two_of_ones_own_in_one_command_are_both_known(self) -> None:
        picture = view(1)
        picture.already_told(updated((flagged(1, 11, "\\Seen"), 10)))
        picture.already_told(updated((flagged(1, 12), 11)))
        assert picture.announce(changes(12, flagged(1, 12)), expunge_ok=True) == []

    def test_one_that_changed_nothing_hides_nothing(self) -> None:
        picture = view(1)
        picture.already_told(updated((flagged(1, 11, "\\Seen"), 11)), silent=True)
        assert picture.announce(changes(11, flagged(1, 11, "\\Seen")), expunge_ok=True) != []

    def test_a_new_messages_flags_are_not_told_unasked(self) -> None:
        lines = view(1).announce(changes(11, flagged(2, 11, "\\Seen"), uid_next=3), expunge_ok=True)
        assert lines == [b"2 EXISTS"]

    def test_modseqs_for_those_who_keep_them(self) -> None:
        picture = view(1, style=Style(modseq=True))
        assert picture.announce(changes(11, flagged(1, 11)), expunge_ok=True) == [
            b"1 FETCH (UID 1 FLAGS () MODSEQ (11))"
        ]

    def test_no_numbers_for_those_who_have_none(self) -> None:
        picture = view(7, style=Style(modseq=True, uid_only=True))
        assert picture.announce(changes(11, flagged(7, 11)), expunge_ok=True) == [b"7 UIDFETCH (FLAGS () MODSEQ (11))"]


class TestRecent:
    """RFC 3501 §2.3.2"""

    def test_claimed_messages_are_recent_for_as_long_as_they_are_there(self) -> None:
        picture = view(1, 2, 3)
        picture.claim(Uid(2))
        assert (picture.recent, picture.is_recent(1), picture.is_recent(3)) == (2, False, True)
        assert picture.announce(changes(11, flagged(3, 11)), expunge_ok=True) == [b"3 FETCH (UID 3 FLAGS (\\Recent))"]
        picture.announce(changes(12, gone="3"), expunge_ok=True)
        assert picture.recent == 1

    def test_nothing_to_claim(self) -> None:
        picture = view(1, 2)
        picture.claim(Uid(3))
        assert not picture.has_recent
        view().claim(Uid(1))

    def test_later_claims_add_to_earlier_ones(self) -> None:
        picture = view(1, 2)
        picture.claim(Uid(2))
        picture.announce(changes(11, flagged(3, 11), flagged(4, 11), uid_next=5), expunge_ok=True)
        picture.claim(Uid(4))
        assert list(picture.recent_uids()) == [2, 4]
