"""Logs people in: by name and password, or by a SASL exchange (RFC 4422).

Strategy: throttle first, then look at the password; from memory if it was verified of late, with argon2id off the loop if
not. The verified-login memory is asked again when the hash's turn comes, so that ten connections opened at once cost few.

The rule it protects: for one who does not know the password, an unknown name, a wrong password and a disabled account are
one answer after one time.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from restante.auth import password as passwords
from restante.auth.cache import VerifiedLogins
from restante.auth.errors import BadCredentials, Cause, NotAuthorized, TemporarilyUnavailable
from restante.auth.password import DEFAULT_COST, HashCost
from restante.auth.ports import Offload, Sleep
from restante.auth.throttle import Throttle, TooManyAttempts
from restante.sasl.mechanism import Disproved, Step
from restante.sasl.registry import offered
from restante.sasl.scram_keys import DEFAULT_ITERATIONS, ScramKeys, imitate
from restante.store.address import Addressing
from restante.store.directory import DEFAULT_ADDRESSING, AccountRecord, Directory
from restante.store.errors import StoreError
from restante.store.login_name import login_names


class Authenticator:
    """Checks who someone is.

    Arguments:
        directory: the accounts.
        throttle, verified: shared by all protocols of the process.
        offload: runs the hash functions.
        sleep: waits out the throttle's delays.
        cost: at which passwords are to be hashed; others are hashed anew at their next login.
        rules: whether ``anna@example.org`` may log in as ``anna``.
    """

    def __init__(
        self,
        directory: Directory,
        *,
        throttle: Throttle,
        verified: VerifiedLogins,
        offload: Offload,
        sleep: Sleep,
        cost: HashCost = DEFAULT_COST,
        rules: Addressing = DEFAULT_ADDRESSING,
    ) -> None:
        self._directory = directory
        self._throttle = throttle
        self._verified = verified
        self._offload = offload
        self._sleep = sleep
        self._cost = cost
        self._rules = rules
        self._nobody = passwords.unopenable(cost)

    async def login(self, name: str, password: str, peer: str, *, authzid: str = "") -> AccountRecord:
        """The account that *name* and *password* open; *peer* is the client's address as text.

        *authzid* must be empty or mean the same account. Raises BadCredentials, NotAuthorized, TemporarilyUnavailable.
        """
        try:
            with self._throttle.attempt(self._throttle_key(name), peer) as attempt:
                await self._wait(attempt.delay)
                found = await self._verify(name, password)
                if isinstance(found, Cause):
                    attempt.failed()
                    raise BadCredentials(found)
                attempt.succeeded()
            await self._authorize(found, authzid)
            return await self._current(found, password)
        except TooManyAttempts as error:
            raise TemporarilyUnavailable(str(error), Cause.TOO_MANY) from error
        except StoreError as error:
            _unavailable(error)

    def mechanisms(self, *, protected: bool) -> tuple[str, ...]:
        """The SASL mechanisms to announce on a channel that is, or is not, *protected*, best first."""
        names = offered(protected=protected)
        return names if self._cost.scram_iterations else tuple(name for name in names if not name.startswith("SCRAM-"))

    async def keys(self, name: str) -> ScramKeys:
        """The SCRAM keys of the account that *name* means; imitated if it cannot log in. Raises TemporarilyUnavailable."""
        try:
            account = await self._find(name)
            if account and not account.disabled and account.credentials.scram:
                return account.credentials.scram
            iterations = self._cost.scram_iterations or DEFAULT_ITERATIONS
            return imitate(self._throttle_key(name), await self._directory.secret(), iterations)
        except StoreError as error:
            _unavailable(error)

    async def weigh(self, name: str, peer: str, prove: Callable[[], Step]) -> Step:
        """What *prove*, which looks at a proof for *name*, gives, after the throttle's delay. Raises TemporarilyUnavailable."""
        try:
            with self._throttle.attempt(self._throttle_key(name), peer) as attempt:
                await self._wait(attempt.delay)
                step = prove()
                if isinstance(step, Disproved):
                    attempt.failed()
                return step
        except TooManyAttempts as error:
            raise TemporarilyUnavailable(str(error), Cause.TOO_MANY) from error

    async def proved(self, name: str, authzid: str, keys: ScramKeys, peer: str) -> AccountRecord:
        """The account whose *keys* a proof fitted, if they are its keys still. Raises as :meth:`login` does."""
        try:
            account = await self._find(name)
            if account is None or account.disabled or account.credentials.scram != keys:
                raise BadCredentials(Cause.WRONG_PASSWORD)
            self._throttle.note(self._throttle_key(name), peer, failed=False)
            await self._authorize(account, authzid)
            return account
        except StoreError as error:
            _unavailable(error)

    async def _wait(self, seconds: float) -> None:
        if seconds > 0:
            await self._sleep(seconds)

    async def _find(self, name: str) -> AccountRecord | None:
        for candidate in login_names(name, self._rules):
            account = await self._directory.get(candidate)
            if account is not None:
                return account
        return None

    async def _verify(self, name: str, password: str) -> AccountRecord | Cause:
        """The account as it is after the check, if *password* is its and it may log in; else why not."""
        account = await self._find(name)
        if account is None:
            await self._offload(passwords.verify, self._nobody, password)
            return Cause.UNKNOWN_NAME
        if self._verified.knows(account, password):
            self._verified.used(account)
            return account
        return await self._verify_slowly(account, password)

    async def _verify_slowly(self, account: AccountRecord, password: str) -> AccountRecord | Cause:
        """With the hash. It takes a while: what changed meanwhile counts, and a new hash of the same password is no change."""
        for _ in range(2):
            if not await self._offload(self._check, account, password):
                return Cause.WRONG_PASSWORD
            now = await self._directory.by_id(account.id)
            if now is None:
                return Cause.UNKNOWN_NAME
            if now.credential_version == account.credential_version:
                return Cause.DISABLED if now.disabled else now
            account = now
        return Cause.WRONG_PASSWORD

    def _check(self, account: AccountRecord, password: str) -> bool:
        """Runs off the loop, and remembers there, so that checks of the same password that queue behind find it at once."""
        if self._verified.knows(account, password):
            return True
        if not passwords.verify(account.credentials, password):
            return False
        self._verified.remember(account, password)
        return True

    async def _authorize(self, account: AccountRecord, authzid: str) -> None:
        """To one who is known to be *account*: whether acting as *authzid* is allowed. Raises NotAuthorized."""
        if authzid:
            other = await self._find(authzid)
            if other is None or other.id != account.id:
                raise NotAuthorized

    async def _current(self, account: AccountRecord, password: str) -> AccountRecord:
        """The account with its password hashed at today's cost; as it was if that cannot be written now."""
        if not passwords.needs_rehash(account.credentials, self._cost):
            return account
        fresh = await self._offload(passwords.make_credentials, password, self._cost)
        with suppress(StoreError):
            account = await self._directory.set_credentials(
                account.id, fresh, expected_version=account.credential_version
            )
            self._verified.remember(account, password)
        return account

    def _throttle_key(self, name: str) -> str:
        """The name as the directory compares it, so that its spellings share one score; one key for all bad names."""
        return next(iter(login_names(name, self._rules)), "")


def _unavailable(error: StoreError) -> NoReturn:
    raise TemporarilyUnavailable("Logins cannot be checked now, try again later", Cause.UNAVAILABLE) from error


def fresh_nonce() -> str:
    """Random printable ASCII without comma, 144 bits."""
    return secrets.token_urlsafe(18)
