"""RFC 9700 §4.16, Clickjacking."""

import pytest

from tests.integration.tokens.kit import Shop

pytestmark = pytest.mark.anyio


async def test_s4_16_no_page_that_somebody_decides_on_can_be_framed(shop: Shop):
    auth = await shop.another(require_consent=True)
    fresh = shop.house.walker()
    for page in (
        await shop.arrive(auth[0]),
        await fresh.get("/sign-in"),
        await fresh.get("/sign-up"),
        await shop.walker.get("/account"),
        await shop.walker.get("/device"),
        await shop.arrive("nobody"),
    ):
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"], page
        assert page.headers["x-frame-options"] == "DENY"
