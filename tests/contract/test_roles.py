"""Who may do what: roles on PostgreSQL, triggers and file modes on SQLite."""

import os
import sqlite3
import stat

import asyncpg
import pytest

from limen.identity.consents.sequence import sequence
from limen.kernel.errors import Misconfigured
from limen.kernel.events import AuditEntry
from limen.kernel.ids import RecordId
from limen.storage import schema
from limen.storage.dialects.postgres import APP_ROLE, KEYS_ROLE, READER_ROLE, TOKEN_ROLE
from limen.storage.dialects.sqlite import SqliteDialect, path_of
from limen.storage.postgres import open_token_pool, role_for
from tests.contract import things
from tests.contract.world import connect, file_of, migrated, on_postgres, on_sqlite

pytestmark = pytest.mark.anyio

LEDGERS = (
    "audit_records", "audit_segments", "audit_checkpoints", "audit_prunings",
    "consent_ledger", "consent_chain", "consent_tiles", "consent_checkpoints", "purpose_versions",
)  # fmt: skip
TABLES = sorted([*schema.metadata.tables, "alembic_version"])
DDL = (
    "ALTER TABLE customers ADD COLUMN extra text",
    "CREATE TABLE mine (id integer)",
    "CREATE VIEW mine AS SELECT 1",
    "CREATE SCHEMA mine",
    "DROP TABLE clients",
    "TRUNCATE sessions",
    "DROP POLICY own_tenant ON customers",
    "ALTER TABLE customers DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE customers NO FORCE ROW LEVEL SECURITY",
    "DROP FUNCTION limen_rotate",
    "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "CREATE ROLE mine",
)
FORBIDDEN = (asyncpg.InsufficientPrivilegeError,)


async def fill_ledgers(world) -> None:
    who = await things.signed_in(world)
    await world.hot.record(AuditEntry("token.issued"))
    async with world.begin() as unit:
        record_id = RecordId.new(world.clock, world.entropy)
        await unit.consents.append(record_id, things.decision(who.customer), 1)
        await unit.purposes.add(things.purpose(world))
    async with world.begin() as unit:
        await sequence(unit.consent_chain, world.a, things.SIGNER, 1)
        await unit.consent_chain.add_tile(1, 0, things.digest("tile"))


@on_postgres
@pytest.mark.parametrize("role", [APP_ROLE, TOKEN_ROLE, READER_ROLE])
async def test_no_serving_role_changes_the_schema(database, role):
    connection = await connect(database.url, role, database.a)
    for statement in DDL:
        with pytest.raises(FORBIDDEN):
            await connection.execute(statement)
    await connection.close()


@on_postgres
async def test_the_app_role_only_appends_to_the_ledgers(database):
    await fill_ledgers(database)
    connection = await connect(database.url, APP_ROLE, database.a)
    for table in LEDGERS:
        for statement in (f"UPDATE {table} SET tenant_id = tenant_id", f"DELETE FROM {table}"):
            with pytest.raises(FORBIDDEN):
                await connection.execute(statement)
    with pytest.raises(FORBIDDEN):
        await connection.execute("UPDATE alembic_version SET version_num = '0'")
    await connection.close()


@on_postgres
async def test_the_token_role_touches_no_table_and_executes_its_functions(database):
    connection = await connect(database.url, TOKEN_ROLE, database.a)
    for table in TABLES:
        for verb in (f"SELECT 1 FROM {table}", f"DELETE FROM {table}", f"INSERT INTO {table} DEFAULT VALUES"):
            with pytest.raises(FORBIDDEN):
                await connection.execute(verb)
    allowed = {
        row["proname"]
        for row in await connection.fetch(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " AND has_function_privilege(oid, 'EXECUTE') AND prorettype <> 'trigger'::regtype"
        )
    }
    assert {"limen_redeem", "limen_rotate", "limen_append", "limen_is_revoked"} <= allowed
    await connection.close()


@on_postgres
@pytest.mark.parametrize("role", [APP_ROLE, READER_ROLE])
async def test_other_roles_execute_none_of_the_hot_functions(database, role):
    connection = await connect(database.url, role, database.a)
    with pytest.raises(FORBIDDEN):
        await connection.fetch("SELECT limen_family('a', 'b')")
    await connection.close()


@on_postgres
async def test_the_reader_reads_and_writes_nothing(database):
    await fill_ledgers(database)
    connection = await connect(database.url, READER_ROLE, database.a)
    assert await connection.fetchval("SELECT count(*) FROM customers") == 1
    for table in TABLES:
        for verb in (f"DELETE FROM {table}", f"INSERT INTO {table} DEFAULT VALUES"):
            with pytest.raises(FORBIDDEN):
                await connection.execute(verb)
    await connection.close()


@on_postgres
async def test_the_key_store_is_read_and_written_and_not_altered(keys_url):
    connection = await connect(keys_url, KEYS_ROLE)
    assert await connection.fetch("SELECT * FROM subject_keys") == []
    for statement in ("DROP TABLE subject_keys", "ALTER TABLE tenant_keys ADD COLUMN x text", "CREATE TABLE x (y int)"):
        with pytest.raises(FORBIDDEN):
            await connection.execute(statement)
    await connection.close()
    app = await connect(keys_url, APP_ROLE) if await role_exists(keys_url, APP_ROLE) else None
    if app is not None:
        with pytest.raises(FORBIDDEN):
            await app.fetch("SELECT * FROM subject_keys")
        await app.close()


async def role_exists(url: str, role: str) -> bool:
    connection = await connect(url)
    found = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    await connection.close()
    return bool(found)


@on_postgres
async def test_everyday_connections_are_the_app_role_and_hot_ones_the_token_role(database):
    from sqlalchemy import text  # noqa: PLC0415

    async with database.read() as unit:
        assert (await unit.connection.execute(text("SELECT current_user"))).scalar_one() == APP_ROLE
    pool = await open_token_pool(database.url)
    for _ in range(2):  # also after a connection was given back
        assert await pool.fetchval("SELECT current_user") == TOKEN_ROLE
    await pool.close()


@on_postgres
async def test_a_user_that_may_not_take_the_role_is_told_so(database):
    owner = await connect(database.url)
    name = f"stranger_{os.getpid()}"
    await owner.execute(f"CREATE ROLE {name} LOGIN")
    try:
        with pytest.raises(Misconfigured):
            await open_token_pool(database.url.replace("//postgres", f"//{name}", 1))
    finally:
        await owner.execute(f"DROP ROLE {name}")
        await owner.close()


def test_a_login_that_is_the_role_does_not_take_it_again():
    assert role_for("postgresql://limen_app:secret@db/limen", APP_ROLE) is None
    assert role_for("postgresql://owner@db/limen", APP_ROLE) == APP_ROLE
    assert role_for("postgresql:///limen?host=/run", TOKEN_ROLE) == TOKEN_ROLE


# -- SQLite --------------------------------------------------------------------------------------------------------


@on_sqlite
async def test_triggers_refuse_to_change_the_ledgers(database):
    from limen.identity.audit.checkpoints import next_checkpoint  # noqa: PLC0415
    from limen.identity.audit.pruning import Floor, next_pruning  # noqa: PLC0415

    await fill_ledgers(database)
    async with database.begin() as unit:
        await unit.audit_log.add_checkpoint(next_checkpoint(database.a, None, [], 1))
        await unit.audit_log.add_pruning(next_pruning(None, 1, [], Floor(), (database.a, 1)))
    connection = sqlite3.connect(file_of(database.url), isolation_level=None)
    for table in LEDGERS:
        for statement in (f"UPDATE {table} SET tenant_id = 'x'", f"DELETE FROM {table}"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)
    connection.close()


@on_sqlite
async def test_the_files_of_a_database_are_ours_alone(kind, tmp_path):
    folder = tmp_path / "data" / "inner"
    mask = os.umask(0)
    try:
        url = f"sqlite:///{folder}/limen.db"
        await migrated(url)
        dialect = SqliteDialect(url)
        async with dialect.transaction(None, write=True):
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
        await dialect.close()
    finally:
        os.umask(mask)
    assert set(modes.values()) == {0o600}
    assert {"limen.db", "limen.db-wal", "limen.db-shm"} <= set(modes)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@on_sqlite
async def test_a_file_that_others_could_read_is_closed_to_them(database):
    file = file_of(database.url)
    file.chmod(0o644)
    other = await database.another()
    await other.tenants.find("anna")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    await other.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_a_sqlite_url_without_a_file_is_refused(url):
    with pytest.raises(Misconfigured):
        path_of(url)
