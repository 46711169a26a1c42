"""The reference engine: the store's contract at its plainest, in memory. The executable specification; for tests and trials."""

from restante.store.memory.store import MemoryStore

__all__ = ["MemoryStore"]
