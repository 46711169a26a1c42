"""Whether anybody has committed, told between processes."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.store import ALICE, fill, uids

from restante.model.flags import FlagSet
from restante.model.ids import AccountId
from restante.model.mailbox_name import INBOX
from restante.store.model import FlagOp
from restante.store.moment import Moment
from restante.store.sqlite import generations
from restante.store.sqlite.generations import Generation, Generations
from restante.store.sqlite.mailbox import SqliteMailbox
from restante.store.sqlite.store import SqliteStore


@pytest.fixture(autouse=True)
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Stands still."""
    now = [100.0]
    monkeypatch.setattr(generations, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def two(tmp_path: Path, moment: Moment) -> Iterator[list[Generation]]:
    """One account's, in two processes; the first has that moment."""
    files = [Generations(tmp_path / "generations") for _ in range(2)]
    for each in files:
        each.open()
    yield [each.of(ALICE, own) for each, own in zip(files, (moment, Moment()), strict=True)]
    for each in files:
        each.close()


def test_stays_while_nobody_commits(two: list[Generation]) -> None:
    first = two[0].now()
    assert first > 0
    assert two[0].now() == first


@pytest.mark.parametrize("whose", [0, 1])
def test_each_commit_makes_another(two: list[Generation], whose: int) -> None:
    seen = [two[0].now()]
    for _ in range(3):
        two[whose].committed()
        seen.append(two[0].now())
    assert len(set(seen)) == 4


def test_what_is_committed_in_a_moment_is_noticed_after_it(two: list[Generation], moment: Moment) -> None:
    moment.begin()
    first = two[0].now()
    two[1].committed()
    assert two[0].now() == first
    moment.end()
    assert two[0].now() != first


def test_all_look_once_a_second(two: list[Generation], seconds: list[float]) -> None:
    first = two[0].now()
    seconds[0] += 1
    assert two[0].now() != first


def test_a_place_is_made_once_and_never_emptied(tmp_path: Path, two: list[Generation]) -> None:
    first = two[0].now()
    two[1].committed()
    third = Generations(tmp_path / "generations")
    third.open()
    third.close()
    assert two[0].now() != first
    assert (tmp_path / "generations").stat().st_size == 4096 * 8


def test_accounts_that_share_a_place_look_in_vain(
    tmp_path: Path, moment: Moment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generations, "_PLACES", 1)
    file = Generations(tmp_path / "generations")
    file.open()
    alice, bob = (file.of(AccountId(each), moment) for each in ("alice", "bob"))
    first = alice.now()
    bob.committed()
    assert alice.now() != first
    file.close()


def test_without_the_file_everything_is_read_each_time(tmp_path: Path, moment: Moment) -> None:
    generation = Generations(tmp_path / "generations").of(ALICE, moment)
    assert len({generation.now() for _ in range(3)}) == 3
    generation.committed()


async def test_what_others_were_not_told_of_is_seen_within_a_second(
    tmp_path: Path, inbox: SqliteMailbox, seconds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = SqliteStore(tmp_path)
    await other.open()
    theirs = await (await other.account(ALICE)).mailbox(INBOX)
    await fill(inbox, ())
    told = (await inbox.index()).modseq

    def full(self: Generations, place: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Generations, "write", full)
        updated = await theirs.update_flags(uids(1), FlagOp.ADD, FlagSet(["$a"]))
    assert (await theirs.index()).modseq == updated.modseq
    assert (await inbox.index()).modseq == told
    seconds[0] += 1
    assert (await inbox.index()).modseq == updated.modseq
    await other.close()
