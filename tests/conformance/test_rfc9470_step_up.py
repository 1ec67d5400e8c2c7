"""RFC 9470, Step Up Authentication Challenge: what an authorization server does for it (§4, §5, §6).

The resource server's part is in ``tests/sdks``.
"""

import pytest

from limen.access.oauth.assurance import MULTI_FACTOR, SINGLE_FACTOR
from tests.integration.tokens.kit import Shop, claims

pytestmark = pytest.mark.anyio


async def test_s4_acr_values_and_max_age_are_taken_and_a_fresh_sign_in_is_asked_for(shop: Shop):
    shop.house.clock.advance(600)
    page = await shop.arrive(max_age="300", acr_values=SINGLE_FACTOR)
    assert "code" not in page.answer
    assert page.path.startswith("/journey/")


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


async def test_s7_discovery_names_the_assurance_that_can_be_reached(shop: Shop):
    metadata = (await shop.http.get("/.well-known/openid-configuration")).json()
    assert SINGLE_FACTOR in metadata["acr_values_supported"]
