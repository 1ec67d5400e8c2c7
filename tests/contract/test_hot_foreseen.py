"""Rotations that go as foreseen and those that do not, in one batch: nothing is lost, and nothing is done twice."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from limen.access.tokens.records import RotationOutcome
from limen.identity.customers.records import CustomerState
from limen.kernel.events import AuditEntry
from tests.contract import things
from tests.contract.world import connect, on_postgres

pytestmark = pytest.mark.anyio


async def known(database, count: int):
    """Return families that were rotated once: what they are is known to the process."""
    made = [await things.family(database) for _ in range(count)]
    await asyncio.gather(*(database.hot.rotate(things.rotation(database, *one)) for one in made))
    database.clock.advance(60)
    return made


async def test_a_reuse_among_others_burns_its_family_and_the_others_rotate(database):
    made = await known(database, 5)
    asks = [things.rotation(database, *one, 1) for one in made]
    database.clock.advance(60)
    asks[2] = things.rotation(database, *made[2], 0)  # long after the grace
    answers = await asyncio.gather(*(database.hot.rotate(ask) for ask in asks), database.hot.record(AuditEntry("one")))
    outcomes = [answer.outcome.value for answer in answers[:5]]
    assert outcomes == ["rotated", "rotated", "reused", "rotated", "rotated"]
    rows = [await things.family_row(database, family_id) for family_id, _ in made]
    states = [(row.generation, row.revoked_at is None) for row in rows]
    assert states == [(2, True), (2, True), (1, False), (2, True), (2, True)]
    assert Counter(await database.events())["token.refreshed"] == 9
    assert await things.news(database) == {("token.reuse_detected", "done"): 1}


async def test_a_known_family_whose_customer_was_disabled_gives_nothing(database):
    [(family_id, who), other] = await known(database, 2)
    async with database.begin() as unit:
        await unit.customers.update(replace(who.customer, state=CustomerState.DISABLED, version=2), 1)
    answers = await asyncio.gather(
        *(database.hot.rotate(things.rotation(database, *one, 1)) for one in ((family_id, who), other))
    )
    assert [answer.outcome for answer in answers] == [RotationOutcome.ENDED, RotationOutcome.ROTATED]


async def test_a_known_family_that_its_client_revoked_gives_nothing(database):
    [(family_id, who)] = await known(database, 1)
    assert await database.hot.revoke_family(family_id, who.client.key, AuditEntry("token.revoked"))
    answer = await database.hot.rotate(things.rotation(database, family_id, who, 1))
    assert answer.outcome is RotationOutcome.REVOKED


async def test_a_known_family_is_not_found_by_another_tenant(database):
    [(family_id, who)] = await known(database, 1)
    elsewhere = database.storage.hot_for(database.b)
    answer = await elsewhere.rotate(things.rotation(database, family_id, who, 1))
    assert answer.outcome is RotationOutcome.UNKNOWN
    assert (await things.family_row(database, family_id)).revoked_at is None


@on_postgres
async def test_what_goes_as_foreseen_needs_one_function_and_no_step_of_its_own(database):
    made = await known(database, 4)
    owner = await connect(database.url)
    await owner.execute("REVOKE EXECUTE ON FUNCTION limen_rotate FROM limen_token")
    await owner.execute("REVOKE EXECUTE ON FUNCTION limen_append FROM limen_token")
    asks = [things.rotation(database, *one, 1) for one in made]
    answers = await asyncio.gather(*(database.hot.rotate(ask) for ask in asks))
    assert {answer.outcome for answer in answers} == {RotationOutcome.ROTATED}
    assert [(a.customer_id, a.scopes) for a in answers] == [
        (who.customer.id, ("openid", "offline_access")) for _, who in made
    ]
    await owner.close()
