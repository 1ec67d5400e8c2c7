"""What may be used once, over all workers: alone, or in one commit with what is done for it."""

import asyncio
from collections import Counter

import pytest

from limen.access.tokens.records import Redemption, RotationOutcome, Use
from limen.access.tokens.store import UsedBefore
from limen.kernel.clock import MINUTE
from limen.kernel.events import AuditEntry
from tests.contract import things

pytestmark = pytest.mark.anyio
KEY, OTHER = "jkt:" + "k" * 43, "jkt:" + "o" * 43


def use(world, name: str | None = None, kind: str = "dpop") -> Use:
    return Use(kind, things.digest(name or things.fresh()), world.clock.now() + MINUTE)


async def recorded(hot, *uses: Use) -> str:
    try:
        await hot.guarded(uses).record(AuditEntry("token.issued"))
    except UsedBefore:
        return "used before"
    return "recorded"


async def test_a_use_counts_once_and_what_comes_with_it_is_done_once(database):
    one = use(database)
    assert [await recorded(database.hot, one) for _ in range(3)] == ["recorded", "used before", "used before"]
    assert await database.events() == ["token.issued"]


async def test_of_fifty_at_once_one_wins(database):
    one = use(database)
    answers = await asyncio.gather(*(recorded(database.hot, one) for _ in range(50)))
    assert Counter(answers) == {"recorded": 1, "used before": 49}
    assert await database.events() == ["token.issued"]


async def test_of_fifty_over_two_workers_one_wins(database):
    one, other = use(database), await database.another()
    hots = (database.hot, other.hot_for(database.a))
    answers = await asyncio.gather(*(recorded(hots[number % 2], one) for number in range(50)))
    await other.close()
    assert Counter(answers) == {"recorded": 1, "used before": 49}


async def test_two_workers_with_many_uses_in_opposite_order_wait_for_nobody_forever(database):
    uses, other = [use(database) for _ in range(40)], await database.another()
    answers = await asyncio.gather(
        *(recorded(database.hot, one) for one in uses),
        *(recorded(other.hot_for(database.a), one) for one in reversed(uses)),
    )
    await other.close()
    assert Counter(answers) == {"recorded": 40, "used before": 40}


async def test_kinds_and_tenants_are_apart(database):
    assert await recorded(database.hot, use(database, "x", "dpop")) == "recorded"
    assert await recorded(database.hot, use(database, "x", "client-assertion")) == "recorded"
    assert await recorded(database.storage.hot_for(database.b), use(database, "x", "dpop")) == "recorded"


async def test_of_two_uses_one_that_came_before_is_enough_for_a_no_and_spends_the_other(database):
    old, new = use(database), use(database)
    assert await recorded(database.hot, old) == "recorded"
    assert await recorded(database.hot, new, old) == "used before"
    assert await recorded(database.hot, new) == "used before"


async def test_what_is_spent_with_the_first_write_does_not_stop_the_second(database):
    hot = database.hot.guarded((use(database),))
    for _ in range(2):
        await hot.record(AuditEntry("token.issued"))
    await hot.spend()
    assert await database.events() == ["token.issued"] * 2


async def test_without_a_write_it_is_spent_on_its_own(database):
    one = use(database)
    await database.hot.guarded((one,)).spend()
    with pytest.raises(UsedBefore):
        await database.hot.guarded((one,)).spend()
    assert await database.events() == []


async def test_a_code_with_a_proof_that_came_before_is_not_redeemed(database):
    who, one = await things.signed_in(database), use(database)
    assert await recorded(database.hot, one) == "recorded"
    ask = things.redemption(database, await things.code(database, who))
    with pytest.raises(UsedBefore):
        await database.hot.guarded((one,)).redeem_code(ask)
    assert (await database.hot.redeem_code(ask)).outcome is Redemption.REDEEMED


async def test_a_mixed_batch_does_each_step_that_may_be_done(database):
    family_id, who = await things.family(database)
    fresh, spent = use(database), use(database)
    await database.hot.guarded((spent,)).spend()
    ask = things.rotation(database, family_id, who)
    answers = await asyncio.gather(
        database.hot.guarded((spent,)).record(AuditEntry("one")),
        database.hot.guarded((fresh,)).rotate(ask),
        database.hot.record(AuditEntry("two")),
        return_exceptions=True,
    )
    assert isinstance(answers[0], UsedBefore)
    assert answers[1].outcome is RotationOutcome.ROTATED
    assert sorted(await database.events()) == ["code.redeemed", "token.refreshed", "two"]


# -- keys that codes and families are bound to ------------------------------------------------------------------------


async def bound_family(world, **changes):
    who = await things.signed_in(world)
    ask = things.redemption(world, await things.code(world, who), **changes)
    assert (await world.hot.redeem_code(ask)).outcome is Redemption.REDEEMED
    return ask.family_id, who


@pytest.mark.parametrize("shown", ["", OTHER])
async def test_a_code_bound_to_a_key_wants_that_key(database, shown):
    code = await things.code(database, await things.signed_in(database), confirmation=KEY)
    refused = await database.hot.redeem_code(things.redemption(database, code, confirmation=shown))
    assert refused.outcome is Redemption.MISMATCHED
    taken = await database.hot.redeem_code(things.redemption(database, code, confirmation=KEY))
    assert taken.outcome is Redemption.REDEEMED


async def test_a_code_bound_to_none_takes_any(database):
    code = await things.code(database, await things.signed_in(database))
    answer = await database.hot.redeem_code(things.redemption(database, code, confirmation=KEY))
    assert answer.outcome is Redemption.REDEEMED


@pytest.mark.parametrize("shown", ["", OTHER])
async def test_without_the_key_a_bound_family_neither_gives_nor_ends(database, shown):
    family_id, who = await bound_family(database, confirmation=KEY, binds=True)
    for generation in (0, 7):
        theft = things.rotation(database, family_id, who, generation, confirmation=shown)
        assert (await database.hot.rotate(theft)).outcome is RotationOutcome.WRONG_KEY
    right = things.rotation(database, family_id, who, confirmation=KEY)
    assert (await database.hot.rotate(right)).outcome is RotationOutcome.ROTATED
    assert (await database.events()).count("refresh.wrong_key") == 2


async def test_with_the_key_reuse_still_burns_a_bound_family(database):
    family_id, who = await bound_family(database, confirmation=KEY, binds=True)
    for generation in range(2):
        await database.hot.rotate(things.rotation(database, family_id, who, generation, confirmation=KEY))
    answer = await database.hot.rotate(things.rotation(database, family_id, who, 0, confirmation=KEY))
    assert answer.outcome is RotationOutcome.REUSED


async def test_a_family_that_is_not_bound_takes_any_key(database):
    family_id, who = await bound_family(database, confirmation=KEY)
    for generation, shown in enumerate((OTHER, "", KEY)):
        ask = things.rotation(database, family_id, who, generation, confirmation=shown)
        assert (await database.hot.rotate(ask)).outcome is RotationOutcome.ROTATED
