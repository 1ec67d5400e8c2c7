"""Several addresses of one account: each signs in, none is another's, and what an intruder did to them is undone."""

import asyncio

import pytest

from limen.app.jobs.upkeep import sweep
from limen.identity.administrators import SYSTEM
from limen.identity.customers.emails import MOST_EMAILS
from tests.integration.account.people import ANN, BOB, PASSWORD, STALE, at_home, pressing
from tests.integration.account.test_api import ann_with_api
from tests.integration.journeys.test_safe_changes import NEW, mailed, secure_in
from tests.support.house import code_in, says
from tests.support.walker import SAFARI

pytestmark = pytest.mark.anyio
WORK, HOME = "ann@work.example", "ann@home.example"
SECURITY = "/account/security"


async def add(house, walker, email=WORK):
    page = await pressing(walker, SECURITY, "add_email")
    assert page.h1 == says("add_email.title")
    page = await walker.post(page, email=email)
    page = await walker.post(page, code=code_in((await house.mails(email))[-1]))
    assert page.path.startswith("/account"), page
    return page


async def press_and_confirm(walker, intent, nth=0):
    page = await walker.post(await pressing(walker, SECURITY, intent, nth))
    assert page.path == SECURITY, page


async def signs_in(house, email, password=PASSWORD):
    return (await house.walker().sign_in(email, password)).path == "/account"


async def seen_by(house, walker, shop):
    tokens = await walker.tokens(shop, await walker.authorize(shop[0]))
    async with house.client() as http:
        answer = await http.get("/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"})
    return answer.json()["email"]


async def held(house, customer_id):
    async with house.storage.database.read(house.tenant.id) as unit:
        return (await house.directory().open(await unit.customers.get(customer_id))).profile


async def test_each_proven_address_signs_in_and_recovers_and_applications_see_the_first(house_on):
    house = house_on
    ann = await at_home(house)
    shop = await house.register_client(require_consent=False)
    await add(house, ann)
    assert await signs_in(house, WORK)
    assert await signs_in(house, ANN)
    [told] = await mailed(house, ANN, "identifiers_changed")
    assert says("mail.identifiers_changed.added", brand=house.tenant.name) in told.text
    assert await seen_by(house, ann, shop) == ANN
    await press_and_confirm(ann, "primary_email")
    assert await seen_by(house, ann, shop) == WORK
    assert len(await mailed(house, ANN, "identifiers_changed")) == 2
    assert len(await mailed(house, WORK, "identifiers_changed")) == 1
    assert (await house.walker().recover(ANN, NEW)).path.startswith("/account")  # it is a further address now
    assert [len(await mailed(house, email, "password_changed")) for email in (ANN, WORK)] == [1, 1]
    assert await signs_in(house, WORK, NEW)
    assert {"email.added", "email.made_primary"} <= set(await house.events())


async def test_an_address_that_is_taken_away_is_told_held_and_brought_back_by_its_owner(house_on):
    house = house_on
    ann = await at_home(house)
    await add(house, ann)
    house.clock.advance(8 * 86_400)
    thief = await at_home(house, is_new=False, user_agent=SAFARI)
    await press_and_confirm(thief, "remove_email")
    assert not await signs_in(house, WORK)
    page = await house.walker().begin_sign_up(WORK, PASSWORD)
    assert (page.h1, "/link/" in (await house.mails(WORK))[-1].text) == (says("verify.title"), False)
    [notice] = await mailed(house, WORK, "email_removed")
    owner = house.walker()
    assert (await owner.post(await owner.get(secure_in(notice)))).h1 == says("secured.undo_email.title")
    assert (await thief.get("/account")).h1 == says("sign_in.title")
    assert (await owner.recover(WORK, NEW)).path.startswith("/account")
    assert await signs_in(house, ANN, NEW)  # still the first
    assert (await house.rows())["contact_index"] == 2


async def test_it_was_not_me_takes_away_the_address_that_an_intruder_added_and_put_first(house):
    owner = await house.customer(ANN)
    house.clock.advance(8 * 86_400)
    thief = await at_home(house, is_new=False, user_agent=SAFARI)
    await add(house, thief)
    await press_and_confirm(thief, "primary_email")
    await press_and_confirm(thief, "remove_email")  # the owner's
    assert not await signs_in(house, ANN)
    notice = (await mailed(house, ANN, "identifiers_changed"))[0]
    walker = house.walker()
    assert (await walker.post(await walker.get(secure_in(notice)))).h1 == says("secured.secure.title")
    profile = await held(house, owner.id)
    assert (profile.email, profile.emails) == (ANN, ())
    page = await house.walker().begin_recovery(WORK)
    assert page.h1 == says("verify.title")
    assert "/link/" not in (await house.mails(WORK))[-1].text
    assert (await walker.recover(ANN, NEW)).path.startswith("/account")
    assert (await house.rows())["contact_index"] == 1


async def test_one_that_was_added_lately_gets_no_way_back_and_is_free_at_once(house):
    ann = await at_home(house)
    await add(house, ann)
    await press_and_confirm(ann, "remove_email")
    [notice] = await mailed(house, WORK, "email_removed")
    assert "/secure/" not in notice.text
    assert (await house.walker().sign_up(WORK, PASSWORD)).path.startswith("/account")


async def test_an_address_that_nobody_proved_blocks_nobody_and_a_taken_one_is_told_to_its_owner(house):
    ann, bob = await at_home(house), await at_home(house, BOB)
    for walker in (ann, bob):
        await walker.post(await pressing(walker, SECURITY, "add_email"), email=WORK)
    assert (await house.walker().sign_up(WORK, PASSWORD)).path.startswith("/account")
    assert not await signs_in(house, HOME)
    events = []
    for email in (HOME, BOB):
        page = await pressing(ann, SECURITY, "add_email")
        with house.watching() as trace:
            page = await ann.post(page, email=email)
        assert (page.status, page.h1, page.errors) == (200, says("verify.title"), {})
        events.append(trace.events)
    assert events[0] == events[1] > 0
    assert len(await mailed(house, BOB, "email_in_use")) == 1
    assert (await ann.post(page, code="123456")).errors == {"code": says("error.code_invalid")}


async def test_of_two_who_prove_one_address_at_once_one_gets_it(house_on):
    house, walkers = house_on, []
    for email in (ANN, BOB):
        walker = await at_home(house, email)
        page = await walker.post(await pressing(walker, SECURITY, "add_email"), email=WORK)
        walkers.append((walker, page, code_in((await house.mails(WORK))[-1])))
    answers = await asyncio.gather(*(walker.raw_post(page, code=code) for walker, page, code in walkers))
    assert sorted(answer.status_code for answer in answers) == [303, 400]
    assert (await house.rows())["contact_index"] == 3


async def test_only_so_many_are_held_and_a_stale_sign_in_changes_none(house):
    owner = await house.customer(ANN)
    ann = await at_home(house, is_new=False)
    for number in range(MOST_EMAILS):
        await add(house, ann, f"a{number}@work.example")
    assert "add_email" not in (await ann.get(SECURITY)).text
    assert len((await held(house, owner.id)).emails) == MOST_EMAILS
    house.clock.advance(STALE)
    assert (await pressing(ann, SECURITY, "remove_email")).h1 == says("sign_in.title")


async def test_through_the_api_they_are_listed_put_first_and_taken_away(house):
    ann, _, api = await ann_with_api(house)
    await add(house, ann)
    shown = (await api("GET", "/emails")).json()["items"]
    assert [(one["email"], one["is_primary"]) for one in shown] == [(ANN, True), (WORK, False)]
    assert (await api("POST", f"/emails/{shown[1]['id']}/primary")).status_code == 204
    shown = (await api("GET", "/emails")).json()["items"]
    assert [one["email"] for one in shown] == [WORK, ANN]
    copy = (await api("GET", "/data")).json()["profile"]
    assert (copy["email"], [one["email"] for one in copy["emails"]]) == (WORK, [ANN])
    assert (await api("DELETE", f"/emails/{shown[1]['id']}")).status_code == 204
    assert (await api("DELETE", f"/emails/{shown[1]['id']}")).json()["code"] == "email_not_found"
    assert not await signs_in(house, ANN)
    house.clock.advance(STALE)
    stale = await api("DELETE", "/emails/con_00000000000000000000000000")
    assert stale.status_code == 401


async def test_a_deleted_account_leaves_none_of_its_addresses_behind(house):
    owner = await house.customer(ANN)
    ann = await at_home(house, is_new=False)
    await add(house, ann)
    await house.administration().delete(owner.id, SYSTEM)
    await sweep(house.basis)
    assert (await house.rows())["contact_index"] == 0
    assert (await house.walker().sign_up(WORK, PASSWORD)).path.startswith("/account")
