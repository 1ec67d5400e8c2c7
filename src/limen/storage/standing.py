"""What the database says of us: for ``limen doctor``."""

from sqlalchemy import text

from limen.storage.database import Database

_LOGIN = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user")


async def login_bypasses_row_security(database: Database) -> bool:
    """Tell whether the login, before it takes its role, is above row-level security. On SQLite there is none."""
    if database.dialect.name != "postgresql":
        return False
    async with database.platform() as connection:
        return bool((await connection.execute(_LOGIN)).scalar())


async def is_durable(database: Database) -> bool:
    """Tell whether what is acknowledged survives a power cut."""
    words = await database.dialect.durability()
    return "flushed before each answer" in words or "synchronous_commit=on fsync=on" in words
