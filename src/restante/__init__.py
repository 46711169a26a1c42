"""Restante: a mail store that people reach over IMAP.

*Poste restante*: the post office keeps your letters, and you read them there from wherever you are.
The floors of the house, and what may import what, are in ARCHITECTURE.md.
"""

__version__ = "0.1.0"
