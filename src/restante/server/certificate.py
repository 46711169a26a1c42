"""Certificates: a self-signed one for a server that was given none, and a TLS context that follows its files.

Strategy: the self-signed certificate and its key are one PEM file, replaced by one rename, so no reader ever sees a key
with another's certificate. The context looks at its files during a handshake, at most once a second; a renewed
certificate needs no restart, and connections that stand keep what they have.

The rule it protects: broken new files never take a working listener down.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import secrets
import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from restante.logs import logger

LIFE: Final = dt.timedelta(days=825)
"""What a self-signed certificate lives: the longest that Apple's clients accept."""

RENEW_BEFORE: Final = dt.timedelta(days=30)
"""A certificate with less than this left is made anew."""

LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")
FILE_NAME: Final = "self-signed.pem"

_VERSIONS: Final = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
_LOOK_EVERY: Final = 1.0
_LOG: Final = logger("tls")

_Signature = tuple[tuple[int, int, int], ...]


class BadCertificate(Exception):
    """A certificate or key cannot be used; ``str(error)`` names the file and says why, for the administrator."""


@dataclass(frozen=True, slots=True)
class CertificatePaths:
    """PEM files: the certificate chain, and its private key. They may be the same file."""

    certificate: Path
    key: Path


def ensure_self_signed(directory: Path, names: Iterable[str] = ()) -> CertificatePaths:
    """The self-signed certificate in *directory*, made when missing, unreadable or about to expire.

    *names* are host names and IP addresses it is for, besides this machine's own. One that is still good is kept
    whatever its names, because clients may have pinned it. Raises OSError.
    """
    path = directory / FILE_NAME
    if not _is_good(path):
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path, _generate([*names, *LOCAL_NAMES, socket.gethostname()]))
    return CertificatePaths(path, path)


def fingerprint(certificate: Path) -> str:
    """SHA-256 of the first certificate in the PEM file: ``AB:CD:…``, 95 characters, as mail programs show it.

    Raises :class:`BadCertificate`.
    """
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError) as error:
        raise BadCertificate(f"{certificate}: {_reason(error)}") from error
    return found.fingerprint(hashes.SHA256()).hex(":").upper()


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
        alpn: Sequence[str] = ("imap",),
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


def _is_good(path: Path) -> bool:
    try:
        pem = path.read_bytes()
        certificate = x509.load_pem_x509_certificate(pem)
        key = serialization.load_pem_private_key(pem, None)
    except (OSError, ValueError, TypeError):
        return False
    left = certificate.not_valid_after_utc - dt.datetime.now(dt.UTC)
    return key.public_key() == certificate.public_key() and left > RENEW_BEFORE


def _generate(names: Iterable[str]) -> bytes:
    """A new key and its certificate for *names*, as one PEM text."""
    alternatives = list(dict.fromkeys(_alternatives(names)))
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(alternatives[0].value)[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # An hour of slack: clients whose clock is behind are many.
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now - dt.timedelta(hours=1) + LIFE)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + private


def _alternatives(names: Iterable[str]) -> Iterator[x509.DNSName | x509.IPAddress]:
    for name in names:
        try:
            yield x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            if name.isascii() and name:
                yield x509.DNSName(name.lower())


def _write(path: Path, pem: bytes) -> None:
    """Puts *pem* at *path*, readable by its owner alone, whole or not at all."""
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pem)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
