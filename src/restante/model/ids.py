"""Identifiers, each its own type, so that a UID can never stand where a sequence number is meant.

The store knows :data:`Uid`, the view :data:`SeqNum`, and only the view turns one into the other.
"""

from typing import NewType

AccountId = NewType("AccountId", str)
"""Opaque, permanent name of an account's mail; survives a rename of the login. Safe as a file name."""

MailboxId = NewType("MailboxId", str)
"""Opaque, permanent name of a mailbox within its account; survives RENAME (RFC 8474 §4.1: MAILBOXID)."""

EmailId = NewType("EmailId", str)
"""Opaque name of a message's content; survives COPY and MOVE (RFC 8474 §5.1: EMAILID)."""

ThreadId = NewType("ThreadId", str)
"""Opaque name of a conversation (RFC 8474 §5.2: THREADID)."""

Uid = NewType("Uid", int)
"""Unique identifier of a message in a mailbox, 1 to 2**32-1 (RFC 9051 §2.3.1.1)."""

SeqNum = NewType("SeqNum", int)
"""Message sequence number, 1 to the number of messages a session was told of (RFC 9051 §2.3.1.2)."""

ModSeq = NewType("ModSeq", int)
"""Modification sequence of an account, 1 to 2**63-1; each change takes the next one (RFC 7162 §3.1)."""

UidValidity = NewType("UidValidity", int)
"""Unique identifier validity value of a mailbox, 1 to 2**32-1 (RFC 9051 §2.3.1.1)."""

MAX_UID = Uid(0xFFFF_FFFF)
MAX_MODSEQ = ModSeq(0x7FFF_FFFF_FFFF_FFFF)
