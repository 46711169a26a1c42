"""A self-signed certificate for a server that was given none.

Strategy: the certificate and its key are one PEM file, replaced by one rename, so no reader ever sees a key with another's
certificate. A line above them says until when they last, so that a start need not load what reads certificates.

The rule it protects: a certificate that clients may have pinned is kept for as long as it is good.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import re
import secrets
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from restante.server.certificate import BadCertificate, CertificatePaths, verify

if TYPE_CHECKING:
    from cryptography import x509

LIFE: Final = dt.timedelta(days=825)
"""What a self-signed certificate lives: the longest that Apple's clients accept."""

RENEW_BEFORE: Final = dt.timedelta(days=30)
"""A certificate with less than this left is made anew."""

LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")
FILE_NAME: Final = "self-signed.pem"
_ENDS: Final = re.compile(rb"^Made by Restante; ends (\S+)$", re.MULTILINE)


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


def _is_good(path: Path) -> bool:
    try:
        ends = _end(path.read_bytes())
        # Whether they are a certificate and its key is for OpenSSL to say.
        verify(CertificatePaths(path, path))
    except (OSError, ValueError, BadCertificate):
        return False
    return ends - dt.datetime.now(dt.UTC) > RENEW_BEFORE


def _end(pem: bytes) -> dt.datetime:
    """When the certificate ends, as the line says, or as it says itself where there is no line. Raises ValueError."""
    said = _ENDS.search(pem)
    if said:
        return dt.datetime.fromisoformat(said[1].decode())
    from cryptography import x509

    return x509.load_pem_x509_certificate(pem).not_valid_after_utc


def _generate(names: Iterable[str]) -> bytes:
    """A new key and its certificate for *names*, as one PEM text, the day it ends above it."""
    # Imported late: it takes longer to load than the rest of a start, and is needed once in two years.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    alternatives = list(dict.fromkeys(_alternatives(names)))
    key = ec.generate_private_key(ec.SECP256R1())
    # An hour of slack: clients whose clock is behind are many.
    begins = dt.datetime.now(dt.UTC).replace(microsecond=0) - dt.timedelta(hours=1)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(alternatives[0].value)[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + LIFE)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    ends = f"Made by Restante; ends {(begins + LIFE).isoformat()}\n".encode()
    return ends + certificate.public_bytes(serialization.Encoding.PEM) + private


def _alternatives(names: Iterable[str]) -> Iterator[x509.DNSName | x509.IPAddress]:
    from cryptography import x509

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
