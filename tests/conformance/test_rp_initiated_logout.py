"""OpenID Connect RP-Initiated Logout 1.0."""

import pytest

from tests.integration.tokens.kit import EMAIL, Shop, claims, open_shop
from tests.support.house import GOODBYE, PASSWORD, says
from tests.support.walker import Page

pytestmark = pytest.mark.anyio


async def logout(shop: Shop, **params: str):
    return await shop.walker.get("/logout", **params)


async def is_signed_in(shop: Shop) -> bool:
    return "code" in (await shop.arrive(prompt="none")).answer


async def test_rp_logout_s2_with_a_hint_of_this_session_it_ends_without_a_question(shop: Shop):
    tokens = await shop.tokens()
    page = await logout(shop, id_token_hint=tokens["id_token"], post_logout_redirect_uri=GOODBYE, state="s")
    assert page.location == f"{GOODBYE}?state=s"
    assert not await is_signed_in(shop)
    assert not await shop.is_active(tokens["access_token"])
    assert (await shop.refresh(tokens["refresh_token"])).status_code == 400


async def test_rp_logout_s2_without_a_hint_the_person_is_asked(shop: Shop):
    page = await logout(shop, client_id=shop.client_id, post_logout_redirect_uri=GOODBYE)
    assert (page.status, page.location) == (200, "")
    assert await is_signed_in(shop)
    gone = await shop.walker.post(page, decision="sign_out")
    assert gone.location == GOODBYE
    assert not await is_signed_in(shop)


async def test_rp_logout_s2_who_stays_stays(shop: Shop):
    page = await logout(shop, client_id=shop.client_id)
    await shop.walker.post(page, decision="stay")
    assert await is_signed_in(shop)


async def test_rp_logout_s2_a_hint_of_another_session_asks_too(shop: Shop):
    hint = (await shop.tokens())["id_token"]
    other = shop.house.walker()
    await shop.house.customer("bob@example.com")
    await other.sign_in("bob@example.com", "correct horse battery staple")
    page = await other.get("/logout", id_token_hint=hint)
    assert (page.status, page.location) == (200, "")
    assert "code" in (await other.authorize(shop.client_id, prompt="none")).answer
    await other.http.aclose()


async def test_rp_logout_s2_an_expired_hint_still_counts(shop: Shop):
    hint = (await shop.tokens())["id_token"]
    shop.house.clock.advance(3_600)
    assert (await logout(shop, id_token_hint=hint, post_logout_redirect_uri=GOODBYE)).location == GOODBYE


@pytest.mark.parametrize("uri", ["https://evil.example/", GOODBYE + "/", GOODBYE + "?x=1", "javascript:alert(1)"])
async def test_rp_logout_s3_an_unregistered_address_is_never_gone_to(shop: Shop, uri: str):
    hint = (await shop.tokens())["id_token"]
    page = await logout(shop, id_token_hint=hint, post_logout_redirect_uri=uri)
    assert (page.status, page.location) == (200, "")
    assert not await is_signed_in(shop)


async def test_rp_logout_s3_without_a_known_client_nobody_is_sent_anywhere(shop: Shop):
    page = await logout(shop, post_logout_redirect_uri=GOODBYE)
    assert (await shop.walker.post(page, decision="sign_out")).location == ""


async def test_rp_logout_s2_client_id_and_hint_must_agree(shop: Shop):
    hint, other = (await shop.tokens())["id_token"], await shop.another()
    page = await logout(shop, id_token_hint=hint, client_id=other[0])
    assert page.status == 400
    assert await is_signed_in(shop)


async def test_rp_logout_s2_post_is_answered_as_get_is(shop: Shop):
    hint = (await shop.tokens())["id_token"]
    form = {"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE}
    answer = await shop.walker.http.post("/logout", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, GOODBYE)


BOB = "bob@example.com"


async def test_rp_logout_s2_a_logout_hint_says_whom_of_several_it_is_about_and_ends_nothing_unasked(shop: Shop):
    await shop.house.customer(BOB)
    await shop.walker.sign_in(BOB, PASSWORD)
    for hint, whom in ((EMAIL.upper(), EMAIL), (BOB, BOB)):
        page = await logout(shop, client_id=shop.client_id, logout_hint=hint)
        assert page.h1 == says("sign_out.title")
        assert whom in page.text
    for _ in range(2):  # who is gone by the second time was asked about alone
        await shop.walker.post(page, decision="sign_out")
    page = await logout(shop, logout_hint=BOB)  # who is not here any more: it is about everybody
    assert BOB not in page.text
    assert await is_signed_in(shop)  # Ann alone: of two, one would have to choose
    assert EMAIL in (await shop.walker.get("/account")).text


async def test_rp_logout_s2_a_logout_hint_that_contradicts_the_id_token_asks(shop: Shop):
    hint = (await shop.tokens())["id_token"]
    for other in (BOB, "x"):
        page = await logout(shop, id_token_hint=hint, logout_hint=other, post_logout_redirect_uri=GOODBYE)
        assert (page.h1, page.location) == (says("sign_out.title"), "")
        assert await is_signed_in(shop)
    page = await logout(shop, id_token_hint=hint, logout_hint=EMAIL, post_logout_redirect_uri=GOODBYE)
    assert page.location == GOODBYE


async def test_rp_logout_s2_a_logout_hint_may_be_the_session(shop: Shop):
    sid = claims((await shop.tokens())["id_token"])["sid"]
    page = await logout(shop, logout_hint=sid)
    assert EMAIL in page.text
    assert await is_signed_in(shop)


@pytest.mark.parametrize("parameters", [{"logout_hint": "a" * 321}, {"logout_hint": "\n"}, {"ui_locales": "d" * 513}])
async def test_rp_logout_s2_what_is_no_hint_is_refused(shop: Shop, parameters: dict[str, str]):
    assert (await logout(shop, **parameters)).status == 400
    assert await is_signed_in(shop)


async def test_rp_logout_s2_the_languages_are_heard_in_a_query_and_in_a_form(shop: Shop):
    title = says("sign_out.title", "de")
    assert (await logout(shop, ui_locales="xx de")).h1 == title
    cookies = {"cookie": f"{shop.walker.cookie_name}={shop.walker.cookie}"}
    answer = await shop.http.post("/logout", data={"ui_locales": "de", "logout_hint": EMAIL}, headers=cookies)
    page = Page(answer)
    assert (page.status, page.h1, page.lang) == (200, title, "de")
    assert EMAIL in page.text


async def test_rp_logout_s6_another_site_cannot_sign_anybody_out_with_one_form(shop: Shop):
    page = await logout(shop)
    forged = await shop.walker.post(page, decision="sign_out", csrf="0" * 40)
    assert forged.location == ""
    assert await is_signed_in(shop)


async def test_rp_logout_a_hint_of_another_tenant_is_none(shop: Shop):
    acme = await shop.house.add_tenant("acme")
    async with open_shop(shop.house, acme, email="bob@example.com") as other:
        theirs = (await other.tokens())["id_token"]
    page = await logout(shop, id_token_hint=theirs, post_logout_redirect_uri=GOODBYE)
    assert (page.status, page.location) == (200, "")
    assert await is_signed_in(shop)


async def test_rp_logout_a_sign_out_leaves_a_record_and_tells_whoever_listens(shop: Shop):
    tokens = await shop.tokens()
    await logout(shop, id_token_hint=tokens["id_token"])
    (record,) = await shop.told("session.ended")
    assert record["actor"] == f"customer:{shop.customer.id}"
    assert len(shop.announced("session.ended")) == 1
    assert claims(tokens["id_token"])["sid"] not in str(record)
