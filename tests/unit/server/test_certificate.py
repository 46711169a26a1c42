import asyncio
import datetime as dt
import os
import socket
import ssl
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from restante.server import certificate, self_signed
from restante.server.certificate import BadCertificate, CertificatePaths, TlsContext, fingerprint
from restante.server.self_signed import ensure_self_signed


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def client(trusted: Path | None = None, alpn: tuple[str, ...] = ()) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trusted is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(trusted)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def handshake(
    server: ssl.SSLContext, peer: ssl.SSLContext, name: str | None = "localhost"
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """A real handshake in memory; the client's and the server's end."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        peer.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    waiting = list(ends)
    for _ in range(10):
        waiting = [end for end in waiting if not _done(end)]
    assert waiting == []
    return ends


def _done(end: ssl.SSLObject) -> bool:
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def served(tls: TlsContext, name: str | None = "localhost") -> str:
    """Fingerprint of the certificate a client is shown."""
    der = handshake(tls.context, client(), name)[0].getpeercert(binary_form=True)
    assert der is not None
    return x509.load_der_x509_certificate(der).fingerprint(hashes.SHA256()).hex(":").upper()


def loaded(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_makes_a_certificate_that_clients_can_verify(tmp_path: Path) -> None:
    paths = ensure_self_signed(tmp_path / "new" / "tls", ["mail.example", "192.0.2.1"])
    assert stat.S_IMODE(paths.key.stat().st_mode) == 0o600
    assert os.listdir(tmp_path / "new" / "tls") == [self_signed.FILE_NAME]
    tls = TlsContext(paths)
    for name in ("localhost", "mail.example", "127.0.0.1", "::1", "192.0.2.1", socket.gethostname()):
        end = handshake(tls.context, client(paths.certificate), name)[0]
        assert end.version() == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tls.context, client(paths.certificate), "other.example")


def test_validity(tmp_path: Path) -> None:
    found = loaded(ensure_self_signed(tmp_path).certificate)
    assert found.not_valid_after_utc - found.not_valid_before_utc == dt.timedelta(days=825)
    assert found.not_valid_before_utc < dt.datetime.now(dt.UTC)


def test_a_good_one_is_kept(tmp_path: Path) -> None:
    first = fingerprint(ensure_self_signed(tmp_path).certificate)
    assert fingerprint(ensure_self_signed(tmp_path, ["other.example"]).certificate) == first


def test_one_without_the_line_that_says_its_end_is_kept_too(tmp_path: Path) -> None:
    path = ensure_self_signed(tmp_path).certificate
    first, text = fingerprint(path), path.read_text()
    path.write_text(text[text.index("-----BEGIN") :])
    assert fingerprint(ensure_self_signed(tmp_path).certificate) == first


def test_one_that_soon_expires_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_signed, "LIFE", dt.timedelta(days=29))
    first = fingerprint(ensure_self_signed(tmp_path).certificate)
    monkeypatch.undo()
    assert fingerprint(ensure_self_signed(tmp_path).certificate) != first


def test_a_broken_one_is_made_anew(tmp_path: Path) -> None:
    path = ensure_self_signed(tmp_path).certificate
    pem = path.read_bytes()
    other = ensure_self_signed(tmp_path / "other").certificate.read_bytes()
    split = b"-----BEGIN PRIVATE KEY"
    for broken in (b"", b"junk", pem[:200], pem.split(split)[0], pem.split(split)[0] + split + other.split(split)[1]):
        path.write_bytes(broken)
        TlsContext(ensure_self_signed(tmp_path))
        assert path.read_bytes() != broken


def test_a_directory_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"file"):
        ensure_self_signed(tmp_path / "file")


def test_fingerprint_has_the_form_programs_show(tmp_path: Path) -> None:
    path = ensure_self_signed(tmp_path).certificate
    text = fingerprint(path)
    assert len(text) == 95
    assert bytes.fromhex(text.replace(":", "")) == loaded(path).fingerprint(hashes.SHA256())
    assert text == text.upper()
    assert served(TlsContext(ensure_self_signed(tmp_path))) == text


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_fingerprint_of_no_certificate(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.pem"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadCertificate, match=r"x\.pem"):
        fingerprint(path)


def test_renewed_files_are_used_within_a_second_and_without_a_server_name(tmp_path: Path) -> None:
    clock = Clock()
    paths = ensure_self_signed(tmp_path)
    tls = TlsContext(paths, clock=clock)
    first = served(tls)
    paths.certificate.unlink()
    second = fingerprint(ensure_self_signed(tmp_path).certificate)
    assert served(tls) == first
    clock.now += 1.0
    assert served(tls, None) == second
    assert served(tls) == second


@pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"junk")])
def test_broken_new_files_leave_the_old_certificate(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    clock = Clock()
    paths = ensure_self_signed(tmp_path)
    tls = TlsContext(paths, clock=clock)
    first = served(tls)
    spoil(paths.certificate)
    clock.now += 5.0
    assert served(tls) == first
    clock.now += 5.0
    paths.certificate.unlink(missing_ok=True)
    second = fingerprint(ensure_self_signed(tmp_path).certificate)
    assert served(tls) == second


def test_files_are_looked_at_once_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    tls = TlsContext(ensure_self_signed(tmp_path), clock=clock)
    looks: list[CertificatePaths] = []
    look = certificate._signature

    def counted(paths: CertificatePaths) -> object:
        looks.append(paths)
        return look(paths)

    monkeypatch.setattr(certificate, "_signature", counted)
    for step in (0.0, 0.5, 0.4, 0.2, 0.3):
        clock.now += step
        served(tls)
    assert len(looks) == 1


def test_minimum_version(tmp_path: Path) -> None:
    paths = ensure_self_signed(tmp_path)
    old = client()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert handshake(TlsContext(paths).context, old)[0].version() == "TLSv1.2"
    with pytest.raises(ssl.SSLError):
        handshake(TlsContext(paths, minimum_version="1.3").context, old)


def test_alpn(tmp_path: Path) -> None:
    tls = TlsContext(ensure_self_signed(tmp_path))
    assert handshake(tls.context, client(alpn=("h2", "imap")))[0].selected_alpn_protocol() == "imap"
    assert handshake(tls.context, client())[0].selected_alpn_protocol() is None


def test_over_a_real_socket(tmp_path: Path) -> None:
    tls = TlsContext(ensure_self_signed(tmp_path))
    near, far = socket.socketpair()
    with near, far:
        near.settimeout(5)
        far.settimeout(5)
        peer = client().wrap_socket(near, server_hostname="localhost", do_handshake_on_connect=False)
        server = tls.context.wrap_socket(far, server_side=True, do_handshake_on_connect=False)
        with peer, server:
            thread = threading.Thread(target=server.do_handshake)
            thread.start()
            peer.do_handshake()
            thread.join(5)
            server.sendall(b"* OK\r\n")
            assert peer.recv(100) == b"* OK\r\n"


def test_what_cannot_be_loaded_is_said(tmp_path: Path) -> None:
    good = ensure_self_signed(tmp_path / "a").certificate
    other = ensure_self_signed(tmp_path / "b").certificate
    key = serialization.load_pem_private_key(good.read_bytes(), None)
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"x"),
        )
    )
    for paths, reason in (
        (CertificatePaths(good, tmp_path / "absent"), "No such file"),
        (CertificatePaths(good, other), "mismatch"),
        (CertificatePaths(good, locked), "encrypted"),
        (CertificatePaths(tmp_path, good), "directory|PEM"),
    ):
        with pytest.raises(BadCertificate, match=reason):
            TlsContext(paths)


async def test_under_asyncio_from_the_first_octet_and_after_starttls(tmp_path: Path) -> None:
    clock = Clock()
    paths = ensure_self_signed(tmp_path)
    tls = TlsContext(paths, clock=clock)

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if writer.get_extra_info("ssl_object") is None:
            await reader.readline()
            writer.write(b"OK begin\r\n")
            await writer.start_tls(tls.context)
        writer.write(b"* OK\r\n")
        writer.close()
        await writer.wait_closed()

    async def shown(server: asyncio.Server, *, upgrade: bool) -> str:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=None if upgrade else client())
        if upgrade:
            writer.write(b"STARTTLS\r\n")
            assert await reader.readline() == b"OK begin\r\n"
            await writer.start_tls(client())
        assert await reader.readline() == b"* OK\r\n"
        der: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        await writer.wait_closed()
        return x509.load_der_x509_certificate(der).fingerprint(hashes.SHA256()).hex(":").upper()

    plain = await asyncio.start_server(greet, "127.0.0.1", 0)
    under_tls = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=tls.context)
    async with plain, under_tls, asyncio.timeout(20):
        first = fingerprint(paths.certificate)
        assert await shown(plain, upgrade=True) == first
        assert await shown(under_tls, upgrade=False) == first
        paths.certificate.unlink()
        second = fingerprint(ensure_self_signed(tmp_path).certificate)
        clock.now += 1.0
        assert await shown(plain, upgrade=True) == second
        assert await shown(under_tls, upgrade=False) == second


def test_sessions_resume_after_a_renewal(tmp_path: Path) -> None:
    clock = Clock()
    paths = ensure_self_signed(tmp_path)
    tls = TlsContext(paths, clock=clock)
    peer = client()
    peer.maximum_version = ssl.TLSVersion.TLSv1_2
    first, _ = handshake(tls.context, peer)
    paths.certificate.unlink()
    ensure_self_signed(tmp_path)
    clock.now += 1.0
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    again = peer.wrap_bio(to_client, to_server, server_hostname="localhost", session=first.session)
    server = tls.context.wrap_bio(to_server, to_client, server_side=True)
    waiting = [again, server]
    for _ in range(10):
        waiting = [end for end in waiting if not _done(end)]
    assert (waiting, again.session_reused) == ([], True)
