"""The throttle: guessers wait, others do not."""

from __future__ import annotations

import pytest
from tests.support.logins import FakeClock

from restante.auth.throttle import Throttle, ThrottleLimits, TooManyAttempts, source

A, B = "192.0.2.1", "192.0.2.2"


def fail(throttle: Throttle, name: str = "anna", peer: str = A) -> float:
    with throttle.attempt(name, peer) as attempt:
        attempt.failed()
    return attempt.delay


def succeed(throttle: Throttle, name: str = "anna", peer: str = A) -> float:
    with throttle.attempt(name, peer) as attempt:
        attempt.succeeded()
    return attempt.delay


def test_delays_double_after_the_free_failures_up_to_the_longest() -> None:
    throttle = Throttle(FakeClock())
    assert [fail(throttle) for _ in range(9)] == [0, 0, 0, 1, 2, 4, 8, 15, 15]


def test_without_free_failures_the_first_attempt_still_does_not_wait() -> None:
    throttle = Throttle(FakeClock(), ThrottleLimits(free_per_account=0, free_per_address=0))
    assert [fail(throttle) for _ in range(3)] == [0, 1, 2]


def test_failures_from_one_address_never_delay_another() -> None:
    throttle = Throttle(FakeClock())
    for _ in range(50):
        fail(throttle)
    assert succeed(throttle, peer=B) == 0
    assert succeed(throttle, peer="2001:db8::1") == 0


def test_a_success_clears_the_account_at_that_address() -> None:
    throttle = Throttle(FakeClock())
    for _ in range(5):
        fail(throttle)
    assert succeed(throttle) == 4
    assert succeed(throttle) == 0


def test_an_own_account_does_not_clear_the_address() -> None:
    throttle = Throttle(FakeClock())
    for n in range(12):
        fail(throttle, name=f"guess{n}")
        succeed(throttle, name="attacker")
    assert fail(throttle, name="fresh") == 4


def test_many_names_from_one_address_are_slowed_down_together() -> None:
    throttle = Throttle(FakeClock())
    delays = [fail(throttle, name=f"user{n}") for n in range(13)]
    assert delays == [0] * 10 + [1, 2, 4]


def test_scores_fade() -> None:
    clock = FakeClock()
    throttle = Throttle(clock, ThrottleLimits(half_life=60))
    for _ in range(6):
        fail(throttle)
    clock.time += 60
    assert fail(throttle) == 1
    clock.time += 600
    assert fail(throttle) == 0


def test_an_ipv6_customer_is_one_address() -> None:
    throttle = Throttle(FakeClock())
    for n in range(6):
        fail(throttle, peer=f"2001:db8:0:1::{n + 1:x}")
    assert fail(throttle, peer="2001:db8:0:1:ffff::1") > 0
    assert fail(throttle, peer="2001:db8:0:2::1") == 0


@pytest.mark.parametrize(
    ("peer", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:DB8:0:1::5", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix", "unix"),
        ("", ""),
        ("x" * 500, "x" * 100),
    ],
)
def test_source(peer: str, key: str) -> None:
    assert source(peer) == key


def test_waiting_side_by_side_gains_nothing() -> None:
    throttle = Throttle(FakeClock())
    for _ in range(3):
        fail(throttle)
    attempts = [throttle.attempt("anna", A) for _ in range(4)]
    assert [attempt.__enter__().delay for attempt in attempts] == [1, 2, 4, 8]
    for attempt in attempts:
        attempt.__exit__(None, None, None)


def test_many_at_once_without_a_failure_do_not_wait() -> None:
    throttle = Throttle(FakeClock())
    attempts = [throttle.attempt("anna", A) for _ in range(20)]
    assert [attempt.__enter__().delay for attempt in attempts] == [0] * 20


def test_too_many_at_once_are_refused_there_and_not_elsewhere() -> None:
    throttle = Throttle(FakeClock(), ThrottleLimits(concurrent=2))
    first, second = throttle.attempt("a", A), throttle.attempt("b", A)
    first.__enter__()
    second.__enter__()
    with pytest.raises(TooManyAttempts), throttle.attempt("c", A):
        pass
    assert fail(throttle, "c", B) == 0
    first.__exit__(None, None, None)
    assert fail(throttle, "c", A) == 0


def test_hanging_up_while_waiting_counts_as_a_failure() -> None:
    throttle = Throttle(FakeClock())
    for _ in range(3):
        fail(throttle)
    with pytest.raises(KeyboardInterrupt), throttle.attempt("anna", A):
        raise KeyboardInterrupt
    assert fail(throttle) == 2


def test_what_breaks_without_a_delay_does_not_count() -> None:
    throttle = Throttle(FakeClock())
    for _ in range(10):
        with pytest.raises(OSError, match="gone"), throttle.attempt("anna", A):
            raise OSError("gone")
    assert succeed(throttle) == 0
    assert len(throttle) == 0


def test_exempt_networks_are_not_slowed_down() -> None:
    throttle = Throttle(FakeClock(), ThrottleLimits(exempt=("127.0.0.0/8", "2001:db8::/32"), concurrent=1))
    for peer in ("127.0.0.1", "::ffff:127.0.0.1", "2001:db8::1"):
        assert [fail(throttle, peer=peer) for _ in range(20)] == [0] * 20
        throttle.note("anna", peer, failed=True)
    assert len(throttle) == 0
    assert [fail(throttle, peer="::1") for _ in range(4)] == [0, 0, 0, 1]


def test_a_bad_exempt_network_is_an_error() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        Throttle(FakeClock(), ThrottleLimits(exempt=("nonsense",)))


def test_loopback_is_an_address_like_others() -> None:
    throttle = Throttle(FakeClock())
    assert [fail(throttle, peer="127.0.0.1") for _ in range(4)] == [0, 0, 0, 1]


def test_memory_is_bounded() -> None:
    throttle = Throttle(FakeClock(), ThrottleLimits(capacity=10))
    for n in range(100):
        fail(throttle, name=f"user{n}", peer=f"192.0.2.{n}")
    assert len(throttle) == 20


def test_noted_failures_count() -> None:
    throttle = Throttle(FakeClock())
    for _ in range(4):
        throttle.note("anna", A, failed=True)
    assert succeed(throttle) == 2
