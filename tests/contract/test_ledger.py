"""Reading whole ledgers back, as a verification does."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from limen.identity.audit.checkpoints import next_checkpoint
from limen.identity.audit.verify import Broken, Whole, verify_ledger
from limen.kernel.events import AuditEntry
from limen.storage.database import open_dialect
from limen.storage.ledger import SqlLedger

pytestmark = pytest.mark.anyio


async def verified(database) -> Whole | Broken:
    return await verify_ledger(SqlLedger(database.storage.database, database.a), database.a, lambda _one: True)


async def sign(database) -> None:
    async with database.begin() as unit:
        last = await unit.audit_log.last_checkpoint()
        fresh = next_checkpoint(database.a, last, await unit.audit_log.heads(), database.clock.now())
        assert await unit.audit_log.add_checkpoint(replace(fresh, kid="k", signature=b"s"))


async def written(database) -> None:
    for number in range(3):
        await database.hot.record(AuditEntry("token.issued", data={"number": number}))
        async with database.begin() as unit:
            unit.record(AuditEntry("client.created", subject="cus_x"))
        await sign(database)


async def tamper(database, statement: str) -> None:
    """Change rows as somebody does who owns the database."""
    dialect = open_dialect(database.url, role=None)
    async with dialect.engine.begin() as connection:
        if database.is_postgres:
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
            await connection.execute(text("ALTER TABLE audit_records NO FORCE ROW LEVEL SECURITY"))
        else:
            for verb in ("update", "delete"):
                await connection.execute(text(f"DROP TRIGGER audit_records_no_{verb}"))
        assert (await connection.execute(text(statement))).rowcount > 0
    await dialect.engine.dispose()


async def test_what_was_written_verifies_page_after_page(database, monkeypatch):
    monkeypatch.setattr("limen.identity.audit.verify.RECORDS_AT_ONCE", 2)
    monkeypatch.setattr("limen.identity.audit.verify.CHECKPOINTS_AT_ONCE", 1)
    await written(database)
    outcome = await verified(database)
    assert isinstance(outcome, Whole)
    assert (outcome.records, outcome.segments, outcome.checkpoints) == (8, 2, 3)


async def test_a_changed_column_and_a_deleted_record_are_found(database):
    await written(database)
    await tamper(database, "UPDATE audit_records SET subject = 'cus_y' WHERE subject = 'cus_x' AND seq = 2")
    broken = await verified(database)
    assert isinstance(broken, Broken)
    assert "column subject" in broken.what
    assert broken.where.endswith(":2")


async def test_a_deleted_end_is_found(database):
    await written(database)
    await tamper(database, "DELETE FROM audit_records WHERE subject = 'cus_x' AND seq = 3")
    broken = await verified(database)
    assert isinstance(broken, Broken)
    assert broken.what == "checkpoint 3 names it, and it is not there"


async def test_the_oldest_record_without_a_checkpoint_tells_since_when(database):
    ledger = SqlLedger(database.storage.database, database.a)
    assert await ledger.unsigned_since() is None
    await database.hot.record(AuditEntry("token.issued"))
    await sign(database)
    assert await ledger.unsigned_since() is None
    database.clock.advance(60)
    at = database.clock.now()
    await database.hot.record(AuditEntry("token.issued"))
    database.clock.advance(60)
    await database.hot.record(AuditEntry("token.issued"))
    assert await ledger.unsigned_since() == at


async def test_the_latest_of_an_event_is_found_by_its_subject(database):
    ledger = SqlLedger(database.storage.database, database.a)
    assert await ledger.latest("audit.verified", database.a) is None
    for _ in range(2):
        database.clock.advance(5)
        await database.hot.record(AuditEntry("audit.verified", subject=database.a))
    assert await ledger.latest("audit.verified", database.a) == database.clock.now()
