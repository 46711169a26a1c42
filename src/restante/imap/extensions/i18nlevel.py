"""I18NLEVEL=2: RFC 5255 §4. Which collation SEARCH, SORT and THREAD compare texts by, and COMPARATOR to choose it.

i;unicode-casemap is the default. While it is active, SEARCH finds what it finds and besides what differs in case alone in ways it
does not see (``STRASSE`` and ``straße``). i;ascii-numeric cannot find parts of texts, which IMAP asks of every collation (§4.4),
so none but a client that names it gets it: to sort by, while a SEARCH for text is BAD.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from restante.imap.capability import always
from restante.imap.errors import No
from restante.imap.hooks import command
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Extension, Registry
from restante.imap.state import Authenticated
from restante.imap.wire.reader import Reader
from restante.model.collation import ASCII_NUMERIC, COLLATIONS, Collation

MAX_ORDERS: Final = 16
"""Comparators that one command may wish for."""

_LONGEST: Final = max(len(each.name) for each in COLLATIONS)
_STARS: Final = re.compile(r"\*+")


@dataclass(frozen=True, slots=True)
class Comparator:
    """``comparator-cmd = "COMPARATOR" *(SP comp-order-quoted)`` (§4.10)"""

    orders: tuple[str, ...]

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the comparators wished for."""
        orders: list[str] = []
        while r.take(b" "):
            if len(orders) >= MAX_ORDERS:
                raise r.expected(f"at most {MAX_ORDERS} comparators")
            orders.append(r.astring().decode("utf-8", "replace"))
        return cls(tuple(orders))


def matching(order: str) -> Sequence[Collation]:
    """The collations that *order* asks for, the default one first; ``*`` in it stands for anything (RFC 4790 §3.2).

    ``+`` before it changes nothing; ``-``, which would turn orders round, is REVERSE's to say here, and matches none.
    """
    wanted = order.lower()
    if wanted == "default":
        return COLLATIONS[:1]
    if wanted == ASCII_NUMERIC.name:
        return (ASCII_NUMERIC,)
    pieces = _STARS.split(wanted.removeprefix("+"))
    if sum(map(len, pieces)) > _LONGEST:
        return ()
    pattern = re.compile(".*".join(map(re.escape, pieces)))
    return [each for each in COLLATIONS if pattern.fullmatch(each.name)]


async def comparator(cmd: Comparator, s: Authenticated) -> Done:
    """Say which is active, or activate the first that matches and say what else would (§4.7, §4.8)."""
    matches = list(dict.fromkeys(each for order in cmd.orders for each in matching(order)))
    if cmd.orders and not matches:
        raise No("No such comparator here", "BADCOMPARATOR")
    if matches:
        s.session.collation = matches[0]
    others = f" ({' '.join(each.name for each in matches)})" if len(matches) > 1 else ""
    s.send(f"COMPARATOR {s.session.collation.name}{others}".encode())
    return DONE


extension: Final = Extension(
    name="I18NLEVEL=2",
    rfc=5255,
    summary="Texts compared by the collation a client chooses",
    capabilities=always("I18NLEVEL=2"),
    commands=(command("COMPARATOR", Comparator, comparator, state=Authenticated),),
)
