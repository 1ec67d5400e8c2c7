"""RFC 9068, JWT Profile for OAuth 2.0 Access Tokens; for the audience by ``resource`` (§3) see RFC 8707's tests."""

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.integration.tokens.kit import Shop, claims, header

pytestmark = pytest.mark.anyio


async def test_rfc9068_s2_1_the_type_is_at_jwt_and_the_algorithm_is_not_none(shop: Shop):
    said = header((await shop.tokens())["access_token"])
    assert (said["typ"], said["alg"]) == ("at+jwt", "ES256")


async def test_rfc9068_s2_1_a_client_may_choose_rs256(shop: Shop):
    auth = await shop.another(access_token_signed_response_alg="RS256", id_token_signed_response_alg="RS256")
    tokens = await shop.tokens(auth)
    assert {header(tokens[name])["alg"] for name in ("access_token", "id_token")} == {"RS256"}
    assert await shop.is_active(tokens["access_token"], auth)


async def test_rfc9068_s2_2_every_required_claim_is_there_and_times_are_whole_seconds(shop: Shop):
    said = claims((await shop.tokens())["access_token"])
    assert {"iss", "exp", "aud", "sub", "client_id", "iat", "jti", "auth_time", "scope"} <= set(said)
    assert said["exp"] - said["iat"] == 300
    assert all(type(said[name]) is int for name in ("exp", "iat", "auth_time"))


async def test_rfc9068_s2_2_1_a_customers_token_says_when_and_how_they_signed_in(shop: Shop):
    tokens = await shop.tokens()
    said = claims(tokens["access_token"])
    assert (said["acr"], said["amr"]) == ("urn:limen:aal:1", ["pwd"])
    assert said["auth_time"] == claims(tokens["id_token"])["auth_time"]
    shop.house.clock.advance(60)
    again = claims((await shop.refresh(tokens["refresh_token"])).json()["access_token"])
    assert [again[name] for name in ("auth_time", "acr", "amr")] == [said[name] for name in ("auth_time", "acr", "amr")]


async def test_rfc9068_s2_2_1_a_machines_token_says_nothing_of_a_sign_in(shop: Shop):
    said = claims((await shop.own_token(await shop.machine()))["access_token"])
    assert not {"auth_time", "acr", "amr", "sid"} & said.keys()


async def test_rfc9068_s2_2_3_the_scope_claim_names_what_was_granted(shop: Shop):
    assert claims((await shop.tokens(scope="openid orders"))["access_token"])["scope"] == "openid orders"


async def test_rfc9068_s3_without_a_resource_the_audience_is_the_clients_default(shop: Shop):
    assert claims((await shop.tokens())["access_token"])["aud"] == "https://id.example"
    auth = await shop.another(audiences=("https://a.example", "https://b.example"))
    assert claims((await shop.tokens(auth))["access_token"])["aud"] == ["https://a.example", "https://b.example"]


async def test_rfc9068_s4_a_resource_server_verifies_with_nothing_but_the_published_keys(shop: Shop):
    token = (await shop.tokens())["access_token"]
    keys = KeySet.import_key_set((await shop.http.get("/jwks")).json())
    assert jwt.decode(token, keys, algorithms=["ES256"]).claims["sub"] == shop.customer.subject


async def test_rfc9068_s4_an_id_token_is_no_access_token(shop: Shop):
    assert (await shop.userinfo((await shop.tokens())["id_token"])).status_code == 401


async def test_rfc9068_s5_a_customers_token_and_a_machines_cannot_have_the_same_subject(shop: Shop):
    customers = claims((await shop.tokens())["access_token"])["sub"]
    answer = await shop.house.registration().read(customers)
    assert answer.code == "client_not_found"
    assert customers != shop.client_id


async def test_rfc9068_s6_the_subject_is_not_the_internal_identifier(shop: Shop):
    tokens = await shop.tokens()
    assert shop.customer.id not in str(claims(tokens["access_token"])) + str(claims(tokens["id_token"]))
