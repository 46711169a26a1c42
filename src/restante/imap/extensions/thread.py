"""THREAD: RFC 5256 §3. Messages put together as conversations; the algorithms are in :mod:`restante.imap.threads`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from restante.imap.aside import aside
from restante.imap.capability import always
from restante.imap.core.search_answer import additions
from restante.imap.core.search_program import Program, find
from restante.imap.hooks import Numbers, ThreadAlgorithm, with_uid
from restante.imap.protocol.response import DONE, Done
from restante.imap.registry import Extension, Registry
from restante.imap.sorting import places
from restante.imap.state import Selected
from restante.imap.threads.forest import Messages, wire
from restante.imap.threads.ordered_subject import ordered_subject
from restante.imap.threads.references import references
from restante.imap.wire.reader import Reader


@dataclass(frozen=True, slots=True)
class Thread:
    """``thread = "THREAD" SP thread-alg SP search-criteria`` (§5)

    Attributes:
        uid: whether to answer with UIDs.
        algorithm: how to put messages together.
        program: what to find.
    """

    uid: bool
    algorithm: ThreadAlgorithm
    program: Program

    @classmethod
    def read(cls, r: Reader, tables: Registry) -> Self:
        """Read the algorithm, the charset and the program."""
        algorithm = tables.thread_algorithms.get(r.sp().peek_word())
        if algorithm is None:
            raise r.expected("a THREAD algorithm")
        r.word()
        return cls(r.uid, algorithm, Program.read_criteria(r.sp(), tables))


async def thread(cmd: Thread, s: Selected) -> Done:
    """Find, thread and answer."""
    found, binding = await find(await cmd.program.prepared(s), s)
    # A MODSEQ key turns on what it turns on, but adds nothing to this answer (RFC 7162 §3.1.9).
    await additions(s.session, s.mailbox, binding.notes, ())
    index = await s.mailbox.sort_index()

    def work() -> bytes:
        uids, at = places(index, found)
        forest = cmd.algorithm.thread(Messages(index, at, s.session.collation))
        return wire(forest, s.view.shown(uids, uid=cmd.uid))

    threads = await aside(s.session, len(found), work)
    s.send(b"THREAD " + threads if threads else b"THREAD")
    return DONE


extension: Final = Extension(
    name="THREAD",
    rfc=5256,
    summary="Messages threaded by the server",
    capabilities=always("THREAD=ORDEREDSUBJECT", "THREAD=REFERENCES"),
    commands=with_uid("THREAD", Thread, thread, state=Selected, numbers=Numbers.USES),
    thread_algorithms=(
        ThreadAlgorithm("ORDEREDSUBJECT", ordered_subject),
        ThreadAlgorithm("REFERENCES", references),
    ),
)
