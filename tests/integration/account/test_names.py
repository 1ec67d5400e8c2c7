"""User names and telephone numbers: chosen, proven, signed in with, and nobody else's."""

import pytest

from limen.identity.tenants.sign_in import SignInSettings
from limen.identity.tenants.sms import SmsSettings
from tests.integration.account.people import ANN, BOB, PASSWORD, STALE, at_home, pressing
from tests.integration.account.test_api import ann_with_api
from tests.integration.account.test_emails import SECURITY, held, press_and_confirm, signs_in
from tests.integration.journeys.test_safe_changes import NEW, mailed, secure_in
from tests.integration.journeys.test_second_factor import settings
from tests.integration.journeys.test_sms import NUMBER, OTHER, code_of
from tests.support.house import says
from tests.support.traces import trace_of

pytestmark = pytest.mark.anyio


async def allow(house, usernames="optional", *, phones=False):
    sign_in = SignInSettings(usernames=usernames, phones=phones)
    return await settings(house, sign_in=sign_in, sms=SmsSettings(countries=("DE",)))


async def choose(walker, name):
    page = await pressing(walker, SECURITY, "change_username")
    assert page.h1 == says("username.title")
    return await walker.post(page, username=name)


async def add_number(house, walker, number=NUMBER):
    page = await pressing(walker, SECURITY, "add_number")
    assert page.h1 == says("add_number.title")
    page = await walker.post(page, phone=number)
    return await walker.post(page, form=page.forms[-2], code=code_of((await house.mails(number))[-1]))


async def test_a_user_name_signs_in_in_any_case_and_once_changed_is_held(house_on):
    house = house_on
    await allow(house)
    ann = await at_home(house)
    assert (await choose(ann, "Ann.Lee")).path == SECURITY
    assert await signs_in(house, "ANN.LEE")
    assert len(await mailed(house, ANN, "identifiers_changed")) == 1
    bob = await at_home(house, BOB)
    page = await choose(bob, "ann.lee")
    assert (page.status, page.errors) == (400, {"username": says("username.taken")})
    await choose(ann, "annie")
    assert (await choose(bob, "ann.lee")).errors == {"username": says("username.taken")}  # left so lately
    assert not await signs_in(house, "ann.lee")
    assert await signs_in(house, "annie")
    await ann.post(await pressing(ann, SECURITY, "change_username"), intent="remove")
    assert not await signs_in(house, "annie")
    assert "username.changed" in await house.events()


async def test_an_unknown_user_name_leaves_the_trace_of_a_known_one(house):
    await allow(house)
    ann = await at_home(house)
    await choose(ann, "ann.lee")
    traces = []
    for name in ("ann.lee", "eve.lee"):
        walker = house.walker()
        page = await walker.get("/sign-in")
        with house.watching() as watched:
            answer = await walker.raw_post(page, email=name, password="wrong horse battery")
        traces.append(trace_of(watched, answer, name))
    assert traces[0] == traces[1]
    said = []
    for name in ("ann.lee", "eve.lee"):
        walker = house.walker()
        page = await walker.post(await walker.get("/sign-in"), email=name, password=None, intent="use:email_code")
        said.append((page.status, page.errors))
    assert said == [(400, {"email": says("error.email_needed")})] * 2


async def test_where_a_name_is_a_must_it_is_asked_for_behind_the_sign_in_and_sign_up(house):
    await house.customer(ANN)
    await allow(house, "required")
    walker = house.walker()
    page = await walker.sign_in(ANN, PASSWORD)
    assert page.h1 == says("username.title")
    page = await walker.post(page, username="a b")
    assert page.errors == {"username": says("username.invalid")}
    assert (await walker.post(page, username="ann.lee")).path == "/account"
    newcomer = house.walker()
    page = await newcomer.sign_up(BOB, PASSWORD)
    assert (await newcomer.post(page, username="bob")).path.startswith("/account")
    assert await signs_in(house, "bob")
    page = await pressing(newcomer, SECURITY, "change_username")
    assert (await newcomer.post(page, intent="remove")).errors == {"username": says("username.required")}


async def test_a_proven_number_signs_in_where_it_may_and_is_nobody_elses(house_on):
    house = house_on
    await allow(house, phones=True)
    ann = await at_home(house)
    assert (await add_number(house, ann)).path == SECURITY
    assert await signs_in(house, "0151 23456789")
    bob = await at_home(house, BOB)
    page = await add_number(house, bob)
    assert (page.status, page.errors) == (400, {"code": says("error.phone_taken")})
    await add_number(house, ann, OTHER)
    await press_and_confirm(ann, "primary_number")
    await press_and_confirm(ann, "remove_number", 1)
    assert not await signs_in(house, NUMBER)
    assert (await add_number(house, bob)).path == SECURITY  # it was new, and is free
    await allow(house)
    assert not await signs_in(house, OTHER)
    assert {"phone.added", "phone.made_primary", "phone.removed"} <= set(await house.events())


async def test_a_number_that_was_taken_away_hears_of_it_and_comes_back_by_the_link(house_on):
    house = house_on
    owner = await house.customer(ANN)
    await allow(house, phones=True)
    await add_number(house, await at_home(house, is_new=False))
    house.clock.advance((house.tenant.settings.recovery.undo_days + 1) * 86_400)
    thief = house.walker()
    await thief.sign_in(ANN, PASSWORD)
    await press_and_confirm(thief, "remove_number")
    assert (await held(house, owner.id)).phones == ()
    assert says("sms.number_gone", brand=house.tenant.name) in (await house.mails(NUMBER))[-1].text
    ann = house.walker()
    await ann.post(await ann.get(secure_in((await mailed(house, ANN, "identifiers_changed"))[-1])))
    assert [one.value for one in (await held(house, owner.id)).phones] == [NUMBER]
    assert (await ann.recover(ANN, NEW)).path.startswith("/account")
    walker = house.walker()
    assert (await walker.sign_in(NUMBER, NEW)).path.startswith("/account")


async def test_applications_see_them_by_scope_and_it_was_not_me_takes_a_new_number_away(house):
    owner = await house.customer(ANN)
    await allow(house)
    ann = await at_home(house, is_new=False)
    await choose(ann, "ann.lee")
    await add_number(house, ann)
    scopes = ("openid", "profile", "phone")
    shop = await house.register_client(scopes=scopes, require_consent=False)
    tokens = await ann.tokens(shop, await ann.authorize(shop[0], scope=" ".join(scopes)))
    async with house.client() as http:
        told = (await http.get("/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"})).json()
    assert (told["preferred_username"], told["phone_number"], told["phone_number_verified"]) == (
        "ann.lee",
        NUMBER,
        True,
    )
    walker = house.walker()
    await walker.post(await walker.get(secure_in((await mailed(house, ANN, "identifiers_changed"))[-1])))
    assert (await held(house, owner.id)).phones == ()
    assert (await walker.recover(ANN, NEW)).path.startswith("/account")


async def test_the_api_names_and_numbers(house):
    await allow(house)
    ann, _, api = await ann_with_api(house)
    await add_number(house, ann)
    [shown] = (await api("GET", "/phones")).json()["items"]
    assert (shown["number"], shown["is_primary"]) == (NUMBER, True)
    assert (await api("PUT", "/username", json={"username": "Ann.Lee"})).json()["username"] == "ann.lee"
    wrong = await api("PUT", "/username", json={"username": "a b"})
    assert (wrong.status_code, wrong.json()["errors"]) == (422, [{"pointer": "#/username", "code": "username.invalid"}])
    assert (await api("DELETE", f"/phones/{shown['id']}")).status_code == 204
    assert (await api("GET", "/phones")).json()["items"] == []
    house.clock.advance(STALE)
    assert (await api("PUT", "/username", json={"username": ""})).status_code == 401


async def test_switched_off_there_are_none(house):
    ann, _, api = await ann_with_api(house)
    assert "change_username" not in (await ann.get(SECURITY)).text
    refused = await api("PUT", "/username", json={"username": "ann.lee"})
    assert refused.json()["errors"] == [{"pointer": "#/username", "code": "username.off"}]
    assert (await house.walker().sign_in("ann.lee", PASSWORD)).errors == {"email": says("error.email_invalid")}
