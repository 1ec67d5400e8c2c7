"""RFC 6750, Bearer Token Usage.

Deliberately not supported: the URI query parameter (§2.3), which RFC 9700 §4.3.2 withdraws. A token there is not seen.
"""

import pytest

from tests.integration.tokens.kit import Shop, error

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
    challenge = (await shop.http.get("/userinfo")).headers["www-authenticate"]
    assert challenge.startswith('Bearer realm="limen", ')
    assert "error" not in challenge
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
