"""The contract between mail's meaning and its keeping (``api``, ``model``, ``query``, ``errors``), and the engines."""
