"""Needles of two characters, which are whole words in Chinese and Japanese, looked up in an index of three.

Strategy: two characters stand in a text if a third follows them, in a sequence that begins with them, or else at its end, in one
that ends with them. The index lists its sequences in order: those that begin so are neighbours, and for the others each first
character there is, is tried. Texts too short to have a sequence are proposed, too.

The rule it protects: no content that is in the index and has the two characters is left out.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from typing import Final, cast

import apsw
import msgspec

_terms: Final = msgspec.json.Decoder(list[str]).decode
_numbers: Final = msgspec.json.Decoder(list[int]).decode

_FIRSTS: Final = 5_000
"""First characters that are tried, fewer than that."""


def contents_with(connection: apsw.Connection, table: str, pair: str, most: int) -> list[int] | None:
    """The contents whose text in *table* may hold *pair*, as it is formed there; None where it stands *most* times and more."""
    beyond = _after(pair)
    if beyond is None:
        return None
    sequences = f"temp.{table}_sequences"
    connection.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS {sequences} USING fts5vocab('main', '{table}', 'row')")
    found = connection.execute(
        f"SELECT json_group_array(term), ifnull(sum(doc), 0) FROM {sequences} WHERE term >= ? AND term < ?",
        (pair, beyond),
    ).fetchone()
    beginning, uses = cast("tuple[str, int]", found)
    firsts = [] if uses >= most else [*islice(_firsts(connection, sequences), _FIRSTS)]
    if not 0 < len(firsts) < _FIRSTS:
        return None
    asked = " OR ".join(map(_quoted, dict.fromkeys([*_terms(beginning), *(first + pair for first in firsts)])))
    having = f"SELECT rowid FROM {table} WHERE {table} MATCH ?"
    short = f"SELECT id FROM {table}_docsize WHERE sz = x'00'"
    return _numbers(
        cast("str", connection.execute(f"SELECT json_group_array(rowid) FROM ({having} UNION {short})", (asked,)).get)
    )


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _firsts(connection: apsw.Connection, sequences: str) -> Iterator[str]:
    """The first characters of all sequences, each once: from each the next is sought beyond all that begin with it."""
    sought: str | None = ""
    while sought is not None:
        term: str | None = connection.execute(f"SELECT term FROM {sequences} WHERE term >= ? LIMIT 1", (sought,)).get
        if term is None:
            return
        yield term[0]
        sought = _after(term[0])


def _after(text: str) -> str | None:
    """What stands before no text that begins with *text*, and after every one that does."""
    last = ord(text[-1]) + 1
    if last == 0xD800:
        last = 0xE000
    return None if last > sys.maxunicode else text[:-1] + chr(last)
