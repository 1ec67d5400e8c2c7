"""Steps that go as foreseen and those that do not, in one batch: nothing is lost, and nothing is done twice."""

import asyncio
from collections import Counter
from dataclasses import replace

import msgspec
import pytest

from limen.access.tokens.records import Redemption, RotationOutcome
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
    recorded = Counter(await database.events())
    assert (recorded["token.refreshed"], recorded["refresh.reused"]) == (9, 1)


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


async def test_a_code_that_comes_again_among_others_ends_its_family_and_the_others_are_redeemed(database):
    who = await things.signed_in(database)
    codes = [await things.code(database, who) for _ in range(4)]
    first = things.redemption(database, codes[2])
    assert (await database.hot.redeem_code(first)).outcome is Redemption.REDEEMED
    answers = await asyncio.gather(
        *(database.hot.redeem_code(things.redemption(database, one)) for one in codes),
        database.hot.record(AuditEntry("one")),
    )
    outcomes = [answer.outcome.value for answer in answers[:4]]
    assert outcomes == ["redeemed", "redeemed", "replayed", "redeemed"]
    assert (await things.family_row(database, first.family_id)).revoked_at is not None
    assert Counter(await database.events())["code.redeemed"] == 4


async def test_one_code_twice_in_a_batch_gives_one_family_which_the_second_ends(database):
    who = await things.signed_in(database)
    code, other = await things.code(database, who), await things.code(database, who)
    await database.hot.record(AuditEntry("one"))
    asks = [things.redemption(database, one) for one in (code, other, code)]
    answers = await asyncio.gather(*(database.hot.redeem_code(ask) for ask in asks))
    assert sorted(answer.outcome.value for answer in answers) == ["redeemed", "redeemed", "replayed"]
    assert answers[1].outcome is Redemption.REDEEMED


async def test_a_code_whose_session_was_ended_gives_nothing_among_others(database):
    gone, who = await things.signed_in(database), await things.signed_in(database)
    lost, good = await things.code(database, gone), await things.code(database, who)
    await database.hot.record(AuditEntry("one"))
    async with database.begin() as unit:
        await unit.sessions.end(gone.session.id, database.clock.now())
    answers = await asyncio.gather(
        *(database.hot.redeem_code(things.redemption(database, one)) for one in (lost, good))
    )
    assert [answer.outcome for answer in answers] == [Redemption.ENDED, Redemption.REDEEMED]


async def test_what_a_code_gives_is_the_same_whether_or_not_it_was_foreseen(database):
    who = await things.signed_in(database)
    alone, among = await things.code(database, who, nonce="n-1"), await things.code(database, who, nonce="n-1")
    first = await database.hot.redeem_code(things.redemption(database, alone))  # opens the segment: step by step
    ask = things.redemption(database, among, refresh_allowed=False)
    second = await database.hot.redeem_code(ask)
    assert second == msgspec.structs.replace(first, family_id=ask.family_id, has_refresh=False)
    assert first.has_refresh
    rows = [await things.family_row(database, one) for one in (first.family_id, second.family_id)]
    assert [row.current_hash is None for row in rows] == [False, True]
    assert [(row.customer_id, row.session_id, row.scopes) for row in rows] == [
        (who.customer.id, who.session.id, "openid offline_access")
    ] * 2


@on_postgres
async def test_what_goes_as_foreseen_needs_no_step_of_its_own(database):
    made = await known(database, 4)
    codes = [await things.code(database, who) for _, who in made]
    owner = await connect(database.url)
    await owner.execute("REVOKE EXECUTE ON FUNCTION limen_rotate, limen_redeem FROM limen_token")
    rotations = (database.hot.rotate(things.rotation(database, *one, 1)) for one in made)
    redemptions = (database.hot.redeem_code(things.redemption(database, one)) for one in codes)
    pushes = [things.pushed(database, who.client) for _, who in made]
    answers = await asyncio.gather(
        *rotations,
        *redemptions,
        *(database.hot.push(one, AuditEntry("request.pushed")) for one in pushes),
        database.hot.record(AuditEntry("one")),
    )
    assert {answer.outcome for answer in answers[:4]} == {RotationOutcome.ROTATED}
    assert {answer.outcome for answer in answers[4:8]} == {Redemption.REDEEMED}
    assert [(a.customer_id, a.scopes) for a in answers[:8]] == [
        (who.customer.id, ("openid", "offline_access")) for _, who in made
    ] * 2
    async with database.read() as unit:
        assert [(await unit.pushed.get(one.reference)).sealed for one in pushes] == [one.sealed for one in pushes]
    told = Counter(await database.events())
    assert (told["request.pushed"], told["code.redeemed"]) == (4, 8)
    await owner.close()
