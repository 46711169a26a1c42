"""What repeated commands were read to: kept where that may be, within bounds, and as good as read anew."""

import pytest

from restante.imap import readings
from restante.imap.extensions.all import ALL
from restante.imap.registry import Registry
from restante.imap.wire.errors import BadSyntax
from restante.imap.wire.fragments import Literal
from restante.imap.wire.reader import Reader
from restante.store.model import StoreFeature


@pytest.fixture
def registry() -> Registry:
    return Registry(ALL, frozenset(StoreFeature))


def _read(registry: Registry, name: str, arguments: bytes, *, utf8: bool = False) -> tuple[object, Reader]:
    reader = Reader((arguments,), uid=name.startswith("UID "), utf8=utf8)
    return registry.read(registry.commands[name], reader), reader


def test_the_same_octets_are_read_once(registry: Registry) -> None:
    first, _ = _read(registry, "STATUS", b" INBOX (MESSAGES)")
    again, _ = _read(registry, "STATUS", b" INBOX (MESSAGES)")
    other, _ = _read(registry, "STATUS", b" INBOX (UIDNEXT)")
    assert first is again
    assert other is not first


def test_what_the_reader_noticed_is_kept_with_it(registry: Registry) -> None:
    for _ in range(2):
        assert _read(registry, "FETCH", b" 1:* (FLAGS)")[1].numbered
        assert not _read(registry, "UID FETCH", b" 1:* (FLAGS)")[1].numbered


def test_a_name_is_read_anew_where_utf8_was_agreed_on(registry: Registry) -> None:
    plain, _ = _read(registry, "STATUS", b' "&AOQ-" (MESSAGES)')
    utf8, _ = _read(registry, "STATUS", b' "&AOQ-" (MESSAGES)', utf8=True)
    assert plain is not utf8


def test_a_password_is_never_kept(registry: Registry) -> None:
    first, _ = _read(registry, "LOGIN", b" anna sesame")
    again, _ = _read(registry, "LOGIN", b" anna sesame")
    assert first is not again


def test_a_command_with_a_literal_is_never_kept(registry: Registry) -> None:
    def once() -> object:
        pieces = (b" ", Literal(5, False, b"INBOX"), b" (MESSAGES)")
        return registry.read(registry.commands["STATUS"], Reader(pieces))

    assert once() is not once()


def test_what_cannot_be_read_is_refused_each_time(registry: Registry) -> None:
    for _ in range(2):
        with pytest.raises(BadSyntax):
            _read(registry, "STATUS", b" INBOX (MESSAGES) and more")


def test_only_so_many_are_kept_and_none_that_is_long(registry: Registry) -> None:
    first, _ = _read(registry, "STATUS", b" first (MESSAGES)")
    for number in range(readings._MOST):
        _read(registry, "STATUS", b" m%d (MESSAGES)" % number)
    assert _read(registry, "STATUS", b" first (MESSAGES)")[0] is not first
    assert len(registry._readings._kept) == readings._MOST
    name = b"x" * readings._LONGEST
    assert (
        _read(registry, "STATUS", b" %b (MESSAGES)" % name)[0]
        is not _read(registry, "STATUS", b" %b (MESSAGES)" % name)[0]
    )
