"""RFC 9700 §4.8, PKCE Downgrade Attack."""

import pytest

from tests.integration.tokens.kit import Shop, error

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("missing", ["code_challenge", "code_challenge_method"])
async def test_s4_8_2_a_request_without_a_challenge_gets_no_code(shop: Shop, missing: str):
    page = await shop.arrive(**{missing: None})
    assert page.answer["error"] == "invalid_request"


async def test_s4_8_2_nor_one_whose_challenge_is_empty_or_plain(shop: Shop):
    for changes in ({"code_challenge": ""}, {"code_challenge_method": "plain"}, {"code_challenge_method": "s256"}):
        assert (await shop.arrive(**changes)).answer["error"] == "invalid_request", changes


async def test_s4_8_2_nor_where_it_is_pushed(shop: Shop):
    form = shop.walker.request(shop.client_id, code_challenge=None, code_challenge_method=None)
    assert error(await shop.post("/par", form, shop.auth)) == (400, "invalid_request")


async def test_s4_8_2_a_redemption_without_the_verifier_is_refused(shop: Shop):
    assert error(await shop.redeem(await shop.code(), code_verifier=None))[0] == 400
