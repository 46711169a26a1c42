"""The process that reads documents: takes one after the other from its standard input, and answers with the text.

Strategy: it loads the libraries, confines itself, says that it is ready, and then knows nothing but its two pipes. It ends when
its input does, when it has been idle for a while, and after any document that ran out of memory.

The rule it protects: any failure of a document is an answer, or the end of this process; never anything else.
"""

from __future__ import annotations

import logging
import os
import signal
import struct
import sys
import time
from typing import Final

from restante.documents.gathered import Unreadable
from restante.documents.kind import Kind
from restante.extraction import confinement

REQUEST: Final = struct.Struct("!8sII")
"""Kind, characters to keep, octets that follow."""
ANSWER: Final = struct.Struct("!BfI")
"""Whether there is text (or else why not), CPU seconds used, octets that follow."""
READY: Final = b"R"

_READ, _FAILED = 1, 0
_IDLE: Final = 60
"""Seconds without a document after which the process ends."""
_SHARE: Final = 0.8
"""Part of its time after which a document is asked to come to an end."""


def main() -> None:
    """Serve, with the seconds of CPU and the octets of memory a document may take as arguments."""
    seconds, memory = float(sys.argv[1]), int(sys.argv[2])
    logging.disable()
    # Whatever prints must not print into the answers.
    output = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    # Imported here, before it is too late: the libraries, and all they load when first used.
    from restante.documents import reading

    reading.warm()
    confinement.preload()
    confinement.confine(memory)
    os.write(output, READY)
    while True:
        signal.alarm(_IDLE)
        request = _take(REQUEST.size)
        signal.alarm(0)
        kind, characters, size = REQUEST.unpack(request)
        begun = time.process_time()
        confinement.limit_time(begun, seconds)
        state, text = answer(Kind(kind.rstrip(b"\0").decode()), _take(size), characters, begun + seconds * _SHARE)
        _give(output, ANSWER.pack(state, time.process_time() - begun, len(text)) + text)


def answer(kind: Kind, octets: bytes, characters: int, until: float) -> tuple[int, bytes]:
    """Whether a document could be read, and its text or else why not."""
    from restante.documents import reading

    try:
        text = reading.read(kind, octets, characters, lambda: time.process_time() > until)
    except Unreadable as error:
        return _FAILED, str(error).encode()
    except MemoryError:
        # What is left of the memory may be in pieces: the next document gets a fresh process.
        os._exit(os.EX_UNAVAILABLE)
    except Exception as error:  # noqa: BLE001 - a document may make a library raise anything
        return _FAILED, type(error).__name__.encode()
    return _READ, text.encode()


def _take(size: int) -> bytes:
    taken = bytearray()
    while len(taken) < size:
        piece = os.read(0, min(size - len(taken), 1 << 20))
        if not piece:
            # Nobody asks any more.
            os._exit(os.EX_OK)
        taken += piece
    return bytes(taken)


def _give(descriptor: int, octets: bytes) -> None:
    view = memoryview(octets)
    while view:
        view = view[os.write(descriptor, view) :]


if __name__ == "__main__":
    main()
