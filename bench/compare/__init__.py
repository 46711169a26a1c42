"""Restante beside Dovecot: the same mail, the same work, in one run; ``python -m bench.compare``."""
