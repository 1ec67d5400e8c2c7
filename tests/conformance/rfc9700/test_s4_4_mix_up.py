"""RFC 9700 §4.4, Mix-Up Attacks: what the server gives a client to tell issuers apart (§4.4.2)."""

import pytest

from tests.integration.tokens.kit import Shop, claims, error, open_shop
from tests.integration.tokens.strict import Strict, response_in

pytestmark = pytest.mark.anyio


async def test_s4_4_2_1_two_tenants_of_one_origin_cannot_be_mixed_up(shop: Shop):
    acme = await shop.house.add_tenant("acme")
    async with open_shop(shop.house, acme, email="bob@example.com") as other:
        ours, theirs = await shop.arrive(), await other.arrive()
        assert ours.answer["iss"] != theirs.answer["iss"]
        assert error(await other.redeem(ours.answer["code"])) == (400, "invalid_grant")


async def test_s4_4_2_1_the_issuer_in_answer_metadata_and_id_token_is_the_same(shop: Shop):
    metadata = (await shop.http.get("/.well-known/openid-configuration")).json()
    page = await shop.arrive()
    token = (await shop.redeem(page.answer["code"])).json()["id_token"]
    assert page.answer["iss"] == metadata["issuer"] == claims(token)["iss"]
    assert metadata["authorization_response_iss_parameter_supported"] is True


async def test_s4_4_2_1_it_is_inside_signed_answers(shop: Shop):
    strict = await Strict.register(shop)
    page = await strict.arrive(await strict.pushed(response_mode="jwt"))
    assert (await strict.opened(response_in(page)))["iss"] == shop.tenant.issuer


async def test_s4_4_2_1_errors_carry_it_too(shop: Shop):
    page = await shop.arrive(prompt="none", scope="openid admin")
    assert (page.answer["error"], page.answer["iss"]) == ("invalid_scope", shop.tenant.issuer)
