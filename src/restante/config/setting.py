"""What one setting is: how the model declares it, and how readers, the reference and ``config show`` see it.

Strategy: a section is a frozen :class:`msgspec.Struct`; each field's annotation carries its meaning, unit and range.
Everything else (validation, environment variables, the reference page) is derived from that one place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, get_args

import msgspec

from restante.config.quantity import Unit

ENVIRONMENT_PREFIX: Final = "RESTANTE_"


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A table of the configuration file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What the model says of a setting; fields as in :func:`setting`."""

    meaning: str
    unit: Unit | None
    at_least: float | None
    at_most: float | None
    pattern: str | None
    default: str | None
    environment: str | None


def setting(
    meaning: str,
    *,
    unit: Unit | None = None,
    at_least: float | None = None,
    at_most: float | None = None,
    pattern: str | None = None,
    default: str | None = None,
    environment: str | None = None,
) -> Description:
    """Describes a field of a :class:`Section`, inside ``Annotated``.

    *meaning* is a sentence or two for the reference; *at_least* and *at_most* are inclusive; *pattern* is a regular
    expression the whole of a text must match; *default* replaces the default in the reference where it is computed;
    *environment* replaces the derived variable name.
    """
    return Description(
        meaning=meaning,
        unit=unit,
        at_least=at_least,
        at_most=at_most,
        pattern=pattern,
        default=default,
        environment=environment,
    )


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as the model declares it.

    Attributes:
        section: the table's name.
        name: the key's name.
        base: the bare type, for example ``int`` or ``tuple[Address, ...]``.
        description: meaning, unit and range.
        default: the value when nothing is set.
        environment: the variable that sets it.
    """

    section: str
    name: str
    base: object
    description: Description
    default: object
    environment: str

    @property
    def path(self) -> str:
        """``section.name``."""
        return f"{self.section}.{self.name}"


def settings_of(section: str, table: type[Section]) -> Iterator[Setting]:
    """The settings that *table*, named *section*, declares, in the order it declares them."""
    for field in msgspec.structs.fields(table):
        base, said = get_args(field.type)
        assert isinstance(said, Description)
        yield Setting(
            section=section,
            name=field.name,
            base=base,
            description=said,
            default=field.default if field.default is not msgspec.NODEFAULT else field.default_factory(),
            environment=said.environment or f"{ENVIRONMENT_PREFIX}{section}_{field.name}".upper(),
        )
