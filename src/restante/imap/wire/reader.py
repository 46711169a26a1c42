"""Stage two of reading: one method per rule of IMAP's grammar (RFC 9051 §9), over the fragments of one command.

Strategy: each terminal is one pattern, compiled once and matched at the current place. A method consumes what it reads
and returns the value; where the text is otherwise it raises :class:`BadSyntax`, and the reader is of no more use.

The rule it protects: what has been read is valid, and within its range; no command handler checks it again.
"""

from __future__ import annotations

import binascii
import datetime
from re import Pattern
from typing import Final

from restante.imap.wire import grammar, values
from restante.imap.wire.cursor import Cursor, Nesting
from restante.imap.wire.errors import BadSyntax, TooBig
from restante.imap.wire.fragments import Literal
from restante.model import flags
from restante.model.dates import MailDate
from restante.model.flags import Flag
from restante.model.ids import MAX_MODSEQ
from restante.model.mailbox_name import MailboxName
from restante.model.message_set import MessageSet, UidSet

__all__ = ["BadSyntax", "Literal", "Nesting", "Reader", "TooBig"]

MAX_NUMBER: Final = 0xFFFF_FFFF
MAX_NUMBER64: Final = 0x7FFF_FFFF_FFFF_FFFF


class Reader(Cursor):
    """Reads one command's arguments, front to back; :class:`Cursor` brings spaces, lists and keywords.

    What the dispatcher sets: :attr:`uid`, :attr:`utf8` and :attr:`arguments`.
    """

    __slots__ = ()

    # Words

    def word(self) -> str:
        """A keyword of the grammar (``+FLAGS.SILENT``, ``RFC822.SIZE``), in upper case; it ends before ``[`` and ``<``."""
        return self._match(grammar.WORD, "a keyword")[0].decode("ascii").upper()

    def tag(self) -> str:
        """``tag``."""
        return self._match(grammar.TAG, "a tag")[0].decode("ascii")

    def atom(self) -> bytes:
        """``atom``."""
        return self._match(grammar.ATOM, "an atom")[0]

    def charset(self) -> str:
        """``charset``, an atom or a string, as written."""
        at = self.position
        try:
            return self.astring().decode("ascii")
        except UnicodeDecodeError:
            raise BadSyntax("a charset's name", at) from None

    def text_rest(self) -> bytes:
        """The rest of the line, which may be empty."""
        rest = self._text[self._at :]
        self._at = len(self._text)
        return rest

    # Strings

    def astring(self) -> bytes:
        """``astring``: an atom (which may hold ``]``) or a string."""
        match = grammar.ASTRING.match(self._text, self._at)
        if match is None:
            return self.string()
        self._at = match.end()
        return match[0]

    def string(self) -> bytes:
        """``string``: quoted or a literal; never a NUL. Eight-bit octets are the caller's to decode."""
        return self.quoted() if self._text.startswith(b'"', self._at) else self.literal()

    def nstring(self) -> bytes | None:
        """``nstring``: a string, or None for NIL."""
        return None if self._nil() else self.string()

    def nstring8(self) -> bytes | None:
        """``nstring / literal8``, as METADATA's values are (RFC 5464 §5)."""
        if self._nil():
            return None
        if self._text.startswith(b'"', self._at):
            return self.quoted()
        literal = self.message_literal()
        return self._checked(literal)

    def quoted(self) -> bytes:
        """``quoted``, its escapes undone; with :attr:`utf8`, what is not ASCII must be UTF-8 (RFC 9755 §3)."""
        at = self.position
        match = grammar.QUOTED.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
            value = match[1]
        else:
            match = self._match(grammar.QUOTED_ESCAPED, "a quoted string")
            value = grammar.ESCAPE.sub(rb"\1", match[1])
        if self.utf8 and not values.is_utf8(value):
            raise BadSyntax("UTF-8", at)
        return value

    def literal(self) -> bytes:
        """``literal``, short. Raises TooBig for one that went into a sink."""
        literal = self._next_literal("a string")
        if literal.binary:
            raise self.expected("a string")
        data = self._checked(literal)
        self._pass(literal)
        return data

    def message_literal(self) -> Literal:
        """``literal / literal8`` of any size, in memory or in a sink, unchecked."""
        literal = self._next_literal("a literal")
        self._pass(literal)
        return literal

    def base64(self) -> bytes:
        """``base64``, decoded; may be empty."""
        at = self.position
        match = self._match(grammar.BASE64, "base64")
        try:
            return binascii.a2b_base64(match[0], strict_mode=True)
        except binascii.Error:
            raise BadSyntax("base64", at) from None

    def initial_response(self) -> bytes:
        """``initial-resp``: base64, or ``=`` for one that is empty (RFC 9051 §6.2.2)."""
        if self._text[self._at :] == b"=":
            self._at += 1
            return b""
        return self.base64()

    # Numbers

    def number(self) -> int:
        """``number``, 0 to 2**32-1."""
        return self._number(grammar.NUMBER, MAX_NUMBER, "a number")

    def number64(self) -> int:
        """``number64``, 0 to 2**63-1."""
        return self._number(grammar.NUMBER, MAX_NUMBER64, "a number")

    def nz_number(self) -> int:
        """``nz-number``, 1 to 2**32-1."""
        return self._number(grammar.NZ_NUMBER, MAX_NUMBER, "a number above zero")

    def mod_sequence_value(self) -> int:
        """``mod-sequence-value``, 1 to 2**63-1 (RFC 7162 §7)."""
        return self._number(grammar.NZ_NUMBER, MAX_MODSEQ, "a mod-sequence above zero")

    def mod_sequence_valzer(self) -> int:
        """``mod-sequence-valzer``, 0 to 2**63-1 (RFC 7162 §7)."""
        return self._number(grammar.NUMBER, MAX_MODSEQ, "a mod-sequence")

    # Messages, mailboxes, flags

    def message_set(self, *, uid: bool | None = None) -> MessageSet:
        """``sequence-set``, of UIDs where *uid*, or without it :attr:`uid`, says so.

        ``$`` is the saved search result (RFC 9051 §6.4.4.1).
        """
        of_uids = self.uid if uid is None else uid
        if self._text.startswith(b"$", self._at):
            self._at += 1
            return MessageSet((), uid=of_uids, saved=True)
        self.numbered = self.numbered or not of_uids
        return MessageSet(self._ranges(grammar.SEQUENCE_SET, "a message set"), uid=of_uids)

    def uid_set(self) -> UidSet:
        """``uid-set``: UIDs and ranges of them, no ``*`` (RFC 9051 §9)."""
        pairs = self._ranges(grammar.UID_SET, "a set of UIDs")
        return UidSet((low, high) if low <= high else (high, low) for low, high in pairs)

    def mailbox(self) -> MailboxName:
        """``mailbox``, in modified UTF-7 or UTF-8. Raises BadMailboxName for one that cannot be."""
        return values.mailbox(self.astring(), utf8=self.utf8)

    def list_mailbox(self) -> str:
        """``list-mailbox``: a pattern with ``%`` and ``*``, or LIST's reference; may be empty. Raises BadMailboxName."""
        match = grammar.LIST_ATOM.match(self._text, self._at)
        if match is None:
            return values.pattern(self.string(), utf8=self.utf8)
        self._at = match.end()
        return values.pattern(match[0], utf8=self.utf8)

    def flag(self) -> Flag:
        """``flag``, system flags in their RFC spelling."""
        return flags.flag(self._match(grammar.FLAG, "a flag")[0].decode("ascii"))

    def flag_list(self) -> tuple[Flag, ...]:
        """``flag-list``, which may be empty."""
        return self.list_of(Reader.flag, empty=True)

    def flags_bare(self) -> tuple[Flag, ...]:
        """``flag *(SP flag)``, without parentheses (RFC 9051 §9: store-att-flags)."""
        found = [self.flag()]
        while self.take(b" "):
            if len(found) >= self.arguments:
                raise self.too_many()
            found.append(self.flag())
        return tuple(found)

    def header_list(self) -> tuple[bytes, ...]:
        """``header-list``: names of header fields, as written."""
        return self.list_of(Reader.astring)

    # Dates

    def date(self) -> datetime.date:
        """``date``, quoted or not."""
        return self._value(grammar.DATE, values.calendar_date, "a date such as 17-Jul-1996")

    def date_time(self) -> MailDate:
        """``date-time``, quoted; the day may begin with a space."""
        return self._value(grammar.DATE_TIME, values.mail_date, 'a date such as "17-Jul-1996 02:44:25 -0700"')

    def _number(self, pattern: Pattern[bytes], most: int, what: str) -> int:
        at = self.position
        number = int(self._match(pattern, what)[0])
        if number > most:
            raise BadSyntax(f"a number up to {most}", at)
        return number

    def _ranges(self, pattern: Pattern[bytes], what: str) -> tuple[tuple[int, int], ...]:
        at = self.position
        text = self._match(pattern, what)[0]
        if len(text) > self.arguments and text.count(b",") >= self.arguments:
            raise self.too_many()
        try:
            return values.ranges(text)
        except ValueError as error:
            raise BadSyntax(str(error), at) from None

    def _nil(self) -> bool:
        match = grammar.NIL.match(self._text, self._at)
        if match is None:
            return False
        self._at = match.end()
        return True

    def _checked(self, literal: Literal) -> bytes:
        if literal.data is None:
            raise TooBig
        if not literal.binary and b"\x00" in literal.data:
            raise self.expected("a string without NUL")
        return literal.data
