"""Charset labels as mail writes them, and octets to text (RFC 2978, RFC 2045 §6.1).

Strategy: a table leads the labels of the field to codecs of the standard library, from a closed list of text
codecs. Labels lie, so each decoding has a second try: UTF-8, then windows-1252.

The rule it protects: decoding never fails, and a sender's label never chooses a codec that is no character set.
"""

from __future__ import annotations

import re
from encodings.aliases import aliases
from functools import lru_cache
from typing import Final

_NOT_TEXT: Final = frozenset(
    (
        *("base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"),
        *("idna", "mbcs", "oem", "punycode", "raw_unicode_escape", "tactis", "undefined", "unicode_escape"),
    )
)
_MORE_CODECS: Final = frozenset(
    (
        *("cp720", "cp737", "cp856", "cp874", "cp875", "cp1006", "koi8_t", "koi8_u", "utf_8_sig"),
        *("mac_arabic", "mac_croatian", "mac_farsi", "mac_romanian"),
    )
)
_CODECS: Final = frozenset(aliases.values()) - _NOT_TEXT | _MORE_CODECS

_LABELS: Final = {
    "ansi_x3_110_1983": "cp1252",
    "big5_eten": "big5",
    "x_x_big5": "big5",
    "x_big5": "big5",
    "cn_big5": "big5",
    "big5_hkscs_2004": "big5hkscs",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "cp50222": "iso2022_jp_ext",
    "iso_2022_jp_ms": "iso2022_jp_ext",
    "x_windows_iso2022jp": "iso2022_jp_ext",
    "cp51932": "euc_jp",
    "eucjp_ms": "euc_jp",
    "x_euc_jp": "euc_jp",
    "x_eucjp": "euc_jp",
    "cp51936": "gb18030",
    "cp51949": "cp949",
    "windows_31j": "cp932",
    "x_ms_cp932": "cp932",
    "x_sjis": "cp932",
    "shift_jis": "cp932",
    "sjis": "cp932",
    "shiftjis": "cp932",
    "ms_kanji": "cp932",
    "x_shift_jis": "cp932",
    "gb2312": "gb18030",
    "gb_2312_80": "gb18030",
    "gb_2312": "gb18030",
    "chinese": "gb18030",
    "csgb2312": "gb18030",
    "csiso58gb231280": "gb18030",
    "x_gb2312": "gb18030",
    "x_gbk": "gb18030",
    "gbk": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "windows_936": "gb18030",
    "euc_cn": "gb18030",
    "euccn": "gb18030",
    "x_euc_cn": "gb18030",
    "cn_gb": "gb18030",
    "euc_kr": "cp949",
    "euckr": "cp949",
    "ks_c_5601_1987": "cp949",
    "ks_c_5601_1989": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "ksc_5601": "cp949",
    "ks_x_1001": "cp949",
    "korean": "cp949",
    "x_windows_949": "cp949",
    "windows_949": "cp949",
    "cp1361": "johab",
    "x_johab": "johab",
    "windows_874": "cp874",
    "x_windows_874": "cp874",
    "dos_874": "cp874",
    "iso_8859_6_e": "iso8859_6",
    "iso_8859_6_i": "iso8859_6",
    "iso_8859_8_e": "iso8859_8",
    "iso_8859_8_i": "iso8859_8",
    "logical": "iso8859_8",
    "visual": "iso8859_8",
    "unicode_1_1_utf_7": "utf_7",
    "unicode_2_0_utf_7": "utf_7",
    "x_unicode_2_0_utf_7": "utf_7",
    "x_utf_7": "utf_7",
    "unicode_1_1_utf_8": "utf_8",
    "x_unicode_2_0_utf_8": "utf_8",
    "utf_8_mac": "utf_8",
    "utf8_mac": "utf_8",
    "utf8mb4": "utf_8",
    "unicode": "utf_16",
    "x_mac_roman": "mac_roman",
    "x_mac_ce": "mac_latin2",
    "x_mac_cyrillic": "mac_cyrillic",
    "x_mac_greek": "mac_greek",
    "x_mac_turkish": "mac_turkish",
    "x_mac_icelandic": "mac_iceland",
    "x_mac_ukrainian": "mac_cyrillic",
    "macintosh": "mac_roman",
    "mac": "mac_roman",
    "koi": "koi8_r",
    "koi8": "koi8_r",
    "koi8_ru": "koi8_u",
    "x_koi8_r": "koi8_r",
    "x_cp1250": "cp1250",
    "x_cp1251": "cp1251",
    "x_cp1252": "cp1252",
    "x_ansi": "cp1252",
    "ansi": "cp1252",
    "iso8859_1_windows_3_1_latin_1": "cp1252",
    "x_user_defined": "cp1252",
    # What calls itself Latin-1 or ASCII and is not comes from Windows.
    "latin_1": "cp1252",
    "ascii": "utf_8",
    "unknown": "utf_8",
    "unknown_8bit": "utf_8",
    "x_unknown": "utf_8",
    "default": "utf_8",
    "none": "utf_8",
    "binary": "utf_8",
    "8bit": "utf_8",
    "7bit": "utf_8",
}
_TIDY: Final = re.compile(r"[^a-z0-9]+")
_MAX_LABEL: Final = 60
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def codec(label: str) -> str | None:
    """The standard library's codec for a charset *label* as mail writes it, or None if there is none."""
    return _codec(label.lower()) if len(label) <= _MAX_LABEL else None


@lru_cache(maxsize=512)
def _codec(label: str) -> str | None:
    name = _TIDY.sub("_", label).strip("_")
    name = _LABELS.get(name, name)
    name = aliases.get(name, name)
    name = _LABELS.get(name, name)
    if name in _CODECS:
        return name
    for prefix, base in (("windows_", "cp"), ("ibm_", "cp"), ("iso_8859_", "iso8859_"), ("iso_", "iso")):
        if name.startswith(prefix):
            again = base + name.removeprefix(prefix)
            again = _LABELS.get(aliases.get(again, again), aliases.get(again, again))
            return again if again in _CODECS else None
    return None


def codec_of(label: bytes | str) -> str | None:
    """As :func:`codec`, for a label that may still be octets."""
    return codec(label.decode("latin-1") if isinstance(label, bytes) else label)


def decode_text(octets: bytes, label: bytes | str | None) -> str:
    """*octets* as text by the charset *label*; by :func:`guess_text` where it is missing, unknown or plainly wrong."""
    name = codec_of(label) if label else None
    if name is None or (name == "utf_8" and not octets.isascii()):
        return _labelled_utf8(octets) if name else guess_text(octets)
    if name == "cp1252":
        return _windows_1252(octets)
    if name.startswith("iso2022_jp"):
        return _iso_2022_jp(octets, name)
    return _SURROGATE.sub("\ufffd", octets.decode(name, "replace"))


def _iso_2022_jp(octets: bytes, name: str) -> str:
    """ISO-2022-JP as Windows writes it: with the rows of NEC and IBM, which the standard library's codec lacks (cp50221)."""
    try:
        return octets.decode(name)
    except UnicodeDecodeError:
        pieces = _DOUBLE_OCTETS.split(octets)
        pieces[1::2] = [_shift_jis(double) for double in pieces[1::2]]
        return _ESCAPES.sub(b"", b"".join(pieces)).decode("cp932", "replace")


_DOUBLE_OCTETS: Final = re.compile(rb"\x1b\$[@B]([^\x1b\r\n]*+)")
_ESCAPES: Final = re.compile(rb"\x1b(?:\([BJI]|\$\([A-Z]|\$[A-Z@])")


def _shift_jis(double: bytes) -> bytes:
    """JIS X 0208's pairs of seven-bit octets as Shift_JIS has them (JIS X 0208:1997, appendix 1)."""
    shifted = bytearray()
    for row, cell in zip(double[::2], double[1::2], strict=False):
        lead = ((row - 0x21) >> 1) + 0x81
        trail = cell + 0x7E if not row & 1 else cell + 0x1F + (cell > 0x5F)
        shifted += bytes((min(lead + 0x40 if lead > 0x9F else lead, 0xFF), min(trail, 0xFF))) if row > 0x20 else b"?"
    return bytes(shifted)


def guess_text(octets: bytes) -> str:
    """Text in a charset nobody named: UTF-8 if it can be, windows-1252 otherwise."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return _windows_1252(octets)


def _labelled_utf8(octets: bytes) -> str:
    """Text that calls itself UTF-8 or ASCII; a part of it that was cut or damaged does not spoil the rest."""
    try:
        return octets.decode()
    except UnicodeDecodeError:
        text = octets.decode("utf-8", "replace")
        # More damage than sense: it never was UTF-8.
        return text if text.count("\ufffd") * 2 <= _non_ascii(text) else _windows_1252(octets)


def _non_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _windows_1252(octets: bytes) -> str:
    try:
        return octets.decode("cp1252")
    except UnicodeDecodeError:
        return octets.decode("latin-1")
