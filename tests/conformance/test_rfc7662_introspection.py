"""RFC 7662, Token Introspection.

Deliberately not supported: signed answers (RFC 9701), and refresh tokens, which are never active here.
"""

import pytest

from tests.integration.tokens.kit import Shop, error

pytestmark = pytest.mark.anyio


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
