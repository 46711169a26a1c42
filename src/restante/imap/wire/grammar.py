"""The terminals of IMAP as compiled patterns (RFC 9051 §9). Every pattern is linear: no two ways to match one text."""

import re
from typing import Final

ATOM_CHARS: Final = rb"!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~"
"""``ATOM-CHAR``, as the inside of a character class."""

ATOM: Final = re.compile(rb"[" + ATOM_CHARS + rb"]+")
ASTRING: Final = re.compile(rb"[" + ATOM_CHARS + rb"\]]+")
LIST_ATOM: Final = re.compile(rb"[" + ATOM_CHARS + rb"\]%*]+")
FLAG: Final = re.compile(rb"\\?[" + ATOM_CHARS + rb"]+")
TAG: Final = re.compile(rb"[!#$&',\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+")
WORD: Final = re.compile(rb"[A-Za-z0-9.\-=+$_]+")
NIL: Final = re.compile(rb"[Nn][Ii][Ll](?![" + ATOM_CHARS + rb"\]])")

QUOTED: Final = re.compile(rb'"([^"\\\r\n\x00]*+)"')
QUOTED_ESCAPED: Final = re.compile(rb'"((?:[^"\\\r\n\x00]++|\\["\\])*+)"')
ESCAPE: Final = re.compile(rb'\\(["\\])')

NUMBER: Final = re.compile(rb"[0-9]{1,20}")
NZ_NUMBER: Final = re.compile(rb"[1-9][0-9]{0,19}")
BASE64: Final = re.compile(rb"[A-Za-z0-9+/]*+={0,2}")

_SEQ_NUMBER: Final = rb"(?:\*|[1-9][0-9]{0,9})"
_SEQ_ITEM: Final = _SEQ_NUMBER + rb"(?::" + _SEQ_NUMBER + rb")?+"
SEQUENCE_SET: Final = re.compile(_SEQ_ITEM + rb"(?:," + _SEQ_ITEM + rb")*+")
_UID_ITEM: Final = rb"[1-9][0-9]{0,9}(?::[1-9][0-9]{0,9})?+"
UID_SET: Final = re.compile(_UID_ITEM + rb"(?:," + _UID_ITEM + rb")*+")

DATE: Final = re.compile(rb'("?)([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})\1')
DATE_TIME: Final = re.compile(
    rb'"([ 0-9][0-9])-([A-Za-z]{3})-([0-9]{4}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-9]{2})"'
)

COMMAND_HEAD: Final = re.compile(
    rb"([!#$&',\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+)(?: (?:([Uu][Ii][Dd]) )?([" + ATOM_CHARS + rb"]+))?"
)
"""Tag, ``UID`` where a further word follows it, and the command's name (RFC 9051 §9: command)."""
