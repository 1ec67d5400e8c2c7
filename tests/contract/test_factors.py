"""Second factors: each code once, over all workers; gone with their customer."""

import asyncio

import msgspec
import pytest

from limen.access.factors.records import FactorKind
from tests.contract import things

pytestmark = pytest.mark.anyio


@pytest.fixture
async def owner(database):
    who = things.customer(database)
    async with database.begin() as unit:
        assert await unit.customers.add(who, things.contact(who))
    return who


async def test_factors_come_back_as_they_were_stored_oldest_first(database, owner):
    app, code = things.factor(database, owner), things.recovery_code(database, owner, "a")
    database.clock.advance(1)
    later = things.factor(database, owner, last_used_at=5, last_step=4)
    async with database.begin() as unit:
        for one in (later, app, code):
            await unit.factors.add(one)
        assert set(await unit.factors.of_customer(owner.id)) == {app, code, later}
        assert (await unit.factors.of_customer(owner.id))[-1] == later


async def test_a_step_is_accepted_once_and_no_earlier_one_after_it(database, owner):
    app = things.factor(database, owner)
    async with database.begin() as unit:
        await unit.factors.add(app)
        assert await unit.factors.accept_step(app.id, 7, 70)
        assert not await unit.factors.accept_step(app.id, 7, 71)
        assert not await unit.factors.accept_step(app.id, 6, 72)
        assert await unit.factors.of_customer(owner.id) == [msgspec.structs.replace(app, last_step=7, last_used_at=70)]
        assert await unit.factors.accept_step(app.id, 8, 80)


async def test_of_fifty_that_submit_one_step_at_once_over_two_workers_one_is_accepted(database, owner):
    app = things.factor(database, owner)
    async with database.begin() as unit:
        await unit.factors.add(app)
    workers = [database.storage]
    if database.is_postgres:  # SQLite is one worker
        workers.append(await database.another())

    async def submit(number: int) -> bool:
        async with workers[number % len(workers)].database.begin(database.a) as unit:
            return await unit.factors.accept_step(app.id, 7, 70)

    assert sum(await asyncio.gather(*map(submit, range(50)))) == 1
    for worker in workers[1:]:
        await worker.close()


async def test_of_fifty_that_spend_one_recovery_code_at_once_one_is_accepted(database, owner):
    code = things.recovery_code(database, owner, "a")
    async with database.begin() as unit:
        await unit.factors.add(code)

    async def spend(_number: int) -> bool:
        async with database.begin() as unit:
            return await unit.factors.spend_code(owner.id, code.digest, 70)

    assert sum(await asyncio.gather(*map(spend, range(50)))) == 1


async def test_a_recovery_code_is_no_app_and_an_app_is_no_recovery_code(database, owner):
    app, code = things.factor(database, owner), things.recovery_code(database, owner, "a")
    async with database.begin() as unit:
        await unit.factors.add(app)
        await unit.factors.add(code)
        assert not await unit.factors.accept_step(code.id, 7, 70)
        assert not await unit.factors.remove_app(owner.id, code.id)
        assert not await unit.factors.spend_code(owner.id, things.digest("another"), 70)
        assert await unit.factors.remove_app(owner.id, app.id)
        assert not await unit.factors.remove_app(owner.id, app.id)


async def test_new_codes_replace_all_that_there_were_and_nothing_else(database, owner):
    app = things.factor(database, owner)
    old, new = things.recovery_code(database, owner, "old"), things.recovery_code(database, owner, "new")
    async with database.begin() as unit:
        await unit.factors.add(app)
        await unit.factors.add(old)
        await unit.factors.replace_codes(owner.id, (new,))
        assert set(await unit.factors.of_customer(owner.id)) == {app, new}
        assert not await unit.factors.spend_code(owner.id, old.digest, 70)


async def test_a_key_is_found_with_whom_it_belongs_to_by_its_own_tenant(database, owner):
    held = things.digest("a credential id")
    key = things.factor(database, owner, kind=FactorKind.PASSKEY, digest=held, last_step=3)
    async with database.begin() as unit:
        assert await unit.factors.add_key(key)
        await unit.factors.add(things.recovery_code(database, owner, "a"))
        found = await unit.factors.find_key(held)
        assert found == (key, await unit.customers.get(owner.id))
        assert await unit.factors.find_key(things.digest("another")) is None
    async with database.begin(database.b) as unit:
        assert await unit.factors.find_key(held) is None


async def test_factors_go_with_their_customer(database, owner):
    async with database.begin() as unit:
        await unit.factors.add(things.factor(database, owner))
        await unit.factors.add(things.recovery_code(database, owner, "a"))
        await unit.customers.delete(owner.id)
        assert await unit.factors.of_customer(owner.id) == []
