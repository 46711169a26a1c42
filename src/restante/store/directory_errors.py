"""What the account directory can refuse, each its own type. Texts are fit for an administrator and hold no secret."""

from __future__ import annotations

from restante.store.errors import StoreError


class DirectoryError(StoreError):
    """The directory will not do that; ``str(error)`` says why."""


class AccountExists(DirectoryError):
    """An account of that login name exists already."""


class AliasExists(DirectoryError):
    """The address leads to an account already, as an alias or as a login name."""


class NoSuchAlias(DirectoryError):
    """The account has no such alias."""


class BadAccountName(DirectoryError, ValueError):
    """The text cannot be a login name; ``str(error)`` says why."""


class BadAddress(DirectoryError, ValueError):
    """The text is no mail address; ``str(error)`` says why."""


class StaleCredentials(DirectoryError):
    """The credentials were changed by someone else in the meantime; nothing was written."""
