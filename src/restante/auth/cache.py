"""Remembers verified logins for a while, so that a client's tenth connection costs no argon2id.

Strategy: one entry per account: a keyed hash of id, credential version and password, under a key that lives and dies with
the process. Only right passwords are remembered, so guesses cannot push anything out.

The rule it protects: a changed password, a rename or a disabled account is not let in from memory, since each raises the
credential version; and no password can be read from a memory dump's entries without its key and as much guessing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from contextlib import suppress
from typing import NamedTuple

from restante.auth.ports import Clock
from restante.model.ids import AccountId
from restante.store.directory import AccountRecord


class _Entry(NamedTuple):
    digest: bytes
    expires: float


class VerifiedLogins:
    """What was verified of late. *lifetime* in seconds, *capacity* in accounts, the longest unused going first."""

    def __init__(self, clock: Clock, *, lifetime: float = 600.0, capacity: int = 10_000) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._capacity = capacity
        self._key = secrets.token_bytes(32)
        self._entries: OrderedDict[AccountId, _Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def knows(self, account: AccountRecord, password: str) -> bool:
        """Whether *password* was verified for *account* as it is now; about 3 µs. Any thread may ask."""
        entry = self._entries.get(account.id)
        if entry is None or account.disabled or entry.expires <= self._clock():
            return False
        return hmac.compare_digest(entry.digest, self._digest(account, password))

    def remember(self, account: AccountRecord, password: str) -> None:
        """Notes that *password* was verified for *account*, from now on for the lifetime. Any thread may tell."""
        self._entries[account.id] = _Entry(self._digest(account, password), self._clock() + self._lifetime)
        self.used(account)
        while len(self._entries) > self._capacity:
            # Each dictionary operation is atomic, but another thread may have emptied it since the look at its length.
            with suppress(KeyError):
                self._entries.popitem(last=False)

    def used(self, account: AccountRecord) -> None:
        """Notes that the account's entry was of use, so that others go first. Its life is not prolonged."""
        with suppress(KeyError):
            self._entries.move_to_end(account.id)

    def forget(self, account: AccountId) -> None:
        """Drops what is known of *account*."""
        self._entries.pop(account, None)

    def _digest(self, account: AccountRecord, password: str) -> bytes:
        subject = f"{account.id}\0{account.credential_version}\0{password}".encode(errors="surrogatepass")
        return hashlib.blake2b(subject, digest_size=32, key=self._key).digest()
