"""RFC 9700 §4.7, Cross-Site Request Forgery."""

import pytest

from tests.integration.tokens.kit import EMAIL, PASSWORD, Shop

pytestmark = pytest.mark.anyio


async def test_s4_7_1_state_comes_back_as_it_was_sent(shop: Shop):
    for state in ("a", "x y&z=%20", "\u00e4" * 10):
        page = await shop.arrive(state=state)
        assert page.answer.get("state") == state or page.answer["error"] == "invalid_request"


async def test_s4_7_1_pkce_protects_who_sends_no_state(shop: Shop):
    page = await shop.arrive(state=None)
    assert "state" not in page.answer
    assert (await shop.redeem(page.answer["code"], code_verifier="z" * 64)).status_code == 400


async def test_s4_7_a_form_of_another_site_allows_nothing(shop: Shop):
    auth = await shop.another(require_consent=True)
    page = await shop.arrive(auth[0])
    assert (await shop.walker.post(page, decision="allow", csrf="0" * 40)).status == 403
    assert (await shop.walker.post(page, decision="allow", csrf=None)).status == 403


async def test_s4_7_a_form_of_another_browser_allows_nothing(shop: Shop):
    auth = await shop.another(require_consent=True)
    page = await shop.arrive(auth[0])
    thief = shop.house.walker()
    await thief.get("/sign-in")
    answer = await thief.post(page, decision="allow")
    assert answer.status in {400, 403, 404, 410}
    assert "code" not in answer.answer


async def test_s4_7_nobody_is_signed_in_by_a_form_of_another_site(shop: Shop):
    walker = shop.house.walker()
    page = await walker.get("/sign-in")
    assert (await walker.post(page, email=EMAIL, password=PASSWORD, csrf=None)).status == 403
