"""The latest changes of a mailbox: a chain without a gap, or nothing."""

from collections.abc import Iterable

from restante.model.flags import FlagSet
from restante.model.ids import ModSeq, Uid
from restante.model.message_set import UidSet
from restante.store.history import History
from restante.store.model import Changes, Flagged


def change(modseq: int, flagged: Iterable[int] = (), vanished: Iterable[int] = (), flags: str = "\\Seen") -> Changes:
    messages = tuple(Flagged(Uid(uid), FlagSet((flags,)), ModSeq(modseq)) for uid in flagged)
    return Changes(ModSeq(modseq), messages, UidSet.of(vanished), Uid(100 + modseq))


def test_nothing_is_known_at_first() -> None:
    assert History().since(1) is None


def test_one_link_is_given_as_it_is() -> None:
    history, one = History(), change(5, [1])
    history.add(3, one)
    assert history.since(3) is one
    assert history.since(4) is None
    assert history.since(2) is None


def test_links_are_joined() -> None:
    history = History()
    history.add(1, change(2, [1, 7]))
    history.add(2, change(3, [3], vanished=[7]))
    history.add(3, change(4, [1], flags="\\Draft"))
    joined = history.since(1)
    assert joined is not None
    assert joined.modseq == 4
    assert joined.uid_next == 104
    assert joined.vanished == UidSet.of([7])
    assert [(m.uid, m.modseq, m.flags.wire) for m in joined.flagged] == [(1, 4, b"\\Draft"), (3, 3, b"\\Seen")]
    assert history.since(2) is not None
    assert history.since(5) is None


def test_what_does_not_fit_starts_anew() -> None:
    history = History()
    history.add(1, change(2, [1]))
    history.add(4, change(5, [2]))
    assert history.since(1) is None
    assert history.since(4) is not None


def test_it_is_bounded_by_links_and_by_messages() -> None:
    history = History()
    for modseq in range(1, 200):
        history.add(modseq, change(modseq + 1, [1]))
    assert history.since(1) is None
    assert history.since(199) is not None
    history.add(200, change(201, range(1, 20_000)))
    assert history.since(200) is None
    assert history.since(199) is None
