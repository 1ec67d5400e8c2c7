"""One history for both databases, expand then contract, so that two neighbouring versions can run side by side."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from limen.storage.dialects import Dialect
from limen.storage.schema import keystore_metadata

HERE = Path(__file__).parent


def configuration(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration; *connection* is what migrations run on."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["connection"] = connection
    return config


async def migrate(dialect: Dialect) -> tuple[str | None, str | None]:
    """Bring the database to this version; return the revisions before and after."""
    async with dialect.engine.connect() as connection:
        before = await connection.run_sync(_current)
        await connection.run_sync(_upgrade)
        await connection.commit()
        return before, await connection.run_sync(_current)


async def is_current(dialect: Dialect) -> bool:
    """Tell whether the database is at this version's revision."""
    async with dialect.engine.connect() as connection:
        return await connection.run_sync(_current) == head()


async def migrate_keystore(dialect: Dialect) -> None:
    """Make the key store's two tables; they have not changed since the first version."""
    async with dialect.engine.connect() as connection:
        await connection.execution_options(limen_write=True)
        await connection.run_sync(keystore_metadata.create_all)
        await connection.commit()


def head() -> str | None:
    """Return the newest revision that this version knows."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def _current(connection: Connection) -> Any:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    command.upgrade(configuration(connection), "head")
