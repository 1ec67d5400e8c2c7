"""RFC 9700 §4.3, Credential Leakage via Browser History."""

import pytest

from tests.integration.tokens.kit import Shop, error

pytestmark = pytest.mark.anyio


async def test_s4_3_1_a_code_in_the_history_is_worth_nothing_once_it_was_used(shop: Shop):
    code = await shop.code()
    await shop.redeem(code)
    assert error(await shop.redeem(code)) == (400, "invalid_grant")


async def test_s4_3_1_nor_after_a_minute(shop: Shop):
    code = await shop.code()
    shop.house.clock.advance(61)
    assert error(await shop.redeem(code)) == (400, "invalid_grant")


async def test_s4_3_2_no_token_is_in_an_address(shop: Shop):
    assert set((await shop.arrive()).answer) == {"code", "state", "iss"}


async def test_s4_3_2_no_token_is_taken_from_an_address(shop: Shop):
    token = (await shop.tokens())["access_token"]
    assert (await shop.http.get(f"/userinfo?access_token={token}")).status_code == 401


async def test_s4_3_2_no_secret_is_taken_from_an_address(shop: Shop):
    code = await shop.code()
    query = f"?client_id={shop.auth[0]}&client_secret={shop.auth[1]}"
    assert error(await shop.post("/token" + query, {"grant_type": "authorization_code", "code": code}))[0] in {400, 401}
