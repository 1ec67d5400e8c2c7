"""RFC 9470, Step Up Authentication Challenge: what an authorization server does for it (§4, §5, §6).

The resource server's part is in ``tests/sdks``.
"""

import pytest
from sqlalchemy import update

from limen.access.factors.totp import Totp, step_at
from limen.access.oauth.assurance import MULTI_FACTOR, SINGLE_FACTOR
from limen.storage import schema
from tests.integration.journeys.test_second_factor import enrolled, now_code, secret_in
from tests.integration.tokens.kit import EMAIL, Shop, claims
from tests.support.house import PASSWORD, says

pytestmark = pytest.mark.anyio


ESSENTIAL = '{"id_token":{"acr":{"essential":true,"value":"urn:limen:aal:2"}}}'


async def test_s4_acr_values_and_max_age_are_taken_and_a_fresh_sign_in_is_asked_for(shop: Shop):
    shop.house.clock.advance(600)
    page = await shop.arrive(max_age="300", acr_values=SINGLE_FACTOR)
    assert "code" not in page.answer
    assert page.h1 == says("sign_in.title")


async def test_s4_a_sign_in_that_is_fresh_enough_is_not_asked_for_again(shop: Shop):
    assert "code" in (await shop.arrive(max_age="300", acr_values=SINGLE_FACTOR)).answer


async def test_s5_the_token_says_how_and_when_the_person_signed_in(shop: Shop):
    token = claims((await shop.tokens())["access_token"])
    assert token["acr"] == SINGLE_FACTOR
    assert abs(token["auth_time"] - token["iat"]) <= 1


async def test_s6_2_introspection_says_it_too(shop: Shop):
    said = await shop.introspect((await shop.tokens())["access_token"])
    assert said["acr"] == SINGLE_FACTOR
    assert said["auth_time"] <= said["iat"]


async def test_s5_assurance_that_cannot_be_reached_is_never_claimed(shop: Shop):
    tokens = await shop.tokens(acr_values=MULTI_FACTOR)
    assert claims(tokens["access_token"])["acr"] == SINGLE_FACTOR
    assert claims(tokens["id_token"])["acr"] == SINGLE_FACTOR


async def test_s4_an_essential_assurance_that_cannot_be_reached_is_an_error(shop: Shop):
    wanted = '{"id_token":{"acr":{"essential":true,"values":["urn:limen:aal:3"]}}}'
    page = await shop.arrive(claims=wanted)
    assert page.answer["error"] == "unmet_authentication_requirements"


async def test_s4_a_session_is_raised_by_a_second_factor_and_the_tokens_say_so(shop: Shop):
    totp = await _enrolled(shop)
    other = await shop.house.walker().authorize(shop.client_id, acr_values=MULTI_FACTOR)
    assert other.h1 == says("sign_in.title")
    page = await shop.arrive(claims=ESSENTIAL)  # enrolled in this session, which bears two factors since
    assert "code" in page.answer
    walker = shop.house.walker()
    page = await walker.sign_in(EMAIL, PASSWORD)
    page = await walker.post(page, code=totp.code(step_at(shop.house.clock.now())))
    said = claims(
        (await walker.tokens(shop.auth, await walker.authorize(shop.client_id, claims=ESSENTIAL)))["id_token"]
    )
    assert (said["acr"], said["amr"]) == (MULTI_FACTOR, ["pwd", "otp"])


@pytest.mark.parametrize("asking", [{"acr_values": MULTI_FACTOR}, {"claims": ESSENTIAL}])
async def test_s4_a_session_of_one_factor_steps_up_in_the_middle(shop: Shop, asking):
    house = shop.house
    totp = await _enrolled(shop)
    await _weaken(shop)
    silent = await shop.arrive(prompt="none", **asking)
    if "claims" in asking:
        assert silent.answer["error"] == "unmet_authentication_requirements"
    else:
        assert "code" in silent.answer  # a wish shows no page where none may be shown
    page = await shop.arrive(**asking)
    assert page.h1 == says("second_factor.ask.title")
    cookie = shop.walker.cookie
    page = await shop.walker.post(page, code=totp.code(step_at(house.clock.now())))
    assert shop.walker.cookie != cookie  # the secret changes with the assurance
    said = claims((await shop.walker.tokens(shop.auth, page))["id_token"])
    assert (said["acr"], said["amr"]) == (MULTI_FACTOR, ["pwd", "otp"])
    assert "code" in (await shop.arrive(**asking)).answer  # raised, it is not asked again


async def test_s4_whoever_has_no_second_factor_sets_one_up_where_it_is_essential(shop: Shop):
    assert (await shop.arrive(prompt="none", claims=ESSENTIAL)).answer["error"] == "unmet_authentication_requirements"
    page = await shop.arrive(claims=ESSENTIAL)
    assert page.h1 == says("second_factor.begin.title")
    page = await shop.walker.post(page)
    page = await shop.walker.post(page, code=now_code(shop.house, secret_in(page)), name="")
    page = await shop.walker.post(page)
    assert claims((await shop.walker.tokens(shop.auth, page))["id_token"])["acr"] == MULTI_FACTOR


async def _enrolled(shop: Shop) -> Totp:
    totp, _, _ = await enrolled(shop.house, shop.walker)
    return totp


async def _weaken(shop: Shop) -> None:
    """Make the session what it would be, had it begun before there was a second factor."""
    async with shop.house.storage.database.begin(shop.tenant.id) as unit:
        await unit.connection.execute(
            update(schema.sessions.sessions).values(
                evidence=f'[{{"authenticator":"pwd","at":{shop.house.clock.now()}}}]'
            )
        )


async def test_s7_discovery_names_the_assurance_that_can_be_reached(shop: Shop):
    metadata = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert SINGLE_FACTOR in metadata["acr_values_supported"]
