"""``limen version``, ``limen settings …``."""

import sys
from importlib.metadata import version as version_of

_SHOWN = ("limen", "granian", "starlette", "sqlalchemy", "asyncpg", "cryptography")


def version() -> None:
    """Show the versions of Limen and of what it stands on."""
    for name in _SHOWN:
        print(f"{name:<14}{version_of(name)}")  # noqa: T201
    print(f"{'python':<14}{sys.version.split()[0]}")  # noqa: T201


def schema() -> None:
    """Show the JSON Schema of the settings."""
    from limen.app.settings.reference import schema_json  # noqa: PLC0415

    print(schema_json())  # noqa: T201


def reference() -> None:
    """Show the reference page of the settings, as reStructuredText."""
    from limen.app.settings.reference import reference_page  # noqa: PLC0415

    print(reference_page())  # noqa: T201
