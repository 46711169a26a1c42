"""A TLS context that follows its files.

Strategy: the context looks at its files during a handshake, at most once a second; a renewed certificate needs no restart, and
connections that stand keep what they have.

The rule it protects: broken new files never take a working listener down.
"""

from __future__ import annotations

import hashlib
import re
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from restante.logs import logger

_VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
_PEM: Final = re.compile(r"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----")
_LOOK_EVERY: Final = 1.0
_ALPN: Final = ("imap",)
_LOG: Final = logger("tls")

_Signature = tuple[tuple[int, int, int], ...]


class BadCertificate(Exception):
    """A certificate or key cannot be used; ``str(error)`` names the file and says why, for the administrator."""


@dataclass(frozen=True, slots=True)
class CertificatePaths:
    """PEM files: the certificate chain, and its private key. They may be the same file."""

    certificate: Path
    key: Path


def fingerprint(certificate: Path) -> str:
    """SHA-256 of the first certificate in the PEM file: ``AB:CD:…``, 95 characters, as mail programs show it.

    Raises :class:`BadCertificate`.
    """
    try:
        found = _PEM.search(certificate.read_text("latin-1"))
        octets = ssl.PEM_cert_to_DER_cert(found[0]) if found else b""
        if octets:
            # Refuses what only looks like a certificate.
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=octets)
    except (OSError, ValueError) as error:
        raise BadCertificate(f"{certificate}: {_reason(error)}") from error
    if not octets:
        raise BadCertificate(f"{certificate}: there is no certificate in it")
    return hashlib.sha256(octets).digest().hex(":").upper()


def verify(paths: CertificatePaths) -> None:
    """Raises :class:`BadCertificate` if *paths* are no certificate and its key."""
    _context(paths, ssl.TLSVersion.TLSv1_2, _ALPN)


class TlsContext:
    """A server's TLS context that reads its files again when they change.

    Attributes:
        context: to be used for every listener and STARTTLS, for the whole life of the server. Each handshake gets the
            certificate that is current then.
    """

    __slots__ = ("_alpn", "_clock", "_current", "_looked", "_minimum", "_paths", "_signature", "context")

    def __init__(
        self,
        paths: CertificatePaths,
        *,
        minimum_version: Literal["1.2", "1.3"] = "1.2",
        alpn: Sequence[str] = _ALPN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Loads *paths*. *alpn* are protocol names (RFC 7301 §3.1); *clock* gives seconds. Raises :class:`BadCertificate`."""
        self._paths = paths
        self._clock = clock
        self._minimum = _VERSIONS[minimum_version]
        self._alpn = tuple(alpn)
        self._looked = clock()
        self._signature = _signature(paths)
        self._current = _context(self._paths, self._minimum, self._alpn)
        self.context = _context(self._paths, self._minimum, self._alpn)
        self.context.sni_callback = self._on_hello

    def follow(self, paths: CertificatePaths, minimum_version: Literal["1.2", "1.3"]) -> None:
        """Handshakes from here on use *paths*. Raises :class:`BadCertificate`, and leaves everything as it was."""
        minimum, signature = _VERSIONS[minimum_version], _signature(paths)
        self._current = _context(paths, minimum, self._alpn)
        # What is negotiated before the name is known, as the version is, comes from the listeners' own context.
        self.context.minimum_version = minimum
        self._paths, self._minimum, self._signature = paths, minimum, signature

    def refresh(self) -> None:
        """Reads the files again if they changed since they were last looked at. Broken ones are logged and left."""
        signature = _signature(self._paths)
        if signature == self._signature:
            return
        self._signature = signature
        try:
            self._current = _context(self._paths, self._minimum, self._alpn)
        except BadCertificate as error:
            _LOG.error("new certificate is broken, the old one stays in use", reason=str(error))
            return
        _LOG.info("certificate read again", file=str(self._paths.certificate))

    def _on_hello(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        # OpenSSL calls this in every handshake, with or without a server name, before it picks the certificate.
        now = self._clock()
        if now - self._looked >= _LOOK_EVERY:
            self._looked = now
            self.refresh()
        connection.context = self._current


def _context(paths: CertificatePaths, minimum: ssl.TLSVersion, alpn: Sequence[str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = minimum
    # Renegotiation lets a client make the server work at no cost to itself (RFC 9325 §3.5).
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(list(alpn))
    try:
        # Without a password to give, OpenSSL would ask for one on the terminal and wait.
        context.load_cert_chain(paths.certificate, paths.key, password=_no_password)
    except (OSError, ValueError) as error:
        raise BadCertificate(f"{paths.certificate} with key {paths.key}: {_reason(error)}") from error
    return context


def _no_password() -> str:
    raise ValueError("the key is encrypted")


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "not a certificate and its key in PEM").replace("_", " ").lower()
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)


def _signature(paths: CertificatePaths) -> _Signature:
    return tuple(_look(path) for path in (paths.certificate, paths.key))


def _look(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return found.st_mtime_ns, found.st_ino, found.st_size
