"""Policy of assurance: the tenant, the client and the scopes say what a sign-in reaches, and how fresh it is."""

import pytest

from limen.access.oauth.assurance import HARDWARE, MULTI_FACTOR
from limen.identity.tenants.assurance import AssuranceSettings, ScopeAssurance
from tests.integration.journeys.test_second_factor import enrolled, now_code, secret_in, settings
from tests.integration.tokens.kit import EMAIL, Shop, claims
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio

BEGIN = says("second_factor.begin.title")


async def policy(shop: Shop, **parts):
    await settings(shop.house, assurance=AssuranceSettings(**parts))


async def test_a_scope_that_wants_two_factors_has_them_set_up_and_others_do_not(shop: Shop):
    await policy(shop, scopes=(ScopeAssurance("orders", level=2),))
    assert "code" in (await shop.arrive(scope="openid email")).answer
    silent = await shop.arrive(scope="openid orders", prompt="none")
    assert silent.answer["error"] == "unmet_authentication_requirements"
    page = await shop.arrive(scope="openid orders")
    assert page.h1 == BEGIN
    page = await shop.walker.post(page)
    page = await shop.walker.post(page, code=now_code(shop.house, secret_in(page)), name="")
    page = await shop.walker.post(page)
    assert claims((await shop.walker.tokens(shop.auth, page))["access_token"])["acr"] == MULTI_FACTOR


async def test_a_client_that_wants_two_factors_asks_whoever_has_them(shop: Shop):
    careful = await shop.another(assurance_level=2)
    assert (await shop.arrive(careful[0])).h1 == BEGIN
    totp, _, _ = await enrolled(shop.house, shop.walker)
    assert "code" in (await shop.arrive(careful[0])).answer
    walker = shop.house.walker()
    page = await walker.post(await walker.sign_in(EMAIL, PASSWORD), code=now_code(shop.house, totp))
    assert page.path == "/account"
    assert "code" in (await walker.authorize(careful[0])).answer


async def test_a_tenant_says_how_fresh_a_proof_is_and_the_shortest_age_counts(shop: Shop):
    careful = await shop.another(assurance_max_age=300)
    await policy(shop, max_age=3_600)
    shop.house.clock.advance(301)
    assert "code" in (await shop.arrive()).answer
    assert "code" in (await shop.arrive(max_age="100000")).answer
    assert (await shop.arrive(careful[0], prompt="none")).answer["error"] == "login_required"
    shop.house.clock.advance(3_300)
    assert (await shop.arrive(prompt="none")).answer["error"] == "login_required"
    page = await shop.arrive(max_age="100000")
    assert page.h1 == says("sign_in.title")
    assert "code" in (await shop.walker.post(page, email=EMAIL, password=PASSWORD)).answer
    assert "code" in (await shop.arrive(prompt="none")).answer


@pytest.mark.parametrize("how", ["client", "scope"])
async def test_a_proof_that_is_too_old_for_the_client_or_the_scope_is_asked_for_again(shop: Shop, how):
    who = shop.auth
    if how == "client":
        who = await shop.another(assurance_max_age=300)
    else:
        await policy(shop, scopes=(ScopeAssurance("orders", max_age=300),))
    asked = {"scope": "openid orders"}
    assert "code" in (await shop.arrive(who[0], **asked)).answer
    shop.house.clock.advance(301)
    assert "code" in (await shop.arrive(shop.client_id, scope="openid")).answer
    assert (await shop.arrive(who[0], **asked, prompt="none")).answer["error"] == "login_required"
    assert (await shop.arrive(who[0], **asked, max_age="100000")).h1 == says("sign_in.title")  # never for less


async def test_what_no_factor_of_theirs_reaches_is_refused_to_the_application(shop: Shop):
    strict = await shop.another(assurance_level=3)
    assert (await shop.arrive(strict[0])).answer["error"] == "unmet_authentication_requirements"
    wanted = f'{{"id_token":{{"acr":{{"essential":true,"value":"{HARDWARE}"}}}}}}'
    assert (await shop.arrive(claims=wanted)).answer["error"] == "unmet_authentication_requirements"


async def test_a_policy_that_came_while_the_request_waited_counts(shop: Shop):
    page = await shop.house.walker().authorize(shop.client_id)
    assert page.h1 == says("sign_in.title")
    await policy(shop, level=2)
    walker = shop.house.walker()
    page = await walker.authorize(shop.client_id)
    page = await walker.post(page, email=EMAIL, password=PASSWORD)
    assert page.h1 == BEGIN


async def test_where_assurance_is_a_must_nobody_is_offered_a_mailed_code(shop: Shop):
    sure = await shop.another(assurance_level=1)
    asked = {name: await shop.house.walker().authorize(name) for name in (shop.client_id, sure[0])}
    offers = [("intent", "use:email_code") in asked[name].forms[0].buttons for name in asked]
    assert offers == [True, False]
    walker = shop.house.walker()
    page = await walker.post(await walker.authorize(sure[0]), email=EMAIL, intent="use:email_code")
    assert (page.status, page.h1) == (400, says("sign_in.title"))
