"""Hints: who in this process is to be woken for each account's changes, and who passes them to other processes."""

from __future__ import annotations

from collections.abc import Callable

from restante.model.ids import AccountId, MailboxId, ModSeq
from restante.store.model import Hint

Wake = Callable[[Hint], None]


class SqliteHints:
    """See :class:`restante.store.api.Hints`. Callbacks run on the loop, after the commit and before the mutator returns."""

    def __init__(self) -> None:
        self._wakes: dict[AccountId, list[Wake]] = {}
        self.tell_others: Callable[[Hint], None] | None = None

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

    def emit(self, account: AccountId, modseq: ModSeq, mailbox: MailboxId | None, *, annotations: bool = False) -> None:
        """Wake *account*'s sessions, here and in other processes."""
        hint = Hint(account, mailbox, modseq, annotations)
        self.wake(hint)
        if self.tell_others is not None:
            self.tell_others(hint)

    def wake(self, hint: Hint) -> None:
        """Wake the account's sessions in this process."""
        for wake in tuple(self._wakes.get(hint.account, ())):
            wake(hint)

    def wake_all(self) -> None:
        """Wake every session in this process: what changed is not known."""
        for account in list(self._wakes):
            self.wake(Hint(account, None, ModSeq(0)))
