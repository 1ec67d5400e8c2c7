"""The sections of the settings, by what they are about: a file each, and a class for each section of ``limen.toml``."""

import msgspec

from limen.kernel.secret import Secret

NO_SECRET = Secret("")


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One part of the settings."""
