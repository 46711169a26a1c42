"""SORT: RFC 5256 §3, with the RETURN options of ESORT where it is there. Messages in the order of what is in their headers.

Strategy: the store has what is compared in columns, made when each message arrived; nothing is read or decoded here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from restante.imap.aside import aside
from restante.imap.binding import Binding
from restante.imap.capability import always
from restante.imap.contexts import Wanted, check_tag, keep_updated
from restante.imap.core.search import answer
from restante.imap.core.search_answer import Returns, additions
from restante.imap.core.search_program import Program, find
from restante.imap.errors import No
from restante.imap.hooks import Numbers, SortKey, with_uid
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Extension, Registry
from restante.imap.relevancy import scores
from restante.imap.sorting import Criterion, column, order, places
from restante.imap.state import Selected
from restante.imap.wire import writer
from restante.imap.wire.reader import Reader
from restante.model.collation import Collation
from restante.model.ids import Uid
from restante.model.message_set import UidSet
from restante.store.query import Query
from restante.store.sort_index import SortIndex


@dataclass(frozen=True, slots=True)
class Sort:
    """``sort = "SORT" [search-return-opts] SP sort-criteria SP search-criteria`` (§5, RFC 5267 §5)

    Attributes:
        uid: whether to answer with UIDs.
        returns: RETURN options; None without RETURN.
        criteria: what to sort by, each key once: a second time it would find nothing left to decide.
        program: what to find.
    """

    uid: bool
    returns: Returns | None
    criteria: tuple[Criterion, ...]
    program: Program

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the options, the criteria, the charset and the program."""
        returns = Returns.read(r.sp(), tables)
        criteria: dict[str, Criterion] = {}
        for one in r.list_of(lambda r: _criterion(r, tables)):
            criteria.setdefault(one.key.name, one)
        return cls(r.uid, returns, tuple(criteria.values()), Program.read_criteria(r.sp(), tables))


def _criterion(r: Reader, tables: Registry) -> Criterion:
    reverse = r.peek_word() == "REVERSE"
    if reverse:
        r.word()
        r.sp()
    key = tables.sort_keys.get(r.peek_word())
    if key is None:
        raise r.expected("a SORT key")
    r.word()
    return Criterion(key, reverse)


async def sort(cmd: Sort, s: Selected) -> Done:
    """Find, sort, save if asked, and answer."""
    check_tag(cmd.returns, s)
    saving = cmd.returns is not None and cmd.returns.saving
    try:
        program = await cmd.program.prepared(s)
        found, binding = await find(program, s)
    except No:
        if saving:
            # RFC 5182 §2.1: a SAVE that fails leaves the empty result.
            s.view.saved = UidSet()
        raise
    uids = await _sorted(cmd.criteria, s, found, binding)
    if cmd.returns is not None:
        # Before a new "$" takes the place of the one the program means.
        query = program.query(s, s.view)[0] if cmd.returns.updating else None
        await answer(cmd.returns, s, uids, binding, uid=cmd.uid)
        if query is not None:
            keep_updated(cmd.returns, s, _wanted(cmd, s, query, binding), uids)
        return DONE
    added = b"".join([b" (%b)" % one for one in await additions(s.session, s.mailbox, binding.notes, uids)])
    s.send(b"SORT" + writer.numbers(s.view.shown(uids, uid=cmd.uid)) + added)
    return DONE


def _wanted(cmd: Sort, s: Selected, query: Query, binding: Binding) -> Wanted | None:
    """How to keep the result up to date; None for one by score, whose order does not last."""
    if _by_score(cmd.criteria):
        return None
    return Wanted(query, cmd.uid, lambda uids: _sorted(cmd.criteria, s, uids, binding))


def _by_score(criteria: Sequence[Criterion]) -> bool:
    return any(one.key.numbers is None and one.key.texts is None for one in criteria)


async def _sorted(criteria: Sequence[Criterion], s: Selected, found: list[Uid], binding: Binding) -> list[Uid]:
    scored = await scores(s.mailbox, binding, found) if _by_score(criteria) else []
    index = await s.mailbox.sort_index()
    # The highest score comes first (RFC 6203 §6).
    score = {uid: -each for uid, each in zip(found, scored, strict=False)}
    return await aside(s.session, len(found), _in_order, criteria, index, found, score, s.session.collation)


def _in_order(
    criteria: Sequence[Criterion], index: SortIndex, found: list[Uid], score: Mapping[Uid, int], collation: Collation
) -> list[Uid]:
    uids, at = places(index, found)

    def ordered() -> Sequence[int]:
        columns = [
            column(one.key, index, at, collation) if one.key.numbers or one.key.texts else [score[uid] for uid in uids]
            for one in criteria
        ]
        return order(criteria, columns, len(uids))

    if len(uids) < len(index.uids) or score:
        return [*map(uids.__getitem__, ordered())]
    by = " ".join([f"{'-' if one.reverse else ''}{one.key.name}" for one in criteria])
    # A client that shows a page after the other has all of them sorted for each.
    return [*map(uids.__getitem__, index.ordered(f"{by} {collation.name}", ordered))]


extension: Final = Extension(
    name="SORT",
    rfc=5256,
    summary="Messages sorted by the server",
    capabilities=always("SORT"),
    commands=with_uid("SORT", Sort, sort, state=Selected, numbers=Numbers.USES),
    sort_keys=(
        SortKey("ARRIVAL", numbers=lambda index: index.arrivals),
        SortKey("CC", texts="cc_mailboxes"),
        SortKey("DATE", numbers=lambda index: index.sent),
        SortKey("FROM", texts="from_mailboxes"),
        SortKey("SIZE", numbers=lambda index: index.sizes),
        SortKey("SUBJECT", texts="subjects"),
        SortKey("TO", texts="to_mailboxes"),
    ),
)
