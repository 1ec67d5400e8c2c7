"""RFC 7009, Token Revocation.

Deliberately not done: telling a client that a token it wants to revoke is another's (§2.1). The answer is 200 and
nothing is done, as for any token that it does not hold (§2.2), so that nothing is learnt about others' tokens.
"""

import pytest

from tests.integration.tokens.kit import Shop, error

pytestmark = pytest.mark.anyio


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
