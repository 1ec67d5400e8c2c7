"""Requests that wait for an answer from another device: answered once, polled cheaply, redeemed once."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import select

from limen.access.tokens.records import Redemption
from limen.access.tokens.waiting import SLOWEST, WaitingKind, WaitingState
from limen.kernel.clock import MINUTE, SECOND
from limen.kernel.ids import ClientKey
from limen.storage import schema
from tests.contract import things

pytestmark = pytest.mark.anyio


async def stored(database, request, tenant_id=None):
    async with database.begin(tenant_id) as unit:
        assert await unit.waiting.add(request)
    return request


async def test_a_request_is_found_by_identifier_and_by_user_code_as_it_was_stored(database):
    request = await stored(database, things.waiting(database))
    async with database.read() as unit:
        assert await unit.waiting.get(request.id) == request
        assert await unit.waiting.find_user_code(request.user_hash) == request
        assert await unit.waiting.find_user_code(things.digest("another")) is None


async def test_a_user_code_is_given_to_one_request_at_a_time(database):
    request = await stored(database, things.waiting(database))
    async with database.begin() as unit:
        assert not await unit.waiting.add(things.waiting(database, user_hash=request.user_hash))
        assert await unit.waiting.add(things.waiting(database, user_hash=None))
        assert await unit.waiting.add(things.waiting(database, user_hash=None))


async def test_of_twenty_answers_at_once_one_counts(database):
    request = await stored(database, things.waiting(database))

    async def answer(state):
        async with database.begin() as unit:
            return await unit.waiting.answer(request.id, state, database.clock.now())

    states = [WaitingState.APPROVED, WaitingState.DENIED] * 10
    assert Counter(await asyncio.gather(*(answer(state) for state in states))) == {True: 1, False: 19}


async def test_of_ten_claims_at_once_one_counts_and_none_after_an_answer(database):
    request = await stored(database, things.waiting(database))

    async def claim(number, of=request):
        async with database.begin() as unit:
            return await unit.waiting.claim(of, b"%d" % number, database.clock.now())

    assert Counter(await asyncio.gather(*(claim(number) for number in range(10)))) == {True: 1, False: 9}
    async with database.begin() as unit:
        held = await unit.waiting.get(request.id)
        assert await unit.waiting.answer(request.id, WaitingState.DENIED, database.clock.now())
    assert held == replace(request, sealed=held.sealed)
    assert not await claim(11, held)


async def test_what_has_expired_is_not_answered(database):
    request = await stored(database, things.waiting(database))
    async with database.begin() as unit:
        assert not await unit.waiting.answer(request.id, WaitingState.APPROVED, request.expires_at)
        assert await unit.waiting.answer(request.id, WaitingState.APPROVED, request.expires_at - 1)


async def test_a_customer_sees_what_waits_for_them_and_it_goes_with_them(database):
    who = await things.signed_in(database)
    now = database.clock.now()
    mine = await stored(database, things.waiting(database, customer_id=who.customer.id, kind=WaitingKind.BACKCHANNEL))
    await stored(database, things.waiting(database))
    async with database.begin() as unit:
        assert await unit.waiting.of_customer(who.customer.id, now) == [mine]
        assert await unit.waiting.of_customer(who.customer.id, mine.expires_at) == []
        await unit.customers.delete(who.customer.id)
        assert await unit.waiting.get(mine.id) is None


async def test_a_poll_tells_what_there_is_and_when_the_last_one_was(database):
    request = await stored(database, things.waiting(database))
    began = database.clock.now()
    first = await database.hot.poll(request.code_hash, began)
    assert (first.kind, first.client, first.state) == (request.kind, request.client, WaitingState.PENDING)
    assert (first.polled_at, first.expires_at, first.interval) == (0, request.expires_at, 5)
    assert not first.is_early(began)
    second = await database.hot.poll(request.code_hash, began + 4 * SECOND)
    assert second.is_early(began + 4 * SECOND)
    third = await database.hot.poll(request.code_hash, began + 9 * SECOND)
    assert not third.is_early(began + 9 * SECOND)
    assert await database.hot.poll(things.digest("guess"), began) is None


async def test_polls_in_a_crowd_each_find_their_own_and_two_for_one_code_know_of_each_other(database):
    kinds = [WaitingKind.DEVICE, WaitingKind.BACKCHANNEL] * 10
    requests = [await stored(database, replace(things.waiting(database, user_hash=None), kind=kind)) for kind in kinds]
    theirs = await stored(database, things.waiting(database, user_hash=None), database.b)
    now = database.clock.now()
    hot, elsewhere = database.hot, database.storage.hot_for(database.b)
    found = await asyncio.gather(
        *(hot.poll(request.code_hash, now) for request in requests),
        hot.poll(theirs.code_hash, now),
        elsewhere.poll(theirs.code_hash, now),
        hot.poll(requests[0].code_hash, now + 1),
        hot.poll(things.digest("guess"), now),
    )
    assert [one.kind for one in found[:20]] == kinds
    assert found[20] is found[23] is None
    assert found[21].expires_at == theirs.expires_at
    assert (found[0].polled_at, found[22].polled_at) == (0, now)


async def test_a_poll_that_finds_nothing_new_records_nothing(database):
    request = await stored(database, things.waiting(database))
    before = await database.audit()
    for _ in range(3):
        await database.hot.poll(request.code_hash, database.clock.now())
    assert await database.audit() == before


async def test_the_interval_grows_by_five_seconds_each_time_up_to_a_minute(database):
    request = await stored(database, things.waiting(database))
    seen = []
    for _ in range(13):
        await database.hot.slow_down(request.code_hash)
        seen.append((await database.hot.poll(request.code_hash, database.clock.now())).interval)
    assert seen == [*range(10, SLOWEST, 5), SLOWEST, SLOWEST, SLOWEST]
    async with database.begin() as unit:
        await unit.waiting.answer(request.id, WaitingState.APPROVED, database.clock.now())
    assert (await database.hot.poll(request.code_hash, database.clock.now())).state is WaitingState.APPROVED


async def test_of_fifty_redemptions_of_an_allowed_request_one_wins(database):
    who = await things.signed_in(database)
    code = await things.code(database, who, redirect_uri=WaitingKind.DEVICE.value, challenge="")
    asks = [things.redemption(database, code) for _ in range(50)]
    answers = await asyncio.gather(*(database.hot.redeem_code(ask) for ask in asks))
    assert Counter(answer.outcome for answer in answers) == {Redemption.REDEEMED: 1, Redemption.REPLAYED: 49}


async def test_the_last_poll_of_one_tenant_is_nothing_to_another(database):
    request = await stored(database, things.waiting(database))
    await stored(database, replace(request, client=ClientKey("cli_theirs")), database.b)
    now = database.clock.now()
    await database.hot.poll(request.code_hash, now)
    theirs = await database.storage.hot_for(database.b).poll(request.code_hash, now + MINUTE // 60)
    assert (theirs.client, theirs.polled_at) == ("cli_theirs", 0)


async def test_nothing_open_says_who_asked(database):
    request = await stored(database, things.waiting(database))
    async with database.read() as unit:
        [row] = (await unit.connection.execute(select(schema.tokens.waiting_requests))).all()
    assert row.sealed == request.sealed
    assert row.polled_at is None
