"""How relevant a message is to a search, 1 to 100 (RFC 6203 §4).

Strategy: FUZZY keys note queries with weights; a message's score is the weight of those that it matches, on a scale where
100 is all of it. Each query is asked once, of the messages found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from restante.imap.binding import Binding
from restante.imap.errors import Bad
from restante.model.ids import Uid
from restante.model.message_set import UidSet
from restante.store.api import Mailbox
from restante.store.query import And, Uids


async def scores(mailbox: Mailbox, binding: Binding, uids: Sequence[Uid]) -> list[int]:
    """The score of each of *uids*, in any order. Raises Bad where no FUZZY key was given (RFC 6203 §4, §6)."""
    if not binding.relevance:
        raise Bad("RELEVANCY needs a FUZZY search key")
    among = Uids(UidSet.of(uids))
    weights: Counter[int] = Counter()
    for weight, query in binding.relevance:
        for uid in await mailbox.search(And((among, query))):
            weights[uid] += weight
    whole = sum(weight for weight, _ in binding.relevance)
    return [max(1, 100 * weights[uid] // whole) for uid in uids]
