"""Accounts to which nobody signs in any more: told, deleted after the usual wait, and kept by whoever comes back."""

from collections import Counter

import pytest

from limen.app.jobs.deletion import carry_out_deletions
from limen.app.jobs.inactivity import watch_inactivity
from limen.identity.rights.records import Limit, LimitKind
from limen.identity.tenants.account import AccountSettings
from limen.identity.tenants.records import Lifetimes
from limen.kernel.clock import DAY, SECOND
from limen.kernel.event_data import misfit
from tests.integration.account.people import ANN, BOB, PASSWORD, at_home
from tests.integration.account.test_deletion import pending
from tests.integration.journeys.test_safe_changes import mailed
from tests.integration.journeys.test_second_factor import settings
from tests.support.house import says

pytestmark = pytest.mark.anyio
CAROL, DAVE = "carol@example.com", "dave@example.com"
DAY_SECONDS = DAY // SECOND
RULE = AccountSettings(inactive_days=100, inactive_notice_days=30)


async def run(house):
    """What one run of the job did."""
    done = Counter()
    await watch_inactivity(house.basis, lambda what, many: done.update({what: many}))
    return {what: many for what, many in done.items() if what != "kept"}


async def told(house, email):
    return len(await mailed(house, email, "account_inactive"))


async def test_whoever_stays_away_is_told_and_deleted_and_whoever_does_not_is_neither(house_on):
    house = house_on
    await settings(house, account=RULE)
    await at_home(house)
    bob = await house.customer(BOB)  # signs in never
    carol, _ = await house.customer(CAROL), await house.customer(DAVE)
    async with house.storage.database.begin(house.tenant.id) as unit:
        held = Limit(carol.id, LimitKind.HOLD, house.clock.now(), "administrator")
        assert await unit.processing_limits.put(held)
    house.clock.advance(69 * DAY_SECONDS)
    assert await run(house) == {}
    await at_home(house, DAVE, is_new=False)
    house.clock.advance(DAY_SECONDS)
    assert await run(house) == {"told": 2}
    assert [await told(house, one) for one in (ANN, BOB, CAROL, DAVE)] == [1, 1, 0, 0]
    assert await run(house) == {}
    house.clock.advance(29 * DAY_SECONDS)
    assert (await run(house), await pending(house)) == ({}, 0)
    house.clock.advance(DAY_SECONDS)
    assert await run(house) == {"deletion": 2}
    async with house.storage.database.read(house.tenant.id) as unit:
        request = await unit.account.deletion(bob.id)
        assert await unit.privacy_requests.of_customer(bob.id) == []  # nobody exercised a right
    assert (request.reason, request.due_at) == ("inactive", house.clock.now() + 14 * DAY)
    assert await carry_out_deletions(house.basis) == 0
    house.clock.advance(14 * DAY_SECONDS)
    assert await carry_out_deletions(house.basis) == 2
    assert (await house.rows())["customers"] == 2
    assert await house.basis.keyring.subject(house.tenant.id, bob.id) is None
    assert [misfit(*event) for event in house.announced if misfit(*event)] == []
    events = await house.events()
    assert [events.count(one) for one in ("account.inactive", "deletion.requested", "customer.deleted")] == [2, 2, 2]


async def test_a_sign_in_ends_it_whether_it_comes_before_the_deletion_was_asked_for_or_after(house):
    await settings(house, account=RULE)
    ann, bob = await house.customer(ANN), await house.customer(BOB)
    house.clock.advance(70 * DAY_SECONDS + 1)
    assert await run(house) == {"told": 2}
    await at_home(house, ANN, is_new=False)
    house.clock.advance(30 * DAY_SECONDS)
    assert await run(house) == {"deletion": 1}
    house.clock.advance(DAY_SECONDS)
    page = await at_home(house, BOB, is_new=False)
    assert says("leaving.title") not in (await page.get("/account")).text
    assert len(await mailed(house, BOB, "deletion_cancelled")) == 1
    house.clock.advance(14 * DAY_SECONDS)
    assert await carry_out_deletions(house.basis) == 0
    async with house.storage.database.read(house.tenant.id) as unit:
        days = [(await unit.customers.get(one.id)).seen_on for one in (ann, bob)]
    today = house.clock.now() // DAY
    assert days == [today - 45, today - 14]
    assert [misfit(*event) for event in house.announced if misfit(*event)] == []


async def test_a_sign_in_that_the_request_did_not_see_keeps_the_account_in_the_end(house):
    await settings(house, account=RULE)
    bob = await house.customer(BOB)
    house.clock.advance(70 * DAY_SECONDS + 1)
    await run(house)
    house.clock.advance(30 * DAY_SECONDS)
    assert await run(house) == {"deletion": 1}
    async with house.storage.database.begin(house.tenant.id) as unit:
        await unit.customers.seen(bob.id, house.clock.now() // DAY)
    house.clock.advance(14 * DAY_SECONDS)
    assert (await carry_out_deletions(house.basis), await pending(house)) == (0, 0)
    assert "deletion.cancelled" in await house.events()


async def test_an_application_that_renews_while_the_deletion_waits_keeps_the_account_too(house):
    await settings(
        house, account=RULE, lifetimes=Lifetimes(refresh_idle=200 * DAY_SECONDS, refresh_absolute=366 * DAY_SECONDS)
    )
    shop = await house.register_client(require_consent=False)
    ann = await at_home(house)
    tokens = await ann.tokens(shop, await ann.authorize(shop[0], scope="openid offline_access"))
    house.clock.advance(71 * DAY_SECONDS)
    assert await run(house) == {"told": 1}
    house.clock.advance(31 * DAY_SECONDS)
    assert await run(house) == {"deletion": 1}
    house.clock.advance(DAY_SECONDS)
    await ann.token(shop, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    house.clock.advance(14 * DAY_SECONDS)
    assert (await carry_out_deletions(house.basis), await pending(house)) == (0, 0)


async def test_one_day_is_noted_once_and_an_application_that_renews_counts(house):
    await settings(house, account=RULE)
    shop = await house.register_client(require_consent=False)
    ann = await at_home(house)
    tokens = await ann.tokens(shop, await ann.authorize(shop[0], scope="openid offline_access"))
    with house.watching() as trace:
        await at_home(house, ANN, is_new=False)
    assert not any("seen_on" in one and one.startswith("UPDATE") for one in trace.statements)
    for _ in range(7):
        house.clock.advance(10 * DAY_SECONDS)
        tokens = await ann.token(shop, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert await run(house) == {}
    house.clock.advance(15 * DAY_SECONDS)
    assert await run(house) == {}  # it is not renewed any more, but was until then
    house.clock.advance(60 * DAY_SECONDS)
    assert await run(house) == {"told": 1}


async def test_where_the_rule_is_off_nobody_is_told_and_who_was_is_forgotten(house):
    await house.customer(BOB)
    house.clock.advance(5_000 * DAY_SECONDS)
    assert await run(house) == {}
    await settings(house, account=RULE)
    assert await run(house) == {"told": 1}
    await settings(house, account=AccountSettings())
    await run(house)
    assert (await house.rows())["inactivity_notices"] == 0
    house.clock.advance(60 * DAY_SECONDS)
    await settings(house, account=RULE)
    assert await run(house) == {"told": 1}  # anew: nothing is asked for without a notice before


async def test_the_link_in_the_last_message_keeps_the_account_too(house):
    await settings(house, account=RULE)
    await house.customer(ANN, PASSWORD)
    house.clock.advance(70 * DAY_SECONDS + 1)
    await run(house)
    house.clock.advance(30 * DAY_SECONDS)
    await run(house)
    [mail] = await mailed(house, ANN, "deletion_inactive")
    assert "/keep-account/" in mail.text
    stranger = house.walker()
    page = await stranger.get(mail.text.partition("https://id.example")[2].split()[0])
    await stranger.post(page)
    assert await pending(house) == 0
