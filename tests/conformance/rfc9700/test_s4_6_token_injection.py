"""RFC 9700 §4.6, Access Token Injection: no token travels where one could be put in its place, and at_hash binds it."""

import pytest

from limen.kernel.encoding import b64url, sha256
from tests.integration.tokens.kit import Shop, claims

pytestmark = pytest.mark.anyio


async def test_s4_6_1_access_tokens_come_over_the_direct_connection_alone(shop: Shop):
    assert "access_token" not in (await shop.arrive()).answer
    assert (await shop.arrive(response_type="token id_token")).answer["error"] == "unsupported_response_type"


async def test_s4_6_1_the_id_token_is_bound_to_the_access_token_beside_it(shop: Shop):
    first, second = await shop.tokens(), await shop.tokens()
    for one, other in ((first, second), (second, first)):
        bound = claims(one["id_token"])["at_hash"]
        assert bound == b64url(sha256(one["access_token"].encode())[:16])
        assert bound != b64url(sha256(other["access_token"].encode())[:16])


async def test_s4_6_an_id_token_does_for_no_access_token(shop: Shop):
    token = (await shop.tokens())["id_token"]
    assert (await shop.userinfo(token)).status_code == 401
    assert not await shop.is_active(token)
