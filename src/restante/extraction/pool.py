"""Reads documents for a whole server: some processes, begun on demand, and a memory of what was lately read.

Strategy: at most so many processes; whoever asks takes one that is free or waits for it. A document is remembered by its octets'
digest for a while, since a search, the index and another recipient of the same mail may ask for it one after the other.

The rule it protects: a document that ends its process costs that process, and the next document has another.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from restante.documents import libraries
from restante.documents.kind import Kind
from restante.extraction.process import Died, Process
from restante.store.attachments import Reading
from restante.store.errors import Unavailable

_REMEMBERED: Final = 4 << 20
"""Characters of texts remembered."""
_EACH: Final = 500
"""Characters that remembering a text costs beside it."""


@dataclass(frozen=True, slots=True)
class ExtractionLimits:
    """What reading documents may take.

    Attributes:
        seconds: of CPU for one document.
        memory: octets for one document.
        processes: how many documents are read at once.
    """

    seconds: float = 10.0
    memory: int = 256 << 20
    processes: int = 2


_Key = tuple[Kind, int, bytes]


class DocumentReader:
    """See :class:`restante.store.attachments.Extractor`.

    Args:
        limits: what reading may take.
        failed: told of a document that could not be read: its kind and why.
    """

    def __init__(self, limits: ExtractionLimits, failed: Callable[[Kind, str], None] = lambda kind, why: None) -> None:
        self._limits = limits
        self._failed = failed
        self._closed = False
        self._changed = threading.Condition()
        self._free: list[Process] = []
        self._busy: set[Process] = set()
        self._beginning = 0
        self._texts: OrderedDict[_Key, Reading] = OrderedDict()
        self._remembered = 0

    @property
    def edition(self) -> str:
        """The readers' own, and what they lack."""
        return libraries.edition()

    @property
    def processes(self) -> list[int]:
        """The numbers of those that live."""
        with self._changed:
            return [each.pid for each in (*self._free, *self._busy)]

    def read(self, kind: Kind, octets: bytes, characters: int) -> Reading:
        """A document's text. Raises Unavailable."""
        key = (kind, characters, hashlib.sha256(octets).digest())
        with self._changed:
            known = self._texts.get(key)
            if known is not None:
                self._texts.move_to_end(key)
                return known
        found = self._read(kind, octets, characters)
        self._remember(key, found)
        return found

    def close(self) -> None:
        """End every process, what it may be reading, too. Whoever waits hears Unavailable."""
        with self._changed:
            self._closed = True
            for process in self._busy:
                process.kill()
            free, self._free = self._free, []
            self._changed.notify_all()
        for process in free:
            process.close()

    def _read(self, kind: Kind, octets: bytes, characters: int) -> Reading:
        while True:
            process = self._taken()
            try:
                text, why, seconds = process.ask(kind, octets, characters)
            except Died as death:
                self._let_go(process, alive=False)
                if self._closed:
                    raise Unavailable("the mail store is closed") from death
                if death.idle:
                    continue
                self._failed(kind, str(death))
                return Reading("", self._limits.seconds)
            except BaseException:
                self._let_go(process, alive=False)
                raise
            self._let_go(process, alive=True)
            if text is None:
                self._failed(kind, why)
            return Reading(text or "", seconds)

    def _taken(self) -> Process:
        """A process for this thread alone. Raises Unavailable."""
        with self._changed:
            while not self._closed and not self._free and len(self._busy) + self._beginning >= self._limits.processes:
                self._changed.wait()
            if self._closed:
                raise Unavailable("the mail store is closed")
            if self._free:
                process = self._free.pop()
                self._busy.add(process)
                return process
            self._beginning += 1
        return self._begun()

    def _begun(self) -> Process:
        process = None
        try:
            process = Process(self._limits.seconds, self._limits.memory)
        except (OSError, Died) as error:
            raise Unavailable("attachments cannot be read now") from error
        finally:
            with self._changed:
                self._beginning -= 1
                if process is not None:
                    self._busy.add(process)
                self._changed.notify()
        return process

    def _let_go(self, process: Process, *, alive: bool) -> None:
        with self._changed:
            self._busy.discard(process)
            kept = alive and not self._closed and not process.is_spent
            if kept:
                self._free.append(process)
            self._changed.notify()
        if not kept:
            process.close()

    def _remember(self, key: _Key, reading: Reading) -> None:
        with self._changed:
            if key in self._texts:
                return
            self._texts[key] = reading
            self._remembered += len(reading.text) + _EACH
            while self._remembered > _REMEMBERED:
                _, gone = self._texts.popitem(last=False)
                self._remembered -= len(gone.text) + _EACH
