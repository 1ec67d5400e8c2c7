"""Recovery requests, links in notices, trusted devices, held addresses and remembered passwords."""

import asyncio
from dataclasses import replace

import msgspec
import pytest

from limen.access.safety.records import RequestState
from limen.kernel.clock import DAY
from tests.contract import things

pytestmark = pytest.mark.anyio


@pytest.fixture
async def owner(database):
    who = things.customer(database)
    async with database.begin() as unit:
        assert await unit.customers.add(who, things.contact(who))
    return who


@pytest.fixture
async def browser(database):
    made = things.browser(database)
    async with database.begin() as unit:
        await unit.sessions.add_browser(made)
    return made


async def workers_of(database):
    """One worker on SQLite, two on PostgreSQL."""
    return [database.storage, *([await database.another()] if database.is_postgres else [])]


async def test_of_twenty_that_begin_at_once_over_two_workers_one_request_is_open(database, owner):
    workers = await workers_of(database)

    async def begin(number: int) -> bool:
        async with workers[number % len(workers)].database.begin(database.a) as unit:
            return await unit.recoveries.begin(things.recovery_request(database, owner))

    assert sum(await asyncio.gather(*map(begin, range(20)))) == 1
    async with database.read() as unit:
        [request] = await unit.recoveries.of_customer(owner.id)
        assert await unit.recoveries.open_of(owner.id) == request
    for worker in workers[1:]:
        await worker.close()


async def test_a_request_advances_once_from_where_it_stood_and_another_opens_when_it_is_closed(database, owner):
    request = things.recovery_request(database, owner, notices_left=1)
    ready = request.told(request.due_at, 7 * DAY)
    assert (ready.is_ready, ready.due_at) == (True, request.due_at + 7 * DAY)
    async with database.begin() as unit:
        assert await unit.recoveries.begin(request)
        assert await unit.recoveries.due(request.due_at - 1, 9) == []
        assert await unit.recoveries.due(request.due_at, 9) == [request]
        assert await unit.recoveries.advance(ready, request)
        assert not await unit.recoveries.advance(ready, request)
        closed = ready.closed(RequestState.CANCELLED, 9)
        assert await unit.recoveries.advance(closed, ready)
        assert not await unit.recoveries.advance(ready.closed(RequestState.DONE, 9), ready)
        assert await unit.recoveries.open_of(owner.id) is None
        assert await unit.recoveries.begin(things.recovery_request(database, owner))


async def test_a_link_is_used_once_over_two_workers_and_never_after_its_end(database, owner):
    link = things.account_link(database, owner)
    late = things.account_link(database, owner)
    async with database.begin() as unit:
        await unit.links.add(link)
        await unit.links.add(late)
    workers = await workers_of(database)

    async def use(number: int) -> bool:
        async with workers[number % len(workers)].database.begin(database.a) as unit:
            return await unit.links.use(link.link_hash, link.created_at)

    assert sum(await asyncio.gather(*map(use, range(20)))) == 1
    async with database.begin() as unit:
        assert not await unit.links.use(late.link_hash, late.expires_at)
        await unit.links.void_since(owner.id, late.created_at + 1, 5)
        assert (await unit.links.find(late.link_hash)) == late
        await unit.links.void_since(owner.id, late.created_at, 5)
        assert (await unit.links.find(late.link_hash)) == replace(late, used_at=5)
    for worker in workers[1:]:
        await worker.close()


async def test_a_device_is_trusted_by_one_customer_at_one_browser_until_it_expires(database, owner, browser):
    now = database.clock.now()
    first, second = (things.trusted_device(database, owner, browser) for _ in range(2))
    async with database.begin() as unit:
        await unit.devices.trust(first)
        await unit.devices.trust(second)
        assert await unit.devices.of_customer(owner.id, now) == [second]
        assert await unit.devices.of_customer(owner.id, second.expires_at - 1) == [second]
        assert await unit.devices.of_customer(owner.id, second.expires_at) == []
        await unit.devices.used(second.id, now + 3)
        assert (await unit.devices.of_customer(owner.id, now))[0].used_at == now + 3
        assert await unit.devices.forget(owner.id, second.id)
        assert not await unit.devices.forget(owner.id, second.id)


@pytest.mark.parametrize("change", ["end_all", "add", "remove_app", "replace_codes", "remove_since"])
async def test_no_trust_outlives_the_end_of_all_sessions_or_a_change_of_factors(database, owner, browser, change):
    app, now = things.factor(database, owner), database.clock.now()
    async with database.begin() as unit:
        if change != "add":
            await unit.factors.add(app)
        await unit.devices.trust(things.trusted_device(database, owner, browser))
        changes = {
            "end_all": lambda: unit.sessions.end_all(owner.id, now),
            "add": lambda: unit.factors.add(app),
            "remove_app": lambda: unit.factors.remove_app(owner.id, app.id),
            "replace_codes": lambda: unit.factors.replace_codes(owner.id, ()),
            "remove_since": lambda: unit.factors.remove_since(owner.id, 0),
        }
        await changes[change]()
        assert await unit.devices.of_customer(owner.id, now) == []


async def test_an_address_that_was_left_finds_nobody_and_is_nobody_elses_while_it_is_held(database, owner):
    other = things.customer(database)
    old, new = (things.contact(owner, name) for name in ("old", "new"))
    async with database.begin() as unit:
        assert await unit.customers.claim(old)
        assert await unit.customers.claim(new)
        await unit.customers.leave(old, held_until=50)
        assert await unit.customers.find_by_contact("email", old.blind) is None
        assert await unit.customers.find_by_contact("email", new.blind) == owner
        assert await unit.customers.is_taken("email", old.blind)
        assert not await unit.customers.is_taken("email", old.blind, but=owner.id)
        assert not await unit.customers.add(other, things.contact(other, "old"))
        assert not await unit.customers.claim(things.contact(other, "old"))
        assert await unit.customers.claim(old)  # its owner takes it back, and gives the other up at once
        await unit.customers.leave(new)
        assert await unit.customers.find_by_contact("email", old.blind) == owner
        assert not await unit.customers.is_taken("email", new.blind)


async def test_as_many_earlier_passwords_stay_on_record_as_are_to_be_remembered(database, owner):
    async with database.begin() as unit:
        for number in range(5):
            made = msgspec.structs.replace(things.password(owner), sealed=b"%d" % number, set_at=number)
            await unit.passwords.put(made, remember=2)
        assert [one.sealed for one in await unit.passwords.earlier(owner.id)] == [b"3", b"2"]
        await unit.passwords.put(msgspec.structs.replace(made, sealed=b"5", set_at=5))
        assert await unit.passwords.earlier(owner.id) == []
