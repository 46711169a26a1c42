"""The memory engine's index of text: there is none, every search reads; so all counts as indexed and nothing is ever wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from restante.store.text_index import Progress, TextIndexStatus


class MemoryTextIndex:
    """See :class:`restante.store.text_index.TextIndex`.

    Args:
        contents: how many the account has.
    """

    def __init__(self, contents: Callable[[], int]) -> None:
        self._contents = contents

    async def status(self) -> TextIndexStatus:
        """All is indexed."""
        return TextIndexStatus(self._contents(), 0, 0, 0)

    async def check(self, progress: Progress) -> Sequence[str]:
        """Nothing is wrong."""
        return ()

    async def rebuild(self, progress: Progress) -> None:
        """It is done."""
        progress(self._contents(), self._contents())
