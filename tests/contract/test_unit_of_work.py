"""The unit of work: what is told shares the commit of what is changed."""

import asyncio
from contextlib import AsyncExitStack

import pytest
import structlog
from sqlalchemy import func, select, text

from limen.kernel.errors import Fault, Invalid
from limen.kernel.events import AuditEntry, Event
from limen.storage import schema
from limen.storage.dialects.sqlite import CONNECTIONS
from tests.contract import things
from tests.support.waiting import PATIENCE

pytestmark = pytest.mark.anyio


async def count(world, table) -> int:
    async with world.storage.database.platform() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


async def do_everything(world, outcome):
    owner = things.customer(world)
    async with world.begin() as unit:
        await unit.customers.add(owner, things.contact(owner))
        unit.record(AuditEntry("customer.registered", subject=owner.id))
        unit.announce(Event("customer.deleted", owner.id))
        unit.change("customer", owner.id)
        outcome()
    return owner


async def test_change_audit_event_and_news_are_in_one_commit(database):
    owner = await do_everything(database, lambda: None)
    async with database.read() as unit:
        assert await unit.customers.get(owner.id) == owner
    assert await database.events() == ["customer.registered"]
    assert await database.storage.outbox.waiting() == 1
    assert await count(database, schema.processes.changes) >= 1


async def test_an_exception_rolls_all_of_it_back(database):
    news = await count(database, schema.processes.changes)

    def fail():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await do_everything(database, fail)
    async with database.read() as unit:
        assert await unit.customers.list(after="", limit=10) == []
    assert await database.audit() == []
    assert await database.storage.outbox.waiting() == 0
    assert await count(database, schema.processes.changes) == news


async def test_a_returned_refusal_commits(database):
    async def use_case():
        async with database.begin() as unit:
            unit.record(AuditEntry("sign_in.refused"))
            return Invalid("wrong_password")

    assert isinstance(await use_case(), Invalid)
    assert await database.events() == ["sign_in.refused"]


@pytest.mark.parametrize("wrong", ["record", "announce", "change"])
async def test_a_reading_unit_refuses_to_record(database, wrong):
    async def ask() -> None:
        async with database.read() as unit:
            if wrong == "record":
                unit.record(AuditEntry("a.done"))
            elif wrong == "announce":
                unit.announce(Event("customer.deleted"))
            else:
                unit.change("client", "x")

    with pytest.raises(Fault):
        await ask()
    assert await database.audit() == []


async def test_a_write_through_a_reading_unit_is_refused(database):
    who = await things.signed_in(database)
    with pytest.raises(Exception, match=r"read-?only"):
        async with database.read() as unit:
            await unit.customers.delete(who.customer.id)
    async with database.read() as unit:
        assert await unit.customers.get(who.customer.id) == who.customer


async def test_what_may_be_lost_does_not_wait_for_the_disk_and_the_next_commit_does(database, monkeypatch):
    owner, flushed = things.customer(database), []
    monkeypatch.setattr("limen.storage.dialects.flushing.flush_file", flushed.append)
    is_postgres = database.storage.database.dialect.name == "postgresql"
    for begin, waits in ((database.begin, True), (database.passing, False), (database.begin, True)):
        flushed.clear()
        async with begin() as unit:
            if is_postgres:
                setting = (await unit.connection.execute(text("SHOW synchronous_commit"))).scalar_one()
                assert setting == ("on" if waits else "off")
            if begin == database.passing:
                await unit.customers.add(owner, things.contact(owner))
        assert is_postgres or len(flushed) == waits
    async with database.read() as unit:
        assert await unit.customers.get(owner.id) == owner


async def test_what_may_be_lost_is_no_place_for_a_record(database):
    owner = things.customer(database)

    async def register() -> None:
        async with database.passing() as unit:
            await unit.customers.add(owner, things.contact(owner))
            unit.record(AuditEntry("customer.registered", subject=owner.id))

    with pytest.raises(Fault):
        await register()
    async with database.read() as unit:
        assert await unit.customers.get(owner.id) is None


async def test_a_link_is_kept_where_its_message_is_and_nowhere_else(database):
    async def mails(begin) -> None:
        async with begin() as unit:
            unit.mail_link(None)  # refused before anybody looks at it

    for begin in (database.passing, database.read):
        with pytest.raises(Fault):
            await mails(begin)


@pytest.mark.parametrize("kind_of_unit", ["begin", "passing"])
async def test_commits_that_do_not_wait_are_followed_by_one_that_does(database, monkeypatch, kind_of_unit):
    if database.storage.database.dialect.name == "postgresql":
        return  # its checkpoints are its own affair
    monkeypatch.setattr("limen.storage.dialects.inline.MOST_PASSING", 2)
    monkeypatch.setattr("limen.storage.dialects.inline.MOST_TOGETHER", 2)
    seen = []
    for _ in range(7):
        async with getattr(database, kind_of_unit)() as unit:
            level = (await unit.connection.execute(text("PRAGMA synchronous"))).scalar_one()
            seen.append((level, (await unit.connection.execute(text("PRAGMA wal_autocheckpoint"))).scalar_one()))
    first = seen.index((2, 1000))  # some were committed before
    assert seen[first : first + 4] == [(2, 1000), (1, 0), (1, 0), (2, 1000)]


async def test_the_commit_after_a_large_one_writes_the_log_into_the_file(database, monkeypatch):
    if database.storage.database.dialect.name == "postgresql":
        return
    monkeypatch.setattr("limen.storage.dialects.inline.MANY_ROWS", 2)
    async with database.begin() as unit:
        for _ in range(3):
            owner = things.customer(database)
            await unit.customers.add(owner, things.contact(owner))
    async with database.begin() as unit:
        assert (await unit.connection.execute(text("PRAGMA wal_autocheckpoint"))).scalar_one() == 1000


async def test_whoever_waits_for_a_connection_is_given_the_place_of_one_and_none_is_lost(database):
    dialect = database.storage.database.dialect
    if dialect.name == "postgresql":
        return  # tests/unit/storage/test_lending.py

    pool = dialect._readers

    async def borrow() -> None:
        pool.take_back(await pool.lend(None))

    for _ in range(2):
        held = [await pool.lend(None) for _ in range(CONNECTIONS)]
        leaving, staying = asyncio.create_task(borrow()), asyncio.create_task(borrow())
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.sleep(0)
        assert (leaving.cancelled(), staying.done()) == (True, False)
        for connection in held:
            pool.take_back(connection)
        await staying


async def test_whoever_reads_for_long_keeps_nobody_from_writing(database):
    owner = things.customer(database)
    async with AsyncExitStack() as held:
        for number in range(CONNECTIONS):
            await held.enter_async_context(database.read())
            async with database.begin() as unit:  # on the connection that was lent to nobody yet
                unit.record(AuditEntry("test.read", subject=str(number)))
        async with asyncio.timeout(PATIENCE), database.begin() as unit:
            await unit.customers.add(owner, things.contact(owner))
    async with database.read() as unit:
        assert await unit.customers.get(owner.id) == owner


async def test_a_subscriber_shares_the_transaction_and_may_fail_it(database):
    async def write_too(unit, event):
        unit.record(AuditEntry("subscriber.ran", subject=event.subject))

    async def fail(_unit, _event):
        raise ZeroDivisionError

    database.storage.database.subscribers = {"customer.deleted": (write_too,), "password.changed": (write_too, fail)}
    async with database.begin() as unit:
        unit.announce(Event("customer.deleted", "x"))
    with pytest.raises(ZeroDivisionError):
        async with database.begin() as unit:
            unit.announce(Event("password.changed", "x"))
    assert await database.events() == ["subscriber.ran"]
    assert await database.storage.outbox.waiting() == 1


async def test_an_event_on_which_nobody_acts_later_is_told_to_subscribers_alone(database):
    heard = []

    async def hear(_unit, event):
        heard.append(event.subject)

    database.storage.database.subscribers = {"password.changed": (hear,)}
    async with database.begin() as unit:
        assert unit.announce(Event("password.changed", "x")) == ""
    assert heard == ["x"]
    assert await count(database, schema.processes.outbox) == 0


async def test_listeners_hear_of_commits_only_and_cannot_undo_one(database):
    heard = []

    def broken(*_):
        raise ZeroDivisionError

    database.storage.database.on_commit[:] = [broken, lambda changes, events: heard.append((changes, events))]
    with structlog.testing.capture_logs() as logs:
        async with database.begin() as unit:
            unit.change("client", "x")
    with pytest.raises(KeyError):  # noqa: PT012
        async with database.begin() as unit:
            unit.change("client", "y")
            raise KeyError
    assert heard == [([(database.a, "client", "x")], False)]
    assert [log["event"] for log in logs] == ["commit_listener.failed"]


async def test_a_cancelled_unit_leaves_nothing_and_the_next_one_works(database):
    inside = asyncio.Event()

    async def hang():
        async with database.begin() as unit:
            unit.record(AuditEntry("never.happened"))
            await unit.clients.add(things.client(database))
            inside.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.begin() as unit:
        assert await unit.clients.list(after="", limit=10) == []
        unit.record(AuditEntry("next.happened"))
    assert await database.events() == ["next.happened"]


async def test_concurrent_units_of_one_tenant_keep_one_chain(database):
    async def one(number: int):
        async with database.begin() as unit:
            await unit.clients.add(things.client(database))
            unit.record(AuditEntry("client.created", data={"number": number}))

    await asyncio.gather(*(one(number) for number in range(20)))
    segments = await database.audit()
    assert [len(segment) for segment in segments] == [21]


async def test_of_two_units_that_wait_for_each_other_one_is_told_that_it_may_be_done_again(database):
    if not database.is_postgres:  # on SQLite there is one that writes
        return
    one, two = things.customer(database), things.customer(database)
    async with database.begin() as unit:
        for owner in (one, two):
            await unit.customers.add(owner, things.contact(owner, f"{owner.id}@example.com"))
    first_has, second_has = asyncio.Event(), asyncio.Event()

    async def locks(mine, theirs, has, waits) -> None:
        async with database.begin() as unit:
            await unit.merges.lock([mine.id])
            has.set()
            await waits.wait()
            await unit.merges.lock([theirs.id])

    ended = await asyncio.gather(
        locks(one, two, first_has, second_has), locks(two, one, second_has, first_has), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in ended) == ["Contended", "NoneType"]


async def test_a_unit_that_is_rolled_back_at_its_end_is_told_so_too(database):
    if not database.is_postgres:
        return
    one, two = things.customer(database), things.customer(database)
    async with database.begin() as unit:
        for owner in (one, two):
            await unit.customers.add(owner, things.contact(owner, f"{owner.id}@example.com"))

    async def waits_at_the_end(unit, event) -> None:
        await unit.merges.lock([event.subject])

    database.storage.database.subscribers = {"customer.deleted": [waits_at_the_end]}
    both = asyncio.Barrier(2)

    async def locks(mine, theirs) -> None:
        async with database.begin() as unit:
            await unit.merges.lock([mine.id])
            unit.announce(Event("customer.deleted", theirs.id))
            await both.wait()

    ended = await asyncio.gather(locks(one, two), locks(two, one), return_exceptions=True)
    assert sorted(type(each).__name__ for each in ended) == ["Contended", "NoneType"]


async def test_a_read_that_is_cancelled_between_two_messages_keeps_nobody_from_writing(database):
    if not database.is_postgres:
        return

    async def breaks_off() -> None:
        async with database.read() as unit:
            await unit.connection._raw.prepare("SELECT count(*) FROM customers")
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await breaks_off()
    owner = await do_everything(database, lambda: None)  # on the connection that was given back last
    async with database.read() as unit:
        assert await unit.customers.get(owner.id) == owner


async def test_a_write_that_is_cancelled_in_the_middle_leaves_nothing_open(database):
    if not database.is_postgres:
        return

    async def is_slow() -> None:
        async with database.begin() as unit:
            await unit.connection.run_script("SELECT pg_sleep(60)")

    for times in (0, 1, 5, 50):  # at another place each time
        slow = asyncio.create_task(is_slow())
        for _ in range(times):
            await asyncio.sleep(0.001)
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow
        owner = await do_everything(database, lambda: None)
        async with database.read() as unit:
            assert await unit.customers.get(owner.id) == owner
