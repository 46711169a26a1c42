"""Hints within one process: who is to be woken for each account's changes."""

from __future__ import annotations

from collections.abc import Callable

from restante.model.ids import AccountId, MailboxId, ModSeq
from restante.store.model import Hint

Wake = Callable[[Hint], None]


class SqliteHints:
    """See :class:`restante.store.api.Hints`. Callbacks run on the loop, after the commit and before the mutator returns."""

    def __init__(self) -> None:
        self._wakes: dict[AccountId, list[Wake]] = {}

    def subscribe(self, account: AccountId, wake: Wake) -> Callable[[], None]:
        """Have *wake* called for each change in *account*; returns what ends it, harmless to call twice."""
        wakes = self._wakes.setdefault(account, [])
        wakes.append(wake)

        def end() -> None:
            if wake in wakes:
                wakes.remove(wake)
            if not wakes and self._wakes.get(account) is wakes:
                del self._wakes[account]

        return end

    def emit(self, account: AccountId, modseq: ModSeq, mailbox: MailboxId | None) -> None:
        """Wake *account*'s sessions."""
        wakes = self._wakes.get(account)
        if not wakes:
            return
        hint = Hint(account, mailbox, modseq)
        for wake in tuple(wakes):
            wake(hint)
