"""Imports on both databases: many rows in one statement, whoever was quicker, how far one has come."""

from dataclasses import replace

import pytest

from limen.access.imports.records import Batch, Import, ImportState, Refused
from limen.kernel.ids import ImportId
from tests.contract import things

pytestmark = pytest.mark.anyio


def started(world) -> Import:
    now = world.clock.now()
    return Import(ImportId.new(world.clock, world.entropy), "a" * 64, "jsonl", now, now)


async def test_a_batch_goes_in_whole_but_for_whose_address_somebody_took(database):
    first = things.customer(database)
    people = [things.customer(database) for _ in range(40)]
    contacts = [things.contact(one, f"u{place}@example.org") for place, one in enumerate(people)]
    async with database.begin() as unit:
        assert await unit.customers.add(first, things.contact(first, "u7@example.org"))
    batch = Batch(40, people, contacts, [things.password(one) for one in people], [things.factor(database, people[3])])
    async with database.begin() as unit:
        await unit.imports.bring_in(batch)
        assert await unit.imports.make_known(batch) == {people[7].id}
    async with database.read() as unit:
        assert await unit.customers.get(people[7].id) is None
        for place in (0, 6, 8, 39):
            assert await unit.customers.find_by_contact("email", contacts[place].blind) == people[place]
            assert await unit.passwords.get(people[place].id) == things.password(people[place])
        assert await unit.factors.of_customer(people[3].id) == batch.factors
        owners = await unit.imports.owners("email", [one.blind for one in contacts])
        assert owners[contacts[7].blind] == first.id
        assert len(owners) == 40


async def test_an_import_advances_from_where_it_stands_and_from_nowhere_else(database):
    one = started(database)
    on = replace(one, position=500, created=480, refused=20, left_out={"roles": 7})
    async with database.begin() as unit:
        await unit.imports.begin(one)
    async with database.begin() as unit:
        assert await unit.imports.advance(on, 0)
        assert not await unit.imports.advance(replace(on, position=1_000), 0)
    async with database.read() as unit:
        assert await unit.imports.unfinished(one.digest) == await unit.imports.get(one.id) == on
    done = on.finished(database.clock.now())
    async with database.begin() as unit:
        assert await unit.imports.advance(done, 500)
        assert not await unit.imports.advance(done, 500)
    async with database.read() as unit:
        assert await unit.imports.unfinished(one.digest) is None
        assert [(found.id, found.state) for found in await unit.imports.list(after="", limit=9)] == [
            (one.id, ImportState.FINISHED)
        ]


async def test_refused_rows_come_back_in_the_order_of_the_file(database):
    one = started(database)
    rows = [Refused(row, row + 1, field, "x") for row in (9, 2, 10) for field in ("name", "email")]
    async with database.begin() as unit:
        await unit.imports.begin(one)
        await unit.imports.refuse(one.id, [*rows, rows[0]])
    async with database.read() as unit:
        page = await unit.imports.refusals(one.id, after=(0, ""), limit=3)
        assert [(row.row, row.field) for row in page] == [(2, "email"), (2, "name"), (9, "email")]
        rest = await unit.imports.refusals(one.id, after=(9, "email"), limit=9)
        assert [(row.row, row.field) for row in rest] == [(9, "name"), (10, "email"), (10, "name")]
