"""SCRAM-SHA-256 (RFC 5802, RFC 7677), without channel binding: the password never crosses the wire.

Strategy: three messages read with one compiled pattern each. The server's last message goes out as a challenge, which the
client acknowledges with an empty response, as protocols without success data have it (RFC 4422 §5, item 5).

The rule it protects: proofs are compared in constant time, and an unknown user's exchange looks like a known one's until
its proof fails.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Final

from restante.sasl.mechanism import Challenge, Disproved, Malformed, NeedKeys, Proved, Step
from restante.sasl.saslprep import Unpreparable, saslprep
from restante.sasl.scram_keys import KEY_OCTETS, ScramKeys

MAX_MESSAGE: Final = 8192
"""Octets of each of the client's messages."""

# RFC 5802 §7: gs2-header, and client-first-message-bare without reserved-mext.
_GS2: Final = re.compile(rb"(?:n|y|(p=[A-Za-z0-9.\-]+)),(?:a=([^,\0]+))?,")
_BARE: Final = re.compile(rb"n=([^,\0]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^\0,]+)*")
_FINAL: Final = re.compile(
    rb"(c=([A-Za-z0-9+/]+={0,2}),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^\0,]+)*),p=([A-Za-z0-9+/]+={0,2})"
)
_BAD_ESCAPE: Final = re.compile("=(?!2C|3D)")


class ScramSha256:
    """One exchange; *nonce* is the server's part of it, fresh random printable ASCII without comma."""

    def __init__(self, nonce: str) -> None:
        self._server_nonce = nonce.encode("ascii")
        self._next: Callable[[bytes], Step] = self._first
        self._authzid = self._authcid = ""
        self._gs2 = self._bare = self._nonce = self._server_first = b""

    def step(self, response: bytes | None) -> Step:
        """Takes client-first, client-final, and the empty acknowledgement."""
        if response is None:
            return Challenge(b"") if self._next == self._first else Malformed("expected a response")
        if len(response) > MAX_MESSAGE:
            return Malformed(f"no message may be longer than {MAX_MESSAGE} octets")
        return self._next(response)

    def _first(self, response: bytes) -> Step:
        header = _GS2.match(response)
        if not header:
            return Malformed("expected a SCRAM client-first-message")
        if header[1]:
            return Malformed("channel binding is not supported")
        self._gs2, self._bare = header[0], response[header.end() :]
        return self._identities(header[2] or b"")

    def _identities(self, authzid: bytes) -> Step:
        if self._bare.startswith(b"m="):
            return Malformed("the extension is not supported")
        found = _BARE.fullmatch(self._bare)
        if not found:
            return Malformed("expected a SCRAM user name and nonce")
        try:
            self._authzid, self._authcid = _sasl_name(authzid), saslprep(_sasl_name(found[1]))
        except ValueError:
            return Malformed("the user name is not encoded as it must be")
        self._nonce = found[2] + self._server_nonce
        return NeedKeys(self._authcid, self._challenge) if self._authcid else Malformed("the user name cannot be empty")

    def _challenge(self, keys: ScramKeys) -> Challenge:
        self._server_first = b"r=%b,s=%b,i=%d" % (self._nonce, b64encode(keys.salt), keys.iterations)
        self._next = lambda response: self._final(response, keys)
        return Challenge(self._server_first)

    def _final(self, response: bytes, keys: ScramKeys) -> Step:
        self._next = _over
        found = _FINAL.fullmatch(response)
        if not found:
            return Malformed("expected a SCRAM client-final-message")
        without_proof, binding, nonce, proof = found.groups()
        if _decoded(binding) != self._gs2:
            return Malformed("the channel binding does not match")
        if not hmac.compare_digest(nonce, self._nonce):
            return Malformed("the nonce does not match")
        return self._verdict(b",".join((self._bare, self._server_first, without_proof)), _decoded(proof), keys)

    def _verdict(self, message: bytes, proof: bytes, keys: ScramKeys) -> Step:
        signature = hmac.digest(keys.stored_key, message, "sha256")
        if len(proof) != KEY_OCTETS:
            return Malformed("the proof has the wrong length")
        client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
        if not hmac.compare_digest(hashlib.sha256(client_key).digest(), keys.stored_key):
            return Disproved(self._authcid)
        self._next = self._acknowledged
        return Challenge(b"v=" + b64encode(hmac.digest(keys.server_key, message, "sha256")))

    def _acknowledged(self, response: bytes) -> Step:
        self._next = _over
        return Malformed("expected an empty response") if response else Proved(self._authzid, self._authcid)


def _over(_: bytes) -> Step:
    return Malformed("the exchange is over")


def _sasl_name(octets: bytes) -> str:
    """``saslname`` (RFC 5802 §7): ``=2C`` is a comma, ``=3D`` an equals sign; raises ValueError."""
    text = octets.decode()
    if _BAD_ESCAPE.search(text):
        raise Unpreparable("= must be followed by 2C or 3D")
    return text.replace("=2C", ",").replace("=3D", "=")


def _decoded(base64: bytes) -> bytes:
    """The octets, or none if the padding is wrong, which then match nothing."""
    try:
        return b64decode(base64, validate=True)
    except ValueError:
        return b""
