"""Refreshing: rotation, retries within the grace, reuse outside it, and every end a family can come to."""

import asyncio
from collections import Counter
from dataclasses import replace

import msgspec
import pytest

from limen.access.tokens.records import RotationOutcome
from limen.identity.customers.records import CustomerState
from limen.kernel.clock import DAY
from limen.kernel.ids import ClientKey, FamilyId
from tests.contract import things

pytestmark = pytest.mark.anyio


async def is_revoked(world, family_id) -> bool:
    return (await things.family_row(world, family_id)).revoked_at is not None


async def test_each_rotation_makes_its_successor_the_only_token(database):
    family_id, who = await things.family(database)
    for generation in range(3):
        database.clock.advance(60)
        ask = things.rotation(database, family_id, who, generation)
        answer = await database.hot.rotate(ask)
        assert answer.outcome is RotationOutcome.ROTATED
        assert (answer.customer_id, answer.scopes) == (who.customer.id, ("openid", "offline_access"))
        assert answer.authentication is not None
        row = await things.family_row(database, family_id)
        assert (row.generation, row.current_hash) == (generation + 1, ask.successor_hash)
        assert (row.previous_hash, row.idle_until) == (ask.presented_hash, ask.idle_until)
    assert await database.events() == ["code.redeemed", *["token.refreshed"] * 3]


async def test_two_concurrent_submits_of_one_token_are_both_answered_and_the_family_lives(database):
    family_id, who = await things.family(database)
    asks = [things.rotation(database, family_id, who)] * 2
    answers = await asyncio.gather(*(database.hot.rotate(ask) for ask in asks))
    assert sorted(answer.outcome for answer in answers) == [RotationOutcome.RETRIED, RotationOutcome.ROTATED]
    row = await things.family_row(database, family_id)
    assert (row.generation, row.current_hash, row.revoked_at) == (1, asks[0].successor_hash, None)
    next_one = await database.hot.rotate(things.rotation(database, family_id, who, 1))
    assert next_one.outcome is RotationOutcome.ROTATED


async def test_a_forty_way_race_keeps_the_family_alive(database):
    family_id, who = await things.family(database)
    ask = things.rotation(database, family_id, who)
    answers = await asyncio.gather(*(database.hot.rotate(ask) for _ in range(40)))
    assert Counter(a.outcome for a in answers) == {RotationOutcome.ROTATED: 1, RotationOutcome.RETRIED: 39}
    assert (await things.family_row(database, family_id)).generation == 1
    assert not await is_revoked(database, family_id)


async def test_a_retry_at_the_end_of_the_grace_is_answered_and_after_it_burns_the_family(database):
    family_id, who = await things.family(database)
    ask = things.rotation(database, family_id, who)
    await database.hot.rotate(ask)
    database.clock.advance(10)
    assert (await database.hot.rotate(ask)).outcome is RotationOutcome.RETRIED
    database.clock.advance(0.000001)
    assert (await database.hot.rotate(ask)).outcome is RotationOutcome.REUSED
    assert await is_revoked(database, family_id)
    assert (await database.hot.rotate(things.rotation(database, family_id, who, 1))).outcome is RotationOutcome.REVOKED
    assert (await database.events())[-2:] == ["refresh.reused", "refresh.revoked"]


async def test_a_token_of_two_generations_ago_burns_the_family_even_within_the_grace(database):
    family_id, who = await things.family(database)
    for generation in range(2):
        await database.hot.rotate(things.rotation(database, family_id, who, generation))
    assert (await database.hot.rotate(things.rotation(database, family_id, who, 0))).outcome is RotationOutcome.REUSED
    assert await is_revoked(database, family_id)


async def test_without_a_grace_a_second_submit_burns_the_family(database):
    family_id, who = await things.family(database)
    ask = things.rotation(database, family_id, who, grace=0)
    await database.hot.rotate(ask)
    database.clock.advance(0.000001)
    assert (await database.hot.rotate(ask)).outcome is RotationOutcome.REUSED


async def test_reuse_and_the_right_token_in_one_batch_leave_a_burnt_family_and_one_record_of_it(database):
    family_id, who = await things.family(database)
    for generation in range(2):
        await database.hot.rotate(things.rotation(database, family_id, who, generation))
    asks = [things.rotation(database, family_id, who, generation) for generation in (0, 2, 0)]
    answers = await asyncio.gather(*(database.hot.rotate(ask) for ask in asks))
    assert [answer.outcome.value for answer in answers] == ["reused", "revoked", "revoked"]
    assert await is_revoked(database, family_id)
    assert (await database.events()).count("refresh.reused") == 1


async def test_another_client_burns_the_family(database):
    family_id, who = await things.family(database)
    ask = things.rotation(database, family_id, who, client=ClientKey("cli_other"))
    assert (await database.hot.rotate(ask)).outcome is RotationOutcome.REUSED
    assert await is_revoked(database, family_id)


async def test_an_unknown_family_is_recorded_and_nothing_is_burnt(database):
    family_id, who = await things.family(database)
    ask = things.rotation(database, FamilyId("fam_unknown"), who)
    assert (await database.hot.rotate(ask)).outcome is RotationOutcome.UNKNOWN
    assert not await is_revoked(database, family_id)


async def test_a_family_that_lay_idle_too_long_is_over(database):
    family_id, who = await things.family(database)
    database.clock.advance(14 * 86_400)
    assert (await database.hot.rotate(things.rotation(database, family_id, who))).outcome is RotationOutcome.EXPIRED


async def test_a_family_ends_at_its_absolute_limit_however_often_it_is_used(database):
    family_id, who = await things.family(database)
    for generation in range(9):
        database.clock.advance(9.99 * 86_400)
        ask = things.rotation(database, family_id, who, generation)
        assert (await database.hot.rotate(ask)).outcome is RotationOutcome.ROTATED
    database.clock.advance(86_400)
    assert (await database.hot.rotate(things.rotation(database, family_id, who, 9))).outcome is RotationOutcome.EXPIRED


async def test_a_disabled_customers_family_is_ended_and_lives_again_if_they_are_enabled(database):
    family_id, who = await things.family(database)
    async with database.begin() as unit:
        await unit.customers.update(replace(who.customer, state=CustomerState.DISABLED, version=2), 1)
    assert (await database.hot.rotate(things.rotation(database, family_id, who))).outcome is RotationOutcome.ENDED
    async with database.begin() as unit:
        await unit.customers.update(replace(who.customer, version=3), 2)
    assert (await database.hot.rotate(things.rotation(database, family_id, who))).outcome is RotationOutcome.ROTATED


async def test_valid_after_ends_older_families_and_not_newer_ones(database):
    old, who = await things.family(database)
    database.clock.advance(1)
    async with database.begin() as unit:
        changed = replace(who.customer, valid_after=database.clock.now(), version=2)
        assert await unit.customers.update(changed, 1)
    new, _ = await things.family(database, who)
    assert (await database.hot.rotate(things.rotation(database, old, who))).outcome is RotationOutcome.ENDED
    assert (await database.hot.rotate(things.rotation(database, new, who))).outcome is RotationOutcome.ROTATED


async def test_with_rotation_off_the_token_stays_and_any_other_burns_the_family(database):
    family_id, who = await things.family(database)
    ask = things.rotation(database, family_id, who, successor_hash=things.digest("refresh-0"))
    for _ in range(3):
        database.clock.advance(60)
        assert (await database.hot.rotate(ask)).outcome is RotationOutcome.ROTATED
    row = await things.family_row(database, family_id)
    assert (row.current_hash, row.idle_until) == (ask.presented_hash, ask.idle_until)
    guess = msgspec.structs.replace(ask, presented_hash=things.digest("guess"))
    assert (await database.hot.rotate(guess)).outcome is RotationOutcome.REUSED
    assert await is_revoked(database, family_id)


async def test_two_workers_rotating_the_same_families_lose_none(database):
    made = [await things.family(database) for _ in range(20)]
    other = await database.another()
    hots = (database.hot, other.hot_for(database.a))
    for generation in range(3):
        asks = [(hot, things.rotation(database, family_id, who, generation)) for family_id, who in made for hot in hots]
        answers = await asyncio.gather(*(hot.rotate(ask) for hot, ask in asks))
        outcomes = Counter(answer.outcome for answer in answers)
        assert outcomes == {RotationOutcome.ROTATED: 20, RotationOutcome.RETRIED: 20}
        database.clock.advance(60)
    for family_id, _ in made:
        row = await things.family_row(database, family_id)
        assert (row.generation, row.revoked_at) == (3, None)
    await other.close()
    assert Counter(await database.events())["token.refreshed"] == 120


# -- revoking ------------------------------------------------------------------------------------------------------


def entry(name: str = "token.revoked"):
    from limen.kernel.events import AuditEntry  # noqa: PLC0415

    return AuditEntry(name)


async def test_a_client_revokes_its_own_family_once_and_no_other(database):
    family_id, who = await things.family(database)
    assert not await database.hot.revoke_family(family_id, ClientKey("cli_other"), entry())
    assert not await is_revoked(database, family_id)
    assert await database.hot.revoke_family(family_id, who.client.key, entry())
    assert not await database.hot.revoke_family(family_id, who.client.key, entry())
    assert await is_revoked(database, family_id)
    assert (await database.events()).count("token.revoked") == 1


async def test_a_revoked_token_family_or_customer_is_known_as_such_at_once(database):
    family_id, who = await things.family(database)
    now = database.clock.now()
    subject = who.customer.subject
    assert not await database.hot.is_revoked("jti", family_id, subject, now)
    assert not await database.hot.is_revoked("jti", "", "", now)
    await database.hot.revoke_token("jti", now + DAY, entry())
    await database.hot.revoke_token("jti", now + DAY, entry())
    assert await database.hot.is_revoked("jti", family_id, subject, now)
    assert not await database.hot.is_revoked("jti-2", family_id, subject, now)
    assert await database.hot.is_revoked("jti-2", "fam_unknown", subject, now)
    assert await database.hot.is_revoked("jti-2", family_id, "nobody", now)
    assert await database.hot.is_revoked("jti-2", family_id, subject, -1)
    await database.hot.revoke_family(family_id, who.client.key, entry())
    assert await database.hot.is_revoked("jti-2", family_id, subject, now)


async def test_revocations_list_what_was_revoked_since(database):
    before, who = await things.family(database)
    await database.hot.revoke_family(before, who.client.key, entry())
    database.clock.advance(60)
    since = database.clock.now()
    after, _ = await things.family(database, who)
    await database.hot.revoke_family(after, who.client.key, entry())
    await database.hot.revoke_token("old", since - 1, entry())
    await database.hot.revoke_token("live", since + DAY, entry())
    async with database.begin() as unit:
        await unit.customers.update(replace(who.customer, valid_after=since, version=2), 1)
    found = await database.hot.revocations(since)
    assert (found.tokens, found.families) == ({"live"}, {after})
    assert found.subjects == {who.customer.subject: since}
    assert (await database.storage.hot_for(database.b).revocations(0)).families == frozenset()


async def test_a_customer_is_read_for_userinfo(database):
    who = await things.signed_in(database)
    assert await database.hot.customer(who.customer.subject) == who.customer
    assert await database.hot.customer("nobody") is None
    assert await database.storage.hot_for(database.b).customer(who.customer.subject) is None


async def test_hot_revocations_reach_the_caches_of_this_process_with_the_answer(database):
    heard = []
    database.storage.feed.listen(lambda *change: heard.append(change))
    family_id, who = await things.family(database)
    await database.hot.revoke_family(family_id, who.client.key, entry())
    await database.hot.revoke_token("jti", 1, entry())
    assert heard == [(database.a, "family", family_id), (database.a, "token", "jti")]
