"""An audit log that is kept for as long as its tenant says, and goes on verifying."""

import sqlite3

import asyncpg
import pytest

from limen.app.auditing import verify
from limen.app.basis import Basis
from limen.app.jobs.checkpoints import Checkpoints
from limen.app.jobs.retention import keep_audit_logs, prune_tenant
from limen.app.settings import Settings
from limen.identity.audit.pruning import Floor, next_pruning
from limen.identity.audit.verify import Broken, Whole
from limen.identity.keyring import FileKeyring, Keyring, KeyringSettings
from limen.identity.tenants.auditing import AuditSettings
from limen.identity.tenants.records import TenantSettings
from limen.kernel.clock import DAY, SECOND
from limen.kernel.events import AuditEntry
from limen.storage.dialects.postgres import APP_ROLE, TOKEN_ROLE
from tests.contract.world import connect, file_of, on_postgres, on_sqlite
from tests.support.clock import START, ManualClock

pytestmark = pytest.mark.anyio
DAYS = DAY // SECOND


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START - 1_000 * DAY)  # the databases' own clocks agree that this is long ago


@pytest.fixture
async def basis(database, tmp_path) -> Basis:
    """The world with keys, and a retention of 30 days in tenant A."""
    clock, entropy = database.clock, database.entropy
    file = FileKeyring.ensure(KeyringSettings(tmp_path / "keyring"), clock, entropy)
    keyring = Keyring(database.storage.keystore, file, file, clock, entropy)
    await keyring.create_tenant(database.a)
    async with database.begin() as unit:
        tenant = await unit.tenants.get(database.a)
        settings = TenantSettings(audit=AuditSettings(retention_days=30))
        await unit.tenants.update(tenant.changed(name="Anna", settings=settings, now=clock.now()), tenant.version)
    return Basis(Settings(), database.storage, file, keyring, clock, entropy)


async def sign(basis, database) -> None:
    database.clock.advance(2)
    await Checkpoints(basis.storage, basis.keyring, basis.clock, set).sign(database.a)


async def written(basis, database, count: int, subject: str) -> None:
    for _ in range(count):
        await database.hot.record(AuditEntry("token.issued", subject=subject))
        async with database.begin() as unit:
            unit.record(AuditEntry("client.created", subject=subject))
        await sign(basis, database)


async def verdict(basis, database) -> Whole | Broken:
    return (await verify(basis, await basis.storage.tenants.get(database.a))).outcome


async def subjects(database) -> set[str]:
    return {record.subject for segment in await whole(database) for record in segment}


async def whole(database) -> list:
    async with database.read() as unit:
        return [await unit.audit_log.segment(head.segment_id) for head in await unit.audit_log.heads()]


async def test_what_is_older_goes_and_the_rest_verifies(basis, database, monkeypatch):
    monkeypatch.setattr("limen.storage.pruning.BATCH", 3)
    await written(basis, database, 3, "cus_old")
    database.clock.advance(20 * DAYS)
    await written(basis, database, 2, "cus_new")
    assert await keep_audit_logs(basis) == 0
    database.clock.advance(15 * DAYS)
    assert await keep_audit_logs(basis) == 8
    assert "cus_old" not in await subjects(database)
    assert "cus_new" in await subjects(database)
    outcome = await verdict(basis, database)
    assert isinstance(outcome, Whole)
    assert (outcome.pruned, outcome.prunings) == (3, 1)
    assert await prune_tenant(basis, await basis.storage.tenants.get(database.a)) == 0
    await written(basis, database, 1, "cus_newest")
    assert isinstance(await verdict(basis, database), Whole)


async def test_a_log_that_is_old_as_a_whole_goes_as_a_whole_and_is_written_on(basis, database):
    await written(basis, database, 2, "cus_old")
    database.clock.advance(60 * DAYS)
    assert await keep_audit_logs(basis) == 6
    assert isinstance(await verdict(basis, database), Whole)
    await written(basis, database, 1, "cus_new")
    outcome = await verdict(basis, database)
    assert isinstance(outcome, Whole)
    assert outcome.checkpoints == 3
    database.clock.advance(60 * DAYS)
    await keep_audit_logs(basis)
    assert isinstance(await verdict(basis, database), Whole)


async def test_what_no_checkpoint_covers_stays(basis, database):
    await written(basis, database, 1, "cus_old")
    async with database.begin() as unit:
        unit.record(AuditEntry("client.deleted", subject="cus_unsigned"))
    database.clock.advance(60 * DAYS)
    await keep_audit_logs(basis)
    assert {"cus_unsigned"} <= await subjects(database)
    assert isinstance(await verdict(basis, database), Whole)


async def test_a_deletion_that_was_stopped_goes_on(basis, database, monkeypatch):
    await written(basis, database, 3, "cus_old")
    database.clock.advance(60 * DAYS)
    with monkeypatch.context() as patch:
        patch.setattr("limen.app.jobs.retention.prune", stopped)
        with pytest.raises(ConnectionResetError):
            await keep_audit_logs(basis)
    assert isinstance(await verdict(basis, database), Whole)  # said, and not yet done
    assert await keep_audit_logs(basis) == 8
    assert "cus_old" not in await subjects(database)


calls = []


async def stopped(_database, _tenant_id) -> int:
    calls.append(1)
    if len(calls) > 1:
        raise ConnectionResetError
    return 0


async def test_other_tenants_keep_theirs(basis, database):
    await written(basis, database, 1, "cus_old")
    async with database.begin(database.b) as unit:
        unit.record(AuditEntry("client.created", subject="cus_b"))
    database.clock.advance(90 * DAYS)
    await keep_audit_logs(basis)
    async with database.read(database.b) as unit:
        assert len(await unit.audit_log.heads()) == 1


@on_postgres
async def test_only_the_pruning_function_deletes_and_nothing_young(basis, database):
    await database.hot.record(AuditEntry("token.issued"))
    app = await connect(database.url, APP_ROLE, database.a)
    assert await app.fetchval("SELECT limen_prune($1, 10)", database.a) == 0
    async with database.begin() as unit:
        heads = await unit.audit_log.heads()
        future = next_pruning(None, START + 1_000 * DAY, heads, Floor(), (database.a, 1))
        assert await unit.audit_log.add_pruning(future)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="30 days"):
        await app.fetchval("SELECT limen_prune($1, 10)", database.a)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await app.execute("DELETE FROM audit_records")
    await app.close()
    token = await connect(database.url, TOKEN_ROLE, database.a)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await token.fetchval("SELECT limen_prune($1, 10)", database.a)
    await token.close()


@on_sqlite
async def test_triggers_let_go_of_nothing_young(basis, database):
    await written(basis, database, 1, "cus_old")
    database.clock.advance(60 * DAYS)
    await keep_audit_logs(basis)
    await written(basis, database, 1, "cus_new")
    connection = sqlite3.connect(file_of(database.url), isolation_level=None)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("DELETE FROM audit_records WHERE subject = 'cus_new'")
    with pytest.raises(sqlite3.IntegrityError, match="30 days"):
        connection.execute(
            "INSERT INTO audit_prunings SELECT tenant_id, 9, at, 9e15, starts, checkpoint, checkpoint_hash, previous,"
            " kid, signature FROM audit_prunings"
        )
    connection.close()
