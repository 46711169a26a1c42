"""Microseconds to frame and read typical commands, beside a yardstick measured in the same run (json.loads of as much).

Run: python bench/wire.py
"""

import json
import time
from collections.abc import Callable, Sequence

from restante.imap.protocol.connection import Connection, WireLimits
from restante.imap.protocol.events import Request
from restante.imap.wire.fragments import Sink
from restante.imap.wire.reader import Reader

CALLS = 500
RUNS = 100


def _noop(r: Reader) -> object:
    return None


def _select(r: Reader) -> object:
    return r.sp().mailbox()


def _fetch(r: Reader) -> object:
    return r.sp().message_set(), r.sp().list_of(Reader.word)


def _store(r: Reader) -> object:
    return r.sp().message_set(), r.sp().word(), r.sp().flag_list()


def _login(r: Reader) -> object:
    return r.sp().astring(), r.sp().astring()


def _search(r: Reader) -> object:
    return r.sp().word(), r.sp().word(), r.sp().date(), r.sp().word(), r.sp().astring()


def _append(r: Reader) -> object:
    return r.sp().mailbox(), r.sp().flag_list(), r.sp().date_time(), r.sp().message_literal()


COMMANDS: tuple[tuple[bytes, Callable[[Reader], object]], ...] = (
    (b"A0001 NOOP\r\n", _noop),
    (b"A0002 UID FETCH 1:* (FLAGS)\r\n", _fetch),
    (b"A0003 SELECT INBOX\r\n", _select),
    (b"A0004 SELECT Archive/2026\r\n", _select),
    (b"A0005 UID STORE 1,2,3 +FLAGS.SILENT (\\Seen)\r\n", _store),
    (b'A0006 LOGIN mila "correct horse"\r\n', _login),
    (b'A0007 UID SEARCH UNSEEN SINCE 1-Nov-2026 FROM "anna"\r\n', _search),
    (b'A0008 APPEND Sent (\\Seen) "17-Jul-1996 02:44:25 -0700" {11+}\r\nhello world\r\n', _append),
)


def best(works: Sequence[Callable[[], None]]) -> list[float]:
    """Seconds of CPU for one call of each of *works*: the best of many short runs, taken in turn against noise."""
    times = [1.0] * len(works)
    for _ in range(RUNS):
        for at, work in enumerate(works):
            start = time.process_time()
            for _ in range(CALLS):
                work()
            times[at] = min(times[at], (time.process_time() - start) / CALLS)
    return times


def command(connection: Connection, octets: bytes, read: Callable[[Reader], object]) -> Callable[[], None]:
    def work() -> None:
        connection.receive(octets)
        event = connection.next_event()
        assert isinstance(event, Request)
        read(event.reader)
        event.reader.end()
        connection.next_event()

    return work


def _no_sink(size: int) -> Sink:
    raise OSError(size)


def main() -> None:
    connection = Connection(WireLimits(), _no_sink, lambda name: 65_536)
    yardstick = json.dumps({"tag": "A0005", "name": "STORE", "uids": [1, 2, 3], "flags": ["\\Seen"]})

    def measure() -> None:
        json.loads(yardstick)

    works = [command(connection, octets, read) for octets, read in COMMANDS]
    unit, *costs = best([measure, *works])
    print(f"{unit * 1e6:6.2f} us   1.0   json.loads, {len(yardstick)} octets")
    for (octets, _), cost in zip(COMMANDS, costs, strict=True):
        print(f"{cost * 1e6:6.2f} us  {cost / unit:4.1f}   {octets.splitlines()[0].decode()}")


if __name__ == "__main__":
    main()
