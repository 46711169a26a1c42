"""Hints within one process: a list of callbacks for each account."""

from __future__ import annotations

from collections.abc import Callable

from restante.model.ids import AccountId, MailboxId, ModSeq
from restante.store.model import Hint

Wake = Callable[[Hint], None]


class MemoryHints:
    """See :class:`restante.store.api.Hints`. Callbacks run before the mutator returns, after its change is in place."""

    def __init__(self) -> None:
        self._wakes: dict[AccountId, list[Wake]] = {}

    def subscribe(self, account: AccountId, wake: Wake) -> Callable[[], None]:
        """Have *wake* called for each change in *account*; returns what ends it, harmless to call twice."""
        self._wakes.setdefault(account, []).append(wake)

        def end() -> None:
            wakes = self._wakes.get(account, [])
            if wake in wakes:
                wakes.remove(wake)
            if not wakes:
                self._wakes.pop(account, None)

        return end

    def emit(self, account: AccountId, modseq: ModSeq, *mailboxes: MailboxId | None) -> None:
        """Wake *account*'s sessions once for each of *mailboxes*."""
        for mailbox in mailboxes:
            self.wake(Hint(account, mailbox, modseq))

    def wake(self, hint: Hint) -> None:
        """Wake the account's sessions."""
        # A callback may end its own subscription, so the list is copied.
        for wake in tuple(self._wakes.get(hint.account, ())):
            wake(hint)
