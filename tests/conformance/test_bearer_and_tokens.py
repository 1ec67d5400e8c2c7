"""RFC 6750 (Bearer Tokens), RFC 9068 (JWT access tokens), RFC 7009 (Revocation), RFC 7662 (Introspection).

Deliberately not supported: the URI query parameter (RFC 6750 §2.3, withdrawn by RFC 9700 §4.3.2), signed introspection
answers (RFC 9701), and telling a client that a token it wants to revoke is another's (RFC 7009 §2.1): the answer is 200
and nothing is done, as for any token that it does not hold (§2.2), so that nothing is learnt about others' tokens.
"""

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.integration.tokens.kit import Shop, claims, error, header

pytestmark = pytest.mark.anyio


async def test_rfc6750_s2_1_the_scheme_is_compared_without_regard_to_case(shop: Shop):
    token = (await shop.tokens())["access_token"]
    for scheme in ("Bearer", "bearer", "BEARER"):
        answer = await shop.http.get("/userinfo", headers={"authorization": f"{scheme} {token}"})
        assert answer.status_code == 200


async def test_rfc6750_s2_2_a_token_in_a_form_counts_only_in_a_form_that_is_posted(shop: Shop):
    token = (await shop.tokens())["access_token"]
    assert (await shop.post("/userinfo", {"access_token": token})).status_code == 200
    json = await shop.http.post("/userinfo", json={"access_token": token})
    assert json.status_code == 401


async def test_rfc6750_s2_3_a_token_in_the_query_is_refused(shop: Shop):
    token = (await shop.tokens())["access_token"]
    assert (await shop.http.get(f"/userinfo?access_token={token}")).status_code == 401
    assert (await shop.http.post(f"/userinfo?access_token={token}")).status_code == 401


async def test_rfc6750_s3_a_refusal_carries_a_challenge_and_without_a_token_no_error(shop: Shop):
    assert (await shop.http.get("/userinfo")).headers["www-authenticate"] == 'Bearer realm="limen"'
    assert 'error="invalid_token"' in (await shop.userinfo("nonsense")).headers["www-authenticate"]


async def test_rfc6750_s3_1_the_errors_have_their_statuses(shop: Shop):
    tokens = await shop.tokens(scope="orders offline_access")
    assert (await shop.userinfo("nonsense")).status_code == 401
    assert (await shop.userinfo(tokens["access_token"])).status_code == 403
    both = await shop.post(
        "/userinfo", {"access_token": "x"}, headers={"authorization": f"Bearer {tokens['access_token']}"}
    )
    assert error(both) == (400, "invalid_request")


async def test_rfc6750_s5_3_answers_with_tokens_and_claims_are_kept_by_no_cache(shop: Shop):
    token = (await shop.tokens())["access_token"]
    assert (await shop.userinfo(token)).headers["cache-control"] == "no-store"


# ------------------------------------------------------------------------------------------------ RFC 9068


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


# ------------------------------------------------------------------------------------------------ RFC 7009


@pytest.mark.parametrize("hint", [None, "refresh_token", "access_token", "nonsense"])
@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
async def test_rfc7009_s2_1_the_hint_never_changes_what_is_revoked(shop: Shop, kind: str, hint: str | None):
    tokens = await shop.tokens()
    assert (await shop.revoke(tokens[kind], token_type_hint=hint)).status_code == 200
    assert not await shop.is_active(tokens["access_token"])


async def test_rfc7009_s2_1_revoking_a_refresh_token_revokes_the_access_tokens_of_its_grant(shop: Shop):
    tokens = await shop.tokens()
    await shop.revoke(tokens["refresh_token"])
    assert not await shop.is_active(tokens["access_token"])


async def test_rfc7009_s2_1_the_client_must_prove_itself(shop: Shop):
    token = (await shop.tokens())["refresh_token"]
    assert error(await shop.revoke(token, (shop.client_id, "wrong"))) == (401, "invalid_client")
    assert (await shop.refresh(token)).status_code == 200


async def test_rfc7009_s2_1_a_public_client_revokes_what_is_its_own(shop: Shop):
    client_id, _ = await shop.another(token_endpoint_auth_method="none")
    tokens = await shop.tokens((client_id, ""))
    await shop.post("/revoke", {"token": tokens["refresh_token"], "client_id": client_id})
    assert (await shop.userinfo(tokens["access_token"])).status_code == 401


async def test_rfc7009_s2_1_a_token_of_another_client_stays_as_it_is(shop: Shop):
    token = (await shop.tokens())["access_token"]
    assert (await shop.revoke(token, await shop.another())).status_code == 200
    assert await shop.is_active(token)


async def test_rfc7009_s2_2_a_token_that_is_unknown_is_answered_200(shop: Shop):
    assert (await shop.revoke("unknown")).status_code == 200


async def test_rfc7009_s2_2_1_without_a_token_the_request_is_invalid(shop: Shop):
    assert error(await shop.post("/revoke", {}, shop.auth)) == (400, "invalid_request")


# ------------------------------------------------------------------------------------------------ RFC 7662


async def test_rfc7662_s2_1_the_endpoint_is_protected(shop: Shop):
    token = (await shop.tokens())["access_token"]
    assert error(await shop.post("/introspect", {"token": token})) == (401, "invalid_client")
    bearer = {"authorization": f"Bearer {token}"}
    assert error(await shop.post("/introspect", {"token": token}, headers=bearer)) == (401, "invalid_client")


async def test_rfc7662_s2_1_only_post_is_answered_and_a_token_in_the_query_not_seen(shop: Shop):
    token = (await shop.tokens())["access_token"]
    assert (await shop.http.get("/introspect", params={"token": token}, auth=shop.auth)).status_code == 405
    assert error(await shop.post(f"/introspect?token={token}", {}, shop.auth)) == (400, "invalid_request")


async def test_rfc7662_s2_2_an_active_token_is_described(shop: Shop):
    said = await shop.introspect((await shop.tokens())["access_token"])
    assert said["active"] is True
    assert {"scope", "client_id", "token_type", "exp", "iat", "sub", "aud", "iss", "jti"} <= set(said)


async def test_rfc7662_s2_2_whatever_is_not_good_is_inactive_and_nothing_else_is_said(shop: Shop):
    tokens = await shop.tokens()
    revoked = (await shop.tokens())["access_token"]
    await shop.revoke(revoked)
    for token in (revoked, tokens["refresh_token"], tokens["id_token"], "nonsense", tokens["access_token"] + "x"):
        assert await shop.introspect(token) == {"active": False}


async def test_rfc7662_s4_an_answer_is_json_that_no_cache_keeps(shop: Shop):
    answer = await shop.post("/introspect", {"token": "x"}, shop.auth)
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/json", "no-store")
