"""A client that hands over mail: RFC 2033, with the envelope sent at once (RFC 2920 §3.1)."""

from __future__ import annotations

import socket
from collections.abc import Iterable

from bench.compare.client import SILENCE, Refused


class LmtpClient:
    """A connection to an LMTP server on loopback; the shape of :class:`bench.compare.client.Client`."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), SILENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._data = b""
        self._content = b""
        self._await(b"220 ")
        self.socket.sendall(b"LHLO client.example.org\r\n")
        self._await(b"250 ")

    def _await(self, start: bytes) -> None:
        while (answer := self.pump()) is None:
            pass
        if not answer.startswith(start):
            raise Refused(answer.decode(errors="replace"))

    def begin(self, request: bytes) -> None:
        """Begin to deliver; *request* is the recipient, a line feed, and the message with dots as they are."""
        recipient, _, content = request.partition(b"\n")
        self._content = content.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n"
        self.socket.sendall(b"MAIL FROM:<sender@example.org>\r\nRCPT TO:<%b>\r\nDATA\r\n" % recipient)

    def pump(self) -> bytes | None:
        """Take what has come; the last reply when it is whole. Raises Refused."""
        got = self.socket.recv(65536)
        if not got:
            raise Refused("hung up")
        self._data += got
        if not self._data.endswith(b"\r\n"):
            return None
        last = self._data[:-2].rpartition(b"\n")[2]
        if last[3:4] == b"-" or (self._content and last[:1] == b"2"):
            return None
        self._data = b""
        if last.startswith(b"354") and self._content:
            self.socket.sendall(self._content)
            self._content = b""
            return None
        return last + b"\r\n"

    def deliver(self, recipient: bytes, messages: Iterable[bytes]) -> bytes:
        """Hand over *messages*, one after the other; the replies. Raises Refused."""
        replies = []
        for message in messages:
            self.begin(recipient + b"\n" + message)
            while (reply := self.pump()) is None:
                pass
            if not reply.startswith(b"250"):
                raise Refused(reply.decode(errors="replace"))
            replies.append(reply[:3] + b"\r\n")
        return b"".join(replies)

    def close(self) -> None:
        """Hang up."""
        self.socket.close()
