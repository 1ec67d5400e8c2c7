"""RFC 9207, Authorization Server Issuer Identification: every answer says who gives it."""

import pytest

from tests.integration.tokens.kit import Shop, open_shop

pytestmark = pytest.mark.anyio


async def test_rfc9207_s2_a_code_comes_with_the_issuer(shop: Shop):
    assert (await shop.arrive()).answer["iss"] == "https://id.example"


@pytest.mark.parametrize("changes", [{"scope": "unknown"}, {"response_type": "token"}, {"max_age": "x"}])
async def test_rfc9207_s2_an_error_comes_with_the_issuer_too(shop: Shop, changes):
    assert (await shop.arrive(**changes)).answer["iss"] == "https://id.example"


async def test_rfc9207_s2_a_tenants_answer_names_the_tenants_issuer(shop: Shop):
    acme = await shop.house.add_tenant("acme")
    async with open_shop(shop.house, acme, email="bob@example.com") as other:
        answer = (await other.arrive()).answer
        document = (await other.http.get("/t/acme/.well-known/openid-configuration")).json()
    assert answer["iss"] == document["issuer"] == "https://id.example/t/acme"


async def test_rfc9207_s2_4_the_issuer_is_in_a_form_post_as_well(shop: Shop):
    page = await shop.arrive(response_mode="form_post")
    assert page.fields["iss"] == "https://id.example"
    assert page.fields["code"]


async def test_rfc9207_s3_the_metadata_says_that_it_comes(shop: Shop):
    document = (await shop.http.get("/.well-known/oauth-authorization-server")).json()
    assert document["authorization_response_iss_parameter_supported"] is True
