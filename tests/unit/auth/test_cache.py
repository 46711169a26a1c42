"""Verified logins, remembered."""

from __future__ import annotations

from dataclasses import replace

from tests.support.logins import FakeClock

from restante.auth.cache import VerifiedLogins
from restante.model.ids import AccountId
from restante.store.directory import AccountRecord, Credentials
from restante.store.login_name import LoginName


def account(name: str = "anna") -> AccountRecord:
    return AccountRecord(AccountId(f"id-{name}"), LoginName(name), Credentials("$"), 1, False, 0)


def test_knows_what_was_remembered_and_nothing_else() -> None:
    cache = VerifiedLogins(FakeClock())
    anna = account()
    assert not cache.knows(anna, "pencil")
    cache.remember(anna, "pencil")
    assert cache.knows(anna, "pencil")
    assert not cache.knows(anna, "Pencil")
    assert not cache.knows(account("bert"), "pencil")


def test_a_new_credential_version_or_disabling_makes_it_unknown() -> None:
    cache = VerifiedLogins(FakeClock())
    anna = account()
    cache.remember(anna, "pencil")
    assert not cache.knows(replace(anna, credential_version=2), "pencil")
    assert not cache.knows(replace(anna, disabled=True), "pencil")


def test_it_is_forgotten_in_time_however_often_used() -> None:
    clock = FakeClock()
    cache = VerifiedLogins(clock, lifetime=600)
    anna = account()
    cache.remember(anna, "pencil")
    clock.time += 599
    assert cache.knows(anna, "pencil")
    cache.used(anna)
    clock.time += 1
    assert not cache.knows(anna, "pencil")


def test_forget() -> None:
    cache = VerifiedLogins(FakeClock())
    anna = account()
    cache.remember(anna, "pencil")
    cache.forget(anna.id)
    cache.forget(anna.id)
    cache.used(anna)
    assert not cache.knows(anna, "pencil")


def test_it_is_bounded_and_drops_the_longest_unused() -> None:
    cache = VerifiedLogins(FakeClock(), capacity=2)
    anna, bert, carl = account("anna"), account("bert"), account("carl")
    cache.remember(anna, "a")
    cache.remember(bert, "b")
    cache.used(anna)
    cache.remember(carl, "c")
    assert len(cache) == 2
    assert cache.knows(anna, "a")
    assert not cache.knows(bert, "b")


def test_entries_hold_no_password_and_differ_between_processes() -> None:
    first, second = VerifiedLogins(FakeClock()), VerifiedLogins(FakeClock())
    for cache in (first, second):
        cache.remember(account(), "pencil")
    assert "pencil" not in repr(first._entries)
    assert first._entries != second._entries
    assert not first.knows(account(), "p\ud800")
