"""Reads, describes and writes the value of a setting, by its type.

Strategy: one :class:`Kind` for each type the model uses: what it expects (in words), how it is read, how it is written
back in TOML. Text from the environment or a flag is read by the same rules, only that numbers, truth values and lists
may then be text as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final, Literal, get_args, get_origin

import msgspec

from restante.config.address import Address, Domain, Network, address, network
from restante.config.quantity import parse, written
from restante.config.setting import Setting
from restante.model.mailbox_name import MailboxName, mailbox_name
from restante.store.address import domain_key

_TRUTHS: Final = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


@dataclass(frozen=True, slots=True)
class Given:
    """A value as somebody gave it.

    Attributes:
        value: from TOML, or a text.
        is_text: whether it comes from where there is only text: the environment or a flag.
        directory: where relative paths start.
    """

    value: object
    is_text: bool
    directory: Path


@dataclass(frozen=True, slots=True)
class Kind:
    """How one type of setting is described and read. ``read`` raises ValueError, with a text when it knows more."""

    expects: Callable[[Setting], str]
    read: Callable[[Setting, Given], object]


def read(setting: Setting, given: Given) -> object:
    """The value of *setting* that was *given*. Raises ValueError, in words that name the setting."""
    try:
        return _kind(setting).read(setting, given)
    except (ValueError, TypeError) as error:
        # The readers of addresses and names say more than the kind does; msgspec would speak of Python's types.
        reason = f": {error}" if _is_told(error) else ""
        raise ValueError(f"{setting.path} must be {expects(setting)}, not {_shown(given.value)}{reason}") from error


def _is_told(error: Exception) -> bool:
    return isinstance(error, ValueError) and not isinstance(error, msgspec.ValidationError)


def expects(setting: Setting) -> str:
    """What *setting* may be, in words: ``a whole number from 1 to 64``."""
    return _kind(setting).expects(setting)


def toml(value: object, setting: Setting) -> str:
    """*value* of *setting* as TOML writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(_quoted(str(item)) for item in value)}]"
    if value is None:
        return '""'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        text = written(value, setting.description.unit) if setting.description.unit else str(value)
        return text if text.replace(".", "", 1).isdigit() else _quoted(text)
    return _quoted(str(value))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _kind(setting: Setting) -> Kind:
    if get_origin(setting.base) is Literal:
        return _CHOICE
    return _KINDS[setting.base]


def _checked(setting: Setting, value: object) -> object:
    """*value* if it is of the setting's type and within its range. Raises TypeError, msgspec.ValidationError."""
    found: object = msgspec.convert(value, setting.base)
    said = setting.description
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        # "not within" rather than "outside": nan is neither.
        low, high = said.at_least, said.at_most
        if not (low is None or found >= low) or not (high is None or found <= high):
            raise TypeError
    elif isinstance(found, str) and said.pattern and not re.fullmatch(said.pattern, found):
        raise TypeError
    return found


def _text(given: Given) -> str:
    if not isinstance(given.value, str):
        raise TypeError
    return given.value.strip() if given.is_text else given.value


def _read_text(setting: Setting, given: Given) -> object:
    return _checked(setting, _text(given))


def _read_truth(setting: Setting, given: Given) -> object:
    if given.is_text and isinstance(given.value, str):
        return _checked(setting, _TRUTHS.get(given.value.strip().lower()))
    return _checked(setting, given.value)


def _read_number(setting: Setting, given: Given) -> object:
    value, unit = given.value, setting.description.unit
    if not isinstance(value, str) or not (unit or given.is_text):
        return _checked(setting, value)
    if unit is None:
        return _checked(setting, int(value) if value.strip().isdecimal() else None)
    number = parse(value, unit)
    return _checked(setting, int(number) if number.is_integer() and setting.base is int else number)


def _read_path(_: Setting, given: Given) -> Path:
    text = _text(given)
    if not text or "\0" in text:
        raise TypeError
    try:
        return given.directory / Path(text).expanduser()
    except RuntimeError as error:
        raise ValueError("the system knows no such user") from error


def _read_optional_path(setting: Setting, given: Given) -> Path | None:
    return None if _text(given) == "" else _read_path(setting, given)


def _read_mailbox(_: Setting, given: Given) -> MailboxName | None:
    text = _text(given)
    return mailbox_name(text) if text else None


def _items(given: Given) -> list[str]:
    if isinstance(given.value, str):
        return [item.strip() for item in given.value.split(",") if item.strip()]
    if not isinstance(given.value, list) or not all(isinstance(item, str) for item in given.value):
        raise TypeError
    return [str(item) for item in given.value]


def _read_addresses(_: Setting, given: Given) -> tuple[Address, ...]:
    return tuple(address(item) for item in _items(given))


def _read_networks(_: Setting, given: Given) -> tuple[Network, ...]:
    return tuple(network(item) for item in _items(given))


def _read_domains(_: Setting, given: Given) -> tuple[Domain, ...]:
    return tuple(Domain(domain_key(item)) for item in _items(given))


def _number(setting: Setting) -> str:
    name = f"a number of {setting.description.unit}" if setting.description.unit else "a whole number"
    low, high = (
        None if end is None else _bound(end, setting)
        for end in (setting.description.at_least, setting.description.at_most)
    )
    if low is not None and high is not None:
        name = f"{name} from {low} to {high}"
    elif low is not None:
        name = f"{name}, {low} at least"
    return name


def _bound(end: float, setting: Setting) -> str:
    return written(end, setting.description.unit) if setting.description.unit else str(int(end))


def _saying(words: str) -> Callable[[Setting], str]:
    return lambda setting: words


def _patterned(setting: Setting) -> str:
    return f"a text that matches {setting.description.pattern}" if setting.description.pattern else "a text"


def _choices(setting: Setting) -> str:
    return f"one of {', '.join(json.dumps(choice) for choice in get_args(setting.base))}"


_NUMBER: Final = Kind(_number, _read_number)
_CHOICE: Final = Kind(_choices, _read_text)
_KINDS: Final[dict[object, Kind]] = {
    int: _NUMBER,
    float: _NUMBER,
    bool: Kind(_saying("true or false"), _read_truth),
    str: Kind(_patterned, _read_text),
    Path: Kind(_saying("a path"), _read_path),
    Path | None: Kind(_saying('a path, or "" for none'), _read_optional_path),
    MailboxName | None: Kind(_saying('a mailbox name, or "" for none'), _read_mailbox),
    tuple[Address, ...]: Kind(_saying("HOST:PORT, or a list of them"), _read_addresses),
    tuple[IPv4Network | IPv6Network, ...]: Kind(_saying("ADDRESS/PREFIX, or a list of them"), _read_networks),
    tuple[Domain, ...]: Kind(_saying("a domain, or a list of them"), _read_domains),
}
