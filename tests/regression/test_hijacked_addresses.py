"""What names an account after an intruder was in it, or after two changed it at once: nothing of theirs stays."""

import asyncio

import pytest

from limen.access.account.emails import remove_email
from limen.identity.administrators import SYSTEM
from limen.identity.customers.emails import with_email, without_email
from limen.identity.customers.identifiers import EMAIL
from limen.identity.customers.management import NewCustomer
from limen.identity.customers.records import Contact, Profile
from limen.kernel.ids import ContactId
from limen.kernel.secret import Secret
from tests.integration.account.people import ANN, BOB, PASSWORD, at_home, pressing
from tests.integration.account.test_emails import HOME, SECURITY, WORK, add, held, press_and_confirm, signs_in
from tests.integration.account.test_linking import linking, owner_of, said
from tests.integration.account.test_two_accounts import chosen
from tests.integration.journeys.test_safe_changes import mailed, secure_in
from tests.support.house import code_in, says
from tests.support.walker import SAFARI

pytestmark = pytest.mark.anyio
LONG = 8 * 86_400
"""Seconds: more than the days in which changes can be undone."""


async def found_by(house, email):
    index = await house.directory().email_index(email)
    async with house.storage.database.read(house.tenant.id) as unit:
        return await unit.customers.find_by_contact(EMAIL, index)


async def it_was_not_me(house, notice):
    walker = house.walker()
    await walker.post(await walker.get(secure_in(notice)))


@pytest.mark.parametrize("days", [0, 8])
async def test_an_address_that_is_taken_away_twice_at_once_finds_nobody(house_on, days):
    house = house_on
    await add(house, await at_home(house))
    house.clock.advance(days * 86_400)
    customer = (await found_by(house, ANN)).id
    [extra] = (await held(house, customer)).emails
    parts = (await linking(house)).parts
    owner = await owner_of(house, customer)  # as both requests read it
    done = await asyncio.gather(*(remove_email(parts, owner, extra.id) for _ in range(2)))
    assert sorted(one.code if one is not None else "" for one in done) == ["", "version_changed"]
    assert await found_by(house, WORK) is None
    assert (await held(house, customer)).emails == ()


async def test_an_account_of_the_intruders_that_was_merged_in_goes_with_it_was_not_me(house):
    owner = await house.customer(ANN)
    await add(house, await at_home(house, BOB))
    house.clock.advance(LONG)  # the intruder waited
    browser = house.walker()
    await browser.sign_in(BOB, PASSWORD)
    await browser.sign_in(ANN, PASSWORD, await pressing(browser, SECURITY, "other_account"))
    page = await chosen(house, browser, "this", reads=(BOB, ANN))  # they read Ann's mail as well
    await browser.post(page, intent="confirm")
    assert [one.value for one in (await held(house, owner.id)).emails] == [BOB, WORK]
    await it_was_not_me(house, (await mailed(house, ANN, "identifiers_changed"))[-1])
    profile = await held(house, owner.id)
    assert (profile.email, profile.emails) == (ANN, ())
    assert await found_by(house, BOB) is await found_by(house, WORK) is None


async def test_whichever_notice_says_it_was_not_me_the_address_that_came_lately_goes(house):
    owner = await house.customer(ANN)
    house.clock.advance(LONG)
    thief = await at_home(house, is_new=False, user_agent=SAFARI)
    await add(house, thief)
    await press_and_confirm(thief, "primary_email")
    await add(house, thief, HOME)  # tells everybody, with a link that was made while the intruder's came first
    await it_was_not_me(house, (await mailed(house, ANN, "identifiers_changed"))[-1])
    profile = await held(house, owner.id)
    assert (profile.email, profile.emails) == (ANN, ())
    assert await found_by(house, WORK) is None


async def test_an_old_address_stays_old_however_often_another_comes_first(house):
    owner = await house.customer(ANN)
    house.clock.advance(LONG)
    thief = await at_home(house, is_new=False, user_agent=SAFARI)
    await add(house, thief)
    for _ in range(3):
        await press_and_confirm(thief, "primary_email")
    await press_and_confirm(thief, "remove_email")
    [notice] = await mailed(house, ANN, "email_removed")
    await it_was_not_me(house, notice)
    profile = await held(house, owner.id)
    assert (profile.email, profile.emails) == (ANN, ())


async def test_a_link_that_was_mailed_to_whoever_made_an_account_gives_it_back_to_nobody(house):
    made = await house.administration().create(NewCustomer(Profile(email=ANN), Secret(PASSWORD)), SYSTEM)
    further = Contact(str(ContactId.new(house.clock, house.basis.entropy)), WORK, house.clock.now())
    await house.administration().update(made.id, lambda profile: with_email(profile, further), SYSTEM)
    house.clock.advance(LONG)
    await press_and_confirm(await at_home(house, is_new=False), "remove_email")
    [notice] = await mailed(house, WORK, "email_removed")
    assert await (await linking(house)).reclaim(await owner_of(house, made.id), said()) is None
    assert (await house.walker().get(secure_in(notice))).status == 410
    profile = await held(house, made.id)
    assert (profile.email, profile.emails) == (ANN, ())
    assert await found_by(house, WORK) is None


@pytest.mark.parametrize("by", ["owner", "administrator"])
async def test_whoever_proved_an_address_before_it_was_taken_away_recovers_nothing_by_it(house, by):
    owner = await at_home(house)
    await add(house, owner)
    house.clock.advance(60)
    thief = house.walker(user_agent=SAFARI)
    page = await thief.begin_recovery(WORK)
    page = await thief.post(page, code=code_in((await house.mails(WORK))[-1]))
    assert page.h1 == says("new_password.title")
    house.clock.advance(60)
    if by == "owner":
        await press_and_confirm(owner, "remove_email")
    else:
        customer = await found_by(house, ANN)
        [extra] = (await held(house, customer.id)).emails
        await house.administration().update(customer.id, lambda one: without_email(one, extra.id), SYSTEM)
    assert (await thief.post(page, password="another horse battery")).path != "/account"
    assert not await signs_in(house, ANN, "another horse battery")
    assert (await owner.get("/account")).path == "/account"


async def test_whoever_has_not_proven_the_address_that_is_there_adds_none_to_come_back_by(house):
    made = await house.administration().create(NewCustomer(Profile(email=ANN), Secret(PASSWORD)), SYSTEM)
    waits = await at_home(house, is_new=False)
    page = await pressing(waits, SECURITY, "add_email")
    assert page.h1 == says("prove_address.title")
    assert (await waits.post(page, email=WORK)).h1 == says("prove_address.title")
    await waits.post(await waits.get(page.path), intent="resend")
    page = await waits.post(await waits.get(page.path), code=code_in((await house.mails(ANN))[-1]))
    assert page.h1 == says("add_email.title")  # its owner goes on
    page = await waits.post(page, email=WORK)
    await waits.post(page, code=code_in((await house.mails(WORK))[-1]))
    assert [one.value for one in (await held(house, made.id)).emails] == [WORK]
