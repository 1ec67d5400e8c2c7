"""Migrations: from nothing to what the code expects, once, by whoever owns the database."""

import asyncio
import os
import sqlite3

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from limen.storage import schema
from limen.storage.database import open_dialect
from limen.storage.migrations import head, is_current, migrate, migrate_keystore
from limen.storage.schema.columns import is_on
from tests.contract.world import connect, database_name, file_of, migrated, on_postgres, on_sqlite

pytestmark = pytest.mark.anyio


@pytest.fixture
def empty_url(kind, request, tmp_path):
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
    else:
        databases = request.getfixturevalue("postgres_url")
        url = databases()
        yield url
        databases.drop(url)


@pytest.fixture
async def dialect(anyio_backend, empty_url):
    made = open_dialect(empty_url, role=None)
    yield made
    await made.engine.dispose()


async def test_an_empty_database_is_brought_to_the_newest_revision_and_again_nothing_happens(dialect):
    assert not await is_current(dialect)
    assert await migrate(dialect) == (None, head())
    assert await is_current(dialect)
    assert await migrate(dialect) == (head(), head())


async def test_the_migrated_schema_is_the_one_the_code_speaks_of(dialect):
    await migrate(dialect)

    def differences(connection) -> list:
        def counts(thing, _name, kind, *_) -> bool:
            return kind != "index" or is_on(dialect.name, thing)

        options = {"compare_type": True, "compare_server_default": True, "include_object": counts}
        return compare_metadata(MigrationContext.configure(connection, opts=options), schema.metadata)

    async with dialect.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_indexes_have_the_columns_and_conditions_that_the_code_speaks_of(dialect):
    await migrate(dialect)
    from sqlalchemy import inspect  # noqa: PLC0415

    def indexes(connection) -> dict[str, tuple]:
        inspector = inspect(connection)
        found = {}
        for table in schema.metadata.tables:
            for index in inspector.get_indexes(table):
                if not index.get("duplicates_constraint"):
                    partial = f"{dialect.name}_where" in index.get("dialect_options", {})
                    found[index["name"]] = (table, tuple(index["column_names"]), bool(index["unique"]), partial)
        return found

    expected = {
        index.name: (
            table.name,
            tuple(column.name for column in index.columns),
            bool(index.unique),
            index.dialect_options[dialect.name]["where"] is not None,
        )
        for table in schema.metadata.tables.values()
        for index in table.indexes
        if is_on(dialect.name, index)
    }
    async with dialect.engine.connect() as connection:
        assert await connection.run_sync(indexes) == expected


async def test_two_processes_that_migrate_at_once_do_it_once(empty_url):
    code = (
        "import asyncio, sys; from limen.storage.database import open_dialect;"
        "from limen.storage.migrations import migrate;"
        "print(*asyncio.run(migrate(open_dialect(sys.argv[1], role=None))))"
    )
    import sys  # noqa: PLC0415

    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, empty_url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        for _ in range(2)
    ]
    outputs = [await process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert sorted(output.decode().split() for output, _ in outputs) == [[head(), head()], ["None", head()]]


async def test_many_migrations_at_once_in_one_process_do_it_once(empty_url):
    async def run() -> tuple:
        dialect = open_dialect(empty_url, role=None)
        try:
            return await migrate(dialect)
        finally:
            await dialect.engine.dispose()

    results = await asyncio.gather(*(run() for _ in range(4)))
    assert sorted(results, key=str) == sorted([(None, head()), *[(head(), head())] * 3], key=str)


async def test_a_failed_migration_leaves_nothing(dialect, monkeypatch):
    from limen.storage import migrations  # noqa: PLC0415

    real = migrations._upgrade

    def fail(connection) -> None:
        real(connection)
        raise ZeroDivisionError

    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):  # noqa: PT012
        patch.setattr(migrations, "_upgrade", fail)
        await migrate(dialect)
    assert not await is_current(dialect)
    assert await migrate(dialect) == (None, head())


async def test_the_key_store_is_made_once(dialect):
    await migrate_keystore(dialect)
    await migrate_keystore(dialect)

    def differences(connection) -> list:
        return compare_metadata(MigrationContext.configure(connection), schema.keystore_metadata)

    async with dialect.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


@on_sqlite
async def test_foreign_keys_hold_after_a_migration(kind, empty_url):
    await migrated(empty_url)
    connection = sqlite3.connect(file_of(empty_url))
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    dialect = open_dialect(empty_url)
    async with dialect.engine.connect() as other:
        assert (await other.exec_driver_sql("PRAGMA foreign_keys")).scalar_one() == 1
    await dialect.engine.dispose()


@on_postgres
@pytest.mark.parametrize("role", ["limen_app", "limen_token", "limen_reader"])
async def test_no_serving_role_makes_temporary_tables(kind, empty_url, role):
    await migrated(empty_url)  # a right on the database, which a copy of a template would not have
    connection = await connect(empty_url, role)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("CREATE TEMPORARY TABLE mine (id integer)")
    await connection.close()


@on_postgres
async def test_an_owner_who_is_no_superuser_migrates_and_serves(kind, empty_url):
    """On a server whose roles exist already they must be granted; where they do not, CREATEROLE makes them."""
    admin = await connect(empty_url)
    owner = f"owner_{os.getpid()}"
    await admin.execute(f"CREATE ROLE {owner} LOGIN CREATEROLE NOSUPERUSER")
    await admin.execute(f'ALTER DATABASE "{database_name(empty_url)}" OWNER TO {owner}')
    roles = [row["rolname"] for row in await admin.fetch("SELECT rolname FROM pg_roles WHERE rolname LIKE 'limen\\_%'")]
    for role in roles:
        await admin.execute(f"GRANT {role} TO {owner}")
    url = empty_url.replace("//postgres", f"//{owner}", 1)
    assert url != empty_url
    dialect = open_dialect(url, role=None)
    app = open_dialect(url, role="limen_app")
    try:
        assert await migrate(dialect) == (None, head())
        await migrate_keystore(dialect)
        assert await is_current(app)
        owned = await admin.fetchval("SELECT count(*) FROM pg_tables WHERE tableowner = $1", owner)
        assert owned == len(schema.metadata.tables) + len(schema.keystore_metadata.tables) + 1
    finally:
        await dialect.engine.dispose()
        await app.engine.dispose()
        await admin.execute(f"REASSIGN OWNED BY {owner} TO CURRENT_USER; DROP OWNED BY {owner}; DROP ROLE {owner}")
        await admin.close()


@on_postgres
async def test_an_owner_with_createrole_may_take_the_roles_it_makes(kind, empty_url):
    """The script's way to roles, with names that no server has yet."""
    from limen.storage.migrations.versions import __file__ as versions  # noqa: PLC0415

    admin = await connect(empty_url)
    owner, mark = f"maker_{os.getpid()}", f"trial_{os.getpid()}"
    await admin.execute(f"CREATE ROLE {owner} LOGIN CREATEROLE NOSUPERUSER")
    from pathlib import Path  # noqa: PLC0415

    script = (Path(versions).parents[1] / "postgres" / "0001_roles_and_functions.sql").read_text()
    block = script[script.index("DO $$") : script.index("END $$;") + len("END $$;")]
    names = ("app", "token", "hot", "reader")
    try:
        maker = await connect(empty_url.replace("//postgres", f"//{owner}", 1))
        for _ in range(2):
            await maker.execute(block.replace("'limen_", f"'{mark}_"))
        for name in names:
            await maker.execute(f"SET ROLE {mark}_{name}")
            await maker.execute("RESET ROLE")
        await maker.close()
    finally:
        for name in names:
            await admin.execute(f"DROP ROLE IF EXISTS {mark}_{name}")
        await admin.execute(f"DROP ROLE {owner}")
        await admin.close()
