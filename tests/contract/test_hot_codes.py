"""Redeeming codes: once, whoever races."""

import asyncio
from collections import Counter
from dataclasses import replace

import msgspec
import pytest

from limen.access.tokens.records import NO_CHALLENGE, Redemption
from limen.kernel.clock import MINUTE
from limen.kernel.ids import ClientKey, FamilyId
from tests.contract import things

pytestmark = pytest.mark.anyio


async def test_a_code_becomes_a_family_that_says_what_the_code_said(database):
    who = await things.signed_in(database)
    code = await things.code(database, who)
    answer = await database.hot.redeem_code(ask := things.redemption(database, code))
    assert answer.outcome is Redemption.REDEEMED
    assert (answer.family_id, answer.customer_id, answer.nonce) == (ask.family_id, who.customer.id, "nonce")
    assert (answer.scopes, answer.authentication, answer.has_refresh) == (code.scopes, code.authentication, True)
    family = await database.hot.family(ask.family_id)
    assert family is not None
    assert family.scopes == code.scopes
    row = await things.family_row(database, ask.family_id)
    assert (row.generation, row.current_hash, row.grant_id) == (0, ask.refresh_hash, who.grant.id)
    assert await database.events() == ["code.redeemed"]


@pytest.mark.parametrize(("scopes", "allowed"), [(("openid",), True), (("openid", "offline_access"), False)])
async def test_without_offline_access_no_refresh_token_is_stored(database, scopes, allowed):
    code = await things.code(database, await things.signed_in(database), scopes=scopes)
    answer = await database.hot.redeem_code(ask := things.redemption(database, code, refresh_allowed=allowed))
    assert not answer.has_refresh
    assert (await things.family_row(database, ask.family_id)).current_hash is None


async def test_of_fifty_concurrent_redemptions_one_wins_and_its_family_is_revoked(database):
    code = await things.code(database, await things.signed_in(database))
    asks = [things.redemption(database, code) for _ in range(50)]
    answers = await asyncio.gather(*(database.hot.redeem_code(ask) for ask in asks))
    assert Counter(answer.outcome for answer in answers) == {Redemption.REDEEMED: 1, Redemption.REPLAYED: 49}
    family_id = next(answer.family_id for answer in answers if answer.outcome is Redemption.REDEEMED)
    assert {answer.family_id for answer in answers} == {family_id}
    assert (await things.family_row(database, family_id)).revoked_at is not None
    events = Counter(await database.events())
    assert events == {"code.redeemed": 1, "code.replayed": 49}
    assert await database.storage.outbox.waiting() == 0  # on record; nobody acts on it yet


@pytest.mark.parametrize(
    "wrong",
    [{"client": ClientKey("cli_other")}, {"redirect_uri": "https://evil.example"}, {"challenge": "x" * 43}],
    ids=["client", "redirect", "challenge"],
)
async def test_a_code_for_somebody_else_is_refused_and_not_spent(database, wrong):
    code = await things.code(database, await things.signed_in(database))
    answer = await database.hot.redeem_code(things.redemption(database, code, **wrong))
    assert answer.outcome is Redemption.MISMATCHED
    assert (await database.hot.redeem_code(things.redemption(database, code))).outcome is Redemption.REDEEMED


async def test_each_kind_of_challenge_is_met_by_its_own_alone(database):
    """A challenge, none at all (OAuth 2.1 §7.5.1), and what is answered on another device, which has an empty one."""
    who = await things.signed_in(database)
    kinds = ("c" * 43, NO_CHALLENGE, "")
    for asked_with in kinds:
        code = await things.code(database, who, challenge=asked_with)
        others = [things.redemption(database, code, challenge=one) for one in (*kinds, "x" * 43) if one != asked_with]
        answers = await asyncio.gather(*(database.hot.redeem_code(ask) for ask in others))
        assert {answer.outcome for answer in answers} == {Redemption.MISMATCHED}, asked_with
        assert (await database.hot.redeem_code(things.redemption(database, code))).outcome is Redemption.REDEEMED


async def test_an_unknown_code_leaves_no_record_for_anybody_could_send_one(database):
    code = msgspec.structs.replace(
        await things.code(database, await things.signed_in(database)), code_hash=things.digest("guess")
    )
    assert (await database.hot.redeem_code(things.redemption(database, code))).outcome is Redemption.UNKNOWN
    assert await database.events() == []


async def test_a_code_expires_at_its_instant(database):
    who = await things.signed_in(database)
    in_time, late = await things.code(database, who), await things.code(database, who)
    database.clock.advance(59.999999)
    assert (await database.hot.redeem_code(things.redemption(database, in_time))).outcome is Redemption.REDEEMED
    database.clock.advance(0.000001)
    assert late.expires_at == database.clock.now()
    assert (await database.hot.redeem_code(things.redemption(database, late))).outcome is Redemption.EXPIRED


async def end_session(unit, who, now):
    await unit.sessions.end(who.session.id, now)


async def disable(unit, who, now):
    changed = replace(who.customer, state=type(who.customer.state)("disabled"), version=2)
    assert await unit.customers.update(changed, 1)
    del now


async def sign_out_everywhere(unit, who, now):
    assert await unit.customers.update(replace(who.customer, valid_after=now + 1, version=2), 1)


@pytest.mark.parametrize("end", [end_session, disable, sign_out_everywhere])
async def test_a_code_dies_with_what_it_rests_on(database, end):
    who = await things.signed_in(database)
    code = await things.code(database, who)
    async with database.begin() as unit:
        await end(unit, who, database.clock.now())
    assert (await database.hot.redeem_code(things.redemption(database, code))).outcome is Redemption.ENDED


async def test_no_family_outlives_a_session_that_ends_while_its_code_is_redeemed(database):
    for _ in range(10):
        who = await things.signed_in(database)
        code = await things.code(database, who)
        ask = things.redemption(database, code)

        async def end(of=who):
            async with database.begin() as unit:
                await unit.sessions.end(of.session.id, database.clock.now())

        answer, _ = await asyncio.gather(database.hot.redeem_code(ask), end())
        if answer.outcome is Redemption.REDEEMED:
            assert (await things.family_row(database, ask.family_id)).revoked_at is not None


async def test_a_family_is_as_old_as_its_code_so_that_signing_out_between_them_ends_it(database):
    who = await things.signed_in(database)
    code = await things.code(database, who)
    database.clock.advance(1)
    signed_out_at = database.clock.now()
    database.clock.advance(1)
    await database.hot.redeem_code(ask := things.redemption(database, code))
    async with database.begin() as unit:  # decided before the redemption, committed after it
        assert await unit.customers.update(replace(who.customer, valid_after=signed_out_at, version=2), 1)
    answer = await database.hot.rotate(things.rotation(database, ask.family_id, who))
    assert answer.outcome.value == "ended"


async def test_codes_of_two_tenants_in_one_batch_stay_apart(database):
    mine = await things.signed_in(database)
    theirs = await things.signed_in(database, database.b)
    one = await things.code(database, mine, code_hash=things.digest("same"))
    two = await things.code(database, theirs, database.b, code_hash=things.digest("same"))
    answers = await asyncio.gather(
        database.hot.redeem_code(things.redemption(database, one)),
        database.storage.hot_for(database.b).redeem_code(things.redemption(database, two)),
    )
    assert [answer.customer_id for answer in answers] == [mine.customer.id, theirs.customer.id]
    assert await database.events(database.a) == await database.events(database.b) == ["code.redeemed"]


async def test_a_poisoned_step_fails_alone(database):
    who = await things.signed_in(database)
    codes = [await things.code(database, who) for _ in range(9)]
    asks = [things.redemption(database, code) for code in codes]
    asks[4] = msgspec.structs.replace(asks[4], idle_until=None)  # what no use case would send: the column refuses it
    answers = await asyncio.gather(*(database.hot.redeem_code(ask) for ask in asks), return_exceptions=True)
    assert isinstance(answers.pop(4), Exception)
    assert {answer.outcome for answer in answers} == {Redemption.REDEEMED}
    assert await database.events() == ["code.redeemed"] * 8
    again = things.redemption(database, codes[4])
    assert (await database.hot.redeem_code(again)).outcome is Redemption.REDEEMED


async def test_two_workers_redeem_each_code_once(database):
    who = await things.signed_in(database)
    codes = [await things.code(database, who, expires_at=database.clock.now() + MINUTE) for _ in range(25)]
    other = await database.another()
    hots = (database.hot, other.hot_for(database.a))
    asks = [(hot, things.redemption(database, code)) for code in codes for hot in hots]
    answers = await asyncio.gather(*(hot.redeem_code(ask) for hot, ask in asks))
    assert Counter(answer.outcome for answer in answers) == {Redemption.REDEEMED: 25, Redemption.REPLAYED: 25}
    for family_id in {FamilyId(answer.family_id) for answer in answers}:
        assert (await things.family_row(database, family_id)).revoked_at is not None
    await other.close()
    await database.audit()
