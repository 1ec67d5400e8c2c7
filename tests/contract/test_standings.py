"""How customers stand: in one statement what the stores of its parts return."""

import pytest

from limen.access.factors.records import FactorKind
from limen.access.journeys.store import Standing
from limen.access.safety.records import RequestState
from limen.identity.customers.records import CustomerState
from tests.contract import things

pytestmark = pytest.mark.anyio


async def test_a_customer_comes_with_their_factors_and_their_trust_in_the_browser(database):
    marked = {"valid_after": 3, "proof_after": 4, "version": 5, "state": CustomerState.DISABLED}
    who, other = things.customer(database, **marked), things.customer(database)
    here, there = things.browser(database), things.browser(database)
    app, code = things.factor(database, who), things.recovery_code(database, who, "a")
    database.clock.advance(1)
    key = things.factor(database, who, kind=FactorKind.PASSKEY, digest=b"d", last_used_at=5, last_step=4)
    mine, theirs = things.trusted_device(database, who, here), things.trusted_device(database, other, there)
    now = database.clock.now()
    async with database.begin() as unit:
        for owner in (who, other):
            assert await unit.customers.add(owner, things.contact(owner))
        for browser in (here, there):
            await unit.sessions.add_browser(browser)
        await unit.customers.seen(who.id, 77)
        for one in (key, app, code):
            await unit.factors.add(one)
        for device in (mine, theirs):
            await unit.devices.trust(device)
        stored, held = await unit.customers.get(who.id), tuple(await unit.factors.of_customer(who.id))
        assert (stored.seen_on, set(held), held[-1]) == (77, {app, code, key}, key)
        held = (app, key)  # codes are counted
        clear = {"recovers": False, "has_failed": False, "allowed": ()}
        assert await unit.standings.find(who.id, here.id, None, now) == Standing(stored, held, 1, mine, **clear)
        assert await unit.standings.find(who.id, there.id, None, now) == Standing(stored, held, 1, **clear)
        assert await unit.standings.find(other.id, there.id, None, now) == Standing(other, (), 0, theirs, **clear)


async def test_a_browser_is_trusted_until_that_expires_and_who_is_gone_stands_nowhere(database):
    who, here = things.customer(database), things.browser(database)
    device = things.trusted_device(database, who, here)
    async with database.begin() as unit:
        assert await unit.customers.add(who, things.contact(who))
        await unit.sessions.add_browser(here)
        await unit.devices.trust(device)
        assert (await unit.standings.find(who.id, here.id, None, device.expires_at - 1)).trusted == device
        assert (await unit.standings.find(who.id, here.id, None, device.expires_at)).trusted is None
        assert await unit.customers.delete(who.id)
        assert await unit.standings.find(who.id, here.id, None, 0) is None


@pytest.mark.parametrize("is_known", [False, True])
async def test_what_ends_with_a_second_factor_is_told_of_its_customer_alone(database, is_known):
    who, other = things.customer(database), things.customer(database)
    request, now = things.recovery_request(database, who), database.clock.now()

    async def troubles(owner):
        found = await unit.standings.find(owner.id, here.id, None, now)
        return found.recovers, found.has_failed

    here = things.browser(database)
    async with database.begin() as unit:
        for owner in (who, other):
            assert await unit.customers.add(owner, things.contact(owner))
            await unit.passwords.put(things.password(owner))
        assert await troubles(who) == (False, False)
        assert await unit.recoveries.begin(request)
        assert (await troubles(who), await troubles(other)) == ((True, False), (False, False))
        await unit.passwords.count_failure(who.id, is_known=is_known)
        assert (await troubles(who), await troubles(other)) == ((True, True), (False, False))
        await unit.passwords.enable(who.id)
        assert await unit.recoveries.advance(request.closed(RequestState.DONE, now), request)
        assert await troubles(who) == (False, False)


async def test_what_a_customer_allows_is_told_of_the_client_that_was_asked_for(database):
    who, other = things.customer(database), things.customer(database)
    shop, bank = things.client(database), things.client(database)
    async with database.begin() as unit:
        for owner in (who, other):
            assert await unit.customers.add(owner, things.contact(owner))
        for client in (shop, bank):
            assert await unit.clients.add(client)
        await unit.grants.save(things.grant(database, who, shop, "openid", "profile"))
        await unit.grants.save(things.grant(database, who, bank, "orders"))

        async def allowed(owner, client):
            return set((await unit.standings.find(owner.id, things.fresh(), client and client.key, 0)).allowed)

        assert await allowed(who, shop) == {"openid", "profile"}
        assert await allowed(who, bank) == {"orders"}
        assert await allowed(who, None) == await allowed(other, shop) == set()


async def test_recovery_codes_are_counted_that_are_not_spent(database):
    who, other = things.customer(database), things.customer(database)
    codes = [things.recovery_code(database, who, text) for text in "abc"]

    async def left(owner):
        found = await unit.standings.find(owner.id, things.fresh(), None, 0)
        assert found.factors == ()
        return found.codes_left

    async with database.begin() as unit:
        for owner in (who, other):
            assert await unit.customers.add(owner, things.contact(owner))
        await unit.factors.replace_codes(who.id, codes)
        assert (await left(who), await left(other)) == (3, 0)
        assert await unit.factors.spend_code(who.id, codes[1].digest, 5)
        assert await left(who) == 2
        assert await unit.factors.remove_since(who.id, 0) == 3
        assert await left(who) == 0
