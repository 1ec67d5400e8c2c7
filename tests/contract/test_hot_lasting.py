"""Which batches of the hot doors wait for the disk: all but those of pushed requests alone."""

import asyncio

import pytest

from limen.access.tokens.records import Use
from limen.kernel.clock import MINUTE
from limen.kernel.events import AuditEntry
from limen.storage.hot.sqlite import _MOST_PASSING
from tests.contract import things
from tests.contract.world import connect, on_sqlite

pytestmark = pytest.mark.anyio
ENTRY = AuditEntry("request.pushed")


@pytest.fixture
async def levels(database):
    """What returns how the last batch was committed: True where it waited."""
    if not database.is_postgres:

        async def waited() -> bool:
            (commit,) = database.storage.hot.group._idle
            writer = commit.__self__
            return writer._connection.execute("PRAGMA synchronous").fetchone()[0] == 2

        yield waited
        return
    owner = await connect(database.url)
    await owner.execute("""
        CREATE TABLE seen (number serial, level text);
        CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
          INSERT INTO public.seen (level) VALUES (current_setting('synchronous_commit'));
          RETURN NULL;
        END $$;
        CREATE TRIGGER see AFTER INSERT ON audit_records FOR EACH STATEMENT EXECUTE FUNCTION see()""")

    async def waited() -> bool:
        return await owner.fetchval("SELECT level FROM seen ORDER BY number DESC LIMIT 1") == "on"

    yield waited
    await owner.close()


async def test_pushed_requests_alone_do_not_wait_for_the_disk_and_whatever_is_with_them_does(database, levels):
    who, hot = await things.signed_in(database), database.hot
    use = Use("dpop", things.digest("proof"), database.clock.now() + MINUTE)
    await hot.record(AuditEntry("token.issued"))
    assert await levels()
    first, second = things.pushed(database, who.client), things.pushed(database, who.client)
    await asyncio.gather(hot.push(first, ENTRY), hot.push(second, ENTRY))
    assert not await levels()
    await asyncio.gather(hot.push(things.pushed(database, who.client), ENTRY), hot.record(AuditEntry("token.issued")))
    assert await levels()
    await hot.push(things.pushed(database, who.client), ENTRY)
    assert not await levels()
    await hot.guarded((use,)).push(things.pushed(database, who.client), ENTRY)
    assert await levels()
    async with database.read() as unit:
        assert (await unit.pushed.get(second.reference)).sealed == second.sealed
    assert (await database.events()).count("request.pushed") == 5


@on_sqlite
async def test_now_and_then_a_batch_of_pushed_requests_waits_so_that_the_log_is_written_into_the_file(database, levels):
    who = await things.signed_in(database)
    waited = []
    for _ in range(_MOST_PASSING + 2):
        await database.hot.push(things.pushed(database, who.client), ENTRY)
        waited.append(await levels())
    assert waited == [False] * _MOST_PASSING + [True, False]
