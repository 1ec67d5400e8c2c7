"""Which revision a database is at, asked without loading Alembic: few starts have anything to migrate."""

from pathlib import Path
from typing import Final

from sqlalchemy import text

from limen.storage.database import Database

_VERSIONS = Path(__file__).parent / "migrations" / "versions"

PLANNER_TOLD: Final = 1
"""Which telling is in force of what tables look like (:mod:`limen.storage.migrations.planning`): another number each
time that it says another thing of the same tables, so that databases which were told the old one hear it.
"""
_TOLD = text("PRAGMA user_version")


def newest_revision() -> str:
    """Return the newest revision that this version knows: files are named ``0001_first.py``, in one line of history."""
    return max(file.name.partition("_")[0] for file in _VERSIONS.glob("[0-9]*_*.py"))


async def revision(database: Database) -> str | None:
    """Return the revision of *database*; None where it was never migrated."""
    try:
        async with database.platform() as connection:
            found: str | None = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    except database.dialect.refused:  # no such table, or not for us to read, which only a migration mends
        return None
    return found


async def is_planner_told(database: Database) -> bool:
    """Tell whether a *database* that is migrated was told what tables look like; PostgreSQL counts by itself."""
    if database.dialect.name != "sqlite":
        return True
    async with database.platform() as connection:
        return bool((await connection.execute(_TOLD)).scalar() == PLANNER_TOLD)
