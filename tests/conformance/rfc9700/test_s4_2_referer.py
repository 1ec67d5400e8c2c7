"""RFC 9700 §4.2, Credential Leakage via Referer Headers."""

import pytest

from tests.integration.tokens.kit import Shop, error

pytestmark = pytest.mark.anyio


async def test_s4_2_4_pages_tell_no_other_site_their_address(shop: Shop):
    auth = await shop.another(require_consent=True)
    for page in (await shop.arrive(auth[0]), await shop.house.walker().get("/sign-in"), await shop.arrive("nobody")):
        assert page.headers["referrer-policy"] in {"no-referrer", "same-origin"}


async def test_s4_2_4_pages_load_nothing_from_others(shop: Shop):
    auth = await shop.another(require_consent=True, logo_uri="https://evil.example/logo.png")
    page = await shop.arrive(auth[0])
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy or "default-src 'self'" in policy
    assert "evil.example" not in policy


async def test_s4_2_4_a_code_is_good_once_and_a_second_use_burns_what_it_gave(shop: Shop):
    code = await shop.code()
    tokens = (await shop.redeem(code)).json()
    assert error(await shop.redeem(code)) == (400, "invalid_grant")
    assert error(await shop.refresh(tokens["refresh_token"])) == (400, "invalid_grant")
    assert not await shop.is_active(tokens["access_token"])


async def test_s4_2_4_form_post_keeps_answers_out_of_addresses(shop: Shop):
    page = await shop.arrive(response_mode="form_post")
    assert page.location == ""
    assert {"code", "state", "iss"} <= set(page.fields)
    assert page.headers["cache-control"] == "no-store"
