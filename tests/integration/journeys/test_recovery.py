"""A forgotten password: proven by mail, after which nothing that rested on the old one stands."""

import pytest

from limen.identity.administrators import SYSTEM
from tests.support.house import PASSWORD, code_in, link_in, says
from tests.support.walker import SAFARI

pytestmark = pytest.mark.anyio
ANN = "ann@example.com"
NEW = "another horse battery"


async def test_a_mailed_code_leads_to_a_new_password_and_signs_in(house_on):
    await house_on.customer(ANN)
    page = await house_on.walker().recover(ANN, NEW)
    assert page.path == "/account"
    assert (await house_on.walker().sign_in(ANN, NEW)).path == "/account"
    assert (await house_on.walker().sign_in(ANN, PASSWORD)).status == 400


async def test_recovery_ends_every_session_and_every_token(house_on):
    await house_on.customer(ANN)
    shop = await house_on.register_client(require_consent=False)
    thief = house_on.walker()
    await thief.sign_in(ANN, PASSWORD)
    tokens = await thief.tokens(shop, await thief.authorize(shop[0]))
    unspent = (await thief.authorize(shop[0])).answer["code"]
    house_on.clock.advance(5)
    await house_on.walker(user_agent=SAFARI).recover(ANN, NEW)
    assert (await thief.get("/account")).h1 == says("sign_in.title")
    refreshed = await thief.token(shop, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert (refreshed["status"], refreshed["error"]) == (400, "invalid_grant")
    async with house_on.client() as machine:
        answer = await machine.get("/userinfo", headers={"authorization": f"Bearer {tokens['access_token']}"})
    assert answer.status_code == 401
    late = await thief.token(
        shop, grant_type="authorization_code", code=unspent, redirect_uri="https://shop.example/callback",
        code_verifier="a-verifier-of-forty-three-characters-at-least-0",
    )  # fmt: skip
    assert (late["status"], late["error"]) == (400, "invalid_grant")


async def test_what_a_password_proved_before_recovery_no_longer_counts_on_the_consent_page(house):
    await house.customer(ANN)
    shop = await house.register_client()
    thief = house.walker()
    waiting = await thief.sign_in(ANN, PASSWORD, await thief.authorize(shop[0]))
    assert waiting.h1 == says("consent.title", client="The Shop")
    house.clock.advance(5)
    await house.walker().recover(ANN, NEW)
    page = await thief.allow(waiting)
    assert page.h1 == says("sign_in.title")
    assert (await thief.get("/account")).h1 == says("sign_in.title")
    assert (await house.rows())["sessions"] == 1


async def test_the_owner_is_told_of_the_change_and_by_which_device(house):
    await house.customer(ANN)
    await house.walker(user_agent=SAFARI).recover(ANN, NEW)
    notice = (await house.mails(ANN))[-1]
    assert "/link/" not in notice.text
    assert f"{house.tenant.issuer}/secure/" in notice.text
    assert "password.changed" in await house.events()


async def test_an_unknown_address_is_shown_the_same_page_and_told_by_mail_that_there_is_no_account(house):
    await house.customer(ANN)
    known = await house.walker().begin_recovery(ANN)
    unknown = await house.walker().begin_recovery("nobody@example.com")
    assert (known.status, known.h1, known.notices) == (unknown.status, unknown.h1, unknown.notices)
    [mail] = await house.mails("nobody@example.com")
    assert "/link/" not in mail.text
    assert f"{house.tenant.issuer}/sign-up" in mail.text


async def test_a_disabled_customer_cannot_recover(house):
    customer = await house.customer(ANN)
    await house.administration().disable(customer.id, SYSTEM)
    await house.walker().begin_recovery(ANN)
    [mail] = await house.mails(ANN)
    assert "/link/" not in mail.text


async def test_a_customer_disabled_while_the_code_was_on_its_way_cannot_recover(house):
    customer = await house.customer(ANN)
    ann = house.walker()
    page = await ann.begin_recovery(ANN)
    code = code_in((await house.mails())[-1])
    await house.administration().disable(customer.id, SYSTEM)
    page = await ann.post(page, code=code)
    assert page.errors == {"code": says("error.code_invalid")}


async def test_a_customer_without_a_password_sets_the_first_by_recovery(house):
    await house.customer(ANN, password=None)
    assert (await house.walker().recover(ANN, NEW)).path == "/account"
    assert (await house.walker().sign_in(ANN, NEW)).path == "/account"


async def test_the_link_leads_to_the_new_password_only_where_recovery_began(house):
    await house.customer(ANN)
    ann, other = house.walker(), house.walker(user_agent=SAFARI)
    await ann.begin_recovery(ANN)
    link = link_in((await house.mails())[-1])
    page = await other.post(await other.get(link))
    assert page.h1 == says("link_code.title")
    page = await ann.post(await ann.get(link))
    assert page.h1 == says("new_password.title")
    assert (await ann.post(page, password=NEW)).path == "/account"


async def test_a_weak_new_password_is_refused_and_ends_nothing(house):
    await house.customer(ANN)
    standing = house.walker()
    await standing.sign_in(ANN, PASSWORD)
    ann = house.walker()
    page = await ann.post(await ann.begin_recovery(ANN), code=code_in((await house.mails())[-1]))
    page = await ann.post(page, password="password1234")
    assert list(page.errors) == ["password"]
    assert (await standing.get("/account")).path == "/account"


async def test_the_steps_cannot_be_skipped(house):
    await house.customer(ANN)
    ann = house.walker()
    page = await ann.begin_recovery(ANN)
    page = await ann.post(page, password=NEW, code="")
    assert page.status == 400
    assert page.h1 == says("verify.title")
    assert (await house.walker().sign_in(ANN, NEW)).status == 400


async def test_recovery_leads_on_to_the_application_where_it_was_begun_from(house):
    await house.customer(ANN)
    shop = await house.register_client(require_consent=False)
    ann = house.walker()
    page = await ann.post(await ann.authorize(shop[0]), intent="recover", email=None, password=None)
    page = await ann.post(page, email=ANN)
    page = await ann.post(page, code=code_in((await house.mails())[-1]))
    page = await ann.post(page, password=NEW)
    assert page.location.startswith("https://shop.example/callback?")
    assert page.answer["state"] == "the-state"
