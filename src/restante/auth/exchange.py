"""Runs one SASL exchange (RFC 4422 §3): feeds responses to a mechanism and does what its steps ask for.

The rule it protects: every protocol (IMAP, submission, POP3, ManageSieve) logs in through here or through
:meth:`~restante.auth.authenticator.Authenticator.login`, so throttling and equal answers hold for all of them.
"""

from __future__ import annotations

from restante.auth.authenticator import Authenticator, fresh_nonce
from restante.auth.errors import BadCredentials, BadExchange, Cause, NeedsPrivacy
from restante.sasl.mechanism import Challenge, CheckPassword, Disproved, Malformed, NeedKeys, Proved, Step
from restante.sasl.registry import find
from restante.sasl.scram_keys import ScramKeys
from restante.store.directory import AccountRecord


class Exchange:
    """One exchange of the mechanism *name* with the client at address *peer*, over a *protected* channel or not.

    Raises BadExchange if there is no such mechanism, NeedsPrivacy if it is not for this channel.
    """

    def __init__(self, authenticator: Authenticator, name: str, peer: str, *, protected: bool) -> None:
        spec = find(name)
        if spec is None or spec.name not in authenticator.mechanisms(protected=True):
            raise BadExchange("The mechanism is not supported", Cause.NO_SUCH_MECHANISM)
        if spec.protected and not protected:
            raise NeedsPrivacy
        self._authenticator = authenticator
        self._mechanism = spec.start(fresh_nonce())
        self._peer = peer
        self._claim: tuple[str, ScramKeys] | None = None
        self._weighed = False

    async def step(self, response: bytes | None) -> Challenge | AccountRecord:
        """Takes the client's *response* (None: it sent no initial one), and gives a challenge to send or who logged in.

        Raises :class:`~restante.auth.errors.AuthenticationFailed`; the exchange is then over.
        """
        match await self._next(response):
            case Challenge() as challenge:
                return challenge
            case CheckPassword(authzid, authcid, password):
                return await self._authenticator.login(authcid, password, self._peer, authzid=authzid)
            case NeedKeys(authcid, resume):
                keys = await self._authenticator.keys(authcid)
                self._claim = authcid, keys
                return resume(keys)
            case Proved(authzid, _):
                return await self._proved(authzid)
            case Disproved():
                raise BadCredentials(Cause.WRONG_PASSWORD)
            case Malformed(reason):
                raise BadExchange(f"The response is malformed: {reason}", Cause.MALFORMED)

    async def _next(self, response: bytes | None) -> Step:
        """The mechanism's next step; a proof is only looked at when the throttle lets it."""
        if self._claim is None or self._weighed:
            return self._mechanism.step(response)
        self._weighed = True
        return await self._authenticator.weigh(self._claim[0], self._peer, lambda: self._mechanism.step(response))

    async def _proved(self, authzid: str) -> AccountRecord:
        if self._claim is None:
            raise BadCredentials(Cause.WRONG_PASSWORD)
        name, keys = self._claim
        return await self._authenticator.proved(name, authzid, keys, self._peer)
