"""One history for both databases, expand then contract, so that two neighbouring versions can run side by side."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from limen.storage.dialects import Dialect
from limen.storage.migrations.planning import tell_planner
from limen.storage.schema import keystore_metadata

HERE = Path(__file__).parent


def configuration(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration; *connection* is what migrations run on."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config


async def migrate(dialect: Dialect) -> tuple[str | None, str | None]:
    """Bring the database to this version; return the revisions before and after.

    All in one transaction, and one process at a time: another that asks meanwhile waits, and finds nothing left to do.
    """
    async with _alone(dialect) as connection:
        before = await connection.run_sync(_current)
        await connection.run_sync(_upgrade)
        return before, await connection.run_sync(_current)


async def is_current(dialect: Dialect) -> bool:
    """Tell whether the database is at this version's revision."""
    async with dialect.engine.connect() as connection:
        return bool(await connection.run_sync(_current) == head())


async def migrate_keystore(dialect: Dialect) -> None:
    """Make the key store's two tables; they have not changed since the first version."""
    async with _alone(dialect) as connection:
        await connection.run_sync(_make_keystore)
        await dialect.grant_keys(connection)


@asynccontextmanager
async def _alone(dialect: Dialect) -> AsyncGenerator[AsyncConnection, None]:
    async with dialect.engine.connect() as connection:
        try:
            await dialect.begin_alone(connection, "limen:migrate")
            yield connection
            await connection.commit()
        finally:
            await connection.invalidate()  # it is set up for changing tables, not for anything else


def head() -> str | None:
    """Return the newest revision that this version knows."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def _current(connection: Connection) -> Any:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    command.upgrade(configuration(connection), "head")
    tell_planner(connection)


def _make_keystore(connection: Connection) -> None:
    keystore_metadata.create_all(connection)
    tell_planner(connection)
